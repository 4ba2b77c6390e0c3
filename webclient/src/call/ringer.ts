import type {Call} from '../protocol/messages.js';
import {playsRingback, ringing} from './plan.js';
import type {ToneName} from './tones.js';

/** What this tab plays now, and how loud: the ring is quiet while somebody talks. */
export function tone(calls: readonly Call[], rings: boolean): {name: ToneName | null; volume: number} {
  if (rings && ringing(calls).length) {
    const talking = calls.some(call => call.state === 'connected');
    return {name: 'ring', volume: talking ? 0.15 : 1};
  }
  return {name: playsRingback(calls) ? 'ringback' : null, volume: 1};
}

/** Shows in the title who calls and how many missed calls and messages wait, for the eye that sees only the row of tabs. */
export class TitleBell {
  private timer: ReturnType<typeof setInterval> | undefined;
  private text = '';
  private waiting = 0;

  constructor(
    private readonly title: string,
    private readonly calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches,
  ) {}

  /** Counts what waits for the user: in the title, and as a dot in the page's sign. */
  count(waiting: number): void {
    if (waiting === this.waiting) return;
    this.waiting = waiting;
    if (!this.text) document.title = this.idle;
    const sign = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    if (sign) sign.href = waiting ? '/icons/icon-missed.svg' : '/icons/icon.svg';
  }

  private get idle(): string {
    return this.waiting ? `(${this.waiting}) ${this.title}` : this.title;
  }

  /** Rings with this text, or stops with "". */
  ring(text: string): void {
    if (text === this.text) return;
    this.text = text;
    clearInterval(this.timer);
    document.title = text || this.idle;
    if (!text || this.calm()) return;
    let on = true;
    this.timer = setInterval(() => {
      on = !on;
      document.title = on ? text : this.idle;
    }, 1000);
  }
}
