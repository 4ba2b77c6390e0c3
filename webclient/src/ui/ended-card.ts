import {css, html, LitElement, nothing} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import {isMissed} from '../call/plan.js';
import {duration} from '../call/time.js';
import {say, t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import type {Call} from '../protocol/messages.js';
import {addButton} from './add-button.js';
import {icon} from './icons.js';
import {breaks, initials, peerName} from './people.js';
import {avatarStyle, shared} from './styles.js';

/** A call that is over: why, and what can be done now. */
@customElement('ended-card')
export class EndedCard extends LitElement {
  static override styles = [
    shared,
    avatarStyle,
    css`
      .who {
        display: flex;
        align-items: flex-start;
        gap: 0.875rem;
      }
      .who > div:not(.avatar) {
        flex: 1;
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      .avatar {
        --avatar: 2.5rem;
        background: var(--sunken);
        color: var(--soft);
      }
      h2 {
        font-size: 1.0625rem;
      }
      .missed {
        color: var(--stop-text);
        font-weight: 600;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        margin-block-start: 0.875rem;
      }
      .acts button {
        flex: 1 1 7rem;
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) call!: Call;
  @property({type: Boolean}) offline = false;

  override render() {
    const {call} = this;
    const talked = call.answered ? duration(Date.parse(call.since) - Date.parse(call.answered)) : '';
    const missed = isMissed(call);
    return html`
      <div class="card" role="group" aria-label=${peerName(call.peer)}>
        <div class="who">
          <div class="avatar" aria-hidden="true">${initials(call.peer)}</div>
          <div>
            <h2 tabindex="-1">${breaks(peerName(call.peer))}</h2>
            ${missed ? html`<p class="missed">${t.missedCall}</p>` : nothing}
            <p>${say(call.reason ?? '', call.reasonSentence) || t.callEnded}</p>
            ${talked ? html`<p class="small soft">${t.lasted(talked)}</p>` : nothing}
          </div>
          ${addButton(call.peer, this.offline)}
        </div>
        <div class="acts">
          <button class="main" ?disabled=${this.offline} @click=${this.again}>
            ${icon('phone')}<span>${missed ? t.callBack : t.callAgain}</span>
          </button>
          <button ?disabled=${this.offline} @click=${() => this.phone.simple('dismiss', call)}>${t.dismiss}</button>
        </div>
      </div>
    `;
  }

  private again(): void {
    this.dispatchEvent(new CustomEvent('dial', {detail: this.call.peer.address, bubbles: true, composed: true}));
  }
}
