import {html} from 'lit';
import type {Peer} from '../protocol/messages.js';

/** What turns the direction of writing, and what has no width: with them a text shows another than it is. */
export const unseen = /(?![\u0600-\u0605\u06dd]|\u200c|\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u3164\uffa0]/gu;
const joiners = /\u200c|\u200d/g;
/** A text whose script has no use for joiners. */
const latin = /^(?:[\p{sc=Latin}\p{N}\p{P}\p{Z}]|\u200c|\u200d)*$/u;
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** A text of somebody else as far as it can be seen. */
export function legible(text: string): string {
  const seen = text.replace(unseen, '');
  return latin.test(seen) ? seen.replace(joiners, '') : seen;
}

function bareName({display, address}: {display: string; address: string}): string {
  const short = shortAddress(address);
  return legible(display) || number(short) || short;
}

/**
 * What to call somebody: the name, else the address without its scheme. One written from right to left is isolated, so
 * that it does not move the words around it.
 */
export function peerName(peer: {display: string; address: string}): string {
  const name = bareName(peer);
  return rightToLeft.test(name) ? `\u2068${name}\u2069` : name;
}

/** The telephone number in front of an address, or "". */
function number(address: string): string {
  return address.match(/^(\+?[\d*#]{3,})(@|;|$)/)?.[1] ?? '';
}

/** "sip:2002@example.test" as people write it: "2002@example.test". */
export function shortAddress(address: string): string {
  return legible(address.replace(/^(sips?|tel):/i, ''));
}

/** One or two letters for the round picture. */
export function initials(peer: {display: string; address: string}): string {
  const words = bareName(peer)
    .split(/[\s@._-]+/)
    .filter(word => /^[\p{L}\p{N}]/u.test(word));
  if (!peer.display && number(shortAddress(peer.address))) return '#';
  const [first = '#', second = ''] = words;
  const letters = peer.display && second ? [first, words.at(-1) ?? second] : [first];
  return letters.map(word => [...word][0]?.toLocaleUpperCase() ?? '').join('');
}

/** The line under the name; empty when it would repeat the name. */
export function peerLine(peer: Peer): string {
  const address = shortAddress(peer.address);
  if (peer.display) return address;
  return number(address) ? address.slice(address.indexOf('@') + 1 || address.length) : '';
}

/** A name or address that a narrow card may break behind its dots and its @, rather than within a word. */
export function breaks(text: string) {
  const parts = text.match(/[^.@]+[.@]*|[.@]+/g) ?? [];
  return html`<bdi>${parts.map((part, i) => html`${i ? html`<wbr />` : ''}${part}`)}</bdi>`;
}
