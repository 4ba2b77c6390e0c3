import {css, html, LitElement, nothing, type PropertyValues} from 'lit';
import {customElement, property, state} from 'lit/decorators.js';
import {moment} from '../call/time.js';
import {say, t} from '../locales/words.js';
import {type Decision, decisions} from '../people/policy.js';
import type {Device} from '../protocol/messages.js';
import {icon} from './icons.js';
import {shortAddress} from './people.js';
import {shared} from './styles.js';

/** Who asked to make a deskphone answer, newest first, and what came of it. */
@customElement('decision-list')
export class DecisionList extends LitElement {
  static override styles = [
    shared,
    css`
      header {
        flex-wrap: wrap;
      }
      header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 0.75rem;
      }
      h2 {
        font-size: 1rem;
      }
      li {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 0.75rem;
        padding-block: 0.5rem;
        border-block-start: 1px solid var(--line);
      }
      .name {
        font-weight: 600;
      }
      p {
        overflow-wrap: anywhere;
      }
      .refused .icon {
        color: var(--stop-text);
      }
    `,
  ];

  @property({attribute: false}) devices: Device[] = [];
  @property({type: Boolean}) offline = false;
  @property({attribute: false}) now: () => number = Date.now;
  @state() private rows: Decision[] | null = null;
  @state() private next = '';
  @state() private failed = false;

  override firstUpdated(): void {
    void this.load();
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.get('offline') === true && !this.offline) void this.load();
  }

  private load(): Promise<void> {
    return this.fetch('');
  }

  /** Adds the page before a decision, or starts anew. */
  private async fetch(before: string): Promise<void> {
    this.failed = false;
    try {
      const page = await decisions(before);
      this.rows = before ? [...(this.rows ?? []), ...page.decisions] : page.decisions;
      this.next = page.next ?? '';
      const [detail] = this.rows;
      if (detail) this.dispatchEvent(new CustomEvent<Decision>('last', {detail}));
    } catch {
      this.failed = true;
    }
  }

  override render() {
    return html`
      <section class="card" aria-labelledby="title">
        <header>
          <h2 id="title">${t.options.decisions}</h2>
          <button class="bare" ?disabled=${this.offline} @click=${this.load}>${t.options.refresh}</button>
        </header>
        ${this.failed ? html`<p class="soft small" role="alert">${t.options.decisionsFailed}</p>` : nothing}
        ${this.rows?.length === 0 ? html`<p class="soft small">${t.options.noDecisions}</p>` : nothing}
        ${this.rows?.length ? html`<ul>${this.rows.map(row => this.row(row))}</ul>` : nothing}
        ${
          this.next
            ? html`<button class="wide" ?disabled=${this.offline} @click=${() => this.fetch(this.next)}>${t.showOlder}</button>`
            : nothing
        }
      </section>
    `;
  }

  private row({allow, requester, device, time, reason, reasonSentence, grant}: Decision) {
    const display = this.devices.find(other => other.id === device)?.display ?? device;
    const line = [
      allow ? t.options.allowed : t.options.refused,
      t.grants[grant] ?? '',
      display,
      moment(new Date(time), new Date(this.now()), t.lang),
    ];
    return html`
      <li class=${allow ? '' : 'refused'}>
        ${icon(allow ? 'check' : 'close')}
        <div>
          <p class="name"><bdi>${shortAddress(requester) || t.options.withheld}</bdi></p>
          <p class="small soft">${line.filter(Boolean).join(' · ')}</p>
          <p class="small">${say(reason, reasonSentence)}</p>
        </div>
      </li>
    `;
  }
}
