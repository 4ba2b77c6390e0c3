import {css, html, LitElement, nothing} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import {moment} from '../call/time.js';
import {t} from '../locales/words.js';
import type {Conversation} from '../protocol/messages.js';
import './chat-pane.js';
import './quick-texts.js';
import {initials, legible, peerName} from './people.js';
import './presence-line.js';
import {avatarStyle, shared} from './styles.js';

/** The conversations of the user, newest first. Pressing one opens it, by an event `write`. */
@customElement('conversation-list')
export class ConversationList extends LitElement {
  static override styles = [
    shared,
    avatarStyle,
    css`
      :host {
        container-type: inline-size;
      }
      h2 {
        margin-block-end: 0.5rem;
        font-size: 1rem;
      }
      li + li {
        border-block-start: 1px solid var(--line);
      }
      button {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        inline-size: 100%;
        padding: 0.5rem 0.25rem;
        background: none;
        font-weight: 400;
        text-align: start;
      }
      [aria-current] {
        background: var(--accent-soft);
      }
      .avatar {
        --avatar: 2.5rem;
      }
      .what {
        display: grid;
        min-inline-size: 0;
      }
      .name {
        font-weight: 600;
      }
      .failed {
        color: var(--stop-text);
      }
      .side {
        display: grid;
        gap: 0.25rem;
        justify-items: end;
      }
      .count {
        min-inline-size: 1.25rem;
        padding-inline: 0.25rem;
        border-radius: 99px;
        background: var(--stop);
        color: var(--on-stop);
        font-size: 0.75rem;
        font-weight: 600;
        line-height: 1.25rem;
        text-align: center;
      }
      @container (max-width: 300px) {
        button {
          grid-template-columns: auto minmax(0, 1fr);
          row-gap: 0;
        }
        .avatar {
          grid-row: span 2;
        }
        .side {
          display: flex;
          justify-content: space-between;
        }
      }
    `,
  ];

  @property({attribute: false}) conversations: Conversation[] = [];
  /** The address of the one that is open. */
  @property() open = '';
  @property({attribute: false}) now: () => number = Date.now;

  override render() {
    const {conversations} = this;
    return html`
      <section aria-labelledby="title">
        <h2 id="title" tabindex="-1">${t.conversations}</h2>
        ${
          conversations.length
            ? html`<ul>${conversations.map(one => this.row(one))}</ul>`
            : html`<p class="small soft">${t.noConversations}</p>`
        }
      </section>
    `;
  }

  private row(one: Conversation) {
    const {with: peer, last, unread, typing} = one;
    const failed = last.mine && last.state === 'failed';
    const said = legible(last.text.replace(/\s+/g, ' '));
    const line = typing ? t.chat.typing(peerName(peer)) : last.mine ? t.chat.mine(said) : said;
    return html`
      <li>
        <button aria-current=${peer.address === this.open ? 'true' : nothing} @click=${() => this.show(one)}>
          <span class="avatar" aria-hidden="true">${initials(peer)}</span>
          <span class="what">
            <span class="name cut"><bdi>${peerName(peer)}</bdi></span>
            <presence-line .addresses=${[peer.address]} bare></presence-line>
            <span class="small cut ${failed ? 'failed' : 'soft'}"><bdi>${failed ? t.chat.states.failed : line}</bdi></span>
          </span>
          <span class="side">
            <span class="small soft">${moment(new Date(last.time), new Date(this.now()), t.lang)}</span>
            ${
              unread
                ? html`<span class="count"><span aria-hidden="true">${unread}</span><span class="unseen">${t.unreadMessages(unread)}</span></span>`
                : nothing
            }
          </span>
        </button>
      </li>
    `;
  }

  private show(one: Conversation): void {
    this.dispatchEvent(new CustomEvent('write', {detail: one.with, bubbles: true, composed: true}));
  }
}
