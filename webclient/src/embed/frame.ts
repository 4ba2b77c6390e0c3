import {ringing} from '../call/plan.js';
import {t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import type {Entry} from '../protocol/entry.js';
import {CommandError} from '../protocol/messages.js';
import {peerName} from '../ui/people.js';
import {Clicks} from './clicks.js';
import type {FromElement, FromFrame, Knock, Look} from './port.js';
import {type AnswerOn, Remote} from './remote.js';
import {Watch} from './watch.js';

/** Our page in a frame of another site: it knocks at the element around it and serves what is asked through its port. */
export class Frame implements Entry {
  parent = '';
  look: Look;
  private port: MessagePort | null = null;
  private remote: Remote | null = null;
  private watch: Watch | null = null;
  private shown = '';
  private readonly rung = new Set<string>();
  private asked: {done: (token: string) => void; failed: (error: Error) => void} | null = null;
  private readonly joined: Promise<void>;
  private readonly clicks = new Clicks();

  /** `show` opens a screen of the phone, `changed` tells that the look did. */
  show: (view: string) => void = () => {};
  changed: () => void = () => {};

  constructor() {
    const query = new URLSearchParams(location.search);
    this.look = {
      layout: query.get('layout') ?? 'panel',
      lang: query.get('lang') ?? '',
      colorScheme: query.get('color-scheme') ?? '',
      answerOn: query.get('answer-on') ?? '',
    };
    this.joined = this.join();
  }

  /**
   * Waits for the element's port. The gateway's frame-ancestors let only listed sites frame this page, so whoever is
   * around it may speak; which site it is, the browser says.
   */
  private join(): Promise<void> {
    const [around] = location.ancestorOrigins ?? [];
    return new Promise(done => {
      addEventListener('message', ({source, origin, data, ports}) => {
        const knock = data as Knock | null;
        const [port] = ports;
        if (source !== parent || (around && origin !== around) || knock?.ringsplash !== 1) return;
        if (knock.type !== 'port' || !port || this.port) return;
        this.parent = origin;
        this.port = port;
        this.look = knock.look;
        port.onmessage = event => void this.receive(event.data);
        this.changed();
        done();
      });
      // Nothing in it is secret, so a browser that does not tell who is around may tell everybody.
      if (parent !== self) parent.postMessage({ringsplash: 1, type: 'hello'} satisfies Knock, around ?? '*');
    });
  }

  /** Serves this phone. */
  serve(phone: Phone): void {
    this.remote = new Remote(phone);
    this.watch = new Watch(phone, (name, detail) => this.send({type: 'event', name, detail}));
    void this.joined.then(() => this.follow(phone));
  }

  get doubt(): string {
    return this.clicks.doubt;
  }

  async token(): Promise<string> {
    await this.joined;
    this.send({type: 'token'});
    return new Promise((done, failed) => {
      this.asked = {done, failed};
    });
  }

  /** To be called at each change of the phone. */
  follow(phone: Phone): void {
    if (!this.port || !this.watch) return;
    const {shown} = this.watch;
    const text = JSON.stringify(shown);
    if (text !== this.shown) this.send({type: 'shown', ...shown});
    this.shown = text;
    this.watch.follow();
    for (const call of ringing(phone.calls)) {
      if (this.rung.has(call.id)) continue;
      this.rung.add(call.id);
      this.send({type: 'notify', tag: call.id, title: t.calling(peerName(call.peer)), body: t.incomingCall});
    }
    for (const id of this.rung) {
      if (ringing(phone.calls).some(call => call.id === id)) continue;
      this.rung.delete(id);
      this.send({type: 'notify', tag: id, title: '', body: ''}); // it rings no more
    }
  }

  /** Tells how high the phone is, for the layout that follows it. */
  tellHeight(px: number): void {
    this.send({type: 'height', px});
  }

  private async receive(message: FromElement): Promise<void> {
    switch (message.type) {
      case 'token':
        if (message.why !== undefined) this.asked?.failed(new Error(t.embed.tokenFailed(message.why)));
        else if (message.error !== undefined)
          this.asked?.failed(new Error(message.error)); // of an older element
        else this.asked?.done(message.token ?? '');
        this.asked = null;
        return;
      case 'look':
        this.look = message.look;
        return this.changed();
      case 'run':
        return this.send({type: 'reply', id: message.id, ...(await this.run(message.name, message.args))});
    }
  }

  private async run(
    name: string,
    args: unknown[],
  ): Promise<{value?: unknown} | {error: {code: string; message: string}}> {
    try {
      if (name === 'open') return {value: this.show(String(args[0] ?? ''))};
      if (this.remote) this.remote.answerOn = (this.look.answerOn || 'ask') as AnswerOn;
      return {value: await this.remote?.run(name, args)};
    } catch (error) {
      if (error instanceof CommandError) return {error: {code: error.code, message: error.said}};
      return {error: {code: 'fault', message: error instanceof Error ? error.message : String(error)}};
    }
  }

  private send(message: FromFrame): void {
    this.port?.postMessage(message);
  }
}

/** The frame this page is in; null for the app page. */
export const frame = document.querySelector('meta[name=ringsplash-frame]') ? new Frame() : null;
