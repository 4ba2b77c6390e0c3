import {css, html, LitElement} from 'lit';
import {customElement, property} from 'lit/decorators.js';
import {say, t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import {icon} from './icons.js';
import {openWindow} from './own-window.js';
import {shared} from './styles.js';

/** In a frame: the site around the phone did not log the user in. Whoever runs that site reads here what to mend. */
@customElement('not-in')
export class NotIn extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        padding: 0.75rem;
      }
      h1 {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        font-size: 1.0625rem;
      }
      p {
        margin-block: 0.75rem;
        overflow-wrap: anywhere;
      }
      .acts {
        display: grid;
        gap: 0.5rem;
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;

  override render() {
    const {refusal} = this.phone;
    return html`
      <main class="card">
        <h1>${icon('warning')}<span>${t.embed.title}</span></h1>
        <p role="alert">${refusal ? say(refusal.message, refusal.sentence) : t.logInFailed}</p>
        <div class="acts">
          <button class="main" @click=${() => this.phone.enter()}>${t.retry}</button>
          <button @click=${openWindow}>${icon('ownWindow')}<span>${t.embed.ownWindow}</span></button>
        </div>
      </main>
    `;
  }
}
