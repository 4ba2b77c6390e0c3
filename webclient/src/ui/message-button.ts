import {html, nothing} from 'lit';
import {t} from '../locales/words.js';
import type {Correspondent} from '../protocol/messages.js';
import {icon} from './icons.js';
import {peerName} from './people.js';

/** Whether somebody can be written to: not when his address is withheld. */
export function canWrite({address}: Correspondent): boolean {
  return address !== '' && !address.endsWith('@anonymous.invalid');
}

/** A button that opens the conversation with somebody, by an event `write`; none for a withheld address. */
export function messageButton({address, display}: Correspondent) {
  if (!canWrite({address, display})) return nothing;
  const name = t.chat.writeTo(peerName({address, display}));
  const detail: Correspondent = {address, display};
  const tell = (event: Event) =>
    event.target?.dispatchEvent(new CustomEvent('write', {detail, bubbles: true, composed: true}));
  return html`
    <button class="bare worded message" aria-label=${name} title=${name} @click=${tell}>
      ${icon('chat')}<span>${t.chat.message}</span>
    </button>
  `;
}
