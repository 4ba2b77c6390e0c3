import type {Presence} from '../protocol/messages.js';

const key = (address: string) => address.toLowerCase();

/** A number at the domain of somebody's address, without a scheme; "" for none. */
export function numberAt(number: string, address: string): string {
  const [, domain] = address.split('@');
  return number && domain ? `${number}@${domain}` : '';
}

/** By what somebody is found: his address, and his number at the same domain. */
function keysOf({address, number = ''}: Presence): string[] {
  const byNumber = numberAt(number, key(address));
  return byNumber ? [`sip:${byNumber}`, key(address)] : [key(address)];
}

/** Who is there, as the gateway says it of friends, the directory and conversations. An event `change` follows it. */
export class Presences extends EventTarget {
  /** The line is away: it is how things were. */
  stale = false;
  private list: readonly Presence[] = [];
  private found = new Map<string, Presence>();

  /** Takes the part presence as it is now; to be called at every change of the state. */
  follow(list: readonly Presence[], stale: boolean): void {
    if (list === this.list && stale === this.stale) return;
    if (list !== this.list) this.found = new Map(list.flatMap(one => keysOf(one).map(name => [name, one] as const)));
    this.list = list;
    this.stale = stale;
    this.dispatchEvent(new Event('change'));
  }

  /** The presence of who has one of the addresses; undefined for somebody of whom nothing is known. */
  of(addresses: readonly string[]): Presence | undefined {
    for (const address of addresses) {
      const found = this.found.get(key(address));
      if (found) return found;
    }
    return undefined;
  }
}

/** Those of this page. */
export const presences = new Presences();
