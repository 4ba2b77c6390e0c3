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

/** Shows in the title who calls, for the eye that sees only the row of tabs. */
export class TitleBell {
  private timer: ReturnType<typeof setInterval> | undefined;
  private text = '';

  constructor(
    private readonly title: string,
    private readonly calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches,
  ) {}

  /** Rings with this text, or stops with "". */
  ring(text: string): void {
    if (text === this.text) return;
    this.text = text;
    clearInterval(this.timer);
    document.title = text || this.title;
    if (!text || this.calm()) return;
    let on = true;
    this.timer = setInterval(() => {
      on = !on;
      document.title = on ? text : this.title;
    }, 1000);
  }
}
