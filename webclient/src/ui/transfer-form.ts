import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import type {Call} from '../protocol/messages.js';
import type {AddressField} from './address-field.js';
import './address-field.js';
import {optionStyle} from './option-style.js';
import {peerName} from './people.js';
import {shared} from './styles.js';

/** Asks whom a call goes to: an event `to` carries a name or number, `with` another call; `cancel` carries nothing. */
@customElement('transfer-form')
export class TransferForm extends LitElement {
  static override styles = [
    shared,
    optionStyle,
    css`
      :host {
        margin-block-start: 0.75rem;
      }
      .with {
        margin-block-start: 0.5rem;
      }
    `,
  ];

  /** The user's other talks, which this one can be joined with. */
  @property({attribute: false}) others: Call[] = [];
  @property({type: Boolean}) offline = false;
  @query('address-field') private field!: AddressField;

  override async firstUpdated(): Promise<void> {
    await this.field.updateComplete;
    this.field.focus();
  }

  override render() {
    return html`
      <form aria-label=${t.transfer} @submit=${this.submit} @keydown=${this.key}>
        <address-field fills .label=${t.transferTo} ?offline=${this.offline}>
          <button class="main" ?disabled=${this.offline}>${t.transferNow}</button>
        </address-field>
      </form>
      ${this.others.map(
        call => html`
          <button class="wide with" ?disabled=${this.offline} @click=${() => this.tell('with', call.id)}>
            ${t.transferWith(peerName(call.peer))}
          </button>
        `,
      )}
      ${this.others.length ? html`<p class="small soft">${t.transferWithHint}</p>` : nothing}
    `;
  }

  private submit(event: Event): void {
    event.preventDefault();
    const to = this.field.value.trim();
    if (!to) return this.field.focus();
    this.field.close();
    if (!this.offline) this.tell('to', to);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.tell('cancel');
  }

  private tell(what: 'to' | 'with' | 'cancel', detail = ''): void {
    this.dispatchEvent(new CustomEvent(what, {detail}));
  }
}
