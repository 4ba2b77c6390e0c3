import {html, LitElement} from 'lit';
import {customElement} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import {shared} from './styles.js';

/** The conversations of the user, newest first. */
@customElement('conversation-list')
export class ConversationList extends LitElement {
  static override styles = [shared];

  override render() {
    return html`
      <section aria-labelledby="title">
        <h2 id="title" tabindex="-1">${t.conversations}</h2>
        <p class="small soft">${t.noConversations}</p>
      </section>
    `;
  }
}
