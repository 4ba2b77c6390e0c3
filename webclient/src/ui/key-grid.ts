import {css, html, LitElement} from 'lit';
import {customElement} from 'lit/decorators.js';
import {shared} from './styles.js';

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const letters = ['', 'ABC', 'DEF', 'GHI', 'JKL', 'MNO', 'PQRS', 'TUV', 'WXYZ', '', '+', ''];

/** The twelve keys of a telephone; each press is an event `digit`. */
@customElement('key-grid')
export class KeyGrid extends LitElement {
  static override styles = [
    shared,
    css`
      .grid {
        display: grid;
        grid-template-columns: repeat(3, 1fr);
        gap: 0.5rem;
      }
      button {
        flex-direction: column;
        gap: 0;
        min-block-size: 3.25rem;
        font-size: 1.375rem;
        font-weight: 500;
      }
      small {
        min-block-size: 0.875rem;
        color: var(--soft);
        font-size: 0.6875rem;
        font-weight: 500;
        letter-spacing: 0.1em;
      }
    `,
  ];

  override render() {
    return html`
      <div class="grid">
        ${keys.map(
          (key, i) => html`
            <button type="button" @click=${() => this.press(key)}>
              <span>${key}</span><small aria-hidden="true">${letters[i]}</small>
            </button>
          `,
        )}
      </div>
    `;
  }

  private press(digit: string): void {
    this.dispatchEvent(new CustomEvent('digit', {detail: digit}));
  }
}
