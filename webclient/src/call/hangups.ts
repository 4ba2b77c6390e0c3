import {t} from '../locales/words.js';
import {type Call, type Command, CommandError, type Result} from '../protocol/messages.js';

/** A call the user hung up here. */
interface HungUp {
  /** When, as the gateway writes times. */
  at: string;
  /** The gateway was away meanwhile, so the call is shown as over before it says so. */
  shown: boolean;
  /** The gateway is being told, was told, or the line broke before it could be. */
  told: 'telling' | 'told' | 'lost';
}

/** Where the calls that were hung up outlive a reload, each with when. */
export interface HangUpStore {
  hungUp: () => Array<[call: string, at: string]>;
  keepHungUp: (calls: Array<[call: string, at: string]>) => void;
}

export interface HangUpsOptions {
  store: HangUpStore;
  do: (command: Command) => Promise<Result>;
  /** The gateway's time in milliseconds since 1970. */
  now: () => number;
  /** Called when the gateway took one, or the line broke before it could. */
  onChange: () => void;
}

/**
 * The calls that were hung up in this tab. Their sound ends here at once, whether the gateway is in reach or not; it is
 * told as often as it takes.
 */
export class HangUps {
  private readonly calls = new Map<string, HungUp>();

  constructor(private readonly options: HangUpsOptions) {
    // Nobody knows what the gateway took of the last page load.
    for (const [id, at] of options.store.hungUp()) this.calls.set(id, {at, shown: true, told: 'lost'});
  }

  /** Hangs up. Resolves when that is done; rejects with a CommandError when the gateway refused: the call goes on. */
  async end(call: string): Promise<Result> {
    const hungUp: HungUp = {at: new Date(this.options.now()).toISOString(), shown: false, told: 'telling'};
    this.calls.set(call, hungUp);
    this.keep();
    this.options.onChange();
    return this.tell(call, hungUp);
  }

  /** Follows the calls the gateway has, while it is in reach: tells it again, and forgets what it knows. */
  follow(calls: readonly Call[]): void {
    for (const [id, hungUp] of this.calls) {
      const going = calls.some(call => call.id === id && call.state !== 'ended');
      if (!going) this.forget(id);
      else if (hungUp.told === 'lost') this.tell(id, hungUp).catch(() => {}); // refused: it goes on, as is seen
    }
  }

  /** The gateway is away: from now on these calls are shown as over. */
  away(): void {
    for (const hungUp of this.calls.values()) hungUp.shown = true;
  }

  /** Whether the user is done with the call. */
  has(call: Call): boolean {
    return this.calls.has(call.id);
  }

  /** The call as the user is to see it. */
  seen(call: Call): Call {
    const hungUp = this.calls.get(call.id);
    if (!hungUp?.shown || call.state === 'ended') return call;
    return {...call, state: 'ended', on: null, here: false, since: hungUp.at, cause: 'hang_up', reason: t.hungUpHere};
  }

  private forget(call: string): void {
    this.calls.delete(call);
    this.keep();
  }

  private keep(): void {
    this.options.store.keepHungUp([...this.calls].map(([id, {at}]) => [id, at]));
  }

  private async tell(call: string, hungUp: HungUp): Promise<Result> {
    hungUp.told = 'telling';
    try {
      const result = await this.options.do({do: 'hangup', call});
      hungUp.told = 'told';
      return result;
    } catch (error) {
      const code = error instanceof CommandError ? error.code : '';
      hungUp.told = code === 'lost' ? 'lost' : 'told';
      if (code === 'lost' || code === 'ended' || code === 'no_such_call') return {};
      this.forget(call);
      throw error;
    } finally {
      this.options.onChange();
    }
  }
}
