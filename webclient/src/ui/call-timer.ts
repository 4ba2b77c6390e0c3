import {html, LitElement} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import {duration} from '../call/time.js';
import {t} from '../locales/words.js';

/** How long something has lasted, by the gateway's clock. Not announced as it runs. */
@customElement('call-timer')
export class CallTimer extends LitElement {
  @property() since = '';
  @property({attribute: false}) now: () => number = Date.now;
  private timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => this.requestUpdate(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  override render() {
    return html`<span role="timer" aria-live="off" aria-label=${t.talkTime}>${duration(this.now() - Date.parse(this.since))}</span>`;
  }
}
