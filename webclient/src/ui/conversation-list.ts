import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {repeat} from 'lit/directives/repeat.js';
import {moment} from '../call/time.js';
import {t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import type {Conversation, Correspondent} from '../protocol/messages.js';
import type {AddressField} from './address-field.js';
import './address-field.js';
import './chat-pane.js';
import './forget-button.js';
import './quick-texts.js';
import {conversationStyle} from './conversation-style.js';
import {icon} from './icons.js';
import './message-search.js';
import {initials, legible, peerName} from './people.js';
import './presence-line.js';
import {avatarStyle, shared} from './styles.js';

/** The conversations of the user, newest first, and ways to others. Opening one is an event `write`. */
@customElement('conversation-list')
export class ConversationList extends LitElement {
  static override styles = [
    shared,
    avatarStyle,
    conversationStyle,
    css`
      :host {
        container-type: inline-size;
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 0 0.5rem;
        margin-block-end: 0.5rem;
      }
      h2 {
        font-size: 1rem;
      }
      form {
        margin-block-end: 0.75rem;
      }
      [aria-expanded='true'] {
        background: var(--accent-soft);
        color: var(--accent);
      }
      header button {
        gap: 0.375rem;
        padding-inline: 0.625rem;
        font-size: 0.875rem;
      }
      .some {
        margin-block-start: 0.5rem;
        font-size: 0.875rem;
      }
      .list {
        margin-block-start: 0.5rem;
      }
    `,
  ];

  @property({attribute: false}) conversations: Conversation[] = [];
  /** The address of the one that is open. */
  @property() open = '';
  @property({attribute: false}) phone!: Phone;
  @property({type: Boolean}) offline = false;
  /** The field for whom to write to is open. */
  @state() private writing = false;
  /** Messages are looked for: they stand in the place of the list. */
  @state() private searching = false;
  /** Each has a button that deletes it. */
  @state() private forgetting = false;
  @query('address-field') private field!: AddressField | null;

  override render() {
    const {conversations, writing, searching} = this;
    return html`
      <section aria-labelledby="title">
        <header>
          <h2 id="title" tabindex="-1">${t.conversations}</h2>
          <button aria-expanded=${writing ? 'true' : 'false'} @click=${this.toggle}>
            ${icon('chat')}<span>${t.search.newMessage}</span>
          </button>
        </header>
        ${writing ? this.question() : nothing}
        ${
          conversations.length || searching
            ? html`<message-search
                .now=${() => this.phone.now()}
                ?offline=${this.offline}
                @searching=${(event: CustomEvent<boolean>) => {
                  this.searching = event.detail;
                }}
              ></message-search>`
            : html`<p class="small soft">${t.noConversations}</p>`
        }
        ${searching || !conversations.length ? nothing : this.list()}
      </section>
    `;
  }

  private list() {
    const toggle = () => {
      this.forgetting = !this.forgetting;
    };
    return html`
      <ul class="list">
        ${repeat(
          this.conversations,
          one => one.with.address, // a question about one stays with it
          one => this.row(one),
        )}
      </ul>
      <button class="some" @click=${toggle}>${this.forgetting ? t.chat.forgetDone : t.chat.forgetSome}</button>
    `;
  }

  private forgot(): void {
    this.renderRoot.querySelector<HTMLElement>('h2')?.focus();
  }

  /** Whom to write to. */
  private question() {
    return html`
      <form @submit=${this.submit} @keydown=${this.key}>
        <address-field
          sign="chat"
          .label=${t.search.writeTo}
          .act=${t.search.write}
          ?offline=${this.offline}
          @take=${(event: CustomEvent<Correspondent>) => this.begin(event.detail)}
        ></address-field>
      </form>
    `;
  }

  private async toggle(): Promise<void> {
    this.writing = !this.writing;
    await this.updateComplete;
    await this.field?.updateComplete;
    this.field?.focus();
  }

  private submit(event: Event): void {
    event.preventDefault();
    const address = this.field?.value.trim();
    if (address) this.begin({address, display: ''});
  }

  private key(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    this.writing = false;
    this.renderRoot.querySelector<HTMLElement>('header button')?.focus();
  }

  private begin(peer: Correspondent): void {
    this.writing = false;
    this.show(peer);
  }

  private row(one: Conversation) {
    const {with: peer, last, unread, typing} = one;
    const failed = last.mine && last.state === 'failed';
    const said = legible(last.text.replace(/\s+/g, ' '));
    const line = typing ? t.chat.typing(peerName(peer)) : last.mine ? t.chat.mine(said) : said;
    return html`
      <li>
        <button aria-current=${peer.address === this.open ? 'true' : nothing} @click=${() => this.show(peer)}>
          <span class="avatar" aria-hidden="true">${initials(peer)}</span>
          <span class="what">
            <span class="name cut"><bdi>${peerName(peer)}</bdi></span>
            <presence-line .addresses=${[peer.address]} bare></presence-line>
            <span class="small cut ${failed ? 'failed' : 'soft'}"><bdi>${failed ? t.chat.states.failed : line}</bdi></span>
          </span>
          <span class="side">
            <span class="small soft">${moment(new Date(last.time), new Date(this.phone.now()), t.lang)}</span>
            ${
              unread
                ? html`<span class="count"><span aria-hidden="true">${unread}</span><span class="unseen">${t.unreadMessages(unread)}</span></span>`
                : nothing
            }
          </span>
        </button>
        ${
          this.forgetting
            ? html`<forget-button
                .phone=${this.phone}
                .peer=${peer}
                ?offline=${this.offline}
                @forgot=${this.forgot}
              ></forget-button>`
            : nothing
        }
      </li>
    `;
  }

  private show(detail: Correspondent): void {
    this.dispatchEvent(new CustomEvent('write', {detail, bubbles: true, composed: true}));
  }
}
