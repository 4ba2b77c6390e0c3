import type {ReactiveController, ReactiveControllerHost} from 'lit';

/** How much room the window has, and what of it lies over the views. */
export class Room implements ReactiveController {
  private readonly small = matchMedia('(max-width: 639.98px)');
  private readonly tall = matchMedia('(min-width: 820px) and (min-height: 700px)');
  private readonly size = new ResizeObserver(() => this.pad());
  private watched: Element[] = [];
  private readonly turned = () => this.page.requestUpdate();

  constructor(private readonly page: ReactiveControllerHost & {readonly renderRoot: ParentNode}) {
    page.addController(this);
  }

  /** The stage is a bar over the views. */
  get narrow(): boolean {
    return this.small.matches;
  }

  /** There is room for a keypad from the start. */
  get high(): boolean {
    return this.tall.matches;
  }

  hostConnected(): void {
    for (const query of [this.small, this.tall]) query.addEventListener('change', this.turned);
  }

  hostDisconnected(): void {
    this.size.disconnect();
    this.watched = [];
    for (const query of [this.small, this.tall]) query.removeEventListener('change', this.turned);
  }

  hostUpdated(): void {
    const over = [...this.page.renderRoot.querySelectorAll('call-stage, app-nav')];
    if (over.every((one, i) => one === this.watched[i])) return;
    this.size.disconnect();
    for (const one of over) this.size.observe(one);
    this.watched = over;
  }

  /** Has the browser scroll what gets the focus out from under the bars (WCAG 2.4.11). */
  private pad(): void {
    const [nav, stage] = ['app-nav', 'call-stage'].map(name => {
      const one = this.page.renderRoot.querySelector(name);
      const lies = one && ['sticky', 'fixed'].includes(getComputedStyle(one).position);
      return lies ? one.getBoundingClientRect().height + 8 : 0;
    });
    const {style} = document.documentElement;
    style.scrollPaddingBlockStart = this.narrow ? `${stage}px` : '';
    style.scrollPaddingBlockEnd = this.narrow ? `${nav}px` : '';
  }
}
