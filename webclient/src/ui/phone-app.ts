import {html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {keepsTalking, needsUser} from '../call/plan.js';
import {type Frame, frame} from '../embed/frame.js';
import {follow, spoken} from '../locales/language.js';
import {say, t} from '../locales/words.js';
import type {Draft} from '../people/directory.js';
import {presences} from '../people/presences.js';
import {Phone} from '../phone.js';
import type {Call, Correspondent, Parts} from '../protocol/messages.js';
import {type Announcement, announce, awayWords} from './announce.js';
import type {AppBar} from './app-bar.js';
import {AppChat} from './app-chat.js';
import {AppKeys, type Keyed} from './app-keys.js';
import type {AppNav} from './app-nav.js';
import {appStyle} from './app-style.js';
import './app-bar.js';
import './app-nav.js';
import './app-notices.js';
import type {CallCard} from './call-card.js';
import type {CallStage} from './call-stage.js';
import './call-stage.js';
import {detailColumn, listColumn, type Shown} from './columns.js';
import type {DialPad} from './dial-pad.js';
import './dial-pad.js';
import {linkedCall} from './ask-call.js';
import type {KeyList} from './key-list.js';
import './log-in.js';
import {type LaterView, need, needAll, viewOf} from './later.js';
import './not-in.js';
import {logo} from './logo.js';
import {fills, openingWith, type Place, placeOf, places} from './places.js';
import {giveWay} from './question.js';
import {redraw} from './redraw.js';
import {Room} from './room.js';
import {shared} from './styles.js';

/** The page: log-in, or the phone with what is going on in it. */
@customElement('phone-app')
export class PhoneApp extends LitElement implements Keyed {
  static override styles = [shared, appStyle];

  private readonly phone = new Phone(
    document.querySelector<HTMLMetaElement>('meta[name=ringsplash-build]')?.content ?? '',
    () => this.changed(),
    frame ? {entry: frame} : {},
  );
  private readonly keys = new AppKeys(this, this.phone);
  private readonly chat = new AppChat(this, this.phone);
  private readonly room = new Room(this);
  /** How much is shown in a frame: "panel", "bar", "hidden"; "" on the app page. */
  @property({reflect: true}) layout = '';
  @state() private said: Announcement = {urgent: '', calm: ''};
  @query('app-bar') private appBar!: AppBar | null;
  @query('dial-pad') private dialPad!: DialPad | null;
  @query('key-list') private keyList!: KeyList | null;
  @query('app-nav') private appNav!: AppNav | null;
  @query('call-stage') private stage!: CallStage | null;
  /** Whom a link asked to call. */
  @state() private asking = frame ? '' : linkedCall();
  /** The line was away since the last state came. */
  private waited = false;
  private callsBefore: Call[] = [];
  @state() private place = location.hash;
  /** The screen that was last shown; null before there was any. */
  private shownBefore: Place | null = null;
  /** Somebody from a call, to be added to the directory. */
  @state() private draft: Draft | null = null;
  private readonly onPlace = () => {
    this.place = location.hash;
  };
  private readonly onSpoken = () => {
    this.requestUpdate();
    if (this.shadowRoot) redraw(this.shadowRoot);
  };

  private chosenKeys(event: CustomEvent<Set<string>>): void {
    this.keys.switchOff(event.detail);
    redraw(this.renderRoot);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('hashchange', this.onPlace);
    spoken.addEventListener('change', this.onSpoken);
    if (frame) this.settle(frame);
    void this.phone.start();
  }

  /** In a frame of another site the element around it says how to look, and may open screens. */
  private settle(around: Frame): void {
    around.show = view => this.show(places.find(place => place === view) ?? '');
    around.changed = () => {
      document.documentElement.style.colorScheme = around.look.colorScheme ?? '';
      this.layout = around.look.layout ?? '';
      follow(around.look.lang).catch(() => {}); // without its words the language stays
    };
    around.changed();
    around.serve(this.phone);
    new ResizeObserver(() => around.tellHeight(this.scrollHeight)).observe(this);
  }

  private changed(): void {
    const {phone} = this;
    presences.follow(phone.parts?.presence ?? [], phone.phase !== 'open');
    this.requestUpdate();
    frame?.follow(phone);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('hashchange', this.onPlace);
    spoken.removeEventListener('change', this.onSpoken);
  }

  private get offline(): boolean {
    return this.phone.phase !== 'open';
  }

  /** The state of the line in a word. */
  private get line(): string {
    const {phase} = this.phone;
    if (phase === 'open') return t.online;
    return phase === 'connecting' || phase === 'waiting' ? t.reconnecting : t.offline;
  }

  override render() {
    const {parts} = this.phone;
    if (frame && (this.phone.loggedOut || (!parts && this.phone.refusal)))
      return html`<not-in .phone=${this.phone}></not-in>`;
    if (this.phone.loggedOut) return html`<log-in .phone=${this.phone}></log-in>`;
    if (!parts) return this.starting();
    return html`
      <main
        class="app"
        data-fills=${fills(this.shown, this.peer !== null)}
        data-place=${this.shown}
        @dial=${(event: CustomEvent<string>) => this.dialPad?.dial(event.detail)}
        @intercom=${(event: CustomEvent<string>) => this.dialPad?.dial(event.detail, true)}
        @place=${(event: CustomEvent<Place>) => this.show(event.detail)}
        @person=${(event: CustomEvent<Draft>) => this.show('directory', event.detail)}
        @write=${(event: CustomEvent<Correspondent>) => this.write(event.detail)}
        @focusin=${this.moved}
      >
        <app-bar
          .phone=${this.phone}
          .me=${parts.me}
          ?framed=${frame !== null}
          ?offline=${this.offline}
          line=${this.line}
          ?blocked=${this.phone.soundBlocked}
          place=${this.shown}
          @show-keys=${this.showKeys}
        ></app-bar>
        <app-nav place=${this.shown} missed=${parts.counters.missed} unread=${parts.counters.unreadMessages}></app-nav>
        ${this.notices(parts)} ${this.middle(parts)}
        <div class="detail">${detailColumn(this.columns(parts))}</div>
        <div class="list">${listColumn(this.columns(parts))}</div>
      </main>
      ${
        this.asking
          ? html`<ask-call
              address=${this.asking}
              @dial=${(event: CustomEvent<string>) => this.dialPad?.dial(event.detail)}
              @close=${() => {
                this.asking = '';
              }}
            ></ask-call>`
          : nothing
      }
      <key-list
        .off=${this.keys.off}
        @keys=${this.chosenKeys}
      ></key-list>
      <p class="unseen" aria-live="assertive">${this.said.urgent}</p>
      <p class="unseen" aria-live="polite">${this.said.calm}</p>
    `;
  }

  /** No state has come yet. */
  private starting() {
    const {phase, notice} = this.phone;
    const stuck = this.waited || phase === 'elsewhere' || notice;
    const hint = frame ? t.embed.waiting : t.starting;
    return html`
      <div class="starting">${logo} ${stuck ? this.notices(null) : html`<p role="status">${hint}</p>`}</div>
    `;
  }

  private deviceName(id: string): string {
    return this.phone.parts?.devices.find(device => device.id === id)?.display ?? id;
  }

  private notices(parts: Parts | null) {
    const {phone} = this;
    const talking = keepsTalking(phone.calls);
    return html`
      <app-notices
        .phone=${phone}
        .devices=${parts?.devices ?? []}
        .notice=${phone.notice}
        .microphone=${phone.microphoneFault}
        phase=${phone.phase}
        gateway=${say(parts?.me.notice ?? '', parts?.me.noticeSentence)}
        away=${awayWords(phone.calls, phone.soundArrives, id => this.deviceName(id))}
        ?new-build=${phone.newBuild && !talking}
      ></app-notices>
    `;
  }

  /** What is shown beside the calls; it stays when the page is reloaded. */
  private get shown(): Place {
    const place = placeOf(this.place);
    return place === 'options' && !this.phone.parts?.me.interworking ? '' : place;
  }

  private get peer(): Correspondent | null {
    return this.chat.peer(this.place);
  }

  /** Opens the conversation with somebody. */
  private write(peer: Correspondent): void {
    this.chat.press(peer);
    this.go(openingWith(peer.address));
  }

  /** Shows a screen; in the directory, somebody to add. */
  private show(place: Place, draft: Draft | null = null): void {
    this.draft = draft;
    this.go(place);
  }

  private go(where: string): void {
    // In a frame it would get into the way of the site's own Back.
    if (!frame) location.hash = where;
    this.place = where && `#${where}`;
    this.stage?.requestUpdate();
  }

  private closePlace(): void {
    const {shown} = this;
    if (this.peer) return this.closeChat();
    this.show('');
    if (!this.appNav?.focusPlace(shown)) this.appBar?.focusPlace(shown);
  }

  /** Goes back from a conversation to the list of them. */
  private closeChat(): void {
    this.show('conversations');
    this.appNav?.focusPlace('conversations');
  }

  /** Who goes on below the stage gets it out of his way. */
  private moved(event: Event): void {
    const {stage} = this;
    if (stage && this.room.narrow && !event.composedPath().includes(stage)) stage.fold();
  }

  /** The stage in the middle, and what begins a call. */
  private middle(parts: Parts) {
    const {phone, offline, room} = this;
    const keys = this.shown === 'keys' || (room.high && !room.narrow && !keepsTalking(phone.calls));
    return html`
      <div class="middle">
        <call-stage
          .phone=${phone}
          .calls=${phone.calls}
          .devices=${parts.devices}
          .answering=${new Map(phone.answering)}
          ?offline=${offline}
          ?beside=${room.narrow && this.shown !== ''}
          ?over=${room.narrow && this.layout !== 'bar'}
          path=${phone.path}
        ></call-stage>
        <dial-pad .phone=${phone} .devices=${parts.devices} ?offline=${offline} .keypad=${keys}></dial-pad>
      </div>
    `;
  }

  /** What the columns beside the stage are drawn from. */
  private columns(parts: Parts): Shown {
    return {
      phone: this.phone,
      parts,
      place: this.shown,
      peer: this.peer,
      offline: this.offline,
      line: this.line,
      draft: this.draft,
      close: () => this.closePlace(),
      draftDone: () => {
        this.draft = null;
      },
    };
  }

  override willUpdate(): void {
    const {calls, phase} = this.phone;
    if (phase === 'waiting' || phase === 'open') this.waited = phase === 'waiting';
    this.fetchViews();
    giveWay(needsUser(calls));
    if (calls === this.callsBefore) return;
    const said = announce(this.callsBefore, calls, id => this.deviceName(id));
    if (said.urgent || said.calm) this.said = said;
    this.callsBefore = calls;
  }

  async showKeys(): Promise<void> {
    if (await this.needs('keys')) await this.keyList?.open();
  }

  /** Loads the screen that was opened, and the rest once the first is drawn. */
  private fetchViews(): void {
    const {shown, shownBefore} = this;
    if (this.phone.parts && shownBefore === null) setTimeout(needAll, 1000);
    if (!this.phone.parts || shown === shownBefore) return;
    this.shownBefore = shown;
    const view = viewOf(shown);
    if (view) void this.needs(view);
  }

  /** Loads a view that is wanted, or says that it cannot be had; whether it is there. */
  private async needs(view: LaterView): Promise<boolean> {
    const there = await need(view);
    if (!there) this.phone.tell({text: t.notLoaded, action: 'reload'});
    return there;
  }

  async search(): Promise<void> {
    // A narrow window has no room for the dial field beside a screen.
    if (!this.dialPad?.checkVisibility()) this.show('');
    await this.updateComplete;
    this.dialPad?.focusField();
  }

  get cards(): CallCard[] {
    return this.stage?.cards ?? [];
  }
}
