import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, state} from 'lit/decorators.js';
import {say, t} from '../locales/words.js';
import {chooseForDevice, type DeviceChoices, type PhoneTest, testDevice} from '../people/choices.js';
import type {Device} from '../protocol/messages.js';
import {deviceStyle} from './device-style.js';
import {icon} from './icons.js';
import {KeepFocus} from './keep-focus.js';
import {optionStyle} from './option-style.js';
import {optionSwitch} from './option-switch.js';
import {refusal} from './refusal.js';
import {shared} from './styles.js';

/** One of the user's deskphones, and under a button what can be set for it; an event `desk` makes it this browser's. */
@customElement('device-row')
export class DeviceRow extends LitElement {
  static override styles = [
    shared,
    optionStyle,
    deviceStyle,
    css`
      .row {
        grid-template-columns: auto minmax(0, 1fr) auto;
      }
      .marks {
        display: inline-flex;
        flex-wrap: wrap;
        gap: 0.25rem;
        vertical-align: text-bottom;
      }
      .mark {
        padding: 0.0625rem 0.5rem;
        border-radius: 99px;
        background: var(--accent-soft);
        color: var(--accent);
        font-size: 0.8125rem;
        font-weight: 600;
      }
      .set {
        display: grid;
        gap: 0.75rem;
        padding-block-end: 0.5rem;
      }
      .set > div {
        display: grid;
        gap: 0.25rem;
        justify-items: start;
      }
      [aria-expanded='true'] {
        background: var(--accent-soft);
        color: var(--accent);
      }
      .about {
        padding: 0;
      }
      .said {
        font-weight: 600;
      }
      .tried {
        padding-inline-start: 1.25rem;
        list-style: disc;
      }
      .result p,
      .result li {
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({attribute: false}) device!: Device;
  /** It is the one beside this browser. */
  @property({type: Boolean}) desk = false;
  @property({type: Boolean}) offline = false;
  protected readonly keepFocus = new KeepFocus(this, () => '[aria-expanded]');
  @state() private open = false;
  @state() private fault = '';
  @state() private busy = false;
  @state() private result: PhoneTest | null = null;

  /** Takes the focus back after the row has changed its place. */
  focusSetUp(): void {
    this.renderRoot.querySelector<HTMLElement>('[aria-expanded]')?.focus();
  }

  override render() {
    const {device} = this;
    const line = [device.live ? t.registered : t.notRegistered, device.userAgent].filter(Boolean).join(' · ');
    return html`
      <div class="row ${device.live ? 'live' : ''}">
        <span class="sign">${icon('deskphone')}</span>
        <div>
          <p class="name"><bdi>${device.display}</bdi> ${this.marks()}</p>
          <p class="state small soft"><span class="cut" title=${line}>${line}</span></p>
        </div>
        <button
          class="bare worded"
          aria-label=${t.device.setUp(device.display)}
          title=${t.device.setUp(device.display)}
          aria-expanded=${this.open ? 'true' : 'false'}
          @click=${this.toggle}
        >
          ${icon('options')}<span>${t.device.setUpShort}</span>
        </button>
      </div>
      <div role="alert">${this.fault ? html`<p class="fault">${this.fault}</p>` : nothing}</div>
      ${this.open ? this.panel() : nothing}
    `;
  }

  private marks() {
    const marks = [this.desk ? t.device.myDesk : '', this.device.primary ? t.mainPhone : ''].filter(Boolean);
    if (!marks.length) return nothing;
    return html`<span class="marks">${marks.map(mark => html`<span class="mark">${mark}</span>`)}</span>`;
  }

  private panel() {
    return html`
      <div class="set" role="group" aria-label=${this.device.display}>
        ${this.choice(this.desk, t.device.isDesk, t.device.makeDesk, t.device.aboutDesk, this.makeDesk)}
        ${this.choice(this.device.primary, t.device.isMain, t.device.makeMain, t.device.aboutMain, this.makeMain)}
        <div>${this.interworking()}</div>
        ${this.test()}
      </div>
    `;
  }

  private interworking() {
    const {interworking, fixed} = this.device;
    const about = interworking ? t.device.interworkingOn : t.device.interworkingOff;
    return optionSwitch({
      id: 'interworking',
      name: t.device.interworking,
      on: interworking,
      disabled: this.offline || !!fixed,
      about: html`${about}${fixed ? html` <strong>${t.device.fixed}</strong>` : nothing}`,
      change: on => void this.change({interworking: on}),
    });
  }

  private choice(is: boolean, yes: string, make: string, about: string, act: () => void) {
    return html`
      <div>
        <p role="status">${is ? html`<strong>${yes}</strong>` : nothing}</p>
        ${is ? nothing : html`<button ?disabled=${this.offline} @click=${act}>${make}</button>`}
        <p class="small soft">${about}</p>
      </div>
    `;
  }

  private test() {
    const {live, interworking, display} = this.device;
    const testing = this.busy || this.device.testing === true;
    const why = live ? (interworking ? '' : t.device.testNeedsInterworking) : t.device.testNeedsPhone(display);
    return html`
      <div class="result">
        <button
          ?disabled=${this.offline || !!why}
          aria-disabled=${testing ? 'true' : nothing}
          aria-describedby="test"
          @click=${() => testing || this.runTest()}
        >
          ${testing ? t.device.testing : t.device.test}
        </button>
        <p class="small soft" id="test">${why || t.device.aboutTest}</p>
        <div role="status">${testing ? this.underWay() : this.outcome()}</div>
      </div>
    `;
  }

  private underWay() {
    const {press, display} = this.device;
    if (press) return html`<p class="said"><strong>${t.device.press(press)}</strong></p>`;
    return html`<p>${t.device.testGoesOn(display)}</p>`;
  }

  private outcome() {
    if (!this.result) return nothing;
    const {said, saidSentence, tried} = this.result;
    return html`
      <p class="said">${say(said, saidSentence)}</p>
      ${tried.length ? html`<ul class="tried small">${tried.map(one => html`<li>${say(one.said, one.saidSentence)}</li>`)}</ul>` : nothing}
    `;
  }

  private toggle(): void {
    this.open = !this.open;
    this.fault = '';
    this.result = null;
  }

  private makeDesk(): void {
    this.dispatchEvent(new CustomEvent('desk'));
  }

  private makeMain(): void {
    void this.change({primary: true});
  }

  private async change(choice: Partial<DeviceChoices>): Promise<void> {
    await this.attempt(() => chooseForDevice(this.device.id, choice));
    this.requestUpdate(); // a switch that was pressed in vain goes back
  }

  private async runTest(): Promise<void> {
    this.busy = true;
    this.result = null;
    await this.attempt(async () => {
      this.result = await testDevice(this.device.id);
    });
    this.busy = false;
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    this.fault = '';
    try {
      await work();
    } catch (error) {
      this.fault = refusal(error);
    }
  }
}
