import {html} from 'lit';
import {t} from '../locales/words.js';
import {unseen} from './people.js';

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

/** A sign that cannot be seen or turns the direction of writing, by its number. */
function mark(sign: string) {
  const code = `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return html`<span class="mark" title=${t.chat.unseen}>${code}</span>`;
}

/** A text from outside as nothing but text: addresses of the web can be clicked, and nothing in it is hidden. */
export function chatText(text: string): unknown[] {
  const parts: unknown[] = [];
  const plain = text.replaceAll('\r\n', '\n');
  let from = 0;
  for (const {0: sign, index} of plain.matchAll(unseen)) {
    if (sign === '\n' || sign === '\t') continue;
    parts.push(...withLinks(plain.slice(from, index)), mark(sign));
    from = index + sign.length;
  }
  return [...parts, ...withLinks(plain.slice(from))];
}
