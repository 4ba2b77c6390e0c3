import type {Conversation, Correspondent, Message} from '../protocol/messages.js';

/** What the site around the phone is told of a message; plain data. */
export interface Written {
  id: string;
  /** The address of who wrote it: what `message` takes to answer. */
  from: string;
  display: string;
  text: string;
  time: string;
  /** Whether something shows that it comes from there. */
  verified: boolean;
}

/** Fetches the messages of a peer that are newer than one, the newest first. */
export type Fetch = (peer: string, after: string) => Promise<Message[]>;

/** Tells the site of each message that comes while its page is there, once and whole. */
export class NewMessages {
  /** The newest of each conversation that was told of, or was there before. */
  private readonly known = new Map<string, string>();
  /** The newest of all; null before the first state. */
  private newest: string | null = null;
  private before: readonly Conversation[] | null = null;
  private told = Promise.resolve();

  constructor(
    private readonly fetch: Fetch,
    private readonly tell: (message: Written) => void,
  ) {}

  /** To be called with each state. A state may pass over messages, and cuts long ones: those are fetched. */
  follow(conversations: readonly Conversation[]): void {
    if (conversations === this.before) return;
    this.before = conversations;
    const {newest} = this;
    for (const one of conversations) {
      const {address} = one.with;
      const {id} = one.last;
      const after = this.known.get(address) ?? newest;
      if (id <= (this.known.get(address) ?? '')) continue;
      this.known.set(address, id);
      if (id > (this.newest ?? '')) this.newest = id;
      if (after !== null) this.told = this.told.then(() => this.report(one, after));
    }
    this.newest ??= '';
  }

  private async report({with: peer, last}: Conversation, after: string): Promise<void> {
    // Without the list the site gets what the state has; so it does when two messages were kept in the other order.
    const all = after < last.id ? await this.fetch(peer.address, after).catch(() => [last]) : [last];
    for (const message of all.filter(({id, mine}) => !mine && id <= last.id).reverse())
      this.tell(written(peer, message));
  }
}

function written({address, display}: Correspondent, {id, text, time, unproven}: Message): Written {
  return {id, from: address, display, text, time, verified: !unproven};
}
