import {css, html, LitElement, nothing, type PropertyValues} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {repeat} from 'lit/directives/repeat.js';
import {t} from '../locales/words.js';
import * as directory from '../people/directory.js';
import {icon} from './icons.js';
import {optionStyle} from './option-style.js';
import './directory-files.js';
import './person-form.js';
import './person-row.js';
import type {PersonRow} from './person-row.js';
import {conflict, refusal} from './refusal.js';
import {shared} from './styles.js';

/** What is open above the list. */
type Tool = '' | 'add' | 'files';

/** The personal directory, or the friends in it. Closing it is an event `close`. */
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
      .ways {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 0.25rem;
        margin-block-end: 0.5rem;
      }
      .ways [aria-current] {
        background: var(--accent-soft);
        color: var(--accent);
      }
      @media (min-width: 640px) {
        .ways {
          display: none;
        }
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        margin-block: 0.75rem 0.25rem;
      }
      .tools [aria-expanded='true'] {
        background: var(--accent-soft);
        color: var(--accent);
      }
      .tools .word {
        font-size: 0.9375rem;
      }
      person-form,
      directory-files,
      li + li {
        border-block-start: 1px solid var(--line);
      }
      .tools + * {
        border-block-start: 0;
      }
      ul {
        margin-block-start: 0.5rem;
        border-block-start: 1px solid var(--line);
      }
      .empty {
        padding-block: 0.75rem;
      }
    `,
  ];

  /** Counts up whenever the directory has changed at the gateway. */
  @property({type: Number}) version = 0;
  @property({type: Boolean}) offline = false;
  /** Shows friends alone. */
  @property({type: Boolean}) friends = false;
  /** Somebody to add, from a call. */
  @property({attribute: false}) draft: directory.Draft | null = null;
  @state() private entries: directory.Entry[] | null = null;
  @state() private total = 0;
  @state() private next = '';
  @state() private fault = '';
  @state() private formFault = '';
  @state() private done = '';
  @state() private tool: Tool = '';
  /** The entry that is being changed, as it was when that began. */
  @state() private changing: directory.Entry | null = null;
  @query('h2') private heading!: HTMLElement;
  @query('[type=search]') private searchField!: HTMLInputElement;

  private get name(): string {
    return this.friends ? t.friends.title : t.directory.title;
  }

  override firstUpdated(): void {
    if (!this.draft) this.heading.focus();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('draft') && this.draft) this.open('add');
  }

  override updated(changed: PropertyValues<this>): void {
    const back = changed.get('offline') === true && !this.offline;
    if (back) this.fault = '';
    if (changed.has('version') || back) void this.load();
  }

  /** Fetches the first page anew, or the one after `after`. */
  private async load(after = ''): Promise<void> {
    const words = this.searchField.value.trim();
    try {
      const page = await directory.entries({words, friends: this.friends, after});
      if (words !== this.searchField.value.trim()) return; // what was typed since is on its way
      this.fault = '';
      this.entries = after ? [...(this.entries ?? []), ...page.entries] : page.entries;
      this.total = page.total;
      this.next = page.next ?? '';
    } catch (error) {
      this.fault = refusal(error);
    }
  }

  private async add(draft: directory.Draft): Promise<void> {
    this.formFault = await this.attempt(directory.addEntry(draft), t.directory.added(nameOf(draft)));
    if (!this.formFault) this.closeTool();
  }

  private async put(entry: directory.Entry, draft: directory.Draft): Promise<void> {
    this.formFault = await this.attempt(directory.putEntry({...entry, ...draft}), t.options.saved);
    if (!this.formFault) await this.stopChanging(entry);
    else this.changing = this.entries?.find(other => other.id === entry.id) ?? entry;
  }

  private async star(entry: directory.Entry): Promise<void> {
    const friend = !entry.friend;
    const said = friend ? t.directory.friendNow(entry.display) : t.directory.friendNoMore(entry.display);
    this.fault = await this.attempt(directory.putEntry({...entry, friend}), said);
    if (this.friends && !friend && !this.fault) this.heading.focus(); // the button that had it is gone
  }

  private async drop(entry: directory.Entry): Promise<void> {
    this.formFault = await this.attempt(directory.removeEntry(entry), t.options.removed(entry.display));
    if (this.formFault) return;
    this.changing = null;
    this.heading.focus();
  }

  /** Waits for a change and shows the list after it; the sentence that says why it was refused, or "". */
  private async attempt(work: Promise<unknown>, done: string): Promise<string> {
    let fault = '';
    this.done = '';
    try {
      await work;
      this.done = done;
    } catch (error) {
      fault = conflict(error) ? t.options.conflict : refusal(error);
    }
    await this.load();
    return fault;
  }

  override render() {
    return html`
      <section class="card" aria-labelledby="title">
        <div class="ways">
          ${this.way('friends', t.friends.title)} ${this.way('directory', t.directory.title)}
        </div>
        <header>
          <h2 id="title" tabindex="-1">${this.name}</h2>
          <button class="bare" aria-label=${t.closeScreen(this.name)} @click=${this.close}>${icon('close')}<span>${t.close}</span></button>
        </header>
        <label class="search">
          <span class="small">${this.friends ? t.friends.search : t.directory.search}</span>
          <input type="search" autocomplete="off" @input=${() => this.load()} />
        </label>
        <div class="tools">
          ${this.opener('add', this.friends ? t.friends.add : t.directory.addSomebody)}
          ${this.friends ? nothing : this.opener('files', t.files.title)}
        </div>
        ${this.tool === 'add' ? this.addForm() : nothing}
        ${
          this.tool === 'files'
            ? html`<directory-files ?offline=${this.offline} @imported=${() => this.load()}></directory-files>`
            : nothing
        }
        <div role="alert">${this.fault ? html`<p class="fault">${this.fault}</p>` : nothing}</div>
        ${this.entries ? this.list(this.entries) : this.absent()}
        <p class="unseen" role="status">${this.done}</p>
      </section>
    `;
  }

  private opener(tool: Tool, word: string) {
    return html`
      <button
        data-tool=${tool}
        aria-expanded=${this.tool === tool ? 'true' : 'false'}
        @click=${() => (this.tool === tool ? this.closeTool() : this.open(tool))}
      >
        ${icon(tool === 'add' ? 'add' : 'files')}<span class="word">${word}</span>
      </button>
    `;
  }

  private addForm() {
    return html`
      <person-form
        .draft=${this.draft ?? {display: '', addresses: [], note: '', friend: this.friends}}
        .fault=${this.formFault}
        ?offline=${this.offline}
        @save=${(event: CustomEvent<directory.Draft>) => this.add(event.detail)}
        @cancel=${this.closeTool}
      ></person-form>
    `;
  }

  private absent() {
    if (!this.fault) return nothing;
    return html`<button ?disabled=${this.offline} @click=${() => this.load()}>${t.retry}</button>`;
  }

  private list(entries: directory.Entry[]) {
    const searched = this.searchField?.value.trim();
    const empty = searched ? t.directory.notFound(searched) : this.friends ? t.friends.empty : t.directory.empty;
    if (!entries.length) return html`<p class="empty soft small">${empty}</p>`;
    return html`
      <ul aria-label=${this.name}>
        ${repeat(
          entries,
          entry => entry.id,
          entry => html`<li>${entry.id === this.changing?.id ? this.changeForm(this.changing) : this.row(entry)}</li>`,
        )}
      </ul>
      ${
        this.next
          ? html`<button class="wide" ?disabled=${this.offline} @click=${() => this.load(this.next)}>
              ${t.directory.more(this.total - entries.length)}
            </button>`
          : nothing
      }
    `;
  }

  private row(entry: directory.Entry) {
    return html`
      <person-row
        data-id=${entry.id}
        .entry=${entry}
        ?offline=${this.offline}
        @star=${() => this.star(entry)}
        @change=${() => this.change(entry)}
      ></person-row>
    `;
  }

  private changeForm(entry: directory.Entry) {
    return html`
      <person-form
        .entry=${entry}
        .fault=${this.formFault}
        ?offline=${this.offline}
        @save=${(event: CustomEvent<directory.Draft>) => this.put(entry, event.detail)}
        @cancel=${() => this.stopChanging(entry)}
        @remove=${() => this.drop(entry)}
      ></person-form>
    `;
  }

  private open(tool: Tool): void {
    this.tool = tool;
    this.changing = null;
    this.formFault = '';
  }

  private closeTool(): void {
    const {tool} = this;
    this.open('');
    this.renderRoot.querySelector<HTMLElement>(`[data-tool='${tool}']`)?.focus();
    this.dispatchEvent(new CustomEvent('draft-done'));
  }

  private change(entry: directory.Entry): void {
    this.open('');
    this.changing = entry;
  }

  private async stopChanging(entry: directory.Entry): Promise<void> {
    this.changing = null;
    await this.updateComplete;
    this.renderRoot.querySelector<PersonRow>(`[data-id='${entry.id}']`)?.focusChange();
  }

  /** Where it is narrow, one way in the row at the bottom leads to both. */
  private way(place: 'friends' | 'directory', word: string) {
    const go = () => this.dispatchEvent(new CustomEvent('place', {detail: place, bubbles: true, composed: true}));
    const here = this.friends === (place === 'friends');
    return html`<button aria-current=${here ? 'page' : nothing} @click=${go}>${word}</button>`;
  }

  private close(): void {
    this.dispatchEvent(new CustomEvent('close'));
  }
}

function nameOf({display, addresses}: directory.Draft): string {
  return display || (addresses[0] ?? '');
}
