import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, state} from 'lit/decorators.js';
import {canMute} from '../call/plan.js';
import type {KeyName} from '../desktop/keys.js';
import {t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import type {Call, Device} from '../protocol/messages.js';
import {type IconName, icon} from './icons.js';
import {KeepFocus} from './keep-focus.js';
import './key-grid.js';
import {keyHint} from './key-hint.js';
import {shared} from './styles.js';
import './transfer-form.js';

/** What is open below the buttons. */
type Tool = '' | 'keypad' | 'transfer';

/** What can be done with a talk, wherever its sound is: mute, hold, digits, transfer, move. */
@customElement('call-acts')
export class CallActs extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        container-type: inline-size;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        margin-block-start: 1rem;
      }
      .acts button {
        flex: 1 1 4rem;
        min-inline-size: min-content;
        flex-direction: column;
        gap: 0.25rem;
        min-block-size: 3.75rem;
        padding-inline: 0.25rem;
        font-size: 0.875rem;
        overflow-wrap: break-word;
      }
      @container (max-width: 260px) {
        .acts button {
          flex-basis: 5.5rem;
        }
      }
      .acts button.on {
        border-color: var(--accent);
        background: var(--accent-soft);
        color: var(--accent);
      }
      .moves {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        margin-block-start: 0.5rem;
      }
      .moves button {
        flex: 1 1 auto;
      }
      .note {
        margin-block-start: 0.875rem;
      }
      .sent {
        min-block-size: 1.5rem;
        margin-block: 0.75rem 0.5rem;
        font-size: 1.125rem;
        font-variant-numeric: tabular-nums;
        letter-spacing: 0.08em;
        text-align: center;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) call!: Call;
  @property({attribute: false}) devices: Device[] = [];
  @property({type: Boolean}) offline = false;
  protected readonly keepFocus = new KeepFocus(this, () => `[data-tool=${this.last}]`);
  /** What was opened last: its button stays as long as there is a talk. */
  private last: Tool = 'keypad';
  @state() private tool: Tool = '';
  @state() private sent = '';

  /** Closes what is open below the buttons; whether something was. */
  closeTool(): boolean {
    const open = this.tool !== '';
    this.tool = '';
    return open;
  }

  /** Opens the question whom to transfer to. */
  transfer(): void {
    this.tool = 'transfer';
    this.last = 'transfer';
  }

  /** Sends one digit to the far end. */
  digit(digit: string): void {
    this.sent += digit;
    void this.phone.digits(this.call, digit);
  }

  override render() {
    const {call} = this;
    const talking = call.state === 'connected';
    if (!talking && call.state !== 'held') return nothing;
    const held = call.state === 'held' && call.heldBy !== 'other';
    const able = talking || held;
    const muted = call.here && call.microphone === 'muted';
    return html`
      <div class="acts">
        ${this.muteAct(muted, able)}
        ${this.act(held ? 'play' : 'pause', held ? t.resume : t.hold, 'H', held, able, () => this.do(held ? 'resume' : 'hold'))}
        ${this.opener('keypad', 'keypad', t.keypad, '', talking)}
        ${this.opener('transfer', 'transfer', t.transfer, 'T', able)}
      </div>
      ${muted ? html`<p class="note small soft">${t.microphoneMuted}. ${t.unmuteHint}</p>` : nothing}
      ${this.tool === 'keypad' && talking ? this.keys() : nothing}
      ${this.tool === 'transfer' ? this.transferForm() : nothing} ${talking ? this.moves() : nothing}
    `;
  }

  /** On a deskphone that is muted, the card itself has the way out. */
  private muteAct(muted: boolean, able: boolean) {
    const {here, microphone} = this.call;
    if (here && microphone !== 'shut' && microphone !== 'wanted') {
      const word = muted ? t.unmute : t.mute;
      return this.act(muted ? 'micOff' : 'mic', word, 'M', muted, able, () => this.toggleMute(muted));
    }
    return canMute(this.call) ? this.act('mic', t.mute, 'M', false, true, () => this.do('mute')) : nothing;
  }

  private opener(tool: Tool, sign: IconName, word: string, key: KeyName | '', able: boolean) {
    const open = this.tool === tool;
    return this.act(sign, word, key, open, able, () => this.toggle(tool), tool);
  }

  private act(
    sign: IconName,
    word: string,
    key: KeyName | '',
    on: boolean,
    able: boolean,
    act: () => void,
    tool: Tool = '',
  ) {
    return html`
      <button
        class=${on ? 'on' : ''}
        ?disabled=${this.offline || !able}
        aria-keyshortcuts=${key || nothing}
        data-tool=${tool || nothing}
        aria-expanded=${tool ? on : nothing}
        @click=${act}
      >
        ${icon(sign)}<span>${word} ${keyHint(key)}</span>
      </button>
    `;
  }

  private keys() {
    return html`
      <p class="sent" aria-label=${t.sentDigits}>${this.sent}</p>
      <key-grid @digit=${(event: CustomEvent<string>) => this.digit(event.detail)}></key-grid>
    `;
  }

  private transferForm() {
    const {call} = this;
    return html`
      <transfer-form
        .others=${this.phone.calls.filter(other => other.id !== call.id && (other.state === 'connected' || other.state === 'held'))}
        ?offline=${this.offline}
        @to=${(event: CustomEvent<string>) => this.give({to: event.detail})}
        @with=${(event: CustomEvent<string>) => this.give({with: event.detail})}
        @cancel=${this.closeTool}
      ></transfer-form>
    `;
  }

  /** Where else the talk can go on; a deskphone answers by itself. */
  private moves() {
    const {on, here} = this.call;
    const phones = this.devices.filter(device => device.answerable && device.id !== on);
    if (here && !phones.length) return nothing;
    return html`
      <div class="moves">
        ${here ? nothing : this.move('browser', 'browser', t.moveToBrowser)}
        ${phones.map(device => this.move(device.id, 'deskphone', t.moveTo(device.display)))}
      </div>
    `;
  }

  private move(place: string, sign: IconName, word: string) {
    return html`
      <button ?disabled=${this.offline} @click=${() => this.phone.move(this.call, place)}>
        ${icon(sign)}<span>${word}</span>
      </button>
    `;
  }

  private async give(target: {to: string} | {with: string}): Promise<void> {
    if (await this.phone.transfer(this.call, target)) this.closeTool();
  }

  private toggle(tool: Tool): void {
    this.tool = this.tool === tool ? '' : tool;
    this.last = tool;
    this.sent = '';
  }

  private toggleMute(muted: boolean): void {
    if (muted) this.do('unmute');
    else void this.phone.mute(this.call);
  }

  private do(name: 'hold' | 'mute' | 'resume' | 'unmute'): void {
    void this.phone.simple(name, this.call);
  }
}
