import {html} from 'lit';
import {seenText} from './seen-text.js';

const address = /\bhttps?:\/\/[^\s<>"]+/gi;

/** What stands behind an address in a sentence, and is no part of it. */
const behind = /[.,;:!?'")\]}…]+$/;

/** The address a text is, when it leads to a page of the web and hides nothing in front of the host. */
function link(text: string): string {
  if (!URL.canParse(text)) return '';
  const {protocol, username, password, href} = new URL(text);
  return /^https?:$/.test(protocol) && !username && !password ? href : '';
}

function withLinks(text: string): unknown[] {
  const parts: unknown[] = [];
  let from = 0;
  for (const {0: found, index} of text.matchAll(address)) {
    const shown = found.replace(behind, '');
    const href = link(shown);
    if (!href) continue;
    parts.push(text.slice(from, index), html`<a href=${href} target="_blank" rel="noopener noreferrer">${shown}</a>`);
    from = index + shown.length;
  }
  return [...parts, text.slice(from)];
}

/** A text from outside as nothing but text: addresses of the web can be clicked, and nothing in it is hidden. */
export function chatText(text: string): unknown[] {
  return seenText(text, withLinks);
}
