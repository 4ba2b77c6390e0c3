import {css, html, LitElement, nothing} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import type {Path} from '../call/media.js';
import {allowedOther, canMute, silenced} from '../call/plan.js';
import {t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import type {Call, Device} from '../protocol/messages.js';
import './call-timer.js';
import {type IconName, icon} from './icons.js';
import {peerName} from './people.js';
import {shared} from './styles.js';

type What = 'hangup' | 'join' | 'mute' | 'resume' | 'swap' | 'unmute';

/** A call in one line: who it is, how it stands, and the way out. An event `unfold` asks for all of it. */
@customElement('call-strip')
export class CallStrip extends LitElement {
  static override shadowRootOptions: ShadowRootInit = {mode: 'open', delegatesFocus: true};
  static override styles = [
    shared,
    css`
      :host {
        container-type: inline-size;
      }
      div {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        block-size: 4.5rem;
        padding-inline: 0.25rem 0.75rem;
        border: 1px solid var(--accent);
        border-radius: var(--round);
        background: var(--raised);
        box-shadow: var(--shadow);
      }
      .held {
        block-size: 3.5rem;
        border-color: var(--line);
        box-shadow: none;
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
      .act {
        flex-direction: column;
        gap: 0;
        padding-inline: 0.5rem;
        font-size: 0.75rem;
      }
      @container (max-width: 360px) {
        .join {
          display: none; /* Transfer of the other call has it */
        }
      }
      .held .act {
        flex-direction: row;
        gap: 0.375rem;
      }
      @container (max-width: 460px) {
        .held .act .icon {
          display: none;
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
    const held = call.state === 'held' && call.heldBy !== 'other';
    return html`
      <div class=${muted ? 'muted' : held ? 'held' : ''} role="group" aria-label=${name}>
        <button
          class="call"
          title=${t.showCall}
          aria-expanded="false"
          @click=${() => this.dispatchEvent(new CustomEvent('unfold', {bubbles: true, composed: true}))}
        >
          ${icon(muted ? 'micOff' : call.here ? 'browser' : 'deskphone')}
          <span>
            <strong class="cut"><bdi>${name}</bdi></strong>
            ${this.states().map(words => html`<span class="small cut">${words}</span>`)}
          </span>
        </button>
        ${this.tool(muted, held)}
        ${this.act('hangUp', t.hangUp, muted ? '' : 'stop', 'hangup')}
      </div>
    `;
  }

  /** The talk that goes on while this call is held, when there is one alone. */
  private get current(): Call | undefined {
    const talks = this.phone.calls.filter(({id, state}) => id !== this.call.id && state === 'connected');
    return talks.length === 1 ? talks[0] : undefined;
  }

  /** What there is besides hanging up. */
  private tool(muted: boolean, held: boolean) {
    const {call} = this;
    if (held && this.current)
      return html`${this.act('swap', t.swap, '', 'swap')} ${this.act('transfer', t.join, 'join', 'join', t.transferWithHint)}`;
    if (held) return this.act('play', t.resume, '', 'resume');
    if (muted || (call.here && call.microphone === 'muted')) return this.act('micOff', t.unmute, '', 'unmute');
    const open = call.here && call.state === 'connected';
    return open || canMute(call) ? this.act('mic', t.mute, '', 'mute') : nothing;
  }

  /** What the card says of it, in two short lines at most. */
  private states(): unknown[] {
    const {call} = this;
    const auto = allowedOther(call);
    const said: unknown[] = [];
    if (auto) said.push(t.autoAnswered(t.grants[auto.grant] ?? auto.grant));
    if (call.microphone === 'wanted') said.push(t.unmuteOnPhone);
    else if (silenced(call) || (call.here && call.microphone === 'muted')) said.push(t.microphoneMuted);
    if (call.here && this.path === 'absent') said.push(t.noSoundHere);
    if (call.state === 'ringing') said.push(call.pickUp ? t.pickUp(this.device) : t.dialling);
    if (call.state === 'early') said.push(t.ringsThere);
    if (call.state === 'held') said.push(call.heldBy === 'other' ? t.heldByOther : t.onHold);
    if (said.length) return said;
    const place = call.here ? t.inBrowser : call.on === 'browser' ? t.inOtherTab : t.onDevice(this.device);
    if (!call.answered) return [place];
    return [html`<call-timer .since=${call.answered} .now=${() => this.phone.now()}></call-timer> · ${place}`];
  }

  private get device(): string {
    const {on} = this.call;
    return this.devices.find(device => device.id === on)?.display ?? on ?? '';
  }

  /** Hanging up needs no gateway. */
  private act(sign: IconName, word: string, kind: string, what: What, hint = '') {
    return html`
      <button
        class="act ${kind}"
        aria-label="${word}: ${peerName(this.call.peer)}"
        title=${hint || nothing}
        ?disabled=${this.offline && what !== 'hangup'}
        @click=${() => this.do(what)}
      >
        ${icon(sign)}<span class="word">${word}</span>
      </button>
    `;
  }

  /** Takes the held call in place of the current one, or leaves the two to each other. */
  private async withCurrent(what: 'swap' | 'join'): Promise<void> {
    const {phone, call, current} = this;
    if (!current) return; // it ended as the button was pressed
    if (what === 'join') await phone.transfer(current, {with: call.id});
    else if (await phone.simple('hold', current)) await phone.simple('resume', call);
  }

  private do(what: What): void {
    if (what === 'hangup') void this.phone.hangUp(this.call);
    else if (what === 'swap' || what === 'join') void this.withCurrent(what);
    else if (what === 'mute' && this.call.here) void this.phone.mute(this.call);
    else void this.phone.simple(what, this.call);
  }
}
