import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {say, t} from '../locales/words.js';
import {simulate, type Verdict} from '../people/policy.js';
import type {Device} from '../protocol/messages.js';
import {icon} from './icons.js';
import {optionStyle} from './option-style.js';
import {refusal} from './refusal.js';
import {shared} from './styles.js';

/** Asks the gateway whether somebody could make a deskphone answer now, and why: for each that may answer by itself. */
@customElement('address-question')
export class AddressQuestion extends LitElement {
  static override styles = [
    shared,
    optionStyle,
    css`
      h2 {
        margin-block-end: 0.5rem;
        font-size: 1rem;
      }
      .verdict {
        display: flex;
        gap: 0.5rem;
        margin-block-start: 0.75rem;
      }
      strong {
        display: block;
      }
      .verdict p {
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({attribute: false}) devices: Device[] = [];
  @property({type: Boolean}) offline = false;
  @state() private verdicts: Verdict[] = [];
  @state() private fault = '';
  @query('input') private field!: HTMLInputElement;

  override render() {
    return html`
      <section class="card" aria-labelledby="title">
        <h2 id="title">${t.options.question}</h2>
        <form @submit=${this.ask}>
          <label>
            <span class="small">${t.options.requester}</span>
            <input
              type="text"
              name="requester"
              required
              autocomplete="off"
              autocapitalize="off"
              spellcheck="false"
              aria-describedby="fault"
            />
          </label>
          <button ?disabled=${this.offline}>${t.options.check}</button>
        </form>
        <div role="alert" id="fault">${this.fault ? html`<p class="fault">${this.fault}</p>` : nothing}</div>
        <div role="status">${this.verdicts.map(verdict => this.answer(verdict))}</div>
      </section>
    `;
  }

  private answer({allow, reason, reasonSentence, device}: Verdict) {
    const display = this.devices.find(other => other.id === device)?.display ?? device;
    return html`
      <div class="verdict">
        ${icon(allow ? 'check' : 'close')}
        <p><strong>${allow ? t.options.yes(display) : t.options.no(display)}</strong>${say(reason, reasonSentence)}</p>
      </div>
    `;
  }

  private async ask(event: Event): Promise<void> {
    event.preventDefault();
    const requester = this.field.value.trim();
    if (!requester) return this.field.focus();
    const phones = this.devices.filter(device => device.interworking);
    this.verdicts = [];
    this.fault = '';
    try {
      this.verdicts = await Promise.all(phones.map(device => simulate(requester, device.id)));
    } catch (error) {
      this.fault = refusal(error);
    }
  }
}
