import {html, LitElement, nothing, type PropertyValues} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {repeat} from 'lit/directives/repeat.js';
import {moment} from '../call/time.js';
import {say, t} from '../locales/words.js';
import {type Thread, threadOf, type Unsent} from '../people/conversations.js';
import {tooLong} from '../people/text.js';
import type {Phone} from '../phone.js';
import type {Conversation, Message} from '../protocol/messages.js';
import type {Sought} from './app-chat.js';
import {chatStyle} from './chat-style.js';
import {chatText} from './chat-text.js';
import './forget-button.js';
import {icon} from './icons.js';
import {breaks, peerLine, peerName} from './people.js';
import './presence-line.js';
import {markStyle} from './seen-text.js';
import {shared} from './styles.js';

/** What the user and somebody wrote to each other, and a field to write more. Closing it is an event `close`. */
@customElement('chat-pane')
export class ChatPane extends LitElement {
  static override styles = [shared, chatStyle, markStyle];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) peer!: Sought;
  @property({attribute: false}) conversations: Conversation[] = [];
  @property({type: Boolean}) offline = false;
  /** What was typed is longer than a message may be. */
  @state() private long = false;
  @query('.log') private log!: HTMLElement;
  @query('textarea') private field!: HTMLTextAreaElement;
  @query('h2') private heading!: HTMLElement;
  private thread!: Thread;
  /** What the state says of it; undefined as long as nothing was written. */
  private conversation: Conversation | undefined;
  /** Where the log was scrolled to before it was drawn anew, from its end. */
  private fromEnd = 0;
  private atEnd = true;
  private readonly size = new ResizeObserver(() => this.stay());
  private firstShown = '';
  /** The message that was looked for, once it is shown. */
  @state() private sought = '';
  /** What the gateway was told that the user has read. */
  private told = '';
  private readonly seen = () => this.tellRead();

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.seen);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.seen);
    this.size.disconnect();
    this.thread?.typing(false, this.phone.now());
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (this.log) this.fromEnd = this.log.scrollHeight - this.log.scrollTop;
    const before = changed.get('peer');
    const began = !this.thread || (before && before.address !== this.peer.address);
    if (began) this.begin();
    const {conversation} = this;
    this.conversation = this.thread.find(this.conversations);
    if (!began && before && before.message !== this.peer.message) void this.seek();
    if (!began && fresh(conversation, this.conversation)) void this.thread.load();
    if (changed.get('offline') === true && !this.offline) void this.thread.back();
  }

  private begin(): void {
    this.thread?.typing(false, this.phone.now());
    const user = this.phone.parts?.me.address ?? '';
    this.thread = threadOf(user, this.peer.address, command => this.phone.script(command));
    this.thread.changed = () => this.requestUpdate();
    this.long = tooLong(this.thread.draft);
    this.told = '';
    this.atEnd = true;
    this.sought = '';
    void this.thread.load().then(() => this.seek());
  }

  /** Goes to the message that is looked for. */
  private async seek(): Promise<void> {
    const {message = ''} = this.peer;
    if (!message || !(await this.thread.reach(message)) || message !== this.peer.message) return;
    this.sought = message;
    this.atEnd = false;
    await this.updateComplete;
    const row = this.log.querySelector<HTMLElement>('.sought');
    row?.scrollIntoView({block: 'center'});
    row?.focus({preventScroll: true});
  }

  override firstUpdated(): void {
    // A keyboard on the screen would cover what was written.
    const target = matchMedia('(pointer: fine)').matches ? this.field : this.heading;
    target.focus();
    this.size.observe(this.log);
  }

  private scrolled(): void {
    const {scrollHeight, scrollTop, clientHeight} = this.log;
    this.atEnd = scrollHeight - scrollTop - clientHeight < 40;
  }

  /** The newest message stays in sight when it was. */
  private stay(): void {
    if (this.atEnd) this.log.scrollTop = this.log.scrollHeight;
  }

  override updated(changed: PropertyValues<this>): void {
    const {log, thread} = this;
    if (changed.has('peer')) this.field.value = thread.draft;
    const [first] = thread.messages;
    this.stay();
    if (!this.atEnd && first?.id !== this.firstShown) log.scrollTop = log.scrollHeight - this.fromEnd;
    this.firstShown = first?.id ?? '';
    this.tellRead();
  }

  /** The conversation is before the user's eyes: what is in it counts as read. */
  private tellRead(): void {
    const {conversation, thread, offline} = this;
    const last = conversation?.last.id ?? '';
    if (!conversation?.unread || offline || last === this.told || thread.messages.at(-1)?.id !== last) return;
    if (document.visibilityState !== 'visible' || !this.checkVisibility()) return;
    this.told = last;
    thread.read(last).catch(() => {
      this.told = '';
    });
  }

  override render() {
    const {peer, thread, offline, long} = this;
    const name = peerName(peer);
    return html`
      <header>
        <div>
          <h2 id="title" tabindex="-1">${breaks(name)}</h2>
          <p class="small soft">${breaks(peerLine({...peer, verified: true}))}</p>
        </div>
        <forget-button
          .phone=${this.phone}
          .peer=${peer}
          ?offline=${offline}
          ?hidden=${!this.conversation}
          @forgot=${this.close}
        ></forget-button>
        <button class="bare" aria-label=${t.closeScreen(name)} @click=${this.close}>${icon('close')}<span>${t.close}</span></button>
      </header>
      <presence-line .addresses=${[peer.address]} brief></presence-line>
      <div class="log" role="log" aria-label=${t.chat.with(name)} tabindex="0" @scroll=${this.scrolled}>
        ${
          thread.next
            ? html`<button class="wide" ?disabled=${offline} @click=${() => thread.older()}>${t.chat.earlier}</button>`
            : nothing
        }
        ${thread.state === 'failed' ? this.absent() : nothing}
        ${thread.state === 'there' && !thread.messages.length && !thread.unsent.length ? html`<p class="small soft">${t.chat.nothing}</p>` : nothing}
        <ul>
          ${repeat(
            thread.messages,
            ({id}) => id,
            message => this.message(message),
          )}
          ${repeat(
            thread.unsent,
            ({key}) => key,
            one => this.unsent(one),
          )}
        </ul>
      </div>
      <p class="typing small soft" aria-live="polite">${this.conversation?.typing ? t.chat.typing(name) : nothing}</p>
      <form @submit=${this.submit}>
        <label>
          <span class="unseen">${t.chat.write(name)}</span>
          <textarea
            rows="1"
            dir="auto"
            enterkeyhint="send"
            placeholder=${t.chat.message}
            aria-describedby="hint"
            aria-invalid=${long ? 'true' : 'false'}
            @input=${this.typed}
            @keydown=${this.key}
          ></textarea>
        </label>
        <button class="main" aria-disabled=${offline || long ? 'true' : 'false'}>${t.chat.send}</button>
      </form>
      <p id="hint" class="small ${long ? 'fault' : 'soft'}" role=${long ? 'alert' : nothing}>${long ? t.chat.tooLong : t.chat.hint}</p>
    `;
  }

  private absent() {
    return html`
      <div role="alert">
        <p class="small soft">${t.chat.notLoaded}</p>
        <button ?disabled=${this.offline} @click=${() => this.thread.load()}>${t.retry}</button>
      </div>
    `;
  }

  private message(message: Message) {
    const {mine, state, unproven, cause = '', causeSentence} = message;
    const failed = mine && state === 'failed';
    const words = mine ? [t.chat.states[state]] : unproven ? [t.chat.unproven] : [];
    if (failed) words.push(say(cause, causeSentence));
    const again =
      failed && !this.thread.repeated.has(message.id) ? () => this.thread.repeat(message, this.phone.now()) : null;
    return this.row({...message, mine, failed, words, again, sought: message.id === this.sought});
  }

  private unsent(one: Unsent) {
    const {fault, id} = one;
    const words = fault ? [t.chat.states.failed, fault] : [id ? t.chat.states.sent : t.chat.sending];
    return this.row({
      ...one,
      mine: true,
      failed: !!fault,
      words,
      again: fault ? () => this.thread.again(one) : null,
      sought: false,
    });
  }

  private row(one: {
    text: string;
    time: string;
    mine: boolean;
    failed: boolean;
    words: string[];
    again: (() => void) | null;
    sought: boolean;
  }) {
    const {mine, failed, again, sought} = one;
    const time = moment(new Date(one.time), new Date(this.phone.now()), t.lang);
    return html`
      <li class="${mine ? 'mine' : ''} ${failed ? 'failed' : ''} ${sought ? 'sought' : ''}" tabindex=${sought ? '-1' : nothing}>
        <span class="unseen">${mine ? t.chat.you : peerName(this.peer)}</span>
        <p class="text" dir="auto">${chatText(one.text)}</p>
        <p class="foot small soft">${[time, ...one.words].join(' · ')}</p>
        ${again ? html`<button ?disabled=${this.offline} @click=${again}>${t.retry}</button>` : nothing}
      </li>
    `;
  }

  private typed(): void {
    const {value} = this.field;
    this.thread.draft = value;
    this.long = tooLong(value);
    this.thread.typing(value.trim() !== '', this.phone.now());
  }

  private key(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.send();
  }

  private submit(event: Event): void {
    event.preventDefault();
    this.send();
    this.field.focus();
  }

  private send(): void {
    const text = this.field.value;
    if (!text.trim() || this.long || this.offline) return;
    this.field.value = '';
    this.thread.draft = '';
    this.atEnd = true;
    void this.thread.send(text, this.phone.now());
  }

  private close(): void {
    this.dispatchEvent(new CustomEvent('close'));
  }
}

/** Whether messages came, or what became of the last one changed. */
function fresh(before: Conversation | undefined, now: Conversation | undefined): boolean {
  const sign = (one: Conversation | undefined) => one && [one.last.id, one.last.state, one.unread].join();
  return sign(before) !== sign(now);
}
