import {css, html, LitElement, nothing, type PropertyValues} from 'lit';
import {customElement, property, state} from 'lit/decorators.js';
import {duration, moment} from '../call/time.js';
import {say, t} from '../locales/words.js';
import {type HistoryEntry, history} from '../protocol/rest.js';
import {addButton} from './add-button.js';
import {type IconName, icon} from './icons.js';
import {peerName, shortAddress} from './people.js';
import {shared} from './styles.js';

/** How long the count of missed calls stands once the list was looked at. */
const readFor = 2000;

/** Events that a hand makes. */
const signsOfLife = ['pointermove', 'pointerdown', 'keydown', 'wheel'] as const;

/** Past calls, newest first; each can be called again. `seen` says that the user has looked at those he missed. */
@customElement('history-list')
export class HistoryList extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        container-type: inline-size;
      }
      h2 {
        margin-block-end: 0.5rem;
        font-size: 1rem;
      }
      .count {
        color: var(--stop-text);
        font-weight: 400;
      }
      li {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto auto;
        align-items: center;
        column-gap: 0.75rem;
        padding-block: 0.375rem;
      }
      li + li {
        border-block-start: 1px solid var(--line);
      }
      .way {
        color: var(--soft);
      }
      .way .icon {
        display: block;
        inline-size: 1.25rem;
        block-size: 1.25rem;
      }
      .missed .way,
      .missed .name {
        color: var(--stop-text);
      }
      .name {
        font-weight: 600;
      }
      button.bare {
        color: var(--accent);
      }
      li button.bare + button.bare {
        margin-inline-start: -0.5rem;
      }
      @container (max-width: 300px) {
        li {
          column-gap: 0.375rem;
        }
        li button.bare + button.bare {
          margin-inline-start: -0.375rem;
        }
        p.cut {
          display: -webkit-box;
          -webkit-box-orient: vertical;
          -webkit-line-clamp: 2;
          white-space: normal;
          overflow-wrap: anywhere;
        }
      }
      .fault {
        display: grid;
        gap: 0.5rem;
        justify-items: start;
      }
    `,
  ];

  /** Counts up whenever the list has changed at the gateway. */
  @property({type: Number}) version = 0;
  /** Missed calls that nobody has looked at. */
  @property({type: Number}) missed = 0;
  @property({type: Boolean}) offline = false;
  @property({attribute: false}) now: () => number = Date.now;
  @state() private entries: HistoryEntry[] | null = null;
  @state() private next = '';
  @state() private failed = false;

  private onScreen = false;
  private reading = 0;
  private readonly watch = new IntersectionObserver(seen => {
    this.onScreen = seen.at(-1)?.isIntersecting ?? false;
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.observe(this);
    for (const sign of signsOfLife) addEventListener(sign, this.looked, {passive: true});
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.watch.disconnect();
    clearTimeout(this.reading);
    this.reading = 0;
    for (const sign of signsOfLife) removeEventListener(sign, this.looked);
  }

  /** Somebody is there, and the list is before him. */
  private readonly looked = (): void => {
    if (!this.missed || this.reading || this.offline || !this.onScreen || document.visibilityState !== 'visible')
      return;
    this.reading = window.setTimeout(() => {
      this.reading = 0;
      this.dispatchEvent(new CustomEvent('seen'));
    }, readFor);
  };

  override updated(changed: PropertyValues<this>): void {
    const back = changed.get('offline') === true && !this.offline && this.failed;
    if (changed.has('version') || back) void this.load();
  }

  private async load(): Promise<void> {
    const {version} = this;
    try {
      const page = await history();
      if (version !== this.version) return; // a newer list is on its way
      this.entries = page.history;
      this.next = page.next ?? '';
      this.failed = false;
    } catch {
      this.failed = this.entries === null;
    }
  }

  private async older(): Promise<void> {
    const {version, next} = this;
    try {
      const page = await history(next);
      if (version !== this.version || next !== this.next) return;
      this.entries = [...(this.entries ?? []), ...page.history];
      this.next = page.next ?? '';
      this.failed = false;
    } catch {
      this.failed = true;
    }
  }

  override render() {
    return html`
      <section class="card" aria-labelledby="title">
        <h2 id="title">${t.history}${this.missed ? html` <span class="small count">${t.missedCalls(this.missed)}</span>` : nothing}</h2>
        ${this.entries?.length === 0 ? html`<p class="soft small">${t.historyEmpty}</p>` : nothing}
        ${this.entries?.length ? html`<ul>${this.entries.map(entry => this.row(entry))}</ul>` : nothing}
        ${this.failed ? this.fault() : nothing}
        ${this.next ? html`<button class="wide" ?disabled=${this.offline} @click=${this.older}>${t.showOlder}</button>` : nothing}
      </section>
    `;
  }

  private fault() {
    return html`
      <div class="fault" role="alert">
        <p class="soft small">${t.historyFailed}</p>
        ${this.entries ? nothing : html`<button @click=${this.load}>${t.retry}</button>`}
      </div>
    `;
  }

  private row(entry: HistoryEntry) {
    const name = peerName(entry);
    const [sign, way]: [IconName, string] = entry.missed
      ? ['missed', t.missed]
      : entry.direction === 'in'
        ? ['incoming', t.incoming]
        : ['outgoing', t.outgoing];
    const talk = entry.answered ? duration(Date.parse(entry.end) - Date.parse(entry.answered)) : '';
    const when = moment(new Date(entry.start), new Date(this.now()), t.lang);
    const {count = 1} = entry;
    const times = count > 1 ? t.times(count) : '';
    const line = [entry.missed ? t.missed : '', times, when, talk].filter(Boolean).join(' · ');
    return html`
      <li class=${entry.missed ? 'missed' : ''} title=${say(entry.reason, entry.reasonSentence)}>
        <span class="way" title=${way}>${icon(sign)}<span class="unseen">${way}</span></span>
        <div class="cut">
          <p class="name cut" title=${shortAddress(entry.address)}><bdi>${name}</bdi></p>
          <p class="small soft cut">${line}</p>
        </div>
        ${addButton(entry, this.offline)}
        <button class="bare worded" aria-label=${t.callName(name)} ?disabled=${this.offline} @click=${() => this.again(entry)}>
          ${icon('phone')}<span>${t.call}</span>
        </button>
      </li>
    `;
  }

  private again(entry: HistoryEntry): void {
    this.dispatchEvent(new CustomEvent('dial', {detail: entry.address, bubbles: true, composed: true}));
  }
}
