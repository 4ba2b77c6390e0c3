import {count} from './quality.js';

/** How often (ms) is looked whether sound arrives. */
const lookEvery = 500;
/** Sound that stays away this long (ms) has stopped: lost packets make shorter gaps. */
const quietAfter = 1500;

/** Tells whether the far end's sound arrives, by what the browser counts: the one witness while the gateway is away. */
export class Arrival {
  /** null until it is known. */
  arrives: boolean | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private received: number | null = null;
  private since = 0;

  constructor(
    private readonly stats: () => Promise<RTCStatsReport | null>,
    private readonly changed: () => void,
  ) {}

  /** Looks from now on, or no more. */
  watch(on: boolean): void {
    if (on === (this.timer !== undefined)) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.arrives = null;
    this.received = null;
    if (!on) return;
    this.since = performance.now();
    this.timer = setInterval(() => void this.look(), lookEvery);
    void this.look();
  }

  private async look(): Promise<void> {
    const {timer, received: before} = this;
    const report = await this.stats();
    if (timer !== this.timer) return;
    const now = (report && count(report)?.received) ?? 0;
    this.received = now;
    const grew = before !== null && now > before;
    if (grew) this.since = performance.now();
    const quiet = performance.now() - this.since > quietAfter;
    const arrives = grew || (quiet ? false : this.arrives);
    if (arrives === this.arrives) return;
    this.arrives = arrives;
    this.changed();
  }
}
