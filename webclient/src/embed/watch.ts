import {type Count, count, isBad, judge} from '../call/quality.js';
import {say} from '../locales/words.js';
import type {Phone} from '../phone.js';
import type {Refusal} from '../protocol/entry.js';
import type {Call, Parts, Presence} from '../protocol/messages.js';
import {messagesWith} from '../protocol/rest.js';
import {eventsBetween, presenceBetween} from './events.js';
import {NewMessages} from './new-messages.js';
import type {Shown} from './port.js';

/** How often the sound is judged, in milliseconds. */
const judgeEvery = 2000;

/** Follows a phone for the site around it. */
export class Watch {
  private calls: readonly Call[] = [];
  private presence: readonly Presence[] = [];
  private readonly messages: NewMessages;
  private refusal: Refusal | null = null;
  private ready = false;
  private timer: ReturnType<typeof setInterval> | undefined;
  private counted: Count | null = null;
  /** Of the last looks at the sound, which were bad. */
  private looks: boolean[] = [];

  constructor(
    private readonly phone: Phone,
    private readonly tell: (name: string, detail: unknown) => void,
  ) {
    this.messages = new NewMessages(
      async (peer, after) => {
        const page = await messagesWith({with: peer, limit: '200', ...(after ? {after} : {})}, phone.proof);
        return page.messages;
      },
      message => tell('message', message),
    );
  }

  /** To be called at each change of the phone. */
  follow(): void {
    const {calls, parts, refusal, phase} = this.phone;
    if (phase === 'stopped') this.ready = false;
    if (!this.ready && phase === 'open' && parts) {
      this.ready = true;
      this.tell('ready', {identity: parts.me});
    }
    const events = eventsBetween(this.calls, calls);
    this.calls = calls;
    for (const {name, detail} of events) this.tell(name, detail);
    if (phase === 'open' && parts) this.followPeople(parts);
    if (refusal && refusal !== this.refusal) {
      this.tell('error', {code: refusal.code, message: say(refusal.message, refusal.sentence)});
    }
    this.refusal = refusal;
    this.followSound();
  }

  private followPeople({presence, conversations}: Parts): void {
    const people = presenceBetween(this.presence, presence);
    this.presence = presence;
    if (people.length) this.tell('presence', {people});
    this.messages.follow(conversations);
  }

  get shown(): Shown {
    const {phase, parts, calls} = this.phone;
    let state: Shown['state'] = parts ? 'reconnecting' : 'connecting';
    if (phase === 'open') state = 'connected';
    if (phase === 'loggedOut') state = 'refused';
    if (phase === 'stopped' || phase === 'elsewhere') state = 'stopped';
    return {calls, state, identity: parts?.me ?? null};
  }

  private get talk() {
    return this.phone.calls.find(call => call.here && call.state === 'connected');
  }

  /** Looks at the sound as long as somebody talks here. */
  private followSound(): void {
    if (this.talk) {
      this.timer ??= setInterval(() => void this.look(), judgeEvery);
      return;
    }
    clearInterval(this.timer);
    this.timer = undefined;
    this.counted = null;
    this.looks = [];
  }

  private async look(): Promise<void> {
    const report = await this.phone.stats();
    const call = this.talk;
    const before = this.counted;
    this.counted = report && count(report);
    const quality = before && this.counted && judge(before, this.counted);
    if (!quality || !call) return;
    this.looks = [...this.looks, isBad(quality)].slice(-5);
    this.tell('quality', {call: call.id, ...quality, bad: this.looks.filter(Boolean).length >= 3});
  }
}
