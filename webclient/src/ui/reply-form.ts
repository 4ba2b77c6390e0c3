import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {ringing} from '../call/plan.js';
import {t} from '../locales/words.js';
import {threadOf} from '../people/conversations.js';
import {quickTexts} from '../people/quick-texts.js';
import {tooLong} from '../people/text.js';
import type {Phone} from '../phone.js';
import {type Call, CommandError} from '../protocol/messages.js';
import {randomId} from '../protocol/random.js';
import {peerName} from './people.js';
import {shared} from './styles.js';

/**
 * Declines a call that rings with a message to the caller. The message goes first: when it is refused, the call rings
 * on, and the user decides. An event `cancel` closes it.
 */
@customElement('reply-form')
export class ReplyForm extends LitElement {
  static override styles = [
    shared,
    css`
      section {
        display: grid;
        gap: 0.375rem;
      }
      section:focus {
        outline: none;
      }
      .texts {
        display: grid;
        gap: 0.375rem;
      }
      .texts button {
        justify-content: start;
        font-weight: 400;
        text-align: start;
        overflow-wrap: anywhere;
      }
      form {
        display: flex;
        flex-wrap: wrap;
        gap: 0.375rem;
      }
      label {
        flex: 1 1 10rem;
        min-inline-size: 0;
      }
      textarea {
        display: block;
        max-block-size: 8rem;
        field-sizing: content;
        resize: none;
      }
      form button {
        flex: 1 0 auto;
      }
      .fault {
        display: grid;
        gap: 0.375rem;
        color: var(--stop-text);
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) call!: Call;
  @property({type: Boolean}) offline = false;
  /** Why the last message was not sent, in words. */
  @state() private fault = '';
  @state() private sending = false;
  @query('section') private section!: HTMLElement;
  @query('textarea') private field!: HTMLTextAreaElement;
  /** Texts that were given to the gateway, and how it knows them: whoever presses again sends none twice. */
  private readonly keys = new Map<string, string>();

  override firstUpdated(): void {
    // Not into the field: the keys that answer still do, and no keyboard covers the call.
    this.section.focus();
    this.field.value = this.thread.draft;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.thread.draft = this.field.value; // of a call that is over: the words wait in the conversation
  }

  private get thread() {
    const user = this.phone.parts?.me.address ?? '';
    return threadOf(user, this.call.peer.address, command => this.phone.script(command));
  }

  override render() {
    const {phone, fault} = this;
    const unable = this.offline || this.sending ? 'true' : 'false';
    return html`
      <section role="group" aria-label=${t.reply.with} aria-describedby="what" tabindex="-1" @keydown=${this.key}>
        <div class="texts">
          ${quickTexts(phone.settings, phone.parts?.me.name ?? '').map(
            text =>
              html`<button class="wide" dir="auto" aria-disabled=${unable} @click=${() => this.send(text)}>${text}</button>`,
          )}
        </div>
        <form @submit=${this.submit}>
          <label>
            <span class="unseen">${t.reply.own(peerName(this.call.peer))}</span>
            <textarea rows="1" dir="auto" enterkeyhint="send" placeholder=${t.reply.ownShort}></textarea>
          </label>
          <button class="main" aria-disabled=${unable}>${t.reply.send}</button>
        </form>
        <div role="alert">
          ${
            fault
              ? html`<div class="fault small">
                  <p>${fault}</p>
                  <button class="wide" ?disabled=${this.offline} @click=${() => this.phone.simple('decline', this.call)}>
                    ${t.reply.without}
                  </button>
                </div>`
              : nothing
          }
        </div>
        <p id="what" class="small soft">${t.reply.declines} ${t.reply.where}</p>
      </section>
    `;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.stopPropagation();
      this.dispatchEvent(new CustomEvent('cancel'));
    }
    if (event.key !== 'Enter' || event.target !== this.field || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit(event);
  }

  private submit(event: Event): void {
    event.preventDefault();
    const text = this.field.value;
    if (text.trim()) void this.send(text);
    else this.field.focus();
  }

  private async send(text: string): Promise<void> {
    const {phone, call, keys} = this;
    if (this.sending || this.offline) return;
    if (tooLong(text)) {
      this.fault = t.chat.tooLong;
      return;
    }
    const key = keys.get(text) ?? randomId();
    keys.set(text, key);
    this.sending = true;
    this.fault = '';
    try {
      await phone.script({do: 'message', to: call.peer.address, text, key});
    } catch (error) {
      this.fault = t.reply.notSent(error instanceof CommandError ? error.said : t.notDone);
      return;
    } finally {
      this.sending = false;
    }
    if (text === this.field.value) this.field.value = '';
    // Somebody may have answered meanwhile, and a decline would hang up on him.
    const rings = ringing(phone.calls).some(({id}) => id === call.id);
    const name = peerName(call.peer);
    if (!rings || (await phone.simple('decline', call)))
      phone.tell({text: rings ? t.reply.sent(name) : t.reply.sentOnly(name), good: true});
  }
}
