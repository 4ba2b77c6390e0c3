import {css, html, LitElement, nothing, type PropertyValues} from 'lit';
import {customElement, property, state} from 'lit/decorators.js';
import {say, t} from '../locales/words.js';
import {isFriend} from '../people/directory.js';
import type {Phone} from '../phone.js';
import type {Call, Device} from '../protocol/messages.js';
import './call-timer.js';
import {icon} from './icons.js';
import {breaks, initials, peerLine, peerName} from './people.js';
import {avatarStyle, shared} from './styles.js';

/** Somebody calls: answer on a deskphone or in the browser, or decline. */
@customElement('incoming-call')
export class IncomingCall extends LitElement {
  static override styles = [
    shared,
    avatarStyle,
    css`
      :host {
        container-type: inline-size;
        border-radius: var(--round);
      }
      :host,
      .card {
        display: flex;
        flex-direction: column;
      }
      .card {
        min-block-size: 0;
        border-color: var(--accent);
        background: var(--raised);
        box-shadow: var(--shadow-high);
      }
      .card:focus {
        outline: none;
      }
      .head,
      .who {
        display: flex;
        align-items: center;
        gap: 0.875rem;
      }
      .head {
        justify-content: space-between;
        color: var(--accent);
        font-weight: 650;
      }
      call-timer {
        color: var(--soft);
        font-weight: 400;
        font-variant-numeric: tabular-nums;
      }
      .who {
        margin-block: 1rem 1.25rem;
      }
      .who > div:last-child {
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      h2 {
        font-size: 1.375rem;
        line-height: 1.2;
      }
      .avatar::before,
      .avatar::after {
        content: '';
        position: absolute;
        inset: 0;
        border: 2px solid var(--accent);
        border-radius: 50%;
        opacity: 0;
        animation: ripple 2.4s ease-out infinite;
      }
      .avatar::after {
        animation-delay: 1.2s;
      }
      @keyframes ripple {
        from {
          opacity: 0.7;
          transform: scale(1);
        }
        to {
          opacity: 0;
          transform: scale(1.55);
        }
      }
      /* Where the window is low, this scrolls: who calls and Decline stay. */
      .answers {
        display: grid;
        flex: 0 1 auto;
        gap: 0.625rem;
        min-block-size: 4.25rem;
        margin: -0.25rem;
        padding: 0.25rem;
        overflow-y: auto;
      }
      .answers p {
        margin-block-start: 0.375rem;
      }
      .decline {
        margin-block-start: 0.625rem;
      }
      .decline button {
        color: var(--stop-text);
        background: var(--stop-soft);
      }
      :host([dense]) :is(.avatar, .unable, .answers p) {
        display: none;
      }
      :host([dense]) .who {
        margin-block: 0.25rem 0.75rem;
      }
      :host([dense]) .answers {
        grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr));
      }
      @container (max-width: 300px) {
        .avatar {
          --avatar: 2.5rem;
        }
        .who {
          flex-direction: column;
          align-items: start;
          gap: 0.625rem;
        }
        h2 {
          font-size: 1.125rem;
        }
      }
      @container (min-width: 480px) {
        .answers {
          grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr));
          align-items: start;
        }
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) call!: Call;
  /** The user's desk first. */
  @property({attribute: false}) devices: Device[] = [];
  @property({type: Boolean}) offline = false;
  /** Several ring: each is shown with what can be pressed and no more. */
  @property({type: Boolean}) dense = false;
  /** Where answering was pressed here: "browser", a device id, or "". */
  @property() answering = '';
  @state() private friend = false;

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.get('call')?.id !== this.call.id && changed.has('call')) void this.recognise(this.call);
  }

  /** A name that nobody vouches for may be a friend's, taken by a stranger: it is not called one. */
  private async recognise({id, peer}: Call): Promise<void> {
    this.friend = false;
    if (!peer.verified || !peer.address) return;
    const friend = await isFriend(peer.address).catch(() => false); // without the directory it is a call like any other
    if (id === this.call.id) this.friend = friend;
  }

  override render() {
    const {call} = this;
    const known = call.peer.verified ? (this.friend ? t.directory.friend : '') : t.unverified;
    const line = [peerLine(call.peer), known].filter(Boolean).join(' · ');
    // What can be pressed comes first; a phone that cannot answer stays in sight, with its reason.
    const able = this.devices.filter(device => device.answerable);
    const unable = this.devices.filter(device => !device.answerable);
    return html`
      <section class="card" role="alertdialog" aria-labelledby="name" aria-describedby="what line" tabindex="-1">
        <div class="head">
          <span id="what">${t.incomingCall}</span>
          <call-timer .since=${call.since} .now=${() => this.phone.now()}></call-timer>
        </div>
        <div class="who">
          <div class="avatar" aria-hidden="true">${initials(call.peer)}</div>
          <div>
            <h2 id="name">${breaks(peerName(call.peer))}</h2>
            <p class="soft" id="line">${breaks(line)}</p>
          </div>
        </div>
        <div class="answers">
          ${able.map(device => this.deviceButton(device, device === this.devices[0] ? 'A' : ''))}
          <div>
            <button class="go wide big" ?disabled=${this.offline || !!this.answering} @click=${() => this.answer('browser')}>
              ${icon('browser')}<span>${t.answerInBrowser}</span>
            </button>
          </div>
          ${unable.map(device => this.deviceButton(device, ''))}
        </div>
        <div class="decline">
          <button class="wide" ?disabled=${this.offline || !!this.answering} @click=${() => this.phone.simple('decline', call)}>
            ${icon('hangUp')}<span>${t.decline}</span>
          </button>
        </div>
      </section>
    `;
  }

  private deviceButton(device: Device, key: string) {
    const off = this.offline || !!this.answering || !device.answerable;
    const why = device.answerable
      ? t.startsMuted
      : say(device.why ?? '', device.whySentence) || t.notAnswerable(device.display);
    const id = `why-${device.id}`;
    return html`
      <div class=${device.answerable ? '' : 'unable'}>
        <button
          class="go wide big"
          ?disabled=${off}
          aria-describedby=${why ? id : nothing}
          aria-keyshortcuts=${key || nothing}
          @click=${() => this.answer(device.id)}
        >
          ${icon('deskphone')}<span>${t.answerOn(device.display)}</span>
        </button>
        ${why ? html`<p id=${id} class="small soft">${why}</p>` : nothing}
      </div>
    `;
  }

  private answer(on: string): void {
    void this.phone.answer(this.call, on);
  }

  /** Takes the focus, unless the user is somewhere already: in a frame, perhaps in the page around it. */
  focusUnlessBusy(): void {
    if (self !== parent && !document.hasFocus()) return;
    if (document.activeElement && document.activeElement !== document.body) return;
    this.renderRoot.querySelector<HTMLElement>('[role=alertdialog]')?.focus({preventScroll: true});
  }
}
