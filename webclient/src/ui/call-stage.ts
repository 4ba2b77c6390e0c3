import {css, html, LitElement, type PropertyValues} from 'lit';
import {customElement, property, query} from 'lit/decorators.js';
import {repeat} from 'lit/directives/repeat.js';
import type {Path} from '../call/media.js';
import {inOrder, ringing} from '../call/plan.js';
import {type Choice, endedFor, marks, onStage} from '../call/stage.js';
import {deskFirst} from '../desktop/desk.js';
import {typing} from '../desktop/keys.js';
import {frame} from '../embed/frame.js';
import type {Phone} from '../phone.js';
import type {Call, Device} from '../protocol/messages.js';
import type {CallCard} from './call-card.js';
import './call-card.js';
import './ended-card.js';
import {EndedCalls} from './ended-calls.js';
import type {IncomingCall} from './incoming-call.js';
import './incoming-call.js';
import {shared} from './styles.js';

/** The calls, over everything: what needs the user is shown whole, every other call is one line. */
@customElement('call-stage')
export class CallStage extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-direction: column;
        gap: 0.5rem;
        min-block-size: 0;
      }
      :host(:not([filled])) {
        display: none;
      }
      /* Those that are shown whole share what room there is. */
      * {
        flex: 0 1 auto;
        min-block-size: 0;
      }
      [line],
      ended-card {
        flex: none;
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @property({attribute: false}) calls: Call[] = [];
  @property({attribute: false}) devices: Device[] = [];
  @property({type: Boolean}) offline = false;
  @property() path: Path = 'connecting';
  /** Where calls are answered is pressed for each, by its id. */
  @property({attribute: false}) answering: ReadonlyMap<string, string> = new Map();
  /** Another view has the room below. */
  @property({type: Boolean}) beside = false;
  /** It lies over the views, so that it must be out of their way when that is wanted. */
  @property({type: Boolean}) over = false;
  /** There is a call to show. */
  @property({type: Boolean, reflect: true}) filled = false;
  @query('incoming-call') private incoming!: IncomingCall | null;
  private choice: Choice = null;
  private known = new Set<string>();
  private whole = new Set<string>();
  private ended: Call[] = [];
  private hadFocus = false;
  /** When a pointer last moved over the stage: one that only rests there, since Hang up, keeps nothing. */
  private pointed = Number.NEGATIVE_INFINITY;
  private readonly endedCalls = new EndedCalls(this);

  get cards(): CallCard[] {
    return [...this.renderRoot.querySelectorAll<CallCard>('call-card')];
  }

  get keeps(): boolean {
    if (this.offline) return true;
    const pointed = performance.now() - this.pointed < endedFor;
    return [...this.renderRoot.querySelectorAll<HTMLElement>('ended-card')].some(
      card => (pointed && card.matches(':hover')) || card.shadowRoot?.activeElement?.matches('button'),
    );
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener('pointermove', () => {
      this.pointed = performance.now();
    });
  }

  /** Shows every call as one line, until something happens. */
  fold(): void {
    if (!this.whole.size) return;
    this.choice = '';
    this.requestUpdate();
  }

  private unfold(call: Call): void {
    this.choice = call.id;
    this.requestUpdate();
  }

  /** In whose card the user types; null when he types elsewhere, "" when he does not. */
  private get typed(): string | null {
    let focus = document.activeElement;
    while (focus?.shadowRoot?.activeElement) focus = focus.shadowRoot.activeElement;
    if (!focus || !typing([focus])) return '';
    const cards = this.renderRoot.querySelectorAll<CallCard | IncomingCall>('call-card, incoming-call');
    return [...cards].find(card => card.matches(':focus-within'))?.call.id ?? null;
  }

  override willUpdate(): void {
    const now = marks(this.calls);
    if (now.some(mark => !this.known.has(mark))) this.choice = null;
    this.known = new Set(now);
    const {typed, choice, beside, over} = this;
    this.whole = onStage(this.calls, {choice, beside, quiet: over && typed === null, typed: typed ?? ''});
    this.ended = this.endedCalls.shown(this.calls, this.phone.now());
    this.filled = now.length + this.ended.length > 0;
    this.hadFocus = !!this.renderRoot?.querySelector(':focus');
  }

  override render() {
    const live = inOrder(this.calls).filter(call => call.state !== 'ended');
    const rings = ringing(live);
    const inOneLine = (call: Call) => Number(!this.whole.has(call.id));
    const ordered = [...live].sort((a, b) => inOneLine(a) - inOneLine(b));
    return html`
      ${repeat(
        ordered,
        call => call.id,
        call => (rings.includes(call) ? this.incomingCall(call, rings) : this.card(call)),
      )}
      ${this.ended.map(call => html`<ended-card .phone=${this.phone} .call=${call} ?offline=${this.offline}></ended-card>`)}
    `;
  }

  private incomingCall(call: Call, rings: Call[]) {
    const {phone, offline} = this;
    return html`<incoming-call
      .phone=${phone}
      .call=${call}
      .devices=${deskFirst(this.devices, phone.desk)}
      .preferred=${this.preferred}
      ?offline=${offline}
      ?dense=${rings.length > 1}
      ?line=${!this.whole.has(call.id)}
      ?folds=${this.over}
      ?keyed=${call === rings[0]}
      answering=${this.answering.get(call.id) ?? ''}
      @fold=${this.fold}
      @unfold=${() => this.unfold(call)}
    ></incoming-call>`;
  }

  private card(call: Call) {
    return html`<call-card
      .phone=${this.phone}
      .call=${call}
      .devices=${this.devices}
      ?offline=${this.offline}
      ?line=${!this.whole.has(call.id)}
      ?folds=${this.over}
      path=${this.path}
      @fold=${this.fold}
      @unfold=${() => this.unfold(call)}
    ></call-card>`;
  }

  /** Where the user means to answer: as the site around asks for, else where he calls from, else on his deskphone. */
  private get preferred(): string {
    const asked = frame?.look.answerOn;
    const chosen = asked && asked !== 'ask' ? asked : this.phone.settings.get('call-from');
    if (chosen === 'browser') return chosen;
    const able = deskFirst(this.devices, this.phone.desk).filter(device => device.answerable);
    return (able.find(device => device.id === chosen) ?? able[0])?.id ?? 'browser';
  }

  override updated(_changed: PropertyValues<this>): void {
    this.incoming?.updateComplete.then(() => this.incoming?.focusUnlessBusy());
    // A card that went away with the focus in it must not throw the user back to the top of the page.
    if (this.hadFocus && document.activeElement === document.body) void this.focusFirst();
  }

  private async focusFirst(): Promise<void> {
    const card = this.renderRoot.querySelector<LitElement>('incoming-call, call-card, ended-card');
    await card?.updateComplete;
    card?.renderRoot.querySelector<HTMLElement>('[tabindex="-1"], button.call')?.focus({preventScroll: true});
  }
}
