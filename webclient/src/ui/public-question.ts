import {css, html, LitElement} from 'lit';
import {customElement, query} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import {ask} from './question.js';
import {dialogStyle, shared} from './styles.js';

/** Asks once more before everybody may open the phone; an event `allow` says yes. */
@customElement('public-question')
export class PublicQuestion extends LitElement {
  static override styles = [
    shared,
    dialogStyle,
    css`
      h2 {
        font-size: 1.125rem;
      }
      dialog {
        inline-size: min(28rem, calc(100vw - 1.5rem));
      }
      dialog p {
        margin-block: 0.5rem 1rem;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        justify-content: end;
        gap: 0.5rem;
      }
    `,
  ];

  @query('dialog') private dialog!: HTMLDialogElement;

  ask(): void {
    ask(this.dialog);
  }

  override render() {
    return html`
      <dialog closedby="closerequest" aria-labelledby="ask" aria-describedby="warning">
        <h2 id="ask">${t.options.askPublic}</h2>
        <p id="warning">${t.options.warnPublic}</p>
        <div class="acts">
          <button autofocus @click=${() => this.dialog.close()}>${t.options.cancel}</button>
          <button class="stop" @click=${this.allow}>${t.options.allowEverybody}</button>
        </div>
      </dialog>
    `;
  }

  private allow(): void {
    this.dialog.close();
    this.dispatchEvent(new CustomEvent('allow'));
  }
}
