import {css, html, LitElement, nothing, type TemplateResult} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import type {MicrophoneFault} from '../call/microphone.js';
import {t} from '../locales/words.js';
import type {Notice} from '../notice.js';
import type {Phone} from '../phone.js';
import type {Phase} from '../protocol/connection.js';
import type {Device} from '../protocol/messages.js';
import {icon} from './icons.js';
import {shared} from './styles.js';

/** What the user must know beside his calls: the line is away, the microphone is not there, something was refused. */
@customElement('app-notices')
export class AppNotices extends LitElement {
  static override styles = [
    shared,
    css`
      div[role] {
        display: grid;
        gap: 0.5rem;
      }
      .notice {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem 0.75rem;
        padding: 0.5rem 0.5rem 0.5rem 0.875rem;
        border: 1px solid currentColor;
        border-radius: var(--round-small);
        background: var(--note-soft);
        color: var(--note-text);
      }
      .notice:last-child {
        margin-block-end: 0.75rem;
      }
      .notice.bad {
        background: var(--stop-soft);
        color: var(--stop-text);
      }
      .notice p {
        flex: 1 1 10rem;
        padding-block: 0.375rem;
        overflow-wrap: anywhere;
      }
      .acts {
        display: flex;
        gap: 0.25rem;
        margin-inline-start: auto;
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) devices: Device[] = [];
  @property({attribute: false}) notice: Notice | null = null;
  @property({attribute: false}) microphone: MicrophoneFault | 'gone' | null = null;
  @property() phase: Phase = 'open';
  /** What the gateway says to everybody. */
  @property() gateway = '';
  /** What can be said of the calls while the gateway is not in reach. */
  @property() away = '';
  @property({type: Boolean, attribute: 'new-build'}) newBuild = false;

  override render() {
    return html`
      <div role="status">${this.line()} ${this.newBuild ? this.box('', t.newBuild, this.reloadButton()) : nothing}</div>
      <div role="alert">${this.microphoneBox()} ${this.noticeBox()}</div>
    `;
  }

  /** Whether the gateway is in reach. */
  private line() {
    if (this.phase === 'open') return this.gateway ? this.box('', this.gateway) : nothing;
    if (this.phase === 'elsewhere') {
      return this.box('', t.elsewhere, html`<button @click=${() => this.phone.useHere()}>${t.useHere}</button>`);
    }
    if (this.phase === 'stopped') return nothing; // a notice says why
    return this.box('', this.away);
  }

  private microphoneBox() {
    if (!this.microphone) return nothing;
    const desk = this.devices.find(device => device.live);
    const text = [t.microphone[this.microphone], desk ? t.deskphoneInstead(desk.display) : ''].join(' ');
    return this.box(
      'bad',
      text,
      html`
        <button @click=${() => this.phone.retryMicrophone()}>${t.retry}</button>
        ${this.closeButton(() => this.phone.dismissMicrophoneFault())}
      `,
    );
  }

  private noticeBox() {
    if (!this.notice) return nothing;
    const acts = html`
      ${this.notice.action === 'reload' ? this.reloadButton() : nothing} ${this.closeButton(() => this.phone.tell(null))}
    `;
    return this.box(this.notice.good ? '' : 'bad', this.notice.text, acts);
  }

  private box(kind: '' | 'bad', text: string, acts?: TemplateResult) {
    return html`
      <div class="notice ${kind}">
        ${icon('warning')}
        <p>${text}</p>
        ${acts ? html`<span class="acts">${acts}</span>` : nothing}
      </div>
    `;
  }

  private reloadButton() {
    return html`<button @click=${() => location.reload()}>${t.reload}</button>`;
  }

  private closeButton(act: () => void) {
    return html`<button class="bare" @click=${act}>${icon('close')}<span>${t.close}</span></button>`;
  }
}
