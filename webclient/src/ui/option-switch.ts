import {html} from 'lit';
import {live} from 'lit/directives/live.js';

/** A switch and the sentence that says what it does. */
export interface Switch {
  /** Names the sentence among those of the element. */
  id: string;
  name: string;
  on: boolean;
  disabled: boolean;
  about: unknown;
  /** Called when it is pressed; it goes back at the next rendering unless `on` has followed. */
  change: (on: boolean) => void;
}

/** Draws a switch; its look is optionStyle. */
export function optionSwitch({id, name, on, disabled, about, change}: Switch) {
  return html`
    <label class="option">
      <input
        type="checkbox"
        role="switch"
        aria-describedby="about-${id}"
        .checked=${live(on)}
        ?disabled=${disabled}
        @change=${(event: Event) => change((event.target as HTMLInputElement).checked)}
      />
      <span>${name}</span>
    </label>
    <p class="about small soft" id="about-${id}">${about}</p>
  `;
}
