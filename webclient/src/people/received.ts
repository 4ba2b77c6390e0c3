import type {Conversation} from '../protocol/messages.js';

/** What the gateway was told of the messages that this page has: it makes them delivered for who sent them. */
export class Received {
  private readonly told = new Map<string, string>();

  /** Tells it once of each new message. */
  follow(conversations: readonly Conversation[], tell: (peer: string, upTo: string) => Promise<unknown>): void {
    for (const {with: peer, last} of conversations) {
      const {address} = peer;
      if (last.mine || last.state === 'read' || this.told.get(address) === last.id) continue;
      this.told.set(address, last.id);
      tell(address, last.id).catch(() => this.told.delete(address)); // told with the next state
    }
  }
}
