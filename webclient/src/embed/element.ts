// embed.js: <ringsplash-phone>, the phone in a page of another site. It is
// loaded by everybody's pages, so it imports nothing and stays small.
import type {FromElement, FromFrame, Knock, Look, Shown} from './port.js';

type GetToken = () => string | Promise<string>;

const methods = 'call answer decline hangUp hold resume mute unmute transfer sendDigits move message open'.split(' ');
const attributes = ['gateway', 'lang', 'color-scheme', 'layout', 'answer-on'];
const allow = 'microphone; camera; autoplay; speaker-selection; hid; screen-wake-lock; display-capture';
// A frame that says nothing counts as not loaded after so long (ms), or so long after the browser calls it loaded.
const unloaded = 10_000;
const silent = 2000;

const style = new CSSStyleSheet();
style.replaceSync(
  ':host{display:block;inline-size:360px;block-size:640px;max-inline-size:100%}' +
    ':host([hidden]){display:none}' +
    ':host([layout=bar]){inline-size:100%;block-size:auto}' +
    // Still rendered: a frame that is not displayed may be put to sleep.
    ':host([layout=hidden]){position:fixed;inset-block-end:0;inline-size:1px;block-size:1px;opacity:0;pointer-events:none}' +
    'iframe{display:block;inline-size:100%;block-size:100%;border:0;color-scheme:normal}' +
    'p{margin:0;padding:1em;border:1px solid;font:1em/1.4 system-ui,sans-serif}',
);

class RingsplashPhone extends HTMLElement {
  static observedAttributes = attributes;

  calls: Shown['calls'] = [];
  state: Shown['state'] = 'connecting';
  identity: Shown['identity'] = null;

  #getToken: GetToken | null = null;
  #waits = false; // for getToken to be set
  #root = this.attachShadow({mode: 'open'});
  #frame: HTMLIFrameElement | null = null;
  #port: MessagePort | null = null;
  #joined: Array<() => void> = [];
  #runs = new Map<number, [(value: unknown) => void, (error: Error) => void]>();
  #next = 1;
  #notes = new Map<string, Notification>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #knock = (event: MessageEvent): void => this.#knocked(event);

  /** Fetches a token from the page's own server, a new one at each call. */
  get getToken(): GetToken | null {
    return this.#getToken;
  }

  set getToken(get: GetToken | null) {
    this.#getToken = get;
    if (this.#waits) void this.#token();
  }

  /** The gateway's origin. */
  get gateway(): string {
    return new URL(this.getAttribute('gateway') || import.meta.url, document.baseURI).origin;
  }

  connectedCallback(): void {
    this.#root.adoptedStyleSheets = [style];
    // A property set before the element was defined hides the accessor.
    const own = Object.getOwnPropertyDescriptor(this, 'getToken');
    if (own) {
      delete (this as {getToken?: unknown}).getToken;
      this.getToken = own.value;
    }
    addEventListener('message', this.#knock);
    this.#load();
  }

  disconnectedCallback(): void {
    removeEventListener('message', this.#knock);
    this.#drop();
    this.#root.replaceChildren();
    this.#frame = null;
  }

  attributeChangedCallback(name: string): void {
    if (!this.#frame) return;
    if (name === 'gateway' || name === 'lang') return this.#load();
    this.#follow();
    this.#post({type: 'look', look: this.#look});
  }

  get #look(): Look {
    const of = (name: string) => this.getAttribute(name) ?? '';
    return {layout: of('layout') || 'panel', colorScheme: of('color-scheme'), answerOn: of('answer-on')};
  }

  #load(): void {
    this.#drop();
    const frame = document.createElement('iframe');
    const query = new URLSearchParams({lang: this.lang || document.documentElement.lang});
    for (const name of attributes.slice(2)) query.set(name, this.getAttribute(name) ?? '');
    frame.allow = allow;
    frame.title = 'Ringsplash';
    frame.src = `${this.gateway}/embed?${query}`;
    this.#frame = frame;
    this.#follow();
    this.#root.replaceChildren(frame);
    const wait = (ms: number) => {
      clearTimeout(this.#timer);
      if (!this.#port) this.#timer = setTimeout(() => this.#absent(), ms);
    };
    frame.onload = () => wait(silent);
    wait(unloaded);
  }

  /** Brings the frame in line with the layout. */
  #follow(): void {
    const hidden = this.#look.layout === 'hidden';
    const frame = this.#frame as HTMLIFrameElement;
    frame.tabIndex = hidden ? -1 : 0;
    frame.ariaHidden = hidden ? 'true' : null;
    frame.style.blockSize = '';
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#port?.close();
    this.#port = null;
    const lost = this.#error('lost', 'The phone was taken off the page.');
    for (const [, failed] of this.#runs.values()) failed(lost);
    this.#runs.clear();
    for (const note of this.#notes.values()) note.close();
  }

  #absent(): void {
    const {gateway} = this;
    const message =
      `The phone did not load from ${gateway}. Is it running, is ${location.origin} listed there under http.embed_origins, ` +
      `and does the policy of this page allow frame-src ${gateway}? Some browsers also ask before a public page may reach a private network.`;
    const card = document.createElement('p');
    card.role = 'alert';
    card.textContent = message;
    this.#root.append(card);
    (this.#frame as HTMLIFrameElement).hidden = true;
    this.#fire('error', {code: 'not_loaded', message});
  }

  #knocked({source, origin, data}: MessageEvent): void {
    const knock = data as Knock | null;
    const inside = this.#frame?.contentWindow;
    if (!inside || source !== inside || origin !== this.gateway || knock?.ringsplash !== 1 || knock.type !== 'hello')
      return;
    clearTimeout(this.#timer);
    const {port1, port2} = new MessageChannel();
    this.#port?.close();
    this.#port = port1;
    port1.onmessage = event => this.#receive(event.data);
    inside.postMessage({ringsplash: 1, type: 'port', look: this.#look} satisfies Knock, origin, [port2]);
    for (const go of this.#joined.splice(0)) go();
  }

  #receive(message: FromFrame): void {
    switch (message.type) {
      case 'token':
        this.#fire('token-needed', {});
        void this.#token();
        break;
      case 'shown':
        this.calls = message.calls;
        this.state = message.state;
        this.identity = message.identity;
        break;
      case 'event':
        this.#fire(message.name, message.detail);
        break;
      case 'notify':
        this.#notify(message);
        break;
      case 'height':
        if (this.#look.layout === 'bar' && this.#frame) this.#frame.style.blockSize = `${message.px}px`;
        break;
      case 'reply': {
        const [done, failed] = this.#runs.get(message.id) ?? [];
        this.#runs.delete(message.id);
        if (message.error) failed?.(this.#error(message.error.code, message.error.message));
        else done?.(message.value);
      }
    }
  }

  async #token(): Promise<void> {
    this.#waits = !this.#getToken;
    if (!this.#getToken) return;
    try {
      this.#post({type: 'token', token: await this.#getToken()});
    } catch (error) {
      this.#post({type: 'token', error: `The page gives the phone no token: ${error}`});
    }
  }

  /** Tells in the host page's name who calls, while nobody looks at it: a frame may not. */
  #notify({tag, title, body}: {tag: string; title: string; body: string}): void {
    this.#notes.get(tag)?.close();
    this.#notes.delete(tag);
    if (!title || document.hasFocus() || globalThis.Notification?.permission !== 'granted') return;
    try {
      const note = new Notification(title, {tag, body, requireInteraction: true});
      this.#notes.set(tag, note);
      note.onclick = () => {
        focus();
        note.close();
        void this.#run('open', ['']);
      };
    } catch {
      // Some browsers want a service worker for that; the host page has the event.
    }
  }

  #fire(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, {detail, bubbles: true, composed: true}));
  }

  #error(code: string, message: string): Error {
    return Object.assign(new Error(message), {code});
  }

  #post(message: FromElement): void {
    this.#port?.postMessage(message);
  }

  async #run(name: string, args: unknown[]): Promise<unknown> {
    if (name === 'open' && this.#look.layout === 'hidden') this.setAttribute('layout', 'panel');
    if (!this.#port) await new Promise<void>(done => this.#joined.push(done));
    const id = this.#next++;
    return new Promise((done, failed) => {
      this.#runs.set(id, [done, failed]);
      this.#post({type: 'run', id, name, args});
    });
  }

  static {
    for (const name of methods) {
      Object.defineProperty(RingsplashPhone.prototype, name, {
        value(this: RingsplashPhone, ...args: unknown[]) {
          return this.#run(name, args);
        },
      });
    }
  }
}

customElements.get('ringsplash-phone') ?? customElements.define('ringsplash-phone', RingsplashPhone);

export {RingsplashPhone};
