import {css, html, LitElement} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import {repeat} from 'lit/directives/repeat.js';
import {deskOf} from '../desktop/desk.js';
import {t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import type {Device} from '../protocol/messages.js';
import type {DeviceRow} from './device-row.js';
import './device-row.js';
import {deviceStyle} from './device-style.js';
import {icon} from './icons.js';
import {shared} from './styles.js';

/** The phones that ring for the user: this browser and his deskphones. */
@customElement('device-list')
export class DeviceList extends LitElement {
  static override styles = [
    shared,
    deviceStyle,
    css`
      h2 {
        margin-block-end: 0.5rem;
        font-size: 1rem;
      }
      li + li {
        border-block-start: 1px solid var(--line);
      }
      .none {
        padding-block-start: 0.625rem;
        border-block-start: 1px solid var(--line);
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) devices: Device[] = [];
  /** The id of the deskphone beside this browser, as it was chosen. */
  @property({attribute: false}) desk: string | null = null;
  @property({type: Number}) tabs = 1;
  @property({type: Boolean}) offline = false;
  /** The state of this browser in a word. */
  @property() line = '';
  @property({type: Boolean}) rings = false;

  /** The row that had the focus before it was perhaps moved. */
  private focused: Element | null = null;

  override willUpdate(): void {
    this.focused = this.shadowRoot?.activeElement ?? null;
  }

  override updated(): void {
    if (this.focused?.isConnected && !this.shadowRoot?.activeElement) (this.focused as DeviceRow).focusSetUp();
  }

  override render() {
    const desk = deskOf(this.devices, this.desk);
    return html`
      <section class="card" aria-labelledby="title">
        <h2 id="title">${t.devices}</h2>
        <ul>
          ${this.browser()}
          ${repeat(
            this.devices,
            device => device.id, // the main one comes first, so they change places
            device => html`
              <li>
                <device-row
                  .device=${device}
                  ?desk=${device === desk}
                  ?offline=${this.offline}
                  @desk=${() => this.phone.chooseDesk(device.id)}
                ></device-row>
              </li>
            `,
          )}
        </ul>
        ${this.devices.length ? '' : html`<p class="none small soft">${t.noDevices}</p>`}
      </section>
    `;
  }

  private browser() {
    const windows = [t.tabs(Math.max(1, this.tabs)), this.rings && this.tabs > 1 ? t.tabRings : ''];
    const line = [this.line, ...windows].filter(Boolean).join(' · ');
    return html`
      <li class="row ${this.offline ? '' : 'live'}">
        <span class="sign">${icon('browser')}</span>
        <div>
          <p class="name">${t.thisBrowser}</p>
          <p class="state small soft"><span class="cut" title=${line}>${line}</span></p>
        </div>
      </li>
    `;
  }
}
