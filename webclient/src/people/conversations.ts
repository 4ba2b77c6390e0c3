import {t} from '../locales/words.js';
import {type Command, CommandError, type Conversation, type Message, type Result} from '../protocol/messages.js';
import {randomId} from '../protocol/random.js';
import {type MessagesPage, messagesWith} from '../protocol/rest.js';

/** How many messages are fetched at once. */
const pageSize = 50;

/** How long (ms) the gateway shows that somebody types is 15 s: it is told again before. */
const typingAgain = 10_000;

/** A message of the user's that is not in the list of the gateway yet. */
export interface Unsent {
  /** Names it to the gateway, which never keeps a second one of the same name. */
  key: string;
  text: string;
  time: string;
  /** Its id in the list, once the gateway keeps it. */
  id?: string;
  /** Why the gateway does not, in words; "" as long as it may. */
  fault: string;
  /** The line was lost before the gateway said anything. */
  lost?: boolean;
}

function page(peer: string, before = ''): Promise<MessagesPage> {
  return messagesWith({with: peer, limit: String(pageSize), ...(before ? {before} : {})});
}

/** What the user and one peer wrote to each other, as far as it was fetched, and what he is writing. */
export class Thread {
  /** Oldest first. */
  messages: Message[] = [];
  unsent: Unsent[] = [];
  /** What was typed and not sent. */
  draft = '';
  /** Asks for the messages before these; "" when there are none. */
  next = '';
  /** idle: nothing was fetched yet. */
  state: 'idle' | 'there' | 'failed' = 'idle';
  /** Failed messages that were sent anew. */
  readonly repeated = new Set<string>();
  changed: () => void = () => {};
  private fetches = 0;
  private toldTyping = 0;
  /** The peer's address as the gateway writes it: it was opened by another perhaps, such as a number. */
  private proper: string;

  constructor(
    private readonly peer: string,
    private readonly run: (command: Command) => Promise<Result>,
  ) {
    this.proper = peer;
  }

  /** This one among those of the state. */
  find(all: readonly Conversation[]): Conversation | undefined {
    const newest = this.messages.at(-1)?.id;
    const found = all.find(one => one.with.address === this.proper) ?? all.find(one => one.last.id === newest);
    if (found) this.proper = found.with.address;
    return found;
  }

  /** Fetches the newest messages; those before them stay, unless some between would be missing. */
  async load(): Promise<void> {
    const fetch = ++this.fetches;
    try {
      const {messages, next = ''} = await page(this.peer);
      if (fetch !== this.fetches) return; // newer ones are on their way
      const newest = this.messages.at(-1)?.id;
      const [first] = messages.slice(-1);
      const before = messages.some(({id}) => id === newest)
        ? this.messages.filter(({id}) => first && id < first.id)
        : [];
      this.messages = [...before, ...messages.reverse()];
      if (!before.length) this.next = next;
      const kept = new Set(this.messages.map(({id}) => id));
      this.unsent = this.unsent.filter(({id}) => !id || !kept.has(id));
      this.state = 'there';
    } catch {
      if (fetch === this.fetches) this.state = 'failed';
    }
    this.changed();
  }

  /** Fetches those before. */
  async older(): Promise<void> {
    const {next} = this;
    try {
      const found = await page(this.peer, next);
      if (next !== this.next) return;
      this.messages = [...found.messages.reverse(), ...this.messages];
      this.next = found.next ?? '';
      this.state = 'there';
    } catch {
      this.state = 'failed';
    }
    this.changed();
  }

  /** Fetches earlier messages until one is there; false when it is none of the newest thousand. */
  async reach(id: string): Promise<boolean> {
    for (let pages = 0; pages < 20; pages++) {
      if (this.messages.some(one => one.id === id)) return true;
      const [first] = this.messages;
      if (!this.next || !first || first.id < id || this.state === 'failed') return false;
      await this.older();
    }
    return false;
  }

  send(text: string, now: number): Promise<void> {
    const one: Unsent = {key: randomId(), text, time: new Date(now).toISOString(), fault: ''};
    this.unsent = [...this.unsent, one];
    this.toldTyping = 0;
    return this.give(one);
  }

  /** Sends one again that the gateway did not keep, under its old name. */
  again(one: Unsent): Promise<void> {
    return this.give(one);
  }

  /** Sends a message anew that could not be brought to the peer. */
  repeat({id, text}: Message, now: number): Promise<void> {
    this.repeated.add(id);
    return this.send(text, now);
  }

  /** The line is back: whatever was lost with it is sent again, and what came meanwhile is fetched. */
  async back(): Promise<void> {
    await Promise.all([this.load(), ...this.unsent.filter(({lost}) => lost).map(one => this.give(one))]);
  }

  private async give(one: Unsent): Promise<void> {
    Object.assign(one, {fault: '', lost: false});
    this.changed();
    try {
      const {message} = await this.run({do: 'message', to: this.peer, text: one.text, key: one.key});
      if (message) one.id = message;
    } catch (error) {
      one.fault = error instanceof CommandError ? error.said : t.notDone;
      one.lost = error instanceof CommandError && error.code === 'lost';
      return this.changed();
    }
    await this.load();
  }

  /** Forgets all of it, as the gateway did. */
  clear(): void {
    Object.assign(this, {messages: [], unsent: [], draft: '', next: ''});
    this.fetches++; // what is on its way is of before
    this.changed();
  }

  /** Has the peer see that the user types, or that he stopped. */
  typing(active: boolean, now: number): void {
    if (active ? now - this.toldTyping < typingAgain : !this.toldTyping) return;
    this.toldTyping = active ? now : 0;
    const command: Command = active ? {do: 'typing', to: this.peer, active} : {do: 'typing', to: this.peer};
    this.run(command).catch(() => {}); // the peer does not see it
  }

  /** Says that the user has read the peer's messages up to one. */
  async read(upTo: string): Promise<void> {
    await this.run({do: 'read', peer: this.peer, upTo});
  }
}

const threads = new Map<string, Thread>();

/** The thread of a user with a peer: what he typed or could not send stays in it while he is elsewhere in the page. */
export function threadOf(user: string, peer: string, run: (command: Command) => Promise<Result>): Thread {
  const key = `${user} ${peer}`;
  const thread = threads.get(key) ?? new Thread(peer, run);
  threads.set(key, thread);
  return thread;
}
