import type {Settings} from '../desktop/settings.js';
import {t} from '../locales/words.js';

/** How many there may be. */
export const most = 8;

/** The most characters of one. */
export const longest = 200;

/** What may be kept: at least one, none empty or longer than allowed; null when nothing is left. */
function proper(texts: readonly unknown[]): string[] | null {
  const kept = texts
    .filter(text => typeof text === 'string')
    .map(text => [...text.trim()].slice(0, longest).join(''))
    .filter(text => text !== '')
    .slice(0, most);
  return kept.length ? kept : null;
}

const usual = (): string[] => [t.reply.callBack, t.reply.meeting, t.reply.onWay];

const key = (user: string) => `quick-texts-${user}`;

/** The short texts that a user answers a call with, as he chose them in this browser; else those of the language. */
export function quickTexts(settings: Settings, user: string): readonly string[] {
  try {
    const kept: unknown = JSON.parse(settings.get(key(user)) ?? '');
    return (Array.isArray(kept) && proper(kept)) || usual();
  } catch {
    return usual(); // he chose none
  }
}

/** Keeps them in this browser; with none left, those of the language are back. */
export function keepQuickTexts(settings: Settings, user: string, texts: readonly string[]): void {
  settings.set(key(user), JSON.stringify(proper(texts) ?? []));
}
