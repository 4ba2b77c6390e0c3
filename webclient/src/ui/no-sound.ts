import {css, html, LitElement, nothing} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import type {Call, Device} from '../protocol/messages.js';
import {icon} from './icons.js';
import {shared} from './styles.js';

/** Says that a talk in this window has no sound, why, and what can be done. */
@customElement('no-sound')
export class NoSound extends LitElement {
  static override styles = [
    shared,
    css`
      div[role] {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 0.25rem 0.625rem;
        margin-block-start: 0.875rem;
        padding: 0.875rem;
        border: 1px solid currentColor;
        border-radius: var(--round-small);
        background: var(--stop-soft);
        color: var(--stop-text);
        overflow-wrap: anywhere;
      }
      p {
        grid-column: 2;
      }
      p:first-of-type {
        font-weight: 700;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        grid-column: 1 / -1;
        gap: 0.5rem;
        margin-block-start: 0.5rem;
      }
      .acts button {
        flex: 1 1 8rem;
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) call!: Call;
  @property({attribute: false}) devices: Device[] = [];
  @property({type: Boolean}) offline = false;

  override render() {
    const phones =
      this.call.state === 'connected' && !this.offline ? this.devices.filter(({answerable}) => answerable) : [];
    return html`
      <div role="alert">
        ${icon('warning')}
        <p>${this.offline ? t.gatewayAbsent : t.soundAbsent(this.phone.port)}</p>
        ${this.offline ? nothing : html`<p class="small">${t.soundHint}</p>`}
        <div class="acts">
          ${phones.map(
            ({id, display}) => html`
              <button @click=${() => this.phone.move(this.call, id)}>
                ${icon('deskphone')}<span>${t.moveTo(display)}</span>
              </button>
            `,
          )}
          <button @click=${() => this.phone.retryPath()}>${t.retry}</button>
        </div>
      </div>
    `;
  }
}
