import type {PresenceState} from '../protocol/messages.js';
import type {HistoryEntry} from '../protocol/rest.js';
import type {Entry} from './directory.js';
import {numberAt} from './presences.js';

// Whom the user may mean by what he types, from all that he and the gateway know.

/** What somebody is to the user, the nearest first. */
const kinds = ['friend', 'directory', 'colleague', 'called'] as const;
export type Kind = (typeof kinds)[number];

/** A user of the gateway, as GET /api/v1/people lists them. */
export interface Colleague {
  address: string;
  number: string;
  display: string;
  presence: {state: PresenceState};
}

/** Somebody whom the user may mean. */
export interface Suggestion {
  kind: Kind;
  display: string;
  address: string;
  /** All that are known of him. */
  addresses: string[];
  /** His number at this gateway, or "". */
  number: string;
  /** As a search for colleagues found it; undefined for who is none. */
  state: PresenceState | undefined;
}

/** Where suggestions come from. */
export interface Sources {
  entries: readonly Entry[];
  people: readonly Colleague[];
  /** Newest first. */
  calls: readonly HistoryEntry[];
}

/** A text without case and accents; "ß" is "ss", as it is in capitals. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .toUpperCase()
    .toLowerCase();
}

/** The words of what was typed; a number is one, however it is written. */
export function wordsOf(typed: string): string[] {
  const bare = typed.replace(/[\s()/.-]/g, '');
  return /^\+?\d+$/.test(bare) ? [bare] : fold(typed).trim().split(/\s+/).filter(Boolean);
}

/**
 * How well somebody fits the words: 0 when something he is called by begins with them, 1 when each begins a word of
 * that, 2 when each is somewhere in it, 3 when one is nowhere.
 */
export function fit(
  words: readonly string[],
  {display, address, number}: Pick<Suggestion, 'display' | 'address' | 'number'>,
): number {
  const names = [display, bare(address), number].map(fold);
  if (names.some(name => name.startsWith(words.join(' ')))) return 0;
  const text = names.join(' ');
  const begun = text.split(/[^\p{L}\p{N}+]+/u);
  if (words.every(word => begun.some(part => part.startsWith(word)))) return 1;
  return words.every(word => text.includes(word)) ? 2 : 3;
}

function bare(address: string): string {
  return address.replace(/^(sips?|tel):/i, '');
}

/** What is the same for all addresses of one person or line: a number of the whole world is, at any domain. */
function key(address: string): string {
  const place = bare(address).toLowerCase();
  return place.match(/^\+\d+(?=@|;|$)/)?.[0] ?? place;
}

/** Everybody of the sources whom the words may mean: each once, who is nearest first, then who fits best. */
export function suggestions(words: readonly string[], {entries, people, calls}: Sources): Suggestion[] {
  const found: Suggestion[] = [];
  const known = new Map<string, Suggestion>();
  const add = (one: Suggestion, addresses: readonly string[]) => {
    const keys = addresses.map(key);
    const same = keys.map(name => known.get(name)).find(Boolean);
    if (same) {
      same.display ||= one.display;
      same.number ||= one.number;
      same.state ??= one.state;
      same.addresses.push(...one.addresses);
    } else {
      found.push(one);
    }
    for (const name of keys) if (!known.has(name)) known.set(name, same ?? one);
  };
  for (const friend of [true, false])
    for (const {display, addresses, friend: is} of entries) {
      if (is !== friend) continue;
      const one = (address: string): Suggestion => ({
        kind: friend ? 'friend' : 'directory',
        display,
        address,
        addresses: [...addresses],
        number: '',
        state: undefined,
      });
      const best = addresses.map(one).sort((a, b) => fit(words, a) - fit(words, b));
      if (best[0]) add(best[0], addresses);
    }
  for (const {address, number, display, presence: seen} of people) {
    const one: Suggestion = {kind: 'colleague', display, address, addresses: [address], number, state: seen.state};
    const byNumber = numberAt(number, address);
    add(one, byNumber ? [address, byNumber] : [address]);
  }
  for (const {address, display} of calls) {
    const one: Suggestion = {kind: 'called', display, address, addresses: [address], number: '', state: undefined};
    if (address && !address.endsWith('@anonymous.invalid') && (known.has(key(address)) || fit(words, one) < 3))
      add(one, [address]);
  }
  const rank = (one: Suggestion) => {
    const how = fit(words, one); // who was found by a note alone comes last
    return (how === 3 ? kinds.length : kinds.indexOf(one.kind)) * 4 + how;
  };
  return found.sort((a, b) => rank(a) - rank(b));
}

/** Whether a text is just the number or the address of somebody. */
export function exactly(typed: string, {address, number}: Suggestion): boolean {
  const text = typed.trim();
  return text !== '' && (text === number || key(text) === key(address));
}
