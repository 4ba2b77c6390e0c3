import type {Correspondent, Message} from '../protocol/messages.js';
import {request} from '../protocol/rest.js';
import {fold} from './search.js';

/** How many messages one search shows. */
export const mostFound = 50;

/** A message that was found, with its conversation. */
export interface FoundMessage extends Message {
  with: Correspondent;
}

/** The newest messages that have all words. Rejects with a RestError. */
export async function searchMessages(typed: string, signal: AbortSignal): Promise<FoundMessage[]> {
  const query = new URLSearchParams({q: typed, limit: String(mostFound)});
  const {messages} = (await request('GET', `/messages/search?${query}`, undefined, signal)) as {
    messages: FoundMessage[];
  };
  return messages;
}

/** A piece of a text. */
export interface Piece {
  text: string;
  /** It is one of the words that were looked for. */
  found: boolean;
}

/** How much stands before the first word that was found, and how much is shown in all, in UTF-16 units. */
const before = 40;
const room = 200;

/** The part of a text around what was looked for, cut where a word was found; case and accents do not count. */
export function excerpt(text: string, typed: string): Piece[] {
  const {folded, at} = foldedPlaces(text);
  const starts = (i: number) => at[i] ?? text.length;
  const hits = fold(typed)
    .split(/\s+/)
    .filter(Boolean)
    .flatMap(word => places(folded, word).map(i => [starts(i), starts(i + word.length)] as const))
    .sort(([a], [b]) => a - b);
  const first = hits[0]?.[0] ?? 0;
  const from = first > before ? (at.find(i => i >= first - before) ?? 0) : 0;
  const to = at.find(i => i >= from + room) ?? text.length;
  const pieces: Piece[] = [];
  const put = (end: number, found: boolean, begin: number) => {
    if (end > begin) pieces.push({text: text.slice(begin, end), found});
  };
  let done = from;
  for (const [start, end] of hits) {
    if (end <= done || start >= to) continue;
    put(start, false, done);
    put(Math.min(end, to), true, Math.max(start, done));
    done = Math.min(end, to);
  }
  put(to, false, done);
  if (from > 0) pieces.unshift({text: '… ', found: false});
  if (to < text.length) pieces.push({text: ' …', found: false});
  return pieces;
}

/** A text without case and accents, and where in it each of its units comes from. */
function foldedPlaces(text: string): {folded: string; at: number[]} {
  let folded = '';
  const at: number[] = [];
  for (const {0: sign, index} of text.matchAll(/./gsu)) {
    const plain = fold(sign);
    folded += plain;
    for (const _ of plain.split('')) at.push(index);
  }
  return {folded, at};
}

function places(text: string, word: string): number[] {
  const all: number[] = [];
  for (let i = text.indexOf(word); i >= 0; i = text.indexOf(word, i + word.length)) all.push(i);
  return all;
}
