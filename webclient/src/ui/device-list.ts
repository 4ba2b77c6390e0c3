import {css, html, LitElement} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import type {Device} from '../protocol/messages.js';
import {type IconName, icon} from './icons.js';
import {shared} from './styles.js';

/** The phones that ring for the user: this browser and his deskphones. */
@customElement('device-list')
export class DeviceList extends LitElement {
  static override styles = [
    shared,
    css`
      h2 {
        margin-block-end: 0.5rem;
        font-size: 1rem;
      }
      li {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        align-items: center;
        gap: 0 0.75rem;
        padding-block: 0.625rem;
      }
      li + li {
        border-block-start: 1px solid var(--line);
      }
      .sign {
        display: grid;
        place-items: center;
        inline-size: 2.5rem;
        block-size: 2.5rem;
        border-radius: 50%;
        background: var(--sunken);
        color: var(--soft);
      }
      .live .sign {
        background: var(--accent-soft);
        color: var(--accent);
      }
      .name {
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      .state {
        display: flex;
        align-items: center;
        gap: 0.375rem;
      }
      .state::before {
        content: '';
        flex: none;
        inline-size: 0.625rem;
        block-size: 0.625rem;
        border: 2px solid var(--edge);
        border-radius: 50%;
      }
      .live .state::before {
        border-color: var(--go);
        background: var(--go);
      }
      .none {
        padding-block-start: 0.625rem;
        border-block-start: 1px solid var(--line);
      }
    `,
  ];

  @property({attribute: false}) devices: Device[] = [];
  @property({type: Number}) tabs = 1;
  @property({type: Boolean}) offline = false;
  @property({type: Boolean}) rings = false;

  override render() {
    const windows = [t.tabs(Math.max(1, this.tabs)), this.rings && this.tabs > 1 ? t.tabRings : ''];
    return html`
      <section class="card" aria-labelledby="title">
        <h2 id="title">${t.devices}</h2>
        <ul>
          ${this.row('browser', t.thisBrowser, windows.filter(Boolean).join(' · '), !this.offline, this.offline ? t.reconnecting : t.browserReady)}
          ${this.devices.map(device =>
            this.row(
              'deskphone',
              device.display,
              device.userAgent,
              device.live,
              device.live ? t.registered : t.notRegistered,
            ),
          )}
        </ul>
        ${this.devices.length ? '' : html`<p class="none small soft">${t.noDevices}</p>`}
      </section>
    `;
  }

  private row(sign: IconName, name: string, line: string, live: boolean, state: string) {
    return html`
      <li class=${live ? 'live' : ''}>
        <span class="sign">${icon(sign)}</span>
        <div>
          <p class="name">${name}</p>
          <p class="state small soft"><span class="cut" title=${line}>${[state, line].filter(Boolean).join(' · ')}</span></p>
        </div>
      </li>
    `;
  }
}
