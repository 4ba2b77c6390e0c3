import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {frame} from '../embed/frame.js';
import {t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import type {Correspondent, Device} from '../protocol/messages.js';
import type {AddressField} from './address-field.js';
import './address-field.js';
import {icon} from './icons.js';
import './key-grid.js';
import {shared} from './styles.js';

/** Calls a name or a number, from this browser or from a deskphone. */
@customElement('dial-pad')
export class DialPad extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        container-type: inline-size;
      }
      /* What lies over the views must be drawn over them. */
      :host(:focus-within) {
        position: relative;
        z-index: 1;
      }
      address-field::part(label) {
        margin-block-end: 0.375rem;
        font-size: 1rem;
        font-weight: 600;
      }
      address-field::part(input) {
        min-block-size: 3.25rem;
        padding-inline: 0.875rem 3.25rem;
        font-size: 1.25rem;
      }
      [slot='inside'] {
        position: absolute;
        inset-block-start: 0.25rem;
        inset-inline-end: 0.25rem;
      }
      .row,
      .more {
        display: flex;
        flex: 1 0 auto;
        gap: 0.5rem;
      }
      .row {
        flex-wrap: wrap;
        flex-basis: 100%;
        margin-block-start: 0.375rem;
      }
      .row .go {
        flex: 100 0 auto; /* it alone grows, unless the rest has a line of its own */
      }
      .more .worded {
        flex: 1 0 auto;
        padding-inline: 0.625rem;
        font-size: 0.75rem;
      }
      .keys {
        margin-block-start: 0.875rem;
      }
      fieldset {
        margin: 0.875rem 0 0;
        padding: 0;
        border: 0;
        min-inline-size: 0;
      }
      legend {
        padding: 0;
        margin-block-end: 0.375rem;
        color: var(--soft);
        font-size: 0.875rem;
      }
      .from {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
      }
      .from label {
        position: relative;
        display: inline-flex;
        flex: 1 1 auto;
        align-items: center;
        gap: 0.5rem;
        min-inline-size: 0;
        min-block-size: 2.75rem;
        padding: 0.25rem 0.625rem;
        border: 1px solid var(--edge);
        border-radius: var(--round-small);
        cursor: pointer;
        font-size: 0.9375rem;
        font-weight: 500;
        line-height: 1.25;
      }
      .from label:has(:checked) {
        border-color: var(--accent);
        background: var(--accent-soft);
        box-shadow: inset 0 0 0 1px var(--accent);
      }
      .from label:has(:disabled) {
        border-style: dashed;
        color: var(--soft);
        cursor: not-allowed;
      }
      .from label:has(:focus-visible) {
        outline: 3px solid var(--accent);
        outline-offset: 2px;
      }
      .from input {
        flex: none;
        margin: 0;
        accent-color: var(--accent);
        outline: none;
      }
      .fault {
        flex-basis: 100%;
        color: var(--stop-text);
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) devices: Device[] = [];
  @property({type: Boolean}) offline = false;
  @property({type: Boolean}) keypad = false;
  @state() private to = '';
  @state() private from = '';
  @state() private fault = '';
  @state() private busy = false;
  /** What was called last, and when (ms): a double click is meant once. */
  private last = {to: '', at: Number.NEGATIVE_INFINITY};
  @query('address-field') private field!: AddressField;

  /** Puts the cursor into the field. */
  focusField(): void {
    this.field?.focus();
  }

  /** Where calls start: what was chosen last, while that phone is there. */
  private get place(): string {
    const chosen = this.from || this.phone.settings.get('call-from') || 'browser';
    return this.devices.some(device => device.id === chosen && device.live) ? chosen : 'browser';
  }

  override render() {
    return html`
      <form class="card" @submit=${this.submit}>
        <address-field
          ?over=${frame?.look.layout !== 'bar'}
          .label=${t.dialLabel}
          .value=${this.to}
          .fault=${this.fault}
          .act=${t.search.call}
          ?offline=${this.offline}
          @input=${this.typed}
          @take=${(event: CustomEvent<Correspondent>) => this.offline || this.dial(event.detail.address)}
        >
          <button slot="inside" type="button" class="bare" aria-label=${t.backspace} title=${t.backspace} ?hidden=${!this.to} @click=${this.backspace}>${icon('backspace')}</button>
          ${this.fault ? html`<p class="fault small">${this.fault}</p>` : nothing} ${this.buttons()}
        </address-field>
        ${this.devices.length ? this.places() : nothing}
        ${this.keypad ? html`<key-grid class="keys" @digit=${this.pressed}></key-grid>` : nothing}
      </form>
    `;
  }

  private buttons() {
    return html`
      <div class="row">
        <button class="go big" type="submit" ?disabled=${this.offline} aria-disabled=${this.busy ? 'true' : nothing}>${icon('phone')}<span>${t.call}</span></button>
        <div class="more">
          <button
            type="button"
            class="big worded"
            aria-label=${t.intercom}
            title=${t.intercomHint}
            ?disabled=${this.offline}
            aria-disabled=${this.busy ? 'true' : nothing}
            @click=${() => this.start(true)}
          >
            ${icon('intercom')}<span>${t.intercomShort}</span>
          </button>
          <button
            type="button"
            class="big worded"
            aria-label=${this.keypad ? t.hideKeypad : t.showKeypad}
            @click=${() => {
              this.keypad = !this.keypad;
            }}
          >
            ${icon('keypad')}<span>${t.keypad}</span>
          </button>
        </div>
      </div>
    `;
  }

  private places() {
    const options = [
      {id: 'browser', display: t.thisBrowser, live: true},
      ...this.devices.map(({id, display, live}) => ({id, display, live})),
    ];
    return html`
      <fieldset>
        <legend>${t.callFrom}</legend>
        <div class="from">
          ${options.map(
            option => html`
              <label>
                <input
                  type="radio"
                  name="from"
                  .checked=${option.id === this.place}
                  ?disabled=${!option.live}
                  @change=${() => this.choose(option.id)}
                />
                <span>${option.display}</span>
              </label>
            `,
          )}
        </div>
      </fieldset>
    `;
  }

  private choose(id: string): void {
    this.from = id;
    this.phone.settings.set('call-from', id);
  }

  private typed(): void {
    this.to = this.field.value;
    this.fault = '';
  }

  private pressed(event: CustomEvent<string>): void {
    this.to += event.detail;
    this.fault = '';
  }

  private backspace(): void {
    this.to = this.to.slice(0, -1);
    this.focusField();
  }

  private submit(event: Event): void {
    event.preventDefault();
    this.start(false);
  }

  private start(intercom: boolean): void {
    if (this.offline || this.busy || (!this.to && this.justCalled)) return;
    if (!this.to.trim()) {
      this.fault = t.nothingToDial;
      return this.focusField();
    }
    void this.dial(this.to.trim(), intercom);
  }

  /** Calls an address from the chosen place; an empty field is its sign that it worked. */
  async dial(to: string, intercom = false): Promise<void> {
    if (this.busy || (to === this.last.to && this.justCalled)) return;
    this.busy = true;
    const taken = await this.phone.call(to, this.place, intercom);
    this.busy = false;
    if (!taken) return;
    this.to = '';
    this.last = {to, at: performance.now()};
  }

  private get justCalled(): boolean {
    return performance.now() - this.last.at < 1000;
  }
}
