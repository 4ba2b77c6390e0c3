import {html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {live} from 'lit/directives/live.js';
import {repeat} from 'lit/directives/repeat.js';
import {t} from '../locales/words.js';
import {presences} from '../people/presences.js';
import type {Suggestion} from '../people/search.js';
import type {Suggester} from '../people/suggest.js';
import type {Correspondent} from '../protocol/messages.js';
import {addressFieldStyle} from './address-field-style.js';
import {type IconName, icon} from './icons.js';
import {suggester} from './later.js';
import {peerName, shortAddress} from './people.js';
import {dotStyle, presenceDot} from './presence-dot.js';
import {shared} from './styles.js';

/** How many rows the list has at most. */
const most = 8;

/** A row of the list: somebody, or null for just what was typed. */
type Row = Suggestion | null;

/**
 * A field for a name, number or address that suggests whom the user may mean. Enter sends the form around it with what
 * was typed; a row that is chosen is an event `take`, or goes into the field where that `fills`. What the page puts
 * into the element stands beside the input, and in the slot `inside` within it.
 */
@customElement('address-field')
export class AddressField extends LitElement {
  static override styles = [shared, dotStyle, addressFieldStyle];
  static readonly formAssociated = true;
  private readonly internals = this.attachInternals();

  @property() label = '';
  @property() value = '';
  /** The sentence that says what is wrong with the value; it stands elsewhere on the page. */
  @property() fault = '';
  /** What becomes of somebody who is chosen, in words, for a row of what was typed; null for no such row. */
  @property({attribute: false}) act: ((typed: string) => string) | null = null;
  @property() sign: IconName = 'phone';
  /** A row that is chosen goes into the field, and no further. */
  @property({type: Boolean}) fills = false;
  /** The list lies over what follows, and so goes away with the focus. */
  @property({type: Boolean, reflect: true}) over = false;
  @property({type: Boolean}) offline = false;
  @query('input') private input!: HTMLInputElement;
  @state() private open = false;
  /** The address of the row that is marked; null: none is. */
  @state() private marked: string | null = null;
  private suggester: Suggester | null = null;

  /** How many rows were drawn last. */
  private drawn = 0;

  override updated(): void {
    const {length} = this.rows;
    if (length && length !== this.drawn) {
      this.bring('li:nth-child(-n + 2)');
      this.bring('input'); // which matters more, where there is no room for both
    }
    this.drawn = length;
  }

  /** Scrolls until the last of some can be seen, where there is little room. */
  private bring(which: string): void {
    [...this.renderRoot.querySelectorAll(which)].at(-1)?.scrollIntoView({block: 'nearest'});
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.close();
  }

  override focus(options?: FocusOptions): void {
    this.input?.focus(options);
  }

  /** Puts the list away, and gives up what was asked for it. */
  close(): void {
    this.suggester?.stop();
    this.open = false;
    this.marked = null;
  }

  /** What was typed is the first row, unless it is the number or address of somebody: then he is. */
  private get rows(): Row[] {
    const typed = this.value.trim();
    if (!this.open || !typed) return [];
    const {found = [], exact = false} = this.suggester ?? {};
    const rows: Row[] = exact || !this.act ? found : [null, ...found];
    return rows.slice(0, most);
  }

  override render() {
    const {rows, marked, fault} = this;
    const at = rows.findIndex(row => idOf(row) === marked);
    return html`
      <div class="line">
        <div class="field">
          <label for="to" part="label">${this.label}</label>
          <div class="box">
            <input
              id="to"
              part="input"
              type="text"
              role="combobox"
              autocomplete="off"
              autocapitalize="off"
              spellcheck="false"
              enterkeyhint="go"
              aria-autocomplete="list"
              aria-controls="list"
              aria-expanded=${rows.length ? 'true' : 'false'}
              aria-activedescendant=${at < 0 ? nothing : `row${at}`}
              aria-description=${fault || nothing}
              aria-invalid=${fault ? 'true' : nothing}
              .value=${live(this.value)}
              @input=${this.typed}
              @keydown=${this.key}
              @focusout=${this.left}
            />
            <slot name="inside"></slot>
          </div>
        </div>
        <slot></slot>
      </div>
      <ul id="list" role="listbox" aria-label=${t.search.suggestions} ?hidden=${!rows.length} @mousedown=${keep}>
        ${repeat(
          rows,
          idOf,
          (row, i) => html`
            <li id="row${i}" role="option" aria-selected=${i === at ? 'true' : 'false'} @click=${() => this.take(row)}>
              ${row ? this.person(row) : this.typedRow()}
            </li>
          `,
        )}
      </ul>
      <p class="unseen" role="status">${rows.length ? t.search.found(rows.length) : ''}</p>
    `;
  }

  private typedRow() {
    return html`${icon(this.sign)}<span class="name cut"><bdi>${this.act?.(this.value.trim())}</bdi></span>`;
  }

  private person({kind, display, address, addresses, number, state: found}: Suggestion) {
    const seen = presences.of(addresses)?.state ?? found;
    const name = peerName({display, address});
    const line = number || shortAddress(address);
    return html`
      <span class="name cut"><bdi>${name}</bdi></span>
      <span class="more small soft">
        ${line === name ? nothing : html`<bdi class="cut">${line}</bdi>`}
        <span>${t.search.kinds[kind]}</span>
        ${seen ? presenceDot(seen) : nothing}
      </span>
    `;
  }

  private typed(): void {
    this.value = this.input.value;
    this.open = true;
    this.marked = null;
    void this.suggest();
  }

  private async suggest(): Promise<void> {
    const made = this.suggester ?? (await suggester(() => this.requestUpdate()));
    this.suggester ??= made; // more may have been typed while it was loaded
    if (this.open) this.suggester?.ask(this.value, this.offline);
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const {rows} = this;
    const {key} = event;
    if (key === 'Enter') {
      event.preventDefault();
      return this.take(rows.find(row => idOf(row) === this.marked) ?? null);
    }
    if (key === 'Escape' && rows.length) {
      event.preventDefault();
      event.stopPropagation(); // it closes the list alone, not what the field is in
      return this.close();
    }
    if (key !== 'ArrowDown' && key !== 'ArrowUp') return;
    if (!rows.length) return this.typed();
    event.preventDefault();
    this.mark(rows, key === 'ArrowDown' ? 1 : -1);
  }

  /** Marks the next row, or the one before; between last and first none is. */
  private mark(rows: readonly Row[], step: 1 | -1): void {
    const places = rows.length + 1;
    const at = rows.findIndex(row => idOf(row) === this.marked) + 1;
    const next = (at + step + places) % places;
    this.marked = next ? idOf(rows[next - 1] ?? null) : null;
    void this.updateComplete.then(() => this.bring('[aria-selected=true]'));
  }

  private take(row: Row): void {
    this.close();
    if (!row) return this.internals.form?.requestSubmit();
    const {display, address} = row;
    this.value = asTyped(address);
    this.dispatchEvent(new Event('input'));
    if (this.fills) return this.focus();
    this.dispatchEvent(new CustomEvent<Correspondent>('take', {detail: {address, display}}));
  }

  private left(): void {
    if (this.over) this.close();
  }
}

/** Tells rows apart; that of what was typed is "". */
function idOf(row: Row): string {
  return row?.address ?? '';
}

/** A press on the list leaves the focus where it is. */
function keep(event: Event): void {
  event.preventDefault();
}

/** An address as people type it; one that must go an encrypted way keeps saying so. */
function asTyped(address: string): string {
  return /^sips:/i.test(address) ? address : shortAddress(address);
}
