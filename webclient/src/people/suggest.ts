import {type HistoryEntry, type HistoryPage, request} from '../protocol/rest.js';
import {type EntryPage, entries} from './directory.js';
import {type Colleague, exactly, fit, type Sources, type Suggestion, suggestions, wordsOf} from './search.js';

/** How long (ms) nothing more must be typed before the gateway is asked. */
const pause = 120;

/** How long (ms) it is waited for an answer that does not come. */
const patience = 3000;

/** How long (ms) the list of past calls is not fetched again. */
const callsLast = 10_000;

/** How many of each kind are asked for. */
const limit = 8;

/** Asks the gateway whom the user means by what he types, one question at a time. */
export class Suggester {
  /** Who fits what was typed last, as far as that is known: whose very number or address it is comes first. */
  found: Suggestion[] = [];
  /** It is the number or address of the first. */
  exact = false;
  private typed = '';
  private timer = 0;
  private asked: AbortController | null = null;
  private calls: {at: number; list: readonly HistoryEntry[]} | null = null;

  /** `changed` is called whenever others are found. */
  constructor(private readonly changed: () => void) {}

  /** Of those who were found, keeps at once who still fits; then asks, unless the gateway is away. What was asked before
      is given up. */
  ask(typed: string, away: boolean): void {
    this.stop();
    const words = wordsOf(typed);
    this.typed = typed;
    this.show(words.length ? this.found.filter(one => fit(words, one) < 3) : []);
    if (!words.length || away) return;
    this.timer = window.setTimeout(() => void this.fetch(words), pause);
  }

  /** Gives up what is asked. */
  stop(): void {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.asked = null;
  }

  private async fetch(words: readonly string[]): Promise<void> {
    const asked = new AbortController();
    this.asked = asked;
    const {signal} = asked;
    const late = setTimeout(() => asked.abort(), patience);
    const search = words.join(' ');
    const people = request('GET', `/people?${new URLSearchParams({q: search})}`, undefined, signal);
    // Whoever has not answered, or failed, adds nothing.
    const [friends, others, colleagues, calls] = await Promise.all([
      entries({words: search, friends: true, limit}, signal).catch(none),
      entries({words: search, friends: false, limit}, signal).catch(none),
      (people as Promise<{people: Colleague[]}>).catch(() => ({people: []})),
      this.pastCalls(signal).catch(() => []),
    ]);
    clearTimeout(late);
    if (this.asked !== asked) return; // something else is asked by now
    this.asked = null;
    const sources: Sources = {
      entries: [...friends.entries, ...others.entries],
      people: colleagues.people,
      calls,
    };
    this.show(suggestions(words, sources));
    this.changed();
  }

  private show(found: readonly Suggestion[]): void {
    const exact = found.find(one => exactly(this.typed, one));
    this.exact = exact !== undefined;
    this.found = exact ? [exact, ...found.filter(one => one !== exact)] : [...found];
  }

  private async pastCalls(signal: AbortSignal): Promise<readonly HistoryEntry[]> {
    const now = performance.now();
    if (!this.calls || now - this.calls.at > callsLast) {
      const page = (await request('GET', '/history', undefined, signal)) as HistoryPage;
      this.calls = {at: now, list: page.history};
    }
    return this.calls.list;
  }
}

const none = (): EntryPage => ({entries: [], total: 0});
