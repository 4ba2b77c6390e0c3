import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, state} from 'lit/decorators.js';
import {live} from 'lit/directives/live.js';
import {t} from '../locales/words.js';
import {type Choices, choose} from '../people/choices.js';
import type {Me} from '../protocol/messages.js';
import {optionStyle} from './option-style.js';
import {optionSwitch} from './option-switch.js';
import {refusal} from './refusal.js';
import {shared} from './styles.js';

/** When an automatic answer does not suit: while the user is on a call, or wants no disturbance. */
@customElement('busy-choice')
export class BusyChoice extends LitElement {
  static override styles = [
    shared,
    optionStyle,
    css`
      .group,
      fieldset {
        padding-block: 0.625rem;
      }
      .group {
        border-block-start: 1px solid var(--line);
      }
      fieldset label {
        display: flex;
        align-items: center;
        gap: 0.75rem;
        clear: both;
        min-block-size: 2.75rem;
        cursor: pointer;
      }
      input[type='radio'] {
        flex: none;
        inline-size: 1.25rem;
        block-size: 1.25rem;
        margin: 0 0 0 0.75rem;
        accent-color: var(--accent);
      }
    `,
  ];

  @property({attribute: false}) me!: Me;
  @property({type: Boolean}) offline = false;
  @state() private fault = '';

  override render() {
    return html`
      <fieldset>
        <legend>${t.options.whileOnCall}</legend>
        ${this.radio('ring', t.options.ringNormally)} ${this.radio('hold', t.options.holdAndAnswer)}
      </fieldset>
      <div class="group">
        ${optionSwitch({
          id: 'quiet',
          name: t.options.doNotDisturb,
          on: this.me.doNotDisturb,
          disabled: this.offline,
          about: t.options.aboutDisturb,
          change: doNotDisturb => void this.change({doNotDisturb}),
        })}
      </div>
      <div role="alert">${this.fault ? html`<p class="fault">${this.fault}</p>` : nothing}</div>
    `;
  }

  private radio(whileBusy: Choices['whileBusy'], words: string) {
    return html`
      <label>
        <input
          type="radio"
          name="busy"
          .checked=${live(this.me.whileBusy === whileBusy)}
          ?disabled=${this.offline}
          @change=${() => this.change({whileBusy})}
        />
        <span>${words}</span>
      </label>
    `;
  }

  private async change(choice: Partial<Choices>): Promise<void> {
    this.fault = '';
    try {
      await choose(choice);
    } catch (error) {
      this.fault = refusal(error);
      this.requestUpdate(); // what was pressed in vain goes back
    }
  }
}
