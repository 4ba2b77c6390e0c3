import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import type {Draft} from '../people/directory.js';
import {optionStyle} from './option-style.js';
import {shared} from './styles.js';

/** Takes somebody new for the directory; an event `add` carries the draft. */
@customElement('person-form')
export class PersonForm extends LitElement {
  static override styles = [
    shared,
    optionStyle,
    css`
      form {
        margin-block-start: 0.75rem;
        padding-block-start: 0.75rem;
        border-block-start: 1px solid var(--line);
      }
      .option {
        flex: 1 1 auto;
      }
      .option span {
        margin: 0;
      }
    `,
  ];

  /** The sentence that says why the draft was refused. */
  @property({attribute: false}) fault = '';
  @property({type: Boolean}) offline = false;
  @query('form') private form!: HTMLFormElement;
  @query('[name=display]') private display!: HTMLInputElement;
  @query('[name=address]') private address!: HTMLInputElement;
  @query('[name=friend]') private friend!: HTMLInputElement;

  clear(): void {
    this.form.reset();
    this.display.focus();
  }

  override render() {
    return html`
      <form aria-label=${t.directory.addSomebody} @submit=${this.submit}>
        <label>
          <span class="small">${t.directory.display}</span>
          <input type="text" name="display" autocomplete="off" />
        </label>
        <label>
          <span class="small">${t.directory.address}</span>
          <input
            type="text"
            name="address"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            aria-describedby="fault"
            aria-invalid=${this.fault ? 'true' : 'false'}
          />
        </label>
        <label class="option">
          <input type="checkbox" role="switch" name="friend" />
          <span>${t.directory.friend}</span>
        </label>
        <button ?disabled=${this.offline}>${t.directory.add}</button>
      </form>
      <div role="alert" id="fault">${this.fault ? html`<p class="fault">${this.fault}</p>` : nothing}</div>
    `;
  }

  private submit(event: Event): void {
    event.preventDefault();
    const address = this.address.value.trim();
    if (!address) return this.address.focus();
    const detail: Draft = {
      display: this.display.value.trim(),
      addresses: [address],
      note: '',
      friend: this.friend.checked,
    };
    this.dispatchEvent(new CustomEvent('add', {detail}));
  }
}
