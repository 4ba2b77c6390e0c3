import {css, html, LitElement, nothing} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import type {Me} from '../protocol/messages.js';
import {type IconName, icon} from './icons.js';
import {logo} from './logo.js';
import {openWindow} from './own-window.js';
import type {Place} from './places.js';
import {dotStyle, presenceDot} from './presence-dot.js';
import {shared} from './styles.js';

/** Who the user is, whether the line is up, and the few things that are always at hand. */
@customElement('app-bar')
export class AppBar extends LitElement {
  static override styles = [
    shared,
    dotStyle,
    css`
      :host {
        container-type: inline-size;
        margin-block-end: 0.75rem;
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem 0.75rem;
      }
      .logo {
        flex: none;
        inline-size: 2.5rem;
        block-size: 2.5rem;
      }
      .who {
        flex: 1 1 6rem;
        min-inline-size: 0;
      }
      h1 {
        font-size: 1.0625rem;
        line-height: 1.3;
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 0.5rem;
      }
      .own {
        gap: 0.25rem;
        min-block-size: 1.75rem;
        max-inline-size: 100%;
        margin-inline-start: -0.375rem;
        padding: 0 0.375rem;
        font-size: 0.875rem;
      }
      .own[aria-pressed='true'] {
        background: var(--accent-soft);
      }
      .own .icon {
        inline-size: 1rem;
        block-size: 1rem;
        rotate: 180deg;
      }
      .own.stale:not(.quiet) {
        color: var(--soft);
      }
      .own.stale svg {
        color: inherit;
      }
      /* Nobody may wonder why nothing rings. */
      .own.quiet,
      .own.quiet:hover {
        background: var(--stop);
        color: var(--on-stop);
      }
      .own.quiet svg {
        color: inherit;
      }
      @media (forced-colors: active) {
        .own.quiet {
          border-width: 4px;
        }
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem;
      }
      .acts button {
        flex-direction: column;
        gap: 0;
        padding: 0.25rem 0.5rem;
        color: var(--soft);
        font-size: 0.75rem;
      }
      @container (max-width: 400px) {
        .acts {
          flex: 1 0 100%;
        }
        .acts button {
          flex: 1 1 auto;
        }
      }
      .sound {
        background: var(--note-soft);
        color: var(--note-text);
      }
      .acts [aria-pressed='true'] {
        background: var(--accent-soft);
        color: var(--accent);
      }
      .keys {
        display: none;
      }
      @media (min-width: 640px) {
        .keys {
          display: inline-flex;
        }
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) me!: Me;
  @property({type: Boolean}) offline = false;
  /** The state of the line in a word. */
  @property() line = '';
  @property({type: Boolean}) blocked = false;
  /** In a frame of another site: that site logs in and out. */
  @property({type: Boolean}) framed = false;
  /** Which screen is shown beside the calls. */
  @property() place: Place = '';

  /** Gives the focus back to the button that opened a screen. */
  focusPlace(place: Place): void {
    this.renderRoot.querySelector<HTMLElement>(`[data-place='${place}']`)?.focus();
  }

  override render() {
    const {me} = this;
    return html`
      <header>
        ${logo}
        <div class="who">
          <h1 class="cut"><bdi>${me.display || me.name}</bdi></h1>
          <div class="line">
            ${this.own()}
            <span class="cut small soft">${this.line}${me.number ? ` · ${me.number}` : ''}</span>
          </div>
        </div>
        ${
          this.blocked
            ? html`<button class="sound" title=${t.soundBlocked} @click=${() => this.phone.askSound()}>
                ${icon('soundOff')}<span>${t.enableSound}</span>
              </button>`
            : nothing
        }
        <div class="acts">
          ${me.interworking ? this.opener('options', 'options', t.options.title) : nothing}
          <button class="bare keys" aria-label=${t.shortcuts} @click=${this.showKeys}>
            ${icon('keyboard')}<span>${t.shortcutsShort}</span>
          </button>
          ${
            this.framed
              ? html`<button class="bare" aria-label=${t.embed.ownWindow} title=${t.embed.ownWindow} @click=${openWindow}>
                  ${icon('ownWindow')}<span>${t.embed.window}</span>
                </button>`
              : html`<button class="bare" @click=${() => this.phone.logOut()}>
                  ${icon('logOut')}<span>${t.logOut}</span>
                </button>`
          }
        </div>
      </header>
    `;
  }

  /** What others see of the user; pressing it opens where that is set. */
  private own() {
    const {set, state} = this.me.presence;
    const word = set === 'invisible' ? t.presence.set.invisible : t.presence.states[state];
    return html`
      <button
        class="bare own ${set === 'dnd' ? 'quiet' : ''} ${this.offline ? 'stale' : ''}"
        data-place="presence"
        aria-label=${t.presence.own(word)}
        aria-pressed=${this.place === 'presence' ? 'true' : 'false'}
        @click=${() => this.toggle('presence')}
      >
        ${presenceDot(state, 'beside', word)}${icon('fold')}
      </button>
    `;
  }

  private opener(place: Place, sign: IconName, word: string) {
    return html`
      <button
        class="bare"
        data-place=${place}
        aria-pressed=${this.place === place ? 'true' : 'false'}
        @click=${() => this.toggle(place)}
      >
        ${icon(sign)}<span>${word}</span>
      </button>
    `;
  }

  /** Opens a screen, or leaves it. */
  private toggle(place: Place): void {
    const detail = this.place === place ? '' : place;
    this.dispatchEvent(new CustomEvent<Place>('place', {detail, bubbles: true}));
  }

  private showKeys(): void {
    this.dispatchEvent(new CustomEvent('show-keys'));
  }
}
