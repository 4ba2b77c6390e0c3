import {css, html, LitElement, nothing} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import {type IconName, icon} from './icons.js';
import type {Place} from './places.js';
import {shared} from './styles.js';

/** The ways to the views. Where it is narrow, friends and directory are one way, People. An event `place` goes there. */
@customElement('app-nav')
export class AppNav extends LitElement {
  static override styles = [
    shared,
    css`
      nav {
        display: flex;
        justify-content: space-around;
        gap: 0.125rem;
      }
      button {
        position: relative;
        flex: 1 1 auto;
        flex-direction: column;
        gap: 0;
        min-inline-size: 0;
        padding: 0.25rem 0.125rem;
        background: none;
        color: var(--soft);
        font-size: 0.75rem;
      }
      button:hover {
        background: var(--hover);
      }
      [aria-current] {
        background: var(--accent-soft);
        color: var(--accent);
      }
      .one {
        display: none;
      }
      .count {
        min-inline-size: 1.25rem;
        padding-inline: 0.25rem;
        border-radius: 99px;
        background: var(--stop);
        color: var(--on-stop);
        font-size: 0.75rem;
        line-height: 1.25rem;
      }
      nav:not(.wide) .count {
        position: absolute;
        inset-block-start: 0;
        inset-inline-start: 50%;
      }
      @media (min-width: 640px) {
        .people {
          display: none;
        }
        .one {
          display: inline-flex;
        }
        button {
          flex: 0 1 auto;
          flex-direction: row;
          gap: 0.5rem;
          padding-inline: 0.75rem;
          font-size: 0.9375rem;
        }
        nav {
          flex-wrap: wrap;
          justify-content: start;
        }
        nav .count {
          position: static !important;
        }
      }
      @media (min-width: 1024px) {
        nav {
          flex-direction: column;
          align-items: stretch;
        }
        button {
          justify-content: start;
        }
        .count {
          margin-inline-start: auto;
        }
      }
    `,
  ];

  @property() place: Place = '';
  /** Calls that nobody took and nobody has looked at. */
  @property({type: Number}) missed = 0;
  @property({type: Number}) unread = 0;
  /** Which of the two People shows. */
  private people: Place = 'friends';

  /** Gives the focus to the way to a place; whether there is one. */
  focusPlace(place: Place): boolean {
    const all = [...this.renderRoot.querySelectorAll<HTMLElement>(`[data-place='${place}']`)];
    const seen = all.find(one => one.checkVisibility());
    seen?.focus();
    return !!seen;
  }

  override willUpdate(): void {
    if (this.place === 'friends' || this.place === 'directory') this.people = this.place;
  }

  override render() {
    return html`
      <nav aria-label=${t.views}>
        ${this.way(this.people, 'people', t.people, 'people')}
        ${this.way('friends', 'star', t.friends.title, 'one')}
        ${this.way('directory', 'people', t.directory.title, 'one')}
        ${this.way('', 'phone', t.calls, '', this.missed && t.missedCalls(this.missed), this.missed)}
        ${this.way('conversations', 'chat', t.conversations, '', this.unread && t.unreadMessages(this.unread), this.unread)}
        ${this.way('keys', 'keypad', t.keysView)}
      </nav>
    `;
  }

  private way(place: Place, sign: IconName, word: string, kind = '', more: string | 0 = '', count = 0) {
    return html`
      <button
        class=${kind || nothing}
        data-place=${place}
        aria-label=${more ? `${word}, ${more}` : word}
        aria-current=${this.place === place ? 'page' : nothing}
        @click=${() => this.dispatchEvent(new CustomEvent<Place>('place', {detail: place, bubbles: true}))}
      >
        ${icon(sign)}<span class="cut">${word}</span>
        ${count ? html`<span class="count" aria-hidden="true">${count}</span>` : nothing}
      </button>
    `;
  }
}
