import type {Command} from '../protocol/messages.js';

/** Without a hand for this long (ms) the gateway is told. */
export const idleAfter = 60_000;
/** The longest it is told of, in seconds. */
const longest = 30 * 24 * 3600;

const hands = ['keydown', 'pointerdown', 'pointermove', 'touchstart', 'wheel'];

export interface ActivityOptions {
  /** Tells the gateway; rejects when it could not be told. */
  do: (command: Command) => Promise<unknown>;
  /** The document in which hands move. */
  page?: EventTarget & {readonly visibilityState: string};
}

/** Tells the gateway when no hand has moved in this tab for a minute, when it is hidden, and when a hand moves again. */
export class Activity {
  private readonly page: EventTarget & {readonly visibilityState: string};
  /** When a hand last moved; the load of the page is one. */
  private last = Date.now();
  /** What the gateway knows. */
  private idle = false;
  private open = false;
  /** Where the pointer was: what moves below a pointer that rests is no hand. */
  private spot = '';
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ActivityOptions) {
    this.page = options.page ?? document;
    for (const type of hands)
      this.page.addEventListener(type, event => this.hand(event), {capture: true, passive: true});
    this.page.addEventListener('visibilitychange', () => this.look());
  }

  /** To be called with every state of the line. A tab whose line is back says again how it stands. */
  follow(open: boolean): void {
    if (open === this.open) return;
    this.open = open;
    if (open && this.idle && !this.quiet) this.tell(false);
    else if (open) this.idle = false; // a gateway that began anew knows nothing
    this.look();
  }

  private get visible(): boolean {
    return this.page.visibilityState === 'visible';
  }

  /** Whether nobody is before the page. */
  private get quiet(): boolean {
    return !this.visible || Date.now() - this.last >= idleAfter;
  }

  private hand(event: Event): void {
    if (!this.visible) return;
    if (event.type === 'pointermove') {
      const {screenX, screenY} = event as PointerEvent;
      const spot = `${screenX} ${screenY}`;
      const rests = spot === this.spot;
      this.spot = spot;
      if (rests) return;
    }
    this.last = Date.now();
    if (this.idle && this.open) this.tell(false);
    if (!this.timer) this.look();
  }

  /** Tells that no hand moves, or looks again when it may be so. A hidden page has no timer: browsers slow it down. */
  private look(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.open || this.idle) return;
    if (this.quiet) return this.tell(true);
    this.timer = setTimeout(() => this.look(), idleAfter - (Date.now() - this.last));
  }

  private tell(idle: boolean): void {
    this.idle = idle;
    const seconds = Math.round((Date.now() - this.last) / 1000);
    const command: Command = idle ? {do: 'activity', idle: Math.min(Math.max(seconds, 1), longest)} : {do: 'activity'};
    this.options.do(command).catch(() => {}); // the line is gone; it is told when it is back
  }
}
