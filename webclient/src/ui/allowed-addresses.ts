import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import {reach} from '../people/policy.js';
import type {AddressField} from './address-field.js';
import './address-field.js';
import {icon} from './icons.js';
import {optionStyle} from './option-style.js';
import {shared} from './styles.js';

/** The addresses that are allowed one by one; events `add` and `remove` carry one. */
@customElement('allowed-addresses')
export class AllowedAddresses extends LitElement {
  static override styles = [
    shared,
    optionStyle,
    css`
      :host {
        margin-block-start: 0.5rem;
      }
      ul {
        margin-block-end: 0.5rem;
      }
      li {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 0.5rem;
        padding-block: 0.125rem;
      }
      li span {
        overflow-wrap: anywhere;
      }
      .idle li > span {
        color: var(--soft);
      }
    `,
  ];

  @property({attribute: false}) addresses: string[] = [];
  /** The sentence that says why the last address was refused. */
  @property({attribute: false}) fault = '';
  /** The list is kept, but does not count now. */
  @property({type: Boolean}) idle = false;
  @property({type: Boolean}) offline = false;
  @query('address-field') private field!: AddressField;

  clear(): void {
    this.field.value = '';
    this.focusField();
  }

  focusField(): void {
    this.field.focus();
  }

  override render() {
    return html`
      ${
        this.addresses.length
          ? html`<ul class=${this.idle ? 'idle' : ''} aria-label=${t.options.allowedAddresses}>
              ${this.addresses.map(address => this.row(address))}
            </ul>`
          : nothing
      }
      ${this.idle && this.addresses.length ? html`<p class="small soft">${t.options.listIdle}</p>` : nothing}
      <form @submit=${this.submit}>
        <address-field
          fills
          .label=${t.options.addressLabel}
          .fault=${this.fault}
          ?offline=${this.offline}
        >
          <button ?disabled=${this.offline}>${t.options.add}</button>
        </address-field>
      </form>
      <div role="alert">${this.fault ? html`<p class="fault">${this.fault}</p>` : nothing}</div>
    `;
  }

  private row(address: string) {
    const bare = address.replace(/^tel:/, '');
    return html`
      <li>
        <span>${t.options.reach[reach(address)](bare.replace('*.', ''))}</span>
        <button
          class="bare worded"
          aria-label=${t.options.remove(bare)}
          ?disabled=${this.offline}
          @click=${() => this.tell('remove', address)}
        >
          ${icon('close')}<span>${t.options.removeShort}</span>
        </button>
      </li>
    `;
  }

  private submit(event: Event): void {
    event.preventDefault();
    const address = this.field.value.trim();
    if (!address) return this.focusField();
    this.field.close();
    if (!this.offline) this.tell('add', address);
  }

  private tell(what: 'add' | 'remove', address: string): void {
    this.dispatchEvent(new CustomEvent(what, {detail: address}));
  }
}
