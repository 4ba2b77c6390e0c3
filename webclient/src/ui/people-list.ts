import {css, html, LitElement, nothing, type PropertyValues} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {t} from '../locales/words.js';
import * as directory from '../people/directory.js';
import {icon} from './icons.js';
import {optionStyle} from './option-style.js';
import {shortAddress} from './people.js';
import type {PersonForm} from './person-form.js';
import './person-form.js';
import {conflict, refusal} from './refusal.js';
import {shared} from './styles.js';

/** The personal directory: whom the user knows, and who of them is a friend. Closing it is an event `close`. */
@customElement('people-list')
export class PeopleList extends LitElement {
  static override styles = [
    shared,
    optionStyle,
    css`
      h2 {
        font-size: 1.125rem;
      }
      label.search span {
        display: block;
        margin-block-end: 0.25rem;
      }
      ul {
        margin-block: 0.5rem;
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto auto auto;
        align-items: center;
        padding-block: 0.25rem;
      }
      li + li {
        border-block-start: 1px solid var(--line);
      }
      .name {
        font-weight: 600;
      }
      .call {
        color: var(--accent);
      }
      [aria-pressed='true'] .icon {
        fill: currentColor;
      }
    `,
  ];

  /** Counts up whenever the directory has changed at the gateway. */
  @property({type: Number}) version = 0;
  @property({type: Boolean}) offline = false;
  @state() private entries: directory.Entry[] | null = null;
  @state() private next = '';
  @state() private fault = '';
  @state() private formFault = '';
  @state() private done = '';
  @query('h2') private heading!: HTMLElement;
  @query('[type=search]') private searchField!: HTMLInputElement;
  @query('person-form') private form!: PersonForm;

  override firstUpdated(): void {
    this.heading.focus();
  }

  override updated(changed: PropertyValues<this>): void {
    const back = changed.get('offline') === true && !this.offline;
    if (back) this.fault = '';
    if (changed.has('version') || back) void this.load();
  }

  /** Fetches the first page anew, or the one after `after`. */
  private async load(after = ''): Promise<void> {
    const query = this.searchField.value.trim();
    try {
      const page = await directory.entries(query, after);
      if (query !== this.searchField.value.trim()) return; // what was typed since is on its way
      this.entries = after ? [...(this.entries ?? []), ...page.entries] : page.entries;
      this.next = page.next ?? '';
    } catch (error) {
      this.fault = refusal(error);
    }
  }

  private async add(draft: directory.Draft): Promise<void> {
    this.formFault = await this.attempt(directory.addEntry(draft));
    if (!this.formFault) this.form.clear();
  }

  private async change(work: Promise<unknown>): Promise<void> {
    this.fault = await this.attempt(work);
  }

  /** Waits for a change and shows the list after it; the sentence that says why it was refused, or "". */
  private async attempt(work: Promise<unknown>): Promise<string> {
    let fault = '';
    this.done = '';
    try {
      await work;
      this.done = t.options.saved;
    } catch (error) {
      fault = conflict(error) ? t.options.conflict : refusal(error);
    }
    await this.load();
    return fault;
  }

  private async drop(entry: directory.Entry): Promise<void> {
    await this.change(directory.removeEntry(entry));
    this.heading.focus(); // the button that had it is gone
  }

  override render() {
    return html`
      <section class="card" aria-labelledby="title">
        <header>
          <h2 id="title" tabindex="-1">${t.directory.title}</h2>
          <button class="bare" aria-label=${t.directory.close} @click=${this.close}>${icon('close')}</button>
        </header>
        <label class="search">
          <span class="small">${t.directory.search}</span>
          <input type="search" autocomplete="off" @input=${() => this.load()} />
        </label>
        <div role="alert">${this.fault ? html`<p class="fault">${this.fault}</p>` : nothing}</div>
        ${this.entries?.length === 0 ? html`<p class="soft small">${t.directory.empty}</p>` : nothing}
        ${
          this.entries?.length
            ? html`<ul aria-label=${t.directory.title}>${this.entries.map(entry => this.row(entry))}</ul>`
            : nothing
        }
        ${
          this.next
            ? html`<button class="wide" ?disabled=${this.offline} @click=${() => this.load(this.next)}>${t.directory.more}</button>`
            : nothing
        }
        <person-form
          .fault=${this.formFault}
          ?offline=${this.offline}
          @add=${(event: CustomEvent<directory.Draft>) => this.add(event.detail)}
        ></person-form>
        <p class="unseen" role="status">${this.done}</p>
      </section>
    `;
  }

  private row(entry: directory.Entry) {
    const {display, friend, addresses} = entry;
    return html`
      <li>
        <div class="cut">
          <p class="name cut" title=${addresses.map(shortAddress).join(', ')}>${display}</p>
          <p class="small soft cut">${addresses.map(shortAddress).join(', ')}</p>
        </div>
        <button
          class="bare"
          aria-label=${t.directory.friendOf(display)}
          aria-pressed=${friend ? 'true' : 'false'}
          ?disabled=${this.offline}
          @click=${() => this.change(directory.putEntry({...entry, friend: !friend}))}
        >
          ${icon('star')}
        </button>
        <button class="bare call" aria-label=${t.callName(display)} ?disabled=${this.offline} @click=${() => this.dial(entry)}>
          ${icon('phone')}
        </button>
        <button class="bare" aria-label=${t.options.remove(display)} ?disabled=${this.offline} @click=${() => this.drop(entry)}>
          ${icon('close')}
        </button>
      </li>
    `;
  }

  private dial(entry: directory.Entry): void {
    this.dispatchEvent(new CustomEvent('dial', {detail: entry.addresses[0] ?? '', bubbles: true, composed: true}));
  }

  private close(): void {
    this.dispatchEvent(new CustomEvent('close'));
  }
}
