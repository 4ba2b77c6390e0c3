import {html, LitElement, nothing, type PropertyValues} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {keyed} from 'lit/directives/keyed.js';
import {inOrder, keepsTalking, needsUser, ringing} from '../call/plan.js';
import {deskFirst} from '../desktop/desk.js';
import {type Frame, frame} from '../embed/frame.js';
import {follow, spoken} from '../locales/language.js';
import {say, t} from '../locales/words.js';
import type {Draft} from '../people/directory.js';
import {Phone} from '../phone.js';
import type {Call, Parts} from '../protocol/messages.js';
import {type Announcement, announce, awayWords} from './announce.js';
import {type AppBar, type Place, places} from './app-bar.js';
import {AppKeys, type Keyed} from './app-keys.js';
import {appStyle} from './app-style.js';
import './app-bar.js';
import './app-notices.js';
import type {CallCard} from './call-card.js';
import './call-card.js';
import './call-strip.js';
import './device-list.js';
import type {DialPad} from './dial-pad.js';
import './dial-pad.js';
import {linkedCall} from './ask-call.js';
import './ended-card.js';
import './history-list.js';
import type {IncomingCall} from './incoming-call.js';
import './incoming-call.js';
import type {KeyList} from './key-list.js';
import './log-in.js';
import {type LaterView, need, needAll} from './later.js';
import './not-in.js';
import {logo} from './logo.js';
import {giveWay} from './question.js';
import {redraw} from './redraw.js';
import {Sight} from './sight.js';
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
  private readonly sight = new Sight(this);
  /** How much is shown in a frame: "panel", "bar", "hidden"; "" on the app page. */
  @property({reflect: true}) layout = '';
  @state() private said: Announcement = {urgent: '', calm: ''};
  @query('app-bar') private appBar!: AppBar | null;
  @query('dial-pad') private dialPad!: DialPad | null;
  @query('key-list') private keyList!: KeyList | null;
  @query('incoming-call') private incoming!: IncomingCall | null;
  /** Whom a link asked to call. */
  @state() private asking = frame ? '' : linkedCall();
  /** The line was away since the last state came. */
  private waited = false;
  private callsBefore: Call[] = [];
  private hadFocus = false;
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
  private readonly onRoom = () => {
    this.roomy = this.room.matches;
  };

  override connectedCallback(): void {
    super.connectedCallback();
    this.room.addEventListener('change', this.onRoom);
    addEventListener('hashchange', this.onPlace);
    spoken.addEventListener('change', this.onSpoken);
    if (frame) this.settle(frame);
    void this.phone.start();
  }

  /** In a frame of another site the element around it says how to look, and may open screens. */
  private settle(around: Frame): void {
    around.show = view => this.show(places.includes(view as Place) ? (view as Place) : '');
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
    this.requestUpdate();
    frame?.follow(this.phone);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.room.removeEventListener('change', this.onRoom);
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
      <div
        class="app"
        @dial=${(event: CustomEvent<string>) => this.dialPad?.dial(event.detail)}
        @intercom=${(event: CustomEvent<string>) => this.dialPad?.dial(event.detail, true)}
        @place=${(event: CustomEvent<Place>) => this.show(event.detail)}
        @person=${(event: CustomEvent<Draft>) => this.show('directory', event.detail)}
      >
        <app-bar
          .phone=${this.phone}
          .me=${parts.me}
          ?framed=${frame !== null}
          ?offline=${this.offline}
          line=${this.line}
          ?blocked=${this.phone.soundBlocked}
          place=${this.shown}
          @place=${(event: CustomEvent<Place>) => this.show(event.detail)}
          @show-keys=${this.showKeys}
        ></app-bar>
        ${this.notices(parts)} ${this.main(parts)} ${this.strips(parts)}
      </div>
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
        @keys=${(event: CustomEvent<Set<string>>) => this.keys.switchOff(event.detail)}
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

  /** The screen beside the calls; it stays when the page is reloaded. */
  private get shown(): Place {
    if (this.place === '#options') return this.phone.parts?.me.interworking ? 'options' : '';
    if (this.place === '#friends') return 'friends';
    return this.place === '#directory' ? 'directory' : '';
  }

  /** Shows a screen; in the directory, somebody to add. */
  private show(place: Place, draft: Draft | null = null): void {
    this.draft = draft;
    // In a frame it would get into the way of the site's own Back.
    if (!frame) location.hash = place;
    this.place = place && `#${place}`;
  }

  private closePlace(): void {
    const {shown} = this;
    this.show('');
    this.appBar?.focusPlace(shown);
  }

  private main(parts: Parts) {
    const calls = inOrder(this.phone.calls);
    const rings = ringing(calls);
    return html`
      <main class=${this.shown ? 'screen' : ''} data-strips=${this.unseen.length}>
        <div class="stage">
          ${rings.length ? html`<div class="ringing">${rings.map(call => this.incomingCard(call, parts, rings.length > 1))}</div>` : nothing}
          ${calls.filter(call => !rings.includes(call)).map(call => this.card(call, parts))}
          <dial-pad .phone=${this.phone} .devices=${parts.devices} ?offline=${this.offline} .keypad=${this.roomy && !keepsTalking(this.phone.calls)}></dial-pad>
        </div>
        <div class="side">${this.side(parts)}</div>
      </main>
    `;
  }

  private side(parts: Parts) {
    switch (this.shown) {
      case 'options':
        return this.featureOptions(parts);
      case 'friends':
      case 'directory':
        return keyed(this.shown, this.people(parts));
      case '':
        return this.lists(parts);
    }
  }

  private people(parts: Parts) {
    return html`
      <people-list
        .version=${parts.counters.directory}
        .draft=${this.draft}
        ?friends=${this.shown === 'friends'}
        ?offline=${this.offline}
        @close=${this.closePlace}
        @draft-done=${this.forgetDraft}
      ></people-list>
    `;
  }

  private forgetDraft(): void {
    this.draft = null;
  }

  private featureOptions(parts: Parts) {
    return html`
      <feature-options
        .me=${parts.me}
        .devices=${parts.devices}
        .version=${parts.counters.directory}
        .now=${() => this.phone.now()}
        ?offline=${this.offline}
        @close=${this.closePlace}
      ></feature-options>
    `;
  }

  private lists(parts: Parts) {
    return html`
      <device-list
        .phone=${this.phone}
        .devices=${parts.devices}
        .desk=${this.phone.desk}
        .tabs=${parts.me.tabs}
        line=${this.offline ? this.line : t.browserReady}
        ?offline=${this.offline}
        ?rings=${this.phone.rings}
      ></device-list>
      <history-list
        .version=${parts.counters.history}
        .missed=${parts.counters.missed}
        .now=${() => this.phone.now()}
        ?offline=${this.offline}
        @seen=${() => this.phone.seen()}
      ></history-list>
    `;
  }

  /** Whether the window has room for a keypad from the start. */
  private readonly room = matchMedia('(min-width: 820px) and (min-height: 700px)');
  @state() private roomy = this.room.matches;

  private incomingCard(call: Call, parts: Parts, dense: boolean) {
    const {phone, offline} = this;
    return html`<incoming-call
      .phone=${phone}
      .call=${call}
      .devices=${deskFirst(parts.devices, phone.desk)}
      ?offline=${offline}
      ?dense=${dense}
      answering=${phone.answering.get(call.id) ?? ''}
    ></incoming-call>`;
  }

  /** The calls whose card is scrolled away: at most as many as leave room for the rest. */
  private get unseen(): Call[] {
    return inOrder(this.phone.calls.filter(call => this.sight.lost.has(call.id))).slice(0, 2);
  }

  private strips(parts: Parts) {
    if (!this.unseen.length) return nothing;
    return html`<aside class="strips">${this.unseen.map(
      call => html`<call-strip
        .phone=${this.phone}
        .call=${call}
        .devices=${parts.devices}
        ?offline=${this.offline}
        path=${this.phone.path}
        @show=${() => this.cards.find(card => card.call.id === call.id)?.show()}
      ></call-strip>`,
    )}</aside>`;
  }

  private card(call: Call, parts: Parts) {
    const {phone, offline} = this;
    if (call.state === 'ended')
      return html`<ended-card .phone=${phone} .call=${call} ?offline=${offline}></ended-card>`;
    return html`<call-card
      .phone=${phone}
      .call=${call}
      .devices=${parts.devices}
      ?offline=${offline}
      path=${phone.path}
    ></call-card>`;
  }

  override willUpdate(): void {
    const {calls, phase} = this.phone;
    if (phase === 'waiting' || phase === 'open') this.waited = phase === 'waiting';
    this.fetchViews();
    this.hadFocus = !!this.renderRoot?.querySelector('.stage :focus');
    giveWay(needsUser(calls));
    if (calls === this.callsBefore) return;
    const said = announce(this.callsBefore, calls, id => this.deviceName(id));
    if (said.urgent || said.calm) this.said = said;
    this.callsBefore = calls;
  }

  override updated(_changed: PropertyValues<this>): void {
    this.incoming?.updateComplete.then(() => this.incoming?.focusUnlessBusy());
    // A card that went away with the focus in it must not throw the user back to the top of the page.
    if (this.hadFocus && document.activeElement === document.body) void this.focusStage();
  }

  private async focusStage(): Promise<void> {
    const card = this.renderRoot.querySelector<LitElement>('incoming-call, call-card, ended-card, dial-pad');
    await card?.updateComplete;
    card?.renderRoot.querySelector<HTMLElement>('[tabindex="-1"]')?.focus({preventScroll: true});
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
    if (shown) void this.needs(shown === 'options' ? 'options' : 'people');
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
    return [...this.renderRoot.querySelectorAll<CallCard>('call-card')];
  }
}
