import {ringing} from '../call/plan.js';
import {TitleBell, tone} from '../call/ringer.js';
import {Sound} from '../call/tones.js';
import {t} from '../locales/words.js';
import type {Call} from '../protocol/messages.js';
import {peerName} from '../ui/people.js';
import {RingLock} from './tabs.js';

export interface RingOptions {
  /** Called when the right to sound changed, or the window that rings aloud. */
  onChange: () => void;
  /** Whether the title is ours; in a page of another site it is not. */
  titled: boolean;
}

/** How this window tells of a call that comes: for the ear, and in the title. */
export class Ring {
  private readonly sound: Sound;
  private readonly lock: RingLock;
  private readonly bell = new TitleBell(t.product);
  private readonly told = new Set<string>();

  constructor(private readonly options: RingOptions) {
    this.sound = new Sound(options.onChange);
    this.lock = new RingLock(options.onChange);
  }

  /** Whether the browser lets this page sound. */
  get allowed(): boolean {
    return this.sound.allowed;
  }

  /** Whether this is the window that rings aloud. */
  get aloud(): boolean {
    return this.lock.held && this.sound.allowed;
  }

  /** Tries to get the right to sound; to be called at a user's click or key, and once at start. */
  enable(): Promise<void> {
    return this.sound.enable();
  }

  /** Sounds, or is silent, as the calls of a user want it; `waiting` counts missed calls and messages that nobody has looked at. */
  follow(calls: readonly Call[], user: string, waiting: number): void {
    if (user && this.sound.allowed) this.lock.ask(user);
    const {name, volume} = tone(calls, this.aloud);
    this.sound.play(name, volume);
    const [first] = ringing(calls);
    if (!this.options.titled) return;
    this.bell.ring(first ? t.calling(peerName(first.peer)) : '');
    this.bell.count(waiting);
  }

  /** Leaves ringing aloud to another window. */
  release(): void {
    this.lock.release();
  }

  /** The calls that ring here and of which the gateway was not told yet; from now on it counts as told. */
  untold(calls: readonly Call[]): Call[] {
    const all = ringing(calls).filter(call => !this.told.has(call.id));
    for (const {id} of all) this.told.add(id);
    return all;
  }

  /** The gateway gave this page a new tab: it was told nothing of that one. */
  newTab(): void {
    this.told.clear();
  }
}
