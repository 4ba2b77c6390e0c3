import {css, html, LitElement, nothing} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import {moment} from '../call/time.js';
import {t} from '../locales/words.js';
import {presences} from '../people/presences.js';
import type {Call, Presence} from '../protocol/messages.js';
import {legible} from './people.js';
import {dotStyle, presenceDot} from './presence-dot.js';
import {markStyle, seenText} from './seen-text.js';
import {shared} from './styles.js';

/** How somebody is reached: dot, word, and what he wrote about it. It is empty where nothing is known of him. */
@customElement('presence-line')
export class PresenceLine extends LitElement {
  static override styles = [
    shared,
    dotStyle,
    markStyle,
    css`
      p {
        display: flex;
        flex-wrap: wrap;
        gap: 0 0.5rem;
        color: var(--soft);
        font-size: 0.875rem;
        font-weight: 400;
      }
      .note {
        min-inline-size: 0;
        overflow-wrap: anywhere;
        unicode-bidi: isolate;
      }
      :host([brief]) .note {
        display: -webkit-box;
        overflow: hidden;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
      }
      .stale svg {
        color: inherit;
      }
    `,
  ];

  @property({attribute: false}) addresses: string[] = [];
  /** He calls the user: that he is in a call is no news. */
  @property({type: Boolean}) calls = false;
  /** A long note is cut after two lines. */
  @property({type: Boolean, reflect: true}) brief = false;
  /** Without the note. */
  @property({type: Boolean}) bare = false;
  private readonly follow = () => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    presences.addEventListener('change', this.follow);
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    presences.removeEventListener('change', this.follow);
  }

  override render() {
    const found = presences.of(this.addresses);
    if (!found) return nothing;
    const note = this.bare ? '' : (found.note ?? '');
    const known = this.calls && found.state === 'call';
    if (known && !note) return nothing;
    return html`
      <p class=${presences.stale ? 'stale' : nothing}>
        ${known ? nothing : presenceDot(found.state, 'beside', words(found))}
        ${note ? html`<span class="note" part="note" dir="auto" title=${this.brief ? legible(note) : nothing}>${seenText(note)}</span>` : nothing}
      </p>
    `;
  }
}

/** How the other side of a call is reached before they talk; nothing of a caller who does not prove who he is. */
export function presenceIn({peer, direction, answered}: Call) {
  const calls = direction === 'in';
  if (answered || (calls && !peer.verified)) return nothing;
  return html`<presence-line .addresses=${[peer.address]} ?calls=${calls} brief></presence-line>`;
}

/** The word of a state; of who went away, since when. */
function words({state, since}: Presence): string {
  const word = t.presence.states[state];
  if (state !== 'away' || !since) return word;
  return t.presence.since(word, moment(new Date(since), new Date(), t.lang));
}
