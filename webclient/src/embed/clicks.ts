import {t} from '../locales/words.js';

/** How long (ms) the frame must have been seen as it is drawn before a click in it counts. */
const settle = 500;

/** What IntersectionObserver tells of late, in Chromium alone (version 2). */
type Entry = IntersectionObserverEntry & {isVisible?: boolean};

/**
 * Doubts clicks and keys in a frame that the page around may have brought about: one that lies over the frame or makes
 * it see-through steals clicks, one that moves the focus here while somebody types steals keys.
 */
export class Clicks {
  /** Since when (performance.now) the frame is seen as it is drawn; null while it is not. */
  private plainSince: number | null = Number.NEGATIVE_INFINITY; // for browsers that do not tell
  /** Whether the focus came here, or was used, by the user's own hand. */
  private handled = false;

  constructor() {
    const follow = (entries: Entry[]) => {
      for (const {isVisible} of entries) {
        if (isVisible === undefined) continue;
        this.plainSince = isVisible ? (this.plainSince ?? performance.now()) : null;
      }
    };
    const options: IntersectionObserverInit & {trackVisibility: boolean; delay: number} = {
      trackVisibility: true,
      delay: 100,
    };
    new IntersectionObserver(follow, options).observe(document.documentElement);
    addEventListener('focus', () => {
      this.handled = false;
    });
    const byHand = (event: Event) => {
      if (event.isTrusted) this.handled = true;
    };
    addEventListener('click', byHand, {capture: true});
    addEventListener('keydown', event => event.key === 'Tab' && byHand(event), {capture: true});
  }

  /** Why what was pressed last may not be meant, a sentence for the user and whoever runs the site; "" when it is. */
  get doubt(): string {
    if (this.plainSince === null || performance.now() - this.plainSince < settle) return t.embed.covered;
    return this.handled ? '' : t.embed.strayKey;
  }
}
