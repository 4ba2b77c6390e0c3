import {t} from '../locales/words.js';
import {backoff} from './backoff.js';
import type {Entry, Refusal, Right} from './entry.js';
import {
  Close,
  type Command,
  CommandError,
  type FromGateway,
  type Hello,
  type Parts,
  type Reply,
  type Result,
} from './messages.js';
import {randomId} from './random.js';
import type {TabStore} from './tabstore.js';

/**
 * connecting: no state has come yet on this socket.
 * open:       the parts are what the gateway has.
 * waiting:    the socket is gone, the next attempt is due.
 * loggedOut:  the gateway wants a log-in; nothing more is tried.
 * elsewhere:  another window goes on with this tab; nothing more is tried.
 * stopped:    before start and after stop.
 */
export type Phase = 'connecting' | 'open' | 'waiting' | 'loggedOut' | 'elsewhere' | 'stopped';

export interface ConnectionOptions {
  url: string;
  build: string;
  store: TabStore;
  /** Called whenever phase or parts changed. */
  onChange: () => void;
  /** Called when the gateway speaks a protocol this page does not. */
  onOutdated: () => void;
  /** Called when the gateway says that it did not understand us. */
  onFault: () => void;
  /** Where tokens come from, on pages that have no cookie. */
  entry?: Entry;
  /** Called with what REST requests prove the log-in with. */
  onBearer?: (bearer: string) => void;
  /** Tells whether the log-in still holds; asked when a socket would not open. */
  loggedIn: () => Promise<boolean>;
  socket?: (url: string) => WebSocket;
  backoff?: (attempt: number) => number;
  /** Without a reply for this long (ms) the socket counts as dead. */
  patience?: number;
  /** How long (ms) the site may take to give a token. */
  tokenWait?: number;
}

interface Waiting {
  text: string;
  done: (result: Result) => void;
  failed: (error: CommandError) => void;
  sends: number;
  timer?: ReturnType<typeof setTimeout> | undefined;
}

const maxSends = 4;

/**
 * The socket to the gateway: it keeps itself alive, resumes the tab after a
 * break and a reload, and sends an unanswered command again under its own id,
 * which the gateway answers without carrying it out twice.
 */
export class Connection {
  phase: Phase = 'stopped';
  /** The last state; it stays while the socket is away. */
  parts: Parts | null = null;
  /** The build id the gateway serves now; "" before the first welcome. */
  servedBuild = '';
  /** What this page may do with the microphones of deskphones. */
  right: Right = 'always';
  /** Why the last token did not log in, or there was none; null once it did. */
  refusal: Refusal | null = null;

  private socket: WebSocket | null = null;
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private clockOffset = Date.now() - performance.now();
  private nextId = 1;
  /** Names this page load: its next socket may take the tab from a dead one at once. */
  private readonly page = randomId();
  private bearer = '';
  /** Counts what asks for tokens: an answer that comes too late is not used. */
  private asked = 0;
  /** Tokens the gateway refused one after the other. */
  private refused = 0;
  private readonly waiting = new Map<string, Waiting>();

  constructor(private readonly options: ConnectionOptions) {}

  /** Connects, also when it would wait a while before it tries again. */
  start(): void {
    if (this.phase === 'connecting' || this.phase === 'open' || this.phase === 'elsewhere') return;
    this.attempt = 0;
    this.refused = 0;
    this.connect();
  }

  /** Closes the socket; commands without a reply fail with code "lost". */
  stop(): void {
    this.leave('stopped');
  }

  /** Comes back at once, as a new tab when another window took this one; not when it was stopped. */
  retryNow(): void {
    if (this.phase === 'connecting' || this.phase === 'loggedOut' || this.phase === 'stopped') return;
    if (this.phase === 'elsewhere') this.options.store.forget();
    this.attempt = 0;
    this.connect();
  }

  /** Whether there is no line and none is tried for. */
  get over(): boolean {
    return this.phase === 'stopped' || this.phase === 'loggedOut' || this.phase === 'elsewhere';
  }

  /** Why what was pressed last in this page may not be meant: a sentence, "" when it is. */
  get doubt(): string {
    return this.options.entry?.doubt ?? '';
  }

  /** The gateway's time in milliseconds since 1970. */
  now(): number {
    return this.clockOffset + performance.now();
  }

  /** Sends a command and waits for its reply. Rejects with a CommandError. */
  do(command: Command): Promise<Result> {
    if (this.over) return Promise.reject(lost());
    const id = `${this.options.store.prefix()}${this.nextId++}`;
    return new Promise((done, failed) => {
      const entry: Waiting = {text: JSON.stringify({type: 'do', id, ...command}), done, failed, sends: 0};
      this.waiting.set(id, entry);
      if (this.phase === 'open') this.send(entry);
    });
  }

  private connect(): void {
    clearTimeout(this.retry);
    this.drop();
    this.phase = 'connecting';
    const {entry} = this.options;
    if (!entry || this.bearer) return this.dial({bearer: this.bearer});
    void this.askToken(entry);
    this.options.onChange();
  }

  /** Asks the site for a token and goes on with it, unless something else began meanwhile. */
  private async askToken(entry: Entry): Promise<void> {
    const {asked} = this;
    const wait = this.options.tokenWait ?? 30_000;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, failed) => {
      timer = setTimeout(() => failed(new Error(t.embed.tokenLate(wait / 1000))), wait);
    });
    try {
      const token: unknown = await Promise.race([entry.token(), late]);
      if (typeof token !== 'string' || !token) throw new Error(t.embed.noToken);
      if (asked === this.asked) this.dial({token});
    } catch (error) {
      if (asked !== this.asked) return;
      this.refusal = {code: 'no_token', message: error instanceof Error ? error.message : String(error)};
      this.comeBack();
    } finally {
      clearTimeout(timer);
    }
  }

  private dial(proof: {token: string} | {bearer: string}): void {
    const make = this.options.socket ?? (url => new WebSocket(url));
    const socket = make(this.options.url);
    this.socket = socket;
    let opened = false;
    // A gateway that takes the connection and says nothing is as good as none.
    const silence = setTimeout(() => socket === this.socket && this.connect(), 2 * this.patience);
    socket.addEventListener('open', () => {
      opened = true;
      const resume = this.options.store.read();
      const {entry, build} = this.options;
      const login = entry ? {...proof, ...(entry.parent ? {parent: entry.parent} : {})} : {};
      const hello: Hello = {type: 'hello', protocol: 1, build, page: this.page, ...login};
      socket.send(JSON.stringify(resume ? {...hello, resume: {tab: resume.id, secret: resume.secret}} : hello));
    });
    socket.addEventListener('message', event => {
      if (socket !== this.socket) return;
      clearTimeout(silence);
      this.receive(String(event.data));
    });
    socket.addEventListener('close', event => {
      clearTimeout(silence);
      if (socket !== this.socket) return;
      this.socket = null;
      this.closed(event.code, opened);
    });
    this.options.onChange();
  }

  private get patience(): number {
    return this.options.patience ?? 6000;
  }

  private closed(code: number, opened: boolean): void {
    for (const entry of this.waiting.values()) clearTimeout(entry.timer);
    if (code === Close.loggedOut && this.options.entry) return this.renew();
    if (code === Close.loggedOut || code === Close.notAllowed) return this.leave('loggedOut');
    if (code === Close.elsewhere) return this.leave('elsewhere');
    if (code === Close.oldProtocol) {
      this.leave('stopped');
      return this.options.onOutdated();
    }
    if (code === Close.malformed) this.options.onFault();
    this.comeBack();
    // A refused upgrade looks like any other failure to a page: ask by REST.
    if (!opened && !this.options.entry) void this.checkLogin();
  }

  /** Tries again after a while. */
  private comeBack(): void {
    this.phase = 'waiting';
    const wait = this.options.backoff ?? backoff;
    this.retry = setTimeout(() => this.connect(), wait(this.attempt++));
    this.options.onChange();
  }

  /** The log-in is over: the next token may do. Three refused in a row mean that the site gives no good ones. */
  private renew(): void {
    this.bearer = '';
    if (++this.refused > 2) return this.leave('loggedOut');
    this.connect();
  }

  private async checkLogin(): Promise<void> {
    const loggedIn = await this.options.loggedIn().catch(() => true);
    if (!loggedIn && this.phase !== 'open' && this.phase !== 'stopped') this.leave('loggedOut');
  }

  /** Ends for good, or until start or retryNow. */
  private leave(phase: 'loggedOut' | 'elsewhere' | 'stopped'): void {
    clearTimeout(this.retry);
    this.drop();
    this.phase = phase;
    this.failAll();
    this.options.onChange();
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.asked++;
    socket?.close();
    for (const entry of this.waiting.values()) clearTimeout(entry.timer);
  }

  private failAll(): void {
    const entries = [...this.waiting.values()];
    this.waiting.clear();
    for (const entry of entries) {
      clearTimeout(entry.timer);
      entry.failed(lost());
    }
  }

  private send(entry: Waiting): void {
    if (++entry.sends > maxSends) {
      for (const [id, other] of this.waiting) if (other === entry) this.waiting.delete(id);
      return entry.failed(new CommandError('lost', t.noReply));
    }
    this.socket?.send(entry.text);
    entry.timer = setTimeout(() => this.connect(), this.patience);
  }

  private receive(text: string): void {
    const message = JSON.parse(text) as FromGateway;
    if (message.type === 'refused') {
      this.refusal = message.error;
      return;
    }
    if (message.type === 'reply') return this.replied(message);
    if (message.type !== 'welcome' && message.type !== 'state') return; // a newer gateway may say more
    this.clockOffset = Date.parse(message.now) - performance.now();
    if (message.type === 'state') {
      if (this.parts) this.parts = {...this.parts, ...pick(message)};
      return this.options.onChange();
    }
    this.parts = pick(message) as Parts;
    this.servedBuild = message.build;
    this.right = message.open ?? 'always';
    this.refusal = null;
    this.refused = 0;
    if (message.bearer) {
      this.bearer = message.bearer;
      this.options.onBearer?.(this.bearer);
    }
    this.attempt = 0;
    this.phase = 'open';
    this.options.store.write(message.tab);
    // A new tab knows no ids of the old one: what was on its way is lost.
    if (message.resumed) for (const entry of [...this.waiting.values()]) this.send(entry);
    else this.failAll();
    this.options.onChange();
  }

  private replied(reply: Reply): void {
    const entry = this.waiting.get(reply.id);
    if (!entry) return;
    this.waiting.delete(reply.id);
    clearTimeout(entry.timer);
    if (reply.error) {
      const {code, message, sentence} = reply.error;
      return entry.failed(new CommandError(code, message, sentence));
    }
    const {call, sdp, message, said, saidSentence} = reply;
    entry.done({
      ...(call === undefined ? {} : {call}),
      ...(sdp === undefined ? {} : {sdp}),
      ...(message === undefined ? {} : {message}),
      ...(said === undefined ? {} : {said}),
      ...(saidSentence === undefined ? {} : {saidSentence}),
    });
  }
}

const partNames = ['me', 'devices', 'calls', 'presence', 'conversations', 'counters', 'media'] as const;

function pick(message: Partial<Parts>): Partial<Parts> {
  return Object.fromEntries(partNames.filter(name => message[name]).map(name => [name, message[name]]));
}

function lost(): CommandError {
  return new CommandError('lost', t.lost);
}
