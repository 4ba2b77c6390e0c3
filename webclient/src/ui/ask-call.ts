import {css, html, LitElement} from 'lit';
import {customElement, property, query} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import {icon} from './icons.js';
import {ask} from './question.js';
import {dialogStyle, shared} from './styles.js';

/** Whom a link to this page wants called (/?call=sip:bob@example.test); "" for nobody. The link is used up. */
export function linkedCall(): string {
  const url = new URL(location.href);
  const address = url.searchParams.get('call') ?? '';
  if (!address) return '';
  url.searchParams.delete('call');
  history.replaceState(history.state, '', url);
  return address.slice(0, 256);
}

/** Asks before a link calls anybody: any page can hold one. A yes is the event `dial`. */
@customElement('ask-call')
export class AskCall extends LitElement {
  static override styles = [
    shared,
    dialogStyle,
    css`
      dialog {
        inline-size: min(24rem, calc(100vw - 1.5rem));
      }
      h2 {
        font-size: 1.125rem;
        overflow-wrap: anywhere;
      }
      .acts {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 0.5rem;
        margin-block-start: 1rem;
      }
    `,
  ];

  @property() address = '';
  @query('dialog') private dialog!: HTMLDialogElement;

  override firstUpdated(): void {
    ask(this.dialog);
  }

  override render() {
    return html`
      <dialog aria-labelledby="title" closedby="closerequest" @close=${this.closed}>
        <h2 id="title">${t.embed.askCall(this.address)}</h2>
        <div class="acts">
          <button class="go" @click=${this.yes}>${icon('phone')}<span>${t.call}</span></button>
          <button autofocus @click=${() => this.dialog.close()}>${t.embed.cancel}</button>
        </div>
      </dialog>
    `;
  }

  private closed(): void {
    if (this.dialog.open) return; // opened anew, beside a call
    this.dispatchEvent(new CustomEvent('close'));
  }

  private yes(): void {
    this.dispatchEvent(new CustomEvent<string>('dial', {detail: this.address, bubbles: true, composed: true}));
    this.dialog.close();
  }
}
