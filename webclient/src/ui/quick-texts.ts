import {css, html, LitElement} from 'lit';
import {customElement, property, state} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import {keepQuickTexts, longest, most, quickTexts} from '../people/quick-texts.js';
import type {Phone} from '../phone.js';
import {optionStyle} from './option-style.js';
import {shared} from './styles.js';

/** Where the user words the short answers to a call that he cannot take. */
@customElement('quick-texts')
export class QuickTexts extends LitElement {
  static override styles = [
    shared,
    optionStyle,
    css`
      :host {
        margin-block-start: 0.75rem;
      }
      summary {
        min-block-size: 2.75rem;
        align-content: center;
        font-weight: 600;
        cursor: pointer;
      }
      li {
        display: flex;
        align-items: end;
        gap: 0.375rem;
        margin-block: 0.5rem;
      }
      label {
        flex: 1;
        min-inline-size: 0;
      }
      input {
        inline-size: 100%;
      }
    `,
  ];

  @property({attribute: false}) phone!: Phone;
  /** What stands in the fields; null before they were shown. */
  @state() private texts: string[] | null = null;

  private get user(): string {
    return this.phone.parts?.me.name ?? '';
  }

  override render() {
    const texts = this.texts ?? [...quickTexts(this.phone.settings, this.user)];
    return html`
      <details>
        <summary>${t.reply.title}</summary>
        <p class="small soft">${t.reply.about}</p>
        <ul>
          ${texts.map(
            (text, at) => html`
              <li>
                <label>
                  <span class="unseen">${t.reply.text(at + 1)}</span>
                  <input
                    type="text"
                    dir="auto"
                    autocomplete="off"
                    maxlength=${longest}
                    .value=${text}
                    @change=${(event: Event) => this.change(texts, at, event.target as HTMLInputElement)}
                  />
                </label>
                <button aria-label=${t.reply.remove(at + 1)} ?disabled=${texts.length === 1} @click=${() => this.drop(texts, at)}>
                  ${t.reply.removeShort}
                </button>
              </li>
            `,
          )}
        </ul>
        <button ?disabled=${texts.length >= most} @click=${() => this.add(texts)}>${t.reply.add}</button>
      </details>
    `;
  }

  private change(texts: readonly string[], at: number, field: HTMLInputElement): void {
    this.keep(texts.with(at, field.value));
  }

  private drop(texts: readonly string[], at: number): void {
    this.keep(texts.filter((_, other) => other !== at));
    void this.focusField(Math.max(0, at - 1));
  }

  private add(texts: readonly string[]): void {
    this.texts = [...texts, ''];
    void this.focusField(texts.length);
  }

  /** Keeps what stands there; an empty field counts when something is written into it. */
  private keep(texts: string[]): void {
    this.texts = texts;
    keepQuickTexts(this.phone.settings, this.user, texts);
  }

  private async focusField(at: number): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelectorAll('input')[at]?.focus();
  }
}
