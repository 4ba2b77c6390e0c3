import {html, LitElement, nothing, type PropertyValues} from 'lit';
import {customElement, property, state} from 'lit/decorators.js';
import {say, t} from '../locales/words.js';
import {isFriend} from '../people/directory.js';
import type {Phone} from '../phone.js';
import type {Call, Device} from '../protocol/messages.js';
import './call-timer.js';
import {icon} from './icons.js';
import {incomingStyle} from './incoming-style.js';
import {keyHint} from './key-hint.js';
import {need} from './later.js';
import {canWrite} from './message-button.js';
import {breaks, initials, peerLine, peerName} from './people.js';
import {presenceIn} from './presence-line.js';
import {avatarStyle, shared} from './styles.js';

/** Somebody calls: answer on a deskphone or in the browser, or decline. */
@customElement('incoming-call')
export class IncomingCall extends LitElement {
  static override styles = [shared, avatarStyle, incomingStyle];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) call!: Call;
  /** The user's desk first. */
  @property({attribute: false}) devices: Device[] = [];
  @property({type: Boolean}) offline = false;
  /** Several ring: each is shown with what can be pressed and no more. */
  @property({type: Boolean}) dense = false;
  /** One line: who calls, and what can be pressed. */
  @property({type: Boolean, reflect: true}) line = false;
  /** A button makes it a line. */
  @property({type: Boolean}) folds = false;
  /** The keys A and B are about this call. */
  @property({type: Boolean}) keyed = false;
  /** Where the user mostly answers: "browser" or a device id. */
  @property() preferred = 'browser';
  /** Where answering was pressed here: "browser", a device id, or "". */
  @property() answering = '';
  @state() private friend = false;
  /** The form for a message is open. */
  @state() private replying = false;

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
    // What can be pressed comes first; a phone that cannot answer stays in sight, with its reason.
    const able = this.devices.filter(device => device.answerable);
    if (this.line) return this.oneLine(able);
    const known = call.peer.verified ? (this.friend ? t.directory.friend : '') : t.unverified;
    const line = [peerLine(call.peer), known].filter(Boolean).join(' · ');
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
            ${presenceIn(call)}
          </div>
        </div>
        <div class="answers">
          ${able.map(device => this.deviceButton(device))}
          <div>
            <button
              class="${this.look('browser')} wide big"
              ?disabled=${this.waits}
              aria-keyshortcuts=${this.keyed ? 'B' : nothing}
              @click=${() => this.answer('browser')}
            >
              ${icon('browser')}<span>${t.answerInBrowser}</span>${keyHint(this.keyed ? 'B' : '')}
            </button>
          </div>
          ${
            this.replying
              ? html`<reply-form
                  .phone=${this.phone}
                  .call=${call}
                  ?offline=${this.waits}
                  @cancel=${this.stopReply}
                ></reply-form>`
              : this.devices.filter(device => !device.answerable).map(device => this.deviceButton(device))
          }
        </div>
        <div class="decline">
          ${canWrite(call.peer) ? this.replyButton() : nothing}
          ${
            this.folds
              ? html`<button class="bare worded" aria-expanded="true" @click=${() => this.tell('fold')}>
                  ${icon('fold')}<span>${t.fold}</span>
                </button>`
              : nothing
          }
          <button class="no" ?disabled=${this.waits} @click=${() => this.phone.simple('decline', call)}>
            ${icon('hangUp')}<span>${t.decline}</span>
          </button>
        </div>
      </section>
    `;
  }

  private replyButton() {
    return html`
      <button class="reply" aria-expanded=${this.replying} ?disabled=${this.waits} @click=${this.reply}>
        ${icon('chat')}<span>${t.reply.with}</span>
      </button>
    `;
  }

  private async reply(): Promise<void> {
    if (this.replying) this.stopReply();
    else if (await need('reply')) this.replying = true;
    else this.phone.tell({text: t.notLoaded, action: 'reload'});
  }

  private stopReply(): void {
    this.replying = false;
    this.renderRoot.querySelector<HTMLElement>('.reply')?.focus();
  }

  /** The bar: the chosen place and the browser, whichever is preferred solid. */
  private oneLine(able: Device[]) {
    const {call} = this;
    const device = able.find(one => one.id === this.preferred) ?? able[0];
    return html`
      <section class="card" role="alertdialog" aria-labelledby="name" tabindex="-1">
        <button class="call" title=${t.showCall} aria-expanded="false" @click=${() => this.tell('unfold')}>
          <strong class="cut" id="name">${breaks(peerName(call.peer))}</strong>
          <call-timer .since=${call.since} .now=${() => this.phone.now()}></call-timer>
        </button>
        <div class="acts">
          ${device ? this.short(device.id, t.answerOn(device.display), device.display) : nothing}
          ${this.short('browser', t.answerInBrowser, t.browser)}
          <button class="decline" ?disabled=${this.waits} @click=${() => this.phone.simple('decline', call)}>
            ${icon('hangUp')}<span>${t.decline}</span>
          </button>
        </div>
      </section>
    `;
  }

  private short(place: string, name: string, word: string) {
    return html`
      <button class=${this.look(place)} aria-label=${name} ?disabled=${this.waits} @click=${() => this.answer(place)}>
        ${icon(place === 'browser' ? 'browser' : 'deskphone')}<span class="cut">${word}</span>
      </button>
    `;
  }

  private get waits(): boolean {
    return this.offline || !!this.answering;
  }

  private look(place: string): string {
    return place === this.preferred ? 'go' : 'edge';
  }

  private tell(what: 'fold' | 'unfold'): void {
    this.dispatchEvent(new CustomEvent(what));
  }

  private deviceButton(device: Device) {
    const key = this.keyed && device.answerable && device === this.devices[0] ? 'A' : '';
    const why = device.answerable
      ? t.startsMuted
      : say(device.why ?? '', device.whySentence) || t.notAnswerable(device.display);
    const id = `why-${device.id}`;
    return html`
      <div class=${device.answerable ? '' : 'unable'}>
        <button
          class="${this.look(device.id)} wide big"
          ?disabled=${this.waits || !device.answerable}
          aria-describedby=${why ? id : nothing}
          aria-keyshortcuts=${key || nothing}
          @click=${() => this.answer(device.id)}
        >
          ${icon('deskphone')}<span>${t.answerOn(device.display)}</span>${keyHint(key)}
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
