import type {LitElement, ReactiveController} from 'lit';

/**
 * Puts the focus on something that stays when a button goes away with the focus on it, as "Mute" does for "Unmute":
 * else who works by keyboard or screen reader is thrown out of the card.
 */
export class KeepFocus implements ReactiveController {
  private had = false;

  /** `stays` makes the selector of what gets the focus, within the element. */
  constructor(
    private readonly element: LitElement,
    private readonly stays: () => string,
  ) {
    element.addController(this);
  }

  hostUpdate(): void {
    this.had = this.root?.activeElement != null;
  }

  hostUpdated(): void {
    if (this.had) void this.check();
  }

  private get root(): ShadowRoot | null {
    return this.element.shadowRoot;
  }

  private async check(): Promise<void> {
    // The button may have been in an element within, which is drawn after this one.
    for (const inner of this.root?.querySelectorAll<LitElement>('call-acts, call-strip') ?? [])
      await inner.updateComplete;
    const inner = this.root?.activeElement;
    // What is only hidden keeps the focus until the browser draws the next time.
    if (inner ? inner.checkVisibility() : document.activeElement && document.activeElement !== document.body) return;
    this.root?.querySelector<HTMLElement>(this.stays())?.focus({preventScroll: true});
  }
}
