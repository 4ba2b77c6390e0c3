import {css, html} from 'lit';
import {t} from '../locales/words.js';
import {unseen} from './people.js';

/** How the number of a sign looks that cannot be seen itself. */
export const markStyle = css`
  .mark {
    margin-inline: 0.125em;
    padding-inline: 0.25em;
    border: 1px solid currentColor;
    border-radius: 4px;
    font-size: 0.75em;
    unicode-bidi: isolate;
  }
`;

/** A sign that cannot be seen or turns the direction of writing, by its number. */
function mark(sign: string) {
  const code = `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return html`<span class="mark" title=${t.chat.unseen}>${code}</span>`;
}

/** A text from outside as nothing but text, in which nothing is hidden; `seen` draws what can be seen. Needs `markStyle`. */
export function seenText(text: string, seen: (part: string) => unknown[] = part => [part]): unknown[] {
  const parts: unknown[] = [];
  const plain = text.replaceAll('\r\n', '\n');
  let from = 0;
  for (const {0: sign, index} of plain.matchAll(unseen)) {
    if (sign === '\n' || sign === '\t') continue;
    parts.push(...seen(plain.slice(from, index)), mark(sign));
    from = index + sign.length;
  }
  return [...parts, ...seen(plain.slice(from))];
}
