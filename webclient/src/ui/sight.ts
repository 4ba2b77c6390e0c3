import type {ReactiveController, ReactiveControllerHost} from 'lit';
import type {CallCard} from './call-card.js';

/** The page as far as its calls are looked for. */
export interface Shows extends ReactiveControllerHost, HTMLElement {
  readonly cards: CallCard[];
}

/** Finds out which calls the user cannot see, because their card is scrolled away or one that rings lies over it. */
export class Sight implements ReactiveController {
  /** The ids of those calls. */
  lost: ReadonlySet<string> = new Set();
  private readonly size = new ResizeObserver(() => this.look());
  private readonly look = () => {
    const {cards} = this.page;
    const top = this.page.renderRoot.querySelector('.ringing')?.getBoundingClientRect().bottom ?? 0;
    const lost = cards.filter(card => card.hasUpdated && !card.within(top, innerHeight)).map(card => card.call.id);
    if (lost.join() === [...this.lost].join()) return;
    this.lost = new Set(lost);
    this.page.requestUpdate();
  };

  constructor(private readonly page: Shows & {readonly renderRoot: ParentNode}) {
    page.addController(this);
  }

  hostConnected(): void {
    this.size.observe(this.page);
    for (const what of ['scroll', 'resize']) addEventListener(what, this.look, {passive: true});
  }

  hostDisconnected(): void {
    this.size.disconnect();
    for (const what of ['scroll', 'resize']) removeEventListener(what, this.look);
  }

  hostUpdated(): void {
    void Promise.all(this.page.cards.map(card => card.updateComplete)).then(this.look);
  }
}
