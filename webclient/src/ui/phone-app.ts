import {html, LitElement} from 'lit';
import {customElement} from 'lit/decorators.js';

/** The page: log-in, or the phone. */
@customElement('phone-app')
export class PhoneApp extends LitElement {
  override render() {
    return html`<h1>Ringsplash</h1>`;
  }
}
