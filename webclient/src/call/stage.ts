import type {Call} from '../protocol/messages.js';
import {allowedOther, inOrder, ringing, silenced} from './plan.js';

/** What the user made of the stage: the id of the call he unfolded, "" when he folded all, or null. */
export type Choice = string | null;

/** What else decides which calls are shown whole. */
export interface Around {
  choice: Choice;
  /** Another view has the room: only what cannot wait is shown whole. */
  beside: boolean;
  /** The user types in that view, so nothing may cover it. */
  quiet: boolean;
  /** The call in whose card the user types: it stays. */
  typed: string;
}

/** How long a call that is over stays on the stage (ms). */
export const endedFor = 5000;

const byNewest = (a: Call, b: Call) => b.since.localeCompare(a.since);

/** Marks of what is going on. When one is new, it takes the stage, whatever the user chose before. */
export function marks(calls: readonly Call[]): string[] {
  return calls
    .filter(call => call.state !== 'ended')
    .map(call => `${call.id} ${ringing([call]).length} ${allowedOther(call) ? 'auto' : ''}`);
}

/** The ids of the calls that are shown whole; each of the others is one line. */
export function onStage(calls: readonly Call[], {choice, beside, quiet, typed}: Around): Set<string> {
  const live = inOrder(calls).filter(call => call.state !== 'ended');
  const whole = new Set(live.filter(call => call.id === typed || call.id === choice).map(call => call.id));
  if (quiet || choice === '' || (choice && whole.has(choice))) return whole;
  const rings = ringing(live);
  // Whoever rings, or whom a deskphone took by itself, cannot wait; of two the latest is first.
  const [first] = [...rings, ...live.filter(call => allowedOther(call))].sort(byNewest);
  const [talk] = live.sort((a, b) => Number(a.state === 'held') - Number(b.state === 'held'));
  if (first && rings.includes(first)) for (const {id} of rings) whole.add(id);
  else if (first) whole.add(first.id);
  else if (talk && (!beside || silenced(talk))) whole.add(talk.id);
  return whole;
}
