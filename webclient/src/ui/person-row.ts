import {css, html, LitElement, nothing} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import type {Entry} from '../people/directory.js';
import {icon} from './icons.js';
import {messageButton} from './message-button.js';
import {initials, peerName, shortAddress} from './people.js';
import './presence-line.js';
import {avatarStyle, shared} from './styles.js';

/** Somebody of the directory, and what can be done with him: events `star`, `change`, `dial`, `intercom` and `write`. */
@customElement('person-row')
export class PersonRow extends LitElement {
  static override styles = [
    shared,
    avatarStyle,
    css`
      :host {
        container-type: inline-size;
      }
      .row {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        align-items: center;
        gap: 0.25rem 0.75rem;
        padding-block: 0.5rem;
      }
      .avatar {
        --avatar: 2.5rem;
        align-self: start;
      }
      .name {
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      .addresses {
        display: flex;
        flex-wrap: wrap;
        gap: 0 0.75rem;
      }
      .addresses button {
        min-inline-size: 0;
        min-block-size: 1.75rem;
        max-inline-size: 100%;
        padding: 0;
        background: none;
        color: var(--soft);
        font-size: 0.875rem;
        font-weight: 400;
        text-align: start;
        text-decoration: underline;
        text-decoration-color: var(--line);
        text-underline-offset: 0.2em;
        overflow-wrap: anywhere;
      }
      .addresses button:hover {
        text-decoration-color: currentColor;
      }
      .note {
        white-space: pre-line;
        overflow-wrap: anywhere;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        grid-column: 1 / -1;
        justify-content: end;
      }
      .call {
        color: var(--accent);
      }
      [aria-pressed='true'] .icon {
        fill: currentColor;
      }
      @container (min-width: 540px) {
        .row {
          grid-template-columns: auto minmax(0, 1fr) auto;
        }
        .acts {
          grid-column: auto;
        }
      }
    `,
  ];

  @property({attribute: false}) entry!: Entry;
  @property({type: Boolean}) offline = false;

  /** Puts the focus back after the entry was changed. */
  focusChange(): void {
    this.renderRoot.querySelector<HTMLElement>('.change')?.focus();
  }

  override render() {
    const {display, addresses, friend, note} = this.entry;
    const [first = ''] = addresses;
    const name = peerName({display, address: first});
    return html`
      <div class="row">
        <div class="avatar" aria-hidden="true">${initials({display, address: first})}</div>
        <div>
          <p class="name"><bdi>${name}</bdi></p>
          <presence-line .addresses=${addresses}></presence-line>
          <div class="addresses">${addresses.map(address => this.address(address))}</div>
          ${note ? html`<p class="note small soft">${note}</p>` : nothing}
        </div>
        <div class="acts">
          <button
            class="bare worded"
            aria-label=${t.directory.friendOf(name)}
            aria-pressed=${friend ? 'true' : 'false'}
            ?disabled=${this.offline}
            @click=${() => this.tell('star')}
          >
            ${icon('star')}<span>${t.directory.friend}</span>
          </button>
          <button class="bare worded call" aria-label=${t.callName(name)} ?disabled=${this.offline} @click=${() => this.dial(first)}>
            ${icon('phone')}<span>${t.call}</span>
          </button>
          <button
            class="bare worded call"
            aria-label=${t.intercomName(name)}
            ?disabled=${this.offline}
            @click=${() => this.ask('intercom', first)}
          >
            ${icon('intercom')}<span>${t.intercomShort}</span>
          </button>
          ${messageButton({address: first, display})}
          <button
            class="bare worded change"
            aria-label=${t.directory.change(name)}
            @click=${() => this.tell('change')}
          >
            ${icon('edit')}<span>${t.directory.edit}</span>
          </button>
        </div>
      </div>
    `;
  }

  private address(address: string) {
    const {display} = this.entry;
    const name = peerName({display, address});
    const short = shortAddress(address);
    const label = short === display ? t.callName(short) : t.directory.callAt(name, short);
    return html`<button aria-label=${label} ?disabled=${this.offline} @click=${() => this.dial(address)}>${short}</button>`;
  }

  private dial(address: string): void {
    this.ask('dial', address);
  }

  private ask(what: 'dial' | 'intercom', detail: string): void {
    this.dispatchEvent(new CustomEvent(what, {detail, bubbles: true, composed: true}));
  }

  private tell(what: 'star' | 'change'): void {
    this.dispatchEvent(new CustomEvent(what));
  }
}
