import type {Phone} from '../phone.js';
import type {Refusal} from '../protocol/entry.js';
import type {Parts} from '../protocol/messages.js';
import {eventsBetween} from './events.js';
import type {Shown} from './port.js';

/** Follows a phone for the site around it. */
export class Watch {
  private parts: Parts | null = null;
  private refusal: Refusal | null = null;
  private ready = false;

  constructor(
    private readonly phone: Phone,
    private readonly tell: (name: string, detail: unknown) => void,
  ) {}

  /** To be called at each change of the phone. */
  follow(): void {
    const {parts, refusal, phase} = this.phone;
    if (!this.ready && phase === 'open' && parts) {
      this.ready = true;
      this.tell('ready', {identity: parts.me});
    }
    const events = eventsBetween(this.parts, parts);
    this.parts = parts;
    for (const {name, detail} of events) this.tell(name, detail);
    if (refusal && refusal !== this.refusal) this.tell('error', {...refusal});
    this.refusal = refusal;
  }

  get shown(): Shown {
    const {phase, parts, calls} = this.phone;
    let state: Shown['state'] = parts ? 'reconnecting' : 'connecting';
    if (phase === 'open') state = 'connected';
    if (phase === 'loggedOut') state = 'refused';
    return {calls, state, identity: parts?.me ?? null};
  }
}
