import {html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {live} from 'lit/directives/live.js';
import {moment} from '../call/time.js';
import {t} from '../locales/words.js';
import {choose} from '../people/choices.js';
import {choices, type Until, untilOf, written} from '../people/until.js';
import type {Me, OwnPresence as Own, PresenceState} from '../protocol/messages.js';
import {icon} from './icons.js';
import {optionStyle} from './option-style.js';
import {ownPresenceStyle} from './own-presence-style.js';
import {dotStyle, presenceDot} from './presence-dot.js';
import {refusal} from './refusal.js';
import {markStyle, seenText} from './seen-text.js';
import {shared} from './styles.js';

const sets: [set: Own['set'], word: keyof typeof t.presence.set, dot: PresenceState | null][] = [
  ['', 'automatic', null],
  ['available', 'available', 'available'],
  ['busy', 'busy', 'busy'],
  ['away', 'away', 'away'],
  ['dnd', 'dnd', 'dnd'],
  ['invisible', 'invisible', 'offline'],
];
const visibles = ['domain', 'friends', 'nobody'] as const;
const maxNote = 200; // bytes, as the gateway takes them

/** What stands in the form. */
interface Draft extends Pick<Own, 'set' | 'note' | 'visible'> {
  until: Until;
  /** What was written in the field of day and time. */
  time: string;
}

/** What others see of the user, and what he sets of it. Closing it is an event `close`. */
@customElement('own-presence')
export class OwnPresence extends LitElement {
  static override styles = [shared, optionStyle, dotStyle, markStyle, ownPresenceStyle];

  @property({attribute: false}) me!: Me;
  @property({type: Boolean}) offline = false;
  @property({attribute: false}) now: () => number = Date.now;
  /** What the user changed and did not save; null when that is nothing. */
  @state() private draft: Draft | null = null;
  @state() private fault = '';
  @state() private done = '';
  @query('h2') private heading!: HTMLElement;

  override firstUpdated(): void {
    this.heading.focus();
  }

  private get kept(): string | null {
    return this.me.presence.until ?? null;
  }

  private get form(): Draft {
    const {set, note, visible} = this.me.presence;
    return this.draft ?? {set, note, visible, until: this.kept ? 'kept' : 'none', time: ''};
  }

  private edit(change: Partial<Draft>): void {
    this.draft = {...this.form, ...change};
    this.fault = '';
    this.done = '';
  }

  private get long(): boolean {
    return new TextEncoder().encode(this.form.note).length > maxNote;
  }

  private async save(event: Event): Promise<void> {
    event.preventDefault();
    if (this.offline || this.long) return;
    const {set, note, visible, until, time} = this.form;
    const now = new Date(this.now());
    const ends = set || note ? untilOf(until, now, this.kept, time) : null;
    if (until === 'time' && !(ends && ends > now)) {
      this.fault = t.presence.noTime;
      return;
    }
    const seen = visible === this.me.presence.visible ? {} : {visible};
    const {draft} = this;
    this.fault = '';
    this.done = '';
    try {
      const ending = ends ? {until: ends.toISOString()} : {};
      const {presence} = await choose({presence: {set, note: note.trim(), ...ending, ...seen}});
      this.done = 'visible' in seen && presence.visible !== visible ? t.presence.narrowed : t.options.saved;
      if (this.draft === draft) this.draft = null;
    } catch (error) {
      this.fault = refusal(error);
    }
  }

  override render() {
    const {form, offline} = this;
    return html`
      <section class="card" aria-labelledby="title">
        <header>
          <h2 id="title" tabindex="-1">${t.presence.title}</h2>
          <button class="bare" aria-label=${t.closeScreen(t.presence.title)} @click=${this.close}>${icon('close')}<span>${t.close}</span></button>
        </header>
        ${this.current()}
        <p class="small soft">${t.presence.hint}</p>
        <form @submit=${this.save}>
          <fieldset ?disabled=${offline}>
            <legend>${t.presence.what}</legend>
            ${sets.map(([set, word, dot]) =>
              this.radio(
                'set',
                form.set === set,
                dot ? presenceDot(dot, 'beside', t.presence.set[word]) : t.presence.set[word],
                () => this.edit({set}),
                t.presence.about[word],
              ),
            )}
          </fieldset>
          ${this.note()} ${form.set || form.note ? this.until() : nothing}
          <fieldset ?disabled=${offline}>
            <legend>${t.presence.who}</legend>
            ${visibles.map(visible =>
              this.radio('visible', form.visible === visible, t.presence.visible[visible], () => this.edit({visible})),
            )}
          </fieldset>
          ${this.end()}
        </form>
      </section>
    `;
  }

  /** How it is now: what is being filled in below is not yet so. */
  private current() {
    const {set, state, note} = this.me.presence;
    const word = set === 'invisible' ? t.presence.set.invisible : t.presence.states[state];
    return html`
      <p class="now">
        ${presenceDot(state, 'beside', word)}
        ${this.kept ? html`<span>${t.presence.until(this.clock(new Date(this.kept)))}</span>` : nothing}
        ${note ? html`<span class="note" dir="auto">${seenText(note)}</span>` : nothing}
      </p>
    `;
  }

  private clock(time: Date): string {
    return moment(time, new Date(this.now()), t.lang);
  }

  private radio(name: string, checked: boolean, word: unknown, change: () => void, about = '') {
    return html`
      <label>
        <input type="radio" name=${name} .checked=${live(checked)} @change=${change} />
        <span>${word}</span>
        ${about ? html`<span class="about small soft">${about}</span>` : nothing}
      </label>
    `;
  }

  private note() {
    const {long} = this;
    return html`
      <label>
        <span>${t.presence.note}</span>
        <input
          type="text"
          dir="auto"
          autocomplete="off"
          placeholder=${t.presence.noteHint}
          aria-describedby=${long ? 'long' : nothing}
          aria-invalid=${long ? 'true' : 'false'}
          .value=${live(this.form.note)}
          ?disabled=${this.offline}
          @input=${(event: InputEvent) => this.edit({note: (event.target as HTMLInputElement).value})}
        />
      </label>
      ${long ? html`<p id="long" class="fault" role="alert">${t.presence.longNote}</p>` : nothing}
    `;
  }

  private until() {
    const {until, time} = this.form;
    const now = new Date(this.now());
    const said = (one: Until) => {
      if (one !== 'kept' && one !== 'afternoon' && one !== 'morning') return t.presence.untils[one];
      const ends = untilOf(one, now, this.kept, '') ?? now;
      return t.presence.untils[one](one === 'kept' ? this.clock(ends) : hours(ends));
    };
    return html`
      <div>
        <label for="until">${t.presence.howLong}</label>
        <select
          id="until"
          ?disabled=${this.offline}
          @change=${(event: Event) => this.chosen((event.target as HTMLSelectElement).value as Until)}
        >
          ${choices(now, this.kept).map(
            one => html`<option value=${one} .selected=${live(one === until)}>${said(one)}</option>`,
          )}
        </select>
      </div>
      ${
        until === 'time'
          ? html`<div>
              <label for="time">${t.presence.time}</label>
              <input
                id="time"
                type="datetime-local"
                .value=${live(time)}
                ?disabled=${this.offline}
                @change=${(event: Event) => this.edit({time: (event.target as HTMLInputElement).value})}
              />
            </div>`
          : nothing
      }
    `;
  }

  /** The field of day and time begins with a time that is nearby. */
  private chosen(until: Until): void {
    const soon = new Date(Math.ceil(this.now() / 3_600_000 + 1) * 3_600_000);
    this.edit({until, time: this.form.time || written(soon)});
  }

  private end() {
    const {offline} = this;
    return html`
      <div role="alert">${this.fault ? html`<p class="fault">${this.fault}</p>` : nothing}</div>
      <div class="save">
        <button
          class="main"
          aria-disabled=${offline || this.long ? 'true' : 'false'}
          aria-describedby=${offline ? 'off' : nothing}
        >
          ${t.presence.save}
        </button>
        ${offline ? html`<span id="off" class="small soft">${t.presence.offline}</span>` : nothing}
        <span class="small soft" role="status">${this.done}</span>
      </div>
    `;
  }

  private close(): void {
    this.dispatchEvent(new CustomEvent('close'));
  }
}

/** A time of day. */
function hours(time: Date): string {
  return new Intl.DateTimeFormat(t.lang, {timeStyle: 'short'}).format(time);
}
