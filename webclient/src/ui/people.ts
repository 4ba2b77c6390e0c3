import {html} from 'lit';
import type {Peer} from '../protocol/messages.js';

/** What to call somebody: the name, else the address without its scheme. */
export function peerName(peer: {display: string; address: string}): string {
  const address = shortAddress(peer.address);
  return peer.display || number(address) || address;
}

/** The telephone number in front of an address, or "". */
function number(address: string): string {
  return address.match(/^(\+?[\d*#]{3,})(@|;|$)/)?.[1] ?? '';
}

/** "sip:2002@example.test" as people write it: "2002@example.test". */
export function shortAddress(address: string): string {
  return address.replace(/^(sips?|tel):/i, '');
}

/** One or two letters for the round picture. */
export function initials(peer: {display: string; address: string}): string {
  const words = peerName(peer)
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
  return text.match(/[^.@]+[.@]*|[.@]+/g)?.map((part, i) => html`${i ? html`<wbr />` : ''}${part}`) ?? '';
}
