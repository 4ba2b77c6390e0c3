import {css, html, LitElement, nothing, type PropertyValues} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {moment} from '../call/time.js';
import {t} from '../locales/words.js';
import {excerpt, type FoundMessage, mostFound, searchMessages} from '../people/message-search.js';
import type {Sought} from './app-chat.js';
import {conversationStyle} from './conversation-style.js';
import {initials, legible, peerName} from './people.js';
import {refusal} from './refusal.js';
import {avatarStyle, shared} from './styles.js';

/** How long (ms) nothing more must be typed before the gateway is asked. */
const pause = 250;

/**
 * Finds messages of all conversations. An event `searching` tells whether something is looked for; pressing what was
 * found opens its conversation, by an event `write`.
 */
@customElement('message-search')
export class MessageSearch extends LitElement {
  static override styles = [
    shared,
    avatarStyle,
    conversationStyle,
    css`
      label span {
        display: block;
        margin-block-end: 0.25rem;
      }
      ul,
      .said {
        margin-block-start: 0.5rem;
      }
      li button {
        align-items: start;
        row-gap: 0;
      }
      .what {
        display: contents;
      }
      .avatar {
        grid-row: 1 / 3;
      }
      .side {
        grid-area: 1 / 3;
        align-self: center;
      }
      .text {
        grid-area: 2 / 2 / auto / -1;
        display: -webkit-box;
        overflow: hidden;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 3;
        overflow-wrap: anywhere;
        unicode-bidi: isolate;
      }
      @container (max-width: 300px) {
        .side {
          grid-area: 3 / 2;
        }
      }
      mark {
        border-radius: 3px;
        background: var(--note-soft);
        color: var(--note-text);
        font-weight: 600;
      }
    `,
  ];

  @property({type: Boolean}) offline = false;
  @property({attribute: false}) now: () => number = Date.now;
  @state() private typed = '';
  /** null: nothing was found yet. */
  @state() private found: FoundMessage[] | null = null;
  /** What the list was found by: its words are marked. */
  private foundBy = '';
  @state() private fault = '';
  @query('input') private field!: HTMLInputElement;
  private timer = 0;
  private asked: AbortController | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop();
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.get('offline') === true && !this.offline && this.typed) void this.search();
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.asked = null;
  }

  private input(): void {
    const before = this.typed;
    this.stop();
    this.typed = this.field.value.trim();
    this.fault = '';
    if (!this.typed) this.found = null;
    else if (!this.offline) this.timer = window.setTimeout(() => void this.search(), pause);
    if (!before !== !this.typed) this.dispatchEvent(new CustomEvent('searching', {detail: this.typed !== ''}));
  }

  private async search(): Promise<void> {
    this.stop();
    const asked = new AbortController();
    const {typed} = this;
    this.asked = asked;
    this.fault = '';
    try {
      const found = await searchMessages(typed, asked.signal);
      if (this.asked !== asked) return; // something else is looked for by now
      this.foundBy = typed;
      this.found = found;
    } catch (error) {
      if (this.asked === asked) this.fault = refusal(error, t.search.notSearched);
    }
  }

  override render() {
    return html`
      <label>
        <span class="small">${t.search.messages}</span>
        <input type="search" autocomplete="off" enterkeyhint="search" @input=${this.input} @keydown=${this.key} />
      </label>
      ${this.typed ? this.outcome() : nothing}
    `;
  }

  private outcome() {
    const {found, fault, offline} = this;
    if (fault && !offline)
      return html`
        <div class="said" role="alert">
          <p class="small failed">${fault}</p>
          <button @click=${this.search}>${t.retry}</button>
        </div>
      `;
    return html`
      <p class="said small soft" role="status">${this.said}</p>
      ${found?.length ? html`<ul>${found.map(one => this.row(one))}</ul>` : nothing}
    `;
  }

  /** How it stands, in words. */
  private get said(): string {
    const {found, offline, foundBy} = this;
    if (offline) return t.search.away;
    if (!found) return t.search.searching;
    if (!found.length) return t.search.noMessages(foundBy);
    return found.length === mostFound ? t.search.newest(mostFound) : t.search.messagesFound(found.length);
  }

  private row(one: FoundMessage) {
    const {with: peer, text, mine, time} = one;
    const said = legible(text.replace(/\s+/g, ' '));
    const pieces = excerpt(said, this.foundBy).map(piece =>
      piece.found ? html`<mark>${piece.text}</mark>` : piece.text,
    );
    return html`
      <li>
        <button @click=${() => this.show(one)}>
          <span class="avatar" aria-hidden="true">${initials(peer)}</span>
          <span class="what">
            <span class="name cut"><bdi>${peerName(peer)}</bdi></span>
            <span class="small text" dir="auto">${mine ? html`<span class="soft">${t.chat.mine('')}</span>` : nothing}${pieces}</span>
          </span>
          <span class="side">
            <span class="small soft">${moment(new Date(time), new Date(this.now()), t.lang)}</span>
          </span>
        </button>
      </li>
    `;
  }

  private key(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.isComposing || !this.typed || this.offline) return;
    void this.search();
  }

  private show({with: peer, id}: FoundMessage): void {
    const detail: Sought = {...peer, message: id};
    this.dispatchEvent(new CustomEvent('write', {detail, bubbles: true, composed: true}));
  }
}
