import {css, html, LitElement, nothing} from 'lit';
import {customElement, state} from 'lit/decorators.js';
import {choose, chosen, type LanguageTag, languages} from '../locales/language.js';
import {t} from '../locales/words.js';
import {shared} from './styles.js';

/** In which language the page speaks in this browser. */
@customElement('language-choice')
export class LanguageChoice extends LitElement {
  static override styles = [
    shared,
    css`
      label {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 0.25rem 0.75rem;
      }
      select {
        flex: 0 1 auto;
        min-inline-size: 0;
        max-inline-size: 100%;
        min-block-size: 2.75rem;
        padding: 0.25rem 0.5rem;
        border: 1px solid var(--edge);
        border-radius: var(--round-small);
        background: var(--surface);
        color: var(--text);
        font: inherit;
      }
      .fault {
        margin-block-start: 0.5rem;
        color: var(--stop-text);
      }
    `,
  ];

  @state() private fault = '';

  override render() {
    const now = chosen();
    const option = (tag: string, name: string) =>
      html`<option value=${tag} lang=${tag || nothing} ?selected=${tag === now}>${name}</option>`;
    return html`
      <label>
        <span>${t.language}</span>
        <select @change=${this.chosen}>
          ${option('', t.browsersLanguage)} ${Object.entries(languages).map(([tag, name]) => option(tag, name))}
        </select>
      </label>
      <div role="alert">${this.fault ? html`<p class="fault small">${this.fault}</p>` : nothing}</div>
    `;
  }

  private async chosen(event: Event): Promise<void> {
    const field = event.target as HTMLSelectElement;
    this.fault = '';
    try {
      await choose(field.value as LanguageTag | '');
    } catch {
      this.fault = t.gatewayAway;
    }
    field.value = chosen();
  }
}
