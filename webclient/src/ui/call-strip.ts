import {css, html, LitElement, nothing} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import type {Path} from '../call/media.js';
import {allowedOther, silenced} from '../call/plan.js';
import {t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import type {Call, Device} from '../protocol/messages.js';
import './call-timer.js';
import {type IconName, icon} from './icons.js';
import {peerName} from './people.js';
import {shared} from './styles.js';

/** A call whose card is out of sight: who it is, how it stands, and the way out. An event `show` asks for the card. */
@customElement('call-strip')
export class CallStrip extends LitElement {
  static override styles = [
    shared,
    css`
      div {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        block-size: 4.5rem;
        padding-inline: 0.25rem 0.75rem;
        border: 1px solid var(--accent);
        border-radius: var(--round);
        background: var(--raised);
        box-shadow: var(--shadow-high);
      }
      .muted {
        border-color: var(--stop);
        background: var(--stop);
        color: var(--on-stop);
      }
      .call {
        flex: 1;
        justify-content: start;
        min-inline-size: 0;
        block-size: 100%;
        padding: 0 0.5rem;
        background: none;
        color: inherit;
        font-weight: 400;
        text-align: start;
      }
      .call > span {
        min-inline-size: 0;
      }
      strong,
      .small {
        display: block;
      }
      @media (max-width: 340px) {
        .call > .icon {
          display: none;
        }
      }
      .call:focus-visible {
        outline-color: currentColor;
        outline-offset: -3px;
      }
      .muted .act {
        background: var(--surface);
        color: var(--text);
      }
      .muted .act:focus-visible {
        outline-color: var(--on-stop);
      }
      .word {
        display: none;
      }
      @media (min-width: 560px) {
        .word {
          display: inline;
        }
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) call!: Call;
  @property({attribute: false}) devices: Device[] = [];
  @property({type: Boolean}) offline = false;
  @property() path: Path = 'connecting';

  override render() {
    const {call} = this;
    const name = peerName(call.peer);
    const muted = silenced(call);
    return html`
      <div class=${muted ? 'muted' : ''} role="group" aria-label=${name}>
        <button class="call" title=${t.showCall} @click=${() => this.dispatchEvent(new CustomEvent('show'))}>
          ${icon(muted ? 'micOff' : call.here ? 'browser' : 'deskphone')}
          <span>
            <strong class="cut"><bdi>${name}</bdi></strong>
            ${this.states().map(words => html`<span class="small cut">${words}</span>`)}
          </span>
        </button>
        ${muted ? this.act('mic', t.unmute, '', 'unmute') : nothing}
        ${this.act('hangUp', t.hangUp, muted ? '' : 'stop', 'hangup')}
      </div>
    `;
  }

  /** What the card says of it, in two short lines at most. */
  private states(): unknown[] {
    const {call} = this;
    const auto = allowedOther(call);
    const said: unknown[] = [];
    if (auto) said.push(t.autoAnswered(t.grants[auto.grant] ?? auto.grant));
    if (silenced(call)) said.push(call.microphone === 'wanted' ? t.unmuteOnPhone : t.microphoneMuted);
    if (call.here && this.path === 'absent') said.push(t.noSoundHere);
    if (call.state === 'ringing') said.push(call.pickUp ? t.pickUp(this.device) : t.dialling);
    if (call.state === 'early') said.push(t.ringsThere);
    if (call.state === 'held') said.push(call.heldBy === 'other' ? t.heldByOther : t.onHold);
    if (said.length) return said;
    const place = call.here ? t.inBrowser : call.on === 'browser' ? t.inOtherTab : t.onDevice(this.device);
    if (!call.answered) return [place];
    return [html`<call-timer .since=${call.answered} .now=${() => this.phone.now()}></call-timer>`, place];
  }

  private get device(): string {
    const {on} = this.call;
    return this.devices.find(device => device.id === on)?.display ?? on ?? '';
  }

  /** Hanging up needs no gateway. */
  private act(sign: IconName, word: string, kind: string, what: 'hangup' | 'unmute') {
    return html`
      <button
        class="act ${kind}"
        aria-label="${word}: ${peerName(this.call.peer)}"
        ?disabled=${this.offline && what === 'unmute'}
        @click=${() => (what === 'hangup' ? this.phone.hangUp(this.call) : this.phone.simple(what, this.call))}
      >
        ${icon(sign)}<span class="word">${word}</span>
      </button>
    `;
  }
}
