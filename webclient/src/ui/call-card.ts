import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query} from 'lit/decorators.js';
import type {Path} from '../call/media.js';
import {allowedOther, silenced} from '../call/plan.js';
import {say, t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import type {Call, Device} from '../protocol/messages.js';
import './call-timer.js';
import {addButton} from './add-button.js';
import type {CallActs} from './call-acts.js';
import './call-acts.js';
import {icon} from './icons.js';
import {KeepFocus} from './keep-focus.js';
import './no-sound.js';
import {breaks, initials, peerLine, peerName} from './people.js';
import {avatarStyle, shared} from './styles.js';

/** A call that is dialled, talked in or on hold; its sound is here, in another window, or on a deskphone. */
@customElement('call-card')
export class CallCard extends LitElement {
  static override styles = [
    shared,
    avatarStyle,
    css`
      :host {
        container-type: inline-size;
      }
      .who {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        align-items: center;
        gap: 0.25rem 0.875rem;
      }
      h2 {
        font-size: 1.25rem;
        line-height: 1.25;
        overflow-wrap: anywhere;
      }
      .line {
        overflow-wrap: anywhere;
      }
      .time {
        align-self: start;
        padding-block-start: 0.125rem;
        font-size: 1.125rem;
        font-variant-numeric: tabular-nums;
      }
      @container (max-width: 300px) {
        .avatar {
          --avatar: 2.5rem;
        }
        .who {
          grid-template-columns: 1fr auto;
          gap: 0.5rem 0.625rem;
        }
        .who > div:not(.avatar) {
          grid-area: 2 / 1 / auto / span 2;
        }
      }
      .place {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.25rem 0.5rem;
        margin-block-start: 0.875rem;
      }
      .badge {
        display: inline-flex;
        align-items: center;
        gap: 0.375rem;
        padding: 0.1875rem 0.625rem 0.1875rem 0.5rem;
        border-radius: 99px;
        background: var(--accent-soft);
        color: var(--accent);
        font-size: 0.875rem;
        font-weight: 600;
      }
      .badge .icon {
        inline-size: 1.125rem;
        block-size: 1.125rem;
      }
      .state {
        font-weight: 600;
      }
      .muted {
        margin-block-start: 0.875rem;
        padding: 1rem;
        border-radius: var(--round-small);
        background: var(--stop);
        color: var(--on-stop);
      }
      .muted p:first-child {
        display: flex;
        align-items: center;
        gap: 0.625rem;
        font-size: 1.375rem;
        font-weight: 700;
        line-height: 1.2;
      }
      .muted p:first-child .icon {
        inline-size: 2rem;
        block-size: 2rem;
      }
      .muted button {
        margin-block-start: 0.75rem;
        background: var(--surface);
        color: var(--text);
      }
      .muted .loud {
        min-block-size: 4.5rem;
        font-size: 1.25rem;
      }
      .loud .icon {
        inline-size: 1.75rem;
        block-size: 1.75rem;
      }
      .muted button:focus-visible {
        outline-color: var(--on-stop);
      }
      .quiet {
        background: var(--stop-soft);
        color: var(--stop-text);
      }
      .auto {
        margin-block-start: 0.875rem;
        padding: 0.75rem 0.875rem;
        border: 1px solid currentColor;
        border-radius: var(--round-small);
        background: var(--note-soft);
        color: var(--note-text);
        overflow-wrap: anywhere;
      }
      .auto p:first-child {
        font-weight: 700;
      }
      .place > .bare {
        margin-inline-start: auto;
      }
      @media (forced-colors: active) {
        .muted {
          border: 3px solid;
        }
      }
      .end {
        display: grid;
        gap: 0.5rem;
        margin-block-start: 0.75rem;
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) call!: Call;
  @property({attribute: false}) devices: Device[] = [];
  @property({type: Boolean}) offline = false;
  @property() path: Path = 'connecting';
  protected readonly keepFocus = new KeepFocus(this, () => 'h2');
  @query('call-acts') private acts!: CallActs | null;

  /** Closes keypad and transfer; whether one was open. */
  closeTool(): boolean {
    return this.acts?.closeTool() ?? false;
  }

  /** Opens the question whom to transfer to. */
  transfer(): void {
    this.acts?.transfer();
  }

  /** Sends one digit to the far end. */
  digit(digit: string): void {
    this.acts?.digit(digit);
  }

  /** Whether who it is and what must be known of it are all within these heights (px) of the window. */
  within(top: number, bottom: number): boolean {
    const parts = this.renderRoot.querySelectorAll('.who, .auto, .muted');
    return [...parts].every(part => {
      const {top: from, bottom: to} = part.getBoundingClientRect();
      return from >= top && to <= bottom;
    });
  }

  /** Scrolls to the card and gives it the focus. */
  show(): void {
    this.scrollIntoView({block: 'center'});
    this.renderRoot.querySelector('h2')?.focus({preventScroll: true});
  }

  override render() {
    const {call} = this;
    return html`
      <div class="card" role="group" aria-label=${peerName(call.peer)}>
        <div class="who">
          <div class="avatar" aria-hidden="true">${initials(call.peer)}</div>
          <div>
            <h2 tabindex="-1">${breaks(peerName(call.peer))}</h2>
            <p class="soft small line">${breaks(peerLine(call.peer))}</p>
          </div>
          ${call.answered && !this.silent ? html`<call-timer class="time" .since=${call.answered} .now=${() => this.phone.now()}></call-timer>` : nothing}
        </div>
        <div class="place">${this.place()} ${this.stateWord()} ${addButton(call.peer, this.offline)}</div>
        ${this.hint()} ${this.autoLine()} ${this.mutedLine()}
        ${
          this.silent
            ? html`<no-sound .phone=${this.phone} .call=${call} .devices=${this.devices} ?offline=${this.offline}></no-sound>`
            : nothing
        }
        <call-acts
          .phone=${this.phone}
          .call=${call}
          .devices=${this.silent ? [] : this.devices}
          ?offline=${this.offline}
        ></call-acts>
        <div class="end">
          <button
            class="wide big ${silenced(call) ? 'quiet' : 'stop'}"
            aria-keyshortcuts="E"
            @click=${() => void this.phone.hangUp(call)}>
            ${icon('hangUp')}<span>${t.hangUp}</span>
          </button>
          ${
            allowedOther(call)
              ? html`<button class="quiet wide" ?disabled=${this.offline} @click=${() => this.phone.removeGrant(call)}>
                  ${t.hangUpRemove}
                </button>`
              : nothing
          }
        </div>
      </div>
    `;
  }

  private get device(): string {
    const {on} = this.call;
    return this.devices.find(device => device.id === on)?.display ?? on ?? '';
  }

  private get onDevice(): boolean {
    return this.call.on !== null && this.call.on !== 'browser';
  }

  private place() {
    const {call} = this;
    if (call.here) return html`<span class="badge">${icon('browser')}${t.inBrowser}</span>`;
    if (call.on === 'browser') return html`<span class="badge">${icon('browser')}${t.inOtherTab}</span>`;
    if (this.onDevice) return html`<span class="badge">${icon('deskphone')}${t.onDevice(this.device)}</span>`;
    return nothing;
  }

  private stateWord() {
    const {call} = this;
    if (call.state === 'ringing')
      return html`<span class="state">${call.pickUp ? t.pickUp(this.device) : t.dialling}</span>`;
    if (call.state === 'early') return html`<span class="state">${t.ringsThere}</span>`;
    if (call.heldBy === 'other') return html`<span class="state">${t.heldByOther}</span>`;
    if (call.state === 'held') return html`<span class="state">${t.onHold}</span>`;
    if (call.here && this.path === 'connecting') return html`<span class="soft small">${t.connecting}</span>`;
    return nothing;
  }

  /** The talk should be heard here, and cannot. */
  private get silent(): boolean {
    return this.call.here && this.path === 'absent';
  }

  /** Who made the phone answer by itself, and why he may. */
  private autoLine() {
    const auto = allowedOther(this.call);
    if (!auto) return nothing;
    return html`
      <div class="auto">
        <p>${t.autoAnswered(t.grants[auto.grant] ?? auto.grant)}</p>
        <p class="small">${t.autoBy(peerName(auto.by), this.device)} ${say(auto.reason, auto.reasonSentence)}</p>
      </div>
    `;
  }

  private hint() {
    if (silenced(this.call)) return nothing; // said there, louder
    const {call} = this;
    let text = say(call.reason ?? '', call.reasonSentence);
    if (!text && call.state !== 'ringing' && call.state !== 'early') {
      if (this.onDevice) text = t.talkOnDevice(this.device);
      else if (!call.here) text = t.talkElsewhere;
    }
    return text ? html`<p class="small soft place">${text}</p>` : nothing;
  }

  /** A deskphone that answered by itself, or our own mute: the loudest of the card, and one big way out. */
  private mutedLine() {
    if (!silenced(this.call)) return nothing;
    const {microphone, reason = '', reasonSentence} = this.call;
    const wanted = microphone === 'wanted';
    return html`
      <div class="muted">
        <p>${icon('micOff')}<span>${wanted ? t.unmuteOnPhone : t.microphoneMuted}</span></p>
        <p>${say(reason, reasonSentence) || t.unmuteHint}</p>
        <button
          class="wide ${wanted ? '' : 'loud'}"
          ?disabled=${this.offline}
          aria-keyshortcuts="M"
          @click=${() => void this.phone.simple('unmute', this.call)}
        >
          ${icon('mic')}<span>${t.unmute}</span>
        </button>
      </div>
    `;
  }
}
