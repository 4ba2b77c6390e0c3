import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import type {Draft, Entry} from '../people/directory.js';
import {optionStyle} from './option-style.js';
import {shortAddress} from './people.js';
import {shared} from './styles.js';

/**
 * Takes somebody new for the directory, or changes an entry. An event `save`
 * carries the draft; `cancel` and `remove` carry nothing.
 */
@customElement('person-form')
export class PersonForm extends LitElement {
  static override styles = [
    shared,
    optionStyle,
    css`
      form {
        display: grid;
        gap: 0.75rem;
        padding-block: 0.75rem;
      }
      .option span {
        margin: 0;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
      }
      .remove {
        margin-inline-start: auto;
        color: var(--stop-text);
      }
    `,
  ];

  /** What the fields hold at first. */
  @property({attribute: false}) draft: Draft = {display: '', addresses: [], note: '', friend: false};
  /** The entry that is changed; null for somebody new. */
  @property({attribute: false}) entry: Entry | null = null;
  /** The sentence that says why the draft was refused. */
  @property({attribute: false}) fault = '';
  @property({type: Boolean}) offline = false;
  @query('[name=display]') private display!: HTMLInputElement;
  @query('[name=addresses]') private addresses!: HTMLTextAreaElement;
  @query('[name=note]') private note!: HTMLTextAreaElement;
  @query('[name=friend]') private friend!: HTMLInputElement;

  override firstUpdated(): void {
    this.display.focus();
  }

  override render() {
    const {display, addresses, note, friend} = this.entry ?? this.draft;
    const title = this.entry ? t.directory.change(display) : t.directory.addSomebody;
    return html`
      <form aria-label=${title} @submit=${this.submit} @keydown=${this.key}>
        <label>
          <span class="small">${t.directory.display}</span>
          <input type="text" name="display" autocomplete="off" .value=${display} />
        </label>
        <label>
          <span class="small">${t.directory.addresses}</span>
          <textarea
            name="addresses"
              required
            rows=${Math.max(2, addresses.length)}
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            aria-describedby="fault"
            aria-invalid=${this.fault ? 'true' : 'false'}
            .value=${addresses.map(shortAddress).join('\n')}
          ></textarea>
        </label>
        <label>
          <span class="small">${t.directory.note}</span>
          <textarea name="note" rows="1" .value=${note}></textarea>
        </label>
        <label class="option">
          <input type="checkbox" role="switch" name="friend" .checked=${friend} />
          <span>${t.directory.friend}</span>
        </label>
        <div>
          <div role="alert" id="fault">${this.fault ? html`<p class="fault">${this.fault}</p>` : nothing}</div>
          <div class="acts">
          <button class="main" ?disabled=${this.offline}>${this.entry ? t.directory.save : t.directory.add}</button>
          <button type="button" @click=${() => this.tell('cancel')}>${t.options.cancel}</button>
          ${
            this.entry
              ? html`<button type="button" class="bare remove" ?disabled=${this.offline} @click=${() => this.tell('remove')}>
                  ${t.options.remove(display)}
                </button>`
              : nothing
          }
          </div>
        </div>
      </form>
    `;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.tell('cancel');
  }

  private submit(event: Event): void {
    event.preventDefault();
    const addresses = this.addresses.value
      .split('\n')
      .map(line => line.trim())
      .filter(Boolean)
      .map(line => this.whole(line));
    if (!addresses.length) return this.addresses.focus();
    const detail: Draft = {
      display: this.display.value.trim(),
      addresses,
      note: this.note.value.trim(),
      friend: this.friend.checked,
    };
    this.dispatchEvent(new CustomEvent('save', {detail}));
  }

  /** An address that was there stays what it was, though it is shown without its scheme. */
  private whole(line: string): string {
    const known = this.entry?.addresses ?? this.draft.addresses;
    return known.find(address => shortAddress(address) === line) ?? line;
  }

  private tell(what: 'cancel' | 'remove'): void {
    this.dispatchEvent(new CustomEvent(what));
  }
}
