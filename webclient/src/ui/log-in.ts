import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import type {Phone} from '../phone.js';
import {icon} from './icons.js';
import './language-choice.js';
import {logo} from './logo.js';
import {refusal} from './refusal.js';
import {shared} from './styles.js';

/** Name and password. */
@customElement('log-in')
export class LogIn extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: grid;
        place-items: center;
        min-block-size: 100vh;
        min-block-size: 100dvh;
        padding: 1rem;
      }
      form {
        inline-size: 100%;
        max-inline-size: 24rem;
        padding: clamp(1.25rem, 6vw, 2.25rem);
      }
      header {
        display: grid;
        gap: 0.25rem;
        justify-items: center;
        margin-block-end: 1.5rem;
        text-align: center;
      }
      .logo {
        inline-size: 4rem;
        block-size: 4rem;
        margin-block-end: 0.5rem;
      }
      h1 {
        font-size: 1.625rem;
        letter-spacing: -0.01em;
      }
      .field {
        margin-block-end: 1rem;
      }
      .field > label:first-child {
        display: block;
        margin-block-end: 0.25rem;
        font-weight: 600;
      }
      .show {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        min-block-size: 2.75rem;
        cursor: pointer;
      }
      .show input {
        inline-size: 1.125rem;
        block-size: 1.125rem;
        margin: 0;
        accent-color: var(--accent);
      }
      language-choice {
        margin-block-start: 1rem;
      }
      .fault {
        display: flex;
        gap: 0.5rem;
        margin-block-end: 1rem;
        padding: 0.75rem;
        border: 1px solid var(--stop);
        border-radius: var(--round-small);
        background: var(--stop-soft);
        color: var(--stop-text);
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  @state() private fault = '';
  @state() private busy = false;
  @state() private shown = false;
  @query('#name') private nameField!: HTMLInputElement;
  @query('#password') private passwordField!: HTMLInputElement;

  override firstUpdated(): void {
    this.nameField.focus();
  }

  override render() {
    return html`
      <main>
        <form class="card" @submit=${this.submit}>
          <header>
            ${logo}
            <h1>${t.product}</h1>
            <p class="soft">${t.welcome}</p>
          </header>
          <div role="alert">
            ${this.fault ? html`<p class="fault">${icon('warning')}<span>${this.fault}</span></p>` : nothing}
          </div>
          <div class="field">
            <label for="name">${t.name}</label>
            <input id="name" name="username" type="text" autocomplete="username" autocapitalize="off" spellcheck="false" required />
          </div>
          <div class="field">
            <label for="password">${t.password}</label>
            <input id="password" name="password" type=${this.shown ? 'text' : 'password'} autocomplete="current-password" required />
            <label class="show small">
              <input
                type="checkbox"
                @change=${(event: Event) => {
                  this.shown = (event.target as HTMLInputElement).checked;
                }}
              />${t.showPassword}
            </label>
          </div>
          <button class="main wide big" type="submit" ?disabled=${this.busy}>${this.busy ? t.loggingIn : t.logIn}</button>
          <language-choice class="small"></language-choice>
        </form>
      </main>
    `;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    this.busy = true;
    this.fault = '';
    try {
      await this.phone.logIn(this.nameField.value.trim(), this.passwordField.value);
    } catch (error) {
      this.fault = refusal(error, t.logInFailed);
      this.passwordField.select();
    } finally {
      this.busy = false;
    }
  }
}
