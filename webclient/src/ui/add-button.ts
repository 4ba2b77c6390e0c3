import {html, nothing} from 'lit';
import {t} from '../locales/words.js';
import type {Draft} from '../people/directory.js';
import {icon} from './icons.js';
import {peerName} from './people.js';

/** A button that takes somebody of a call into the directory, by an event `person`; none for a withheld address. */
export function addButton(peer: {display: string; address: string}, offline: boolean) {
  if (!peer.address || peer.address.endsWith('@anonymous.invalid')) return nothing;
  const name = peerName(peer);
  const detail: Draft = {display: peer.display, addresses: [peer.address], note: '', friend: false};
  const tell = (event: Event) =>
    event.target?.dispatchEvent(new CustomEvent('person', {detail, bubbles: true, composed: true}));
  return html`
    <button
      class="bare worded"
      aria-label=${t.directory.addPeer(name)}
      title=${t.directory.addPeer(name)}
      ?disabled=${offline}
      @click=${tell}
    >
      ${icon('add')}<span>${t.directory.addShort}</span>
    </button>
  `;
}
