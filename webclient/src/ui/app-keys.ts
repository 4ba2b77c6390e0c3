import type {ReactiveController, ReactiveControllerHost} from 'lit';
import {deskFirst} from '../desktop/desk.js';
import {type KeyAction, keyAction, keyName, twiceWithin, typing} from '../desktop/keys.js';
import type {Phone} from '../phone.js';
import type {CallCard} from './call-card.js';
import {hideHints} from './key-hint.js';

/** The page as the keys see it. */
export interface Keyed extends ReactiveControllerHost {
  /** The cards of the calls that are dialled, talked in or on hold. */
  readonly cards: CallCard[];
  /** Goes to the dial field. */
  search(): void;
  /** Shows the list of keys. */
  showKeys(): void;
}

const offKey = 'keys-off';

/** The keyboard, wherever on the page the focus is, as long as the user types no text. */
export class AppKeys implements ReactiveController {
  /** The names of the keys that were switched off. */
  off: Set<string>;
  private endPressed = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly page: Keyed,
    private readonly phone: Phone,
  ) {
    this.off = new Set((phone.settings.get(offKey) ?? '').split(' '));
    hideHints(this.off);
    page.addController(this);
  }

  hostConnected(): void {
    document.addEventListener('keydown', this.pressed);
  }

  hostDisconnected(): void {
    document.removeEventListener('keydown', this.pressed);
  }

  /** Keeps which keys are switched off, in this browser. */
  switchOff(names: Set<string>): void {
    this.off = names;
    hideHints(names);
    this.phone.settings.set(offKey, [...names].join(' '));
    this.page.requestUpdate();
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    const {parts, phase} = this.phone;
    if (!parts || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const path = event.composedPath();
    if (path.some(one => one instanceof HTMLDialogElement)) return; // a question is over what the keys are about
    if (typing(path) && event.key !== 'Escape') return;
    const name = keyName(event.key);
    const twice = event.timeStamp - this.endPressed < twiceWithin;
    this.endPressed = name === 'E' ? event.timeStamp : Number.NEGATIVE_INFINITY;
    if (!name || this.off.has(name)) return;
    const action = keyAction(event.key, this.phone.calls, deskFirst(parts.devices, this.phone.desk), twice);
    if (phase !== 'open' && action?.type !== 'end') return; // without the line nothing else works
    if (action && this.act(action)) event.preventDefault();
  };

  /** Carries out a key; whether it meant something here. */
  private act(action: KeyAction): boolean {
    switch (action.type) {
      case 'answer':
        void this.phone.answer(action.call, action.on);
        return true;
      case 'mute':
        void this.phone.mute(action.call);
        return true;
      case 'end':
        void this.phone.hangUp(action.call);
        return true;
      case 'unmute':
      case 'hold':
      case 'resume':
        void this.phone.simple(action.type, action.call);
        return true;
      case 'transfer':
        void this.card(action.call.id)?.transfer();
        return true;
      case 'digit':
        this.card(action.call.id)?.digit(action.digit);
        return true;
      case 'search':
        this.page.search();
        return true;
      case 'help':
        this.page.showKeys();
        return true;
      case 'close':
        return this.page.cards.some(card => card.closeTool());
    }
  }

  private card(id: string): CallCard | undefined {
    return this.page.cards.find(card => card.call.id === id);
  }
}
