import {css, html, LitElement} from 'lit';
import {customElement, property, query} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import {threadOf} from '../people/conversations.js';
import type {Phone} from '../phone.js';
import {CommandError, type Correspondent} from '../protocol/messages.js';
import {icon} from './icons.js';
import {peerName} from './people.js';
import {ask} from './question.js';
import {dialogStyle, shared} from './styles.js';

/** Deletes the user's own copies of a conversation, once he said so again. An event `forgot` says that they are gone. */
@customElement('forget-button')
export class ForgetButton extends LitElement {
  static override styles = [
    shared,
    dialogStyle,
    css`
      h2 {
        font-size: 1.125rem;
        overflow-wrap: anywhere;
      }
      dialog {
        inline-size: min(28rem, calc(100vw - 1.5rem));
      }
      dialog p {
        margin-block: 0.5rem 1rem;
        overflow-wrap: anywhere;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        justify-content: end;
        gap: 0.5rem;
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) peer!: Correspondent;
  @property({type: Boolean}) offline = false;
  @query('dialog') private dialog!: HTMLDialogElement;

  override render() {
    const name = peerName(this.peer);
    return html`
      <button class="bare worded" aria-label=${t.chat.forgetWith(name)} ?disabled=${this.offline} @click=${() => ask(this.dialog)}>
        ${icon('bin')}<span>${t.chat.forget}</span>
      </button>
      <dialog closedby="closerequest" aria-labelledby="ask" aria-describedby="what">
        <h2 id="ask">${t.chat.askForget(name)}</h2>
        <p id="what">${t.chat.forgets(name)}</p>
        <div class="acts">
          <button autofocus @click=${() => this.dialog.close()}>${t.options.cancel}</button>
          <button class="stop" ?disabled=${this.offline} @click=${this.forget}>${t.chat.forget}</button>
        </div>
      </dialog>
    `;
  }

  private async forget(): Promise<void> {
    const {phone, peer} = this;
    this.dialog.close();
    try {
      await phone.script({do: 'forget', peer: peer.address});
    } catch (error) {
      return phone.tell({text: error instanceof CommandError ? error.said : t.notDone});
    }
    threadOf(phone.parts?.me.address ?? '', peer.address, command => phone.script(command)).clear();
    this.dispatchEvent(new CustomEvent('forgot'));
  }
}
