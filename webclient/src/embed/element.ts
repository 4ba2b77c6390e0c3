// embed.js: <ringsplash-phone>, the phone in a page of another site. It is
// loaded by everybody's pages, so it imports nothing and stays small.
import type {FromElement, FromFrame, Knock, Look, Shown} from './port.js';

type GetToken = () => string | Promise<string>;
type Waiting = [done: (value: unknown) => void, failed: (error: Error) => void];

const methods = 'call answer decline hangUp hold resume mute unmute transfer sendDigits move message open'.split(' ');
const looks = ['color-scheme', 'layout', 'answer-on'];
const allow = 'microphone; camera; autoplay; speaker-selection; hid; screen-wake-lock; display-capture';
// A frame that says nothing counts as not loaded after so long (ms), or so long after the browser calls it loaded.
const unloaded = 10_000;
const silent = 2000;
// How long (ms) until a frame that did not load is tried again.
const pause = 30_000;

const style = new CSSStyleSheet();
style.replaceSync(
  ':host{display:block;inline-size:360px;block-size:640px;max-inline-size:100%}' +
    ':host([hidden]){display:none}' +
    ':host([layout=bar]){inline-size:100%;block-size:auto}' +
    // Still rendered: a frame that is not displayed may be put to sleep.
    ':host([layout=hidden]){position:fixed;inset-block-end:0;inline-size:1px;block-size:1px;opacity:0;pointer-events:none}' +
    'iframe{display:block;inline-size:100%;block-size:100%;border:0;color-scheme:normal}' +
    '[hidden]{display:none}' +
    'p{margin:0;padding:1em;border:1px solid;font:1em/1.4 system-ui,sans-serif}',
);

const fault = (code: string, message: string): Error => Object.assign(new Error(message), {code});
const lost = () => fault('lost', 'The phone was taken off the page, or loaded anew.');
const unreached = (gateway: string) =>
  `The phone did not load from ${gateway}. Is it running, is ${location.origin} listed there under http.embed_origins, ` +
  `and does the policy of this page allow frame-src ${gateway}? Some browsers also ask before a public page may reach a private network.`;

class RingsplashPhone extends HTMLElement {
  static observedAttributes = ['gateway', 'lang', ...looks];

  calls: Shown['calls'] = [];
  state: Shown['state'] = 'connecting';
  identity: Shown['identity'] = null;

  #getToken: GetToken | null = null;
  #waits = false; // for getToken to be set
  #root = this.attachShadow({mode: 'open'});
  #frame: HTMLIFrameElement | null = null;
  #port: MessagePort | null = null;
  /** What stands in place of a frame that did not load. */
  #card: HTMLSlotElement | null = null;
  /** Methods that wait for the port, and those that wait for their reply. */
  #joined: Waiting[] = [];
  #runs = new Map<number, Waiting>();
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

  /** The gateway's origin; "" when the attribute is none. */
  get gateway(): string {
    try {
      const {origin} = new URL(this.getAttribute('gateway') || import.meta.url);
      return origin.startsWith('http') ? origin : '';
    } catch {
      return '';
    }
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
    this.#refuse(this.#joined.splice(0), lost());
    this.#root.replaceChildren();
    this.#frame = this.#card = null;
  }

  attributeChangedCallback(name: string, was: string | null, is: string | null): void {
    if (!this.#frame || was === is) return; // a new frame would cost the call in the old one
    if (name === 'gateway') return this.#load();
    this.#follow();
    this.#post({type: 'look', look: this.#look});
  }

  get #look(): Look {
    const of = (name: string) => this.getAttribute(name) ?? '';
    const lang = this.lang || document.documentElement.lang;
    return {lang, layout: of('layout') || 'panel', colorScheme: of('color-scheme'), answerOn: of('answer-on')};
  }

  #load(): void {
    this.#drop();
    const {gateway} = this;
    const frame = document.createElement('iframe');
    const query = new URLSearchParams({lang: this.#look.lang ?? ''});
    for (const name of looks) query.set(name, this.getAttribute(name) ?? '');
    frame.allow = allow;
    frame.title = 'Ringsplash';
    frame.hidden = this.#card !== null;
    this.#frame = frame;
    this.#follow();
    const wait = (ms: number) => {
      clearTimeout(this.#timer);
      if (!this.#port) this.#timer = setTimeout(() => this.#absent(unreached(gateway)), ms);
    };
    if (gateway) {
      frame.src = `${gateway}/embed?${query}`;
      frame.onload = () => wait(silent);
      wait(unloaded);
    }
    this.#root.replaceChildren(frame, ...(this.#card ? [this.#card] : []));
    if (!gateway) this.#absent('The attribute gateway must be an origin, such as https://phone.example. Correct it.');
  }

  /** Brings the frame in line with the layout. */
  #follow(): void {
    const hidden = this.#look.layout === 'hidden';
    const frame = this.#frame as HTMLIFrameElement;
    frame.tabIndex = hidden ? -1 : 0;
    frame.ariaHidden = hidden ? 'true' : null;
    frame.style.blockSize = '';
  }

  /** Forgets what the frame said. Calls go on in the gateway. */
  #drop(): void {
    clearTimeout(this.#timer);
    this.#port?.close();
    this.#port = null;
    this.calls = [];
    this.state = 'connecting';
    this.identity = null;
    this.#refuse(this.#runs.values(), lost());
    this.#runs.clear();
    for (const note of this.#notes.values()) note.close();
    this.#notes.clear();
  }

  #refuse(waiting: Iterable<Waiting>, error: Error): void {
    for (const [, failed] of waiting) failed(error);
  }

  /** Shows why there is no phone, or what the page has written into the element for that, and goes on trying. */
  #absent(message: string): void {
    (this.#frame as HTMLIFrameElement).hidden = true;
    this.#refuse(this.#joined.splice(0), fault('not_loaded', message));
    if (this.gateway) this.#timer = setTimeout(() => this.#load(), pause);
    if (this.#card?.textContent === message) return;
    this.#card ??= this.#root.appendChild(document.createElement('slot'));
    const words = document.createElement('p');
    words.role = 'alert';
    words.lang = 'en';
    words.textContent = message;
    this.#card.replaceChildren(words);
    this.#fire('error', {code: 'not_loaded', message});
  }

  #knocked({source, origin, data}: MessageEvent): void {
    const knock = data as Knock | null;
    const inside = this.#frame?.contentWindow;
    if (!inside || source !== inside || origin !== this.gateway || knock?.ringsplash !== 1 || knock.type !== 'hello')
      return;
    this.#drop(); // of a frame that was loaded again
    this.#card?.remove();
    this.#card = null;
    (this.#frame as HTMLIFrameElement).hidden = false;
    const {port1, port2} = new MessageChannel();
    this.#port = port1;
    port1.onmessage = event => this.#receive(event.data);
    inside.postMessage({ringsplash: 1, type: 'port', look: this.#look} satisfies Knock, origin, [port2]);
    for (const [go] of this.#joined.splice(0)) go(null);
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
        if (message.error) failed?.(fault(message.error.code, message.error.message));
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
      const why = String(error);
      this.#post({type: 'token', why, error: `The page gives the phone no token: ${why}`}); // an older frame shows that
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
    // Windows have events `message` of their own, which pages take for those of postMessage.
    this.dispatchEvent(new CustomEvent(name, {detail, bubbles: name !== 'message', composed: true}));
  }

  #post(message: FromElement): void {
    this.#port?.postMessage(message);
  }

  async #run(name: string, args: unknown[]): Promise<unknown> {
    if (name === 'open' && this.#look.layout === 'hidden') this.setAttribute('layout', 'panel');
    if (!this.#frame) throw lost();
    if (this.#card) throw fault('not_loaded', this.#card.textContent ?? '');
    if (!this.#port) await new Promise((done, failed) => this.#joined.push([done, failed]));
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
