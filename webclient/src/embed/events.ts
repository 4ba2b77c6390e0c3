import type {Call, Presence} from '../protocol/messages.js';

/** Something the site around the phone is told; the detail is plain data. */
export interface PhoneEvent {
  name: 'incoming' | 'call' | 'ended';
  detail: unknown;
}

/** What happened to the calls, in the order in which it is told. */
export function eventsBetween(before: readonly Call[], now: readonly Call[]): PhoneEvent[] {
  const was = new Map(before.map(call => [call.id, call]));
  return now.flatMap(call => callEvents(was.get(call.id), call));
}

/** Those whose presence is another than before. Whoever is not among them any more is not told of. */
export function presenceBetween(before: readonly Presence[], now: readonly Presence[]): Presence[] {
  if (before === now) return [];
  const was = new Map(before.map(one => [one.address, JSON.stringify(one)]));
  return now.filter(one => was.get(one.address) !== JSON.stringify(one));
}

function callEvents(before: Call | undefined, call: Call): PhoneEvent[] {
  if (JSON.stringify(before) === JSON.stringify(call)) return [];
  const events: PhoneEvent[] = [{name: 'call', detail: call}];
  if (!before && call.direction === 'in' && (call.state === 'ringing' || call.state === 'early')) {
    events.unshift({name: 'incoming', detail: call});
  }
  if (call.state === 'ended' && before && before.state !== 'ended') {
    events.push({name: 'ended', detail: {...call, reason: call.reason ?? '', duration: duration(call)}});
  }
  return events;
}

/** Seconds talked: an ended call's state began when the talk ended. */
function duration(call: Call): number {
  if (!call.answered) return 0;
  return Math.max(0, Math.round((Date.parse(call.since) - Date.parse(call.answered)) / 1000));
}
