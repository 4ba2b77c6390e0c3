import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {type KeyName, keyNames} from '../desktop/keys.js';
import {t} from '../locales/words.js';
import {ask} from './question.js';
import {dialogStyle, shared} from './styles.js';

/** Lists the keys, each with a switch; the choice is an event `keys`. */
@customElement('key-list')
export class KeyList extends LitElement {
  static override styles = [
    shared,
    dialogStyle,
    css`
      dialog {
        inline-size: min(28rem, calc(100vw - 1.5rem));
        max-block-size: calc(100dvh - 1.5rem);
        overflow: auto;
      }
      h2 {
        font-size: 1.125rem;
      }
      ul {
        margin-block: 0.75rem 1rem;
      }
      label {
        display: grid;
        grid-template-columns: auto 3rem 1fr;
        align-items: center;
        gap: 0.75rem;
        min-block-size: 2.75rem;
        cursor: pointer;
      }
      kbd {
        justify-self: start;
        font-size: 0.875rem;
      }
      input {
        inline-size: 1.125rem;
        block-size: 1.125rem;
        margin: 0;
        accent-color: var(--accent);
      }
    `,
  ];

  @property({attribute: false}) off: ReadonlySet<string> = new Set();
  @state() private shown = false;
  @query('dialog') private dialog!: HTMLDialogElement | null;

  async open(): Promise<void> {
    this.shown = true;
    await this.updateComplete;
    if (this.dialog && !this.dialog.open) ask(this.dialog);
  }

  override render() {
    if (!this.shown) return nothing;
    return html`
      <dialog aria-labelledby="title" closedby="closerequest" @close=${this.closed}>
        <h2 id="title">${t.shortcuts}</h2>
        <p class="small soft">${t.shortcutsHint}</p>
        <ul>
          ${keyNames.map(
            name => html`
              <li>
                <label>
                  <input type="checkbox" .checked=${!this.off.has(name)} @change=${(event: Event) => this.toggle(name, event)} />
                  <kbd>${name}</kbd><span>${t.keys[name]}</span>
                </label>
              </li>
            `,
          )}
        </ul>
        <button class="wide" @click=${() => this.dialog?.close()}>${t.close}</button>
      </dialog>
    `;
  }

  private closed(): void {
    this.shown = this.dialog?.open ?? false; // it may have been opened anew, beside a call
  }

  private toggle(name: KeyName, event: Event): void {
    const off = new Set(this.off);
    if ((event.target as HTMLInputElement).checked) off.delete(name);
    else off.add(name);
    this.dispatchEvent(new CustomEvent('keys', {detail: off}));
  }
}
