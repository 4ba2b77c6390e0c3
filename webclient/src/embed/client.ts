// client.js: the phone without a face, for pages with a look of their own. It
// belongs to the page: its microphone and its speaker are the page's, and the
// gateway lets it open no deskphone unless the page's origin is trusted (I11).
import {t} from '../locales/words.js';
import {Received} from '../people/received.js';
import {Phone} from '../phone.js';
import {history} from '../protocol/rest.js';
import type {Shown} from './port.js';
import {type AnswerOn, Remote} from './remote.js';
import {Watch} from './watch.js';

export interface ClientOptions {
  /** The gateway's origin; by default the one this module came from. */
  gateway?: string;
  /** Fetches a token from the page's own server, a new one at each call. */
  getToken: () => string | Promise<string>;
  answerOn?: AnswerOn;
}

/** Set by the build. */
declare const BUILD: string;

export class RingsplashClient extends EventTarget {
  readonly #phone: Phone;
  readonly #remote: Remote;
  readonly #watch: Watch;
  readonly #received = new Received();
  #listens = false;
  #started = false;
  #told: string | undefined;

  constructor({gateway = new URL(import.meta.url).origin, getToken, answerOn = 'ask'}: ClientOptions) {
    super();
    const tell = (name: string, detail: unknown) => this.dispatchEvent(new CustomEvent(name, {detail}));
    const token = async () => {
      tell('token-needed', {});
      return getToken();
    };
    const changed = () => {
      if (!this.#watch) return;
      this.#watch.follow();
      this.#receive();
      // There is no face on which the user could read what went wrong.
      const {notice, microphoneFault, path, port, calls} = this.#phone;
      const silent = path === 'absent' && calls.some(call => call.here && call.state !== 'ended');
      let fault = notice && {code: 'fault', message: notice.text};
      fault ??= microphoneFault && {code: 'microphone', message: t.microphone[microphoneFault]};
      fault ??= silent ? {code: 'no_sound', message: t.soundAbsent(port)} : null;
      if (fault && fault.message !== this.#told) tell('error', fault);
      this.#told = fault?.message;
    };
    this.#phone = new Phone(BUILD, changed, {
      gateway: new URL(gateway).origin, // it may have been given with a slash
      entry: {parent: '', token},
    });
    this.#watch = new Watch(this.#phone, tell);
    this.#remote = new Remote(this.#phone);
    this.#remote.answerOn = answerOn;
  }

  /** A page that listens has the messages: they are delivered. One that does not shows them to nobody. */
  #receive(): void {
    const {phase, parts} = this.#phone;
    if (!this.#listens || phase !== 'open') return;
    const told = (peer: string, upTo: string) => this.#phone.script({do: 'received', peer, upTo});
    this.#received.follow(parts?.conversations ?? [], told);
  }

  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    super.addEventListener(...args);
    if (args[0] !== 'message') return;
    this.#listens = true;
    this.#receive();
  }

  get calls(): Shown['calls'] {
    return this.#watch.shown.calls;
  }

  get state(): Shown['state'] {
    return this.#watch.shown.state;
  }

  get identity(): Shown['identity'] {
    return this.#watch.shown.identity;
  }

  /** The user's deskphones. */
  get devices() {
    return this.#phone.parts?.devices ?? [];
  }

  /** Connects, also after `stop`, a refusal, or when another window took over; `ready` follows. */
  start(): void {
    if (!this.#started) void this.#phone.start();
    else if (this.#phone.phase === 'elsewhere') this.#phone.useHere();
    else this.#phone.enter();
    this.#started = true;
  }

  /** Disconnects; calls go on elsewhere. */
  stop(): void {
    this.#phone.stop();
  }

  call(address: string, more: {from?: string} = {}) {
    return this.#remote.run('call', [address, more]) as Promise<string>;
  }

  answer(id = '', more: {on?: string} = {}) {
    return this.#do('answer', id, more);
  }

  decline(id = '') {
    return this.#do('decline', id);
  }

  hangUp(id = '') {
    return this.#do('hangUp', id);
  }

  hold(id = '') {
    return this.#do('hold', id);
  }

  resume(id = '') {
    return this.#do('resume', id);
  }

  mute(id = '') {
    return this.#do('mute', id);
  }

  unmute(id = '') {
    return this.#do('unmute', id);
  }

  transfer(id: string, address: string) {
    return this.#do('transfer', id, address);
  }

  sendDigits(id: string, digits: string) {
    return this.#do('sendDigits', id, digits);
  }

  move(id: string, more: {to?: string} = {}) {
    return this.#do('move', id, more);
  }

  /** Writes to somebody in the user's name; the id of the message, once the gateway keeps it. */
  message(address: string, text: string, more: {key?: string} = {}) {
    return this.#remote.run('message', [address, text, more]) as Promise<string>;
  }

  /** Past calls, newest first, or those before the entry `before`. */
  history(before = '') {
    return history(before, this.#phone.proof); // a page may have clients of several users
  }

  async #do(name: string, ...args: unknown[]): Promise<void> {
    await this.#remote.run(name, args);
  }
}
