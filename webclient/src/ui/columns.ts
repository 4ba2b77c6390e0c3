import {html} from 'lit';
import {keyed} from 'lit/directives/keyed.js';
import {t} from '../locales/words.js';
import type {Draft} from '../people/directory.js';
import type {Phone} from '../phone.js';
import type {Parts} from '../protocol/messages.js';
import type {Sought} from './app-chat.js';
import './device-list.js';
import './history-list.js';
import type {Place} from './places.js';

/** What the columns beside the stage are drawn from. */
export interface Shown {
  phone: Phone;
  parts: Parts;
  place: Place;
  /** Whom the open conversation is with. */
  peer: Sought | null;
  offline: boolean;
  /** The state of the line in a word. */
  line: string;
  /** Somebody from a call, to be added to the directory. */
  draft: Draft | null;
  /** Leaves the place. */
  close: () => void;
  draftDone: () => void;
}

/** The column of lists: people, conversations, past calls. */
export function listColumn(shown: Shown) {
  switch (shown.place) {
    case 'friends':
    case 'directory':
      return keyed(shown.place, people(shown));
    case 'conversations':
      return conversations(shown);
    default:
      return pastCalls(shown);
  }
}

/** The column of details: Feature Options, the user's own presence, the open conversation, or the user's phones. */
export function detailColumn(shown: Shown) {
  if (shown.place === 'options') return featureOptions(shown);
  if (shown.place === 'presence') return ownPresence(shown);
  return shown.peer ? chat(shown, shown.peer) : phones(shown);
}

function conversations({phone, parts, peer, offline}: Shown) {
  return html`
    <conversation-list
      class="card"
      .phone=${phone}
      .conversations=${parts.conversations}
      ?offline=${offline}
      open=${peer?.address ?? ''}
    ></conversation-list>
    <quick-texts class="card" .phone=${phone}></quick-texts>
  `;
}

function chat({phone, parts, offline, close}: Shown, peer: Sought) {
  return html`
    <chat-pane
      class="card"
      .phone=${phone}
      .peer=${peer}
      .conversations=${parts.conversations}
      ?offline=${offline}
      @close=${close}
    ></chat-pane>
  `;
}

function people({parts, place, offline, draft, close, draftDone}: Shown) {
  return html`
    <people-list
      .version=${parts.counters.directory}
      .draft=${draft}
      ?friends=${place === 'friends'}
      ?offline=${offline}
      @close=${close}
      @draft-done=${draftDone}
    ></people-list>
  `;
}

function featureOptions({phone, parts, offline, close}: Shown) {
  return html`
    <feature-options
      .me=${parts.me}
      .devices=${parts.devices}
      .version=${parts.counters.directory}
      .now=${() => phone.now()}
      ?offline=${offline}
      @close=${close}
    ></feature-options>
  `;
}

function ownPresence({phone, parts, offline, close}: Shown) {
  return html`
    <own-presence .me=${parts.me} .now=${() => phone.now()} ?offline=${offline} @close=${close}></own-presence>
  `;
}

function phones({phone, parts, offline, line}: Shown) {
  return html`
    <device-list
      .phone=${phone}
      .devices=${parts.devices}
      .desk=${phone.desk}
      .tabs=${parts.me.tabs}
      line=${offline ? line : t.browserReady}
      ?offline=${offline}
      ?rings=${phone.rings}
    ></device-list>
  `;
}

function pastCalls({phone, parts, offline}: Shown) {
  return html`
    <history-list
      .version=${parts.counters.history}
      .missed=${parts.counters.missed}
      .now=${() => phone.now()}
      ?offline=${offline}
      @seen=${() => phone.seen()}
    ></history-list>
  `;
}
