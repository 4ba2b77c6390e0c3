import type {ReactiveController, ReactiveControllerHost} from 'lit';
import {Received} from '../people/received.js';
import type {Phone} from '../phone.js';
import type {Correspondent} from '../protocol/messages.js';
import {openWith} from './places.js';

/** Whom a conversation is with, and the id of the message that is looked for in it. */
export interface Sought extends Correspondent {
  message?: string;
}

/** Which conversation of the page is open, and that the gateway learns what messages came here. */
export class AppChat implements ReactiveController {
  private readonly received = new Received();
  /** Whom a press opened the conversation with. */
  private pressed: Sought | null = null;

  constructor(
    private readonly page: ReactiveControllerHost,
    private readonly phone: Phone,
  ) {
    page.addController(this);
  }

  hostUpdated(): void {
    const {phone} = this;
    if (phone.phase !== 'open') return;
    this.received.follow(phone.parts?.conversations ?? [], (peer, upTo) => phone.script({do: 'received', peer, upTo}));
  }

  /** Remembers the name of somebody whom nothing was written to yet, and what is looked for. */
  press(peer: Sought): void {
    this.pressed = peer;
    this.page.requestUpdate();
  }

  /** Whom the conversation is with that an address of the page opens; null for none. */
  peer(hash: string): Sought | null {
    const address = openWith(hash);
    if (!address) return null;
    const pressed = this.pressed?.address === address ? this.pressed : {address, display: ''};
    const known = this.phone.parts?.conversations.find(one => one.with.address === address);
    return known ? {...pressed, ...known.with} : pressed;
  }
}
