import {html, LitElement, nothing} from 'lit';
import {customElement, property, query} from 'lit/decorators.js';
import type {Path} from '../call/media.js';
import {allowedOther, silenced} from '../call/plan.js';
import {say, t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import type {Call, Device} from '../protocol/messages.js';
import './call-timer.js';
import {addButton} from './add-button.js';
import './call-strip.js';
import type {CallActs} from './call-acts.js';
import {callCardStyle} from './call-card-style.js';
import './call-acts.js';
import {icon} from './icons.js';
import {KeepFocus} from './keep-focus.js';
import {keyHint} from './key-hint.js';
import {messageButton} from './message-button.js';
import './no-sound.js';
import {breaks, initials, peerLine, peerName} from './people.js';
import {presenceIn} from './presence-line.js';
import {avatarStyle, shared} from './styles.js';

/** A call that is dialled, talked in or on hold; its sound is here, in another window, or on a deskphone. */
@customElement('call-card')
export class CallCard extends LitElement {
  static override styles = [shared, avatarStyle, callCardStyle];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) call!: Call;
  @property({attribute: false}) devices: Device[] = [];
  @property({type: Boolean}) offline = false;
  @property() path: Path = 'connecting';
  /** It is one line, and all else of it waits. */
  @property({type: Boolean, reflect: true}) line = false;
  /** A button makes it a line. */
  @property({type: Boolean}) folds = false;
  /** It was shown whole once: what was opened in it stays. */
  private whole = false;
  protected readonly keepFocus = new KeepFocus(this, () => (this.line ? 'call-strip' : 'h2'));
  @query('call-acts') private acts!: CallActs | null;

  /** Closes keypad and transfer; whether one was open. */
  closeTool(): boolean {
    return this.acts?.closeTool() ?? false;
  }

  /** Opens the question whom to transfer to. */
  async transfer(): Promise<void> {
    if (this.line) this.tell('unfold');
    await this.updateComplete;
    this.acts?.transfer();
  }

  /** Sends one digit to the far end. */
  digit(digit: string): void {
    if (this.acts) this.acts.digit(digit);
    else void this.phone.digits(this.call, digit);
  }

  override render() {
    const {call, line} = this;
    if (!line && !this.whole) this.whole = true;
    return html`
      ${line ? this.strip() : nothing}
      ${
        this.whole
          ? html`<div class="card" ?hidden=${line} role="group" aria-label=${peerName(call.peer)}>
              <div class="head">${this.who()} ${this.mutedLine()}</div>
              <div class="body">
                ${this.autoLine()} ${this.hint()}
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
              </div>
              ${this.end()}
            </div>`
          : nothing
      }
    `;
  }

  private strip() {
    return html`<call-strip
      .phone=${this.phone}
      .call=${this.call}
      .devices=${this.devices}
      ?offline=${this.offline}
      path=${this.path}
    ></call-strip>`;
  }

  private who() {
    const {call} = this;
    return html`
      <div class="who">
        <div class="avatar" aria-hidden="true">${initials(call.peer)}</div>
        <div>
          <h2 tabindex="-1">${breaks(peerName(call.peer))}</h2>
          <p class="soft small line">${breaks(peerLine(call.peer))}</p>
          ${presenceIn(call)}
        </div>
        ${call.answered && !this.silent ? html`<call-timer class="time" .since=${call.answered} .now=${() => this.phone.now()}></call-timer>` : nothing}
      </div>
      <div class="place">
        ${this.place()} ${this.autoBadge()} ${this.stateWord()}
        <span class="more">${messageButton(call.peer)} ${addButton(call.peer, this.offline)}
        ${
          this.folds
            ? html`<button class="bare worded" aria-expanded="true" @click=${() => this.tell('fold')}>
                ${icon('fold')}<span>${t.fold}</span>
              </button>`
            : nothing
        }</span>
      </div>
    `;
  }

  private end() {
    const {call} = this;
    return html`
      <div class="end">
        <button
          class="wide big ${silenced(call) ? 'quiet' : 'stop'}"
          aria-keyshortcuts="E"
          @click=${() => void this.phone.hangUp(call)}>
          ${icon('hangUp')}<span>${t.hangUp}</span>${keyHint('E')}
        </button>
      </div>
    `;
  }

  private tell(what: 'fold' | 'unfold'): void {
    this.dispatchEvent(new CustomEvent(what));
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

  private autoBadge() {
    const auto = allowedOther(this.call);
    return auto
      ? html`<strong class="badge note">${t.autoAnswered(t.grants[auto.grant] ?? auto.grant)}</strong>`
      : nothing;
  }

  /** Who made the phone answer by itself, and why he may. */
  private autoLine() {
    const auto = allowedOther(this.call);
    if (!auto) return nothing;
    return html`
      <div class="auto">
        <p class="small">${t.autoBy(peerName(auto.by), this.device)} ${say(auto.reason, auto.reasonSentence)}</p>
        <button class="wide" ?disabled=${this.offline} @click=${() => this.phone.removeGrant(this.call)}>
          ${t.hangUpRemove}
        </button>
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
          ${icon('mic')}<span>${t.unmute}</span>${keyHint('M')}
        </button>
      </div>
    `;
  }
}
