import {Settings} from '../desktop/settings.js';
import {english, type Language, speak, t} from './words.js';

/** The languages of the page, each by its own name. */
export const languages = {en: 'English', de: 'Deutsch'} as const;

export type LanguageTag = keyof typeof languages;

const load: Record<LanguageTag, () => Promise<Language>> = {
  en: async () => english,
  de: async () => (await import('./de.js')).german,
};

const settings = new Settings();

/** What the site around a frame speaks, or a link asks for. */
let asked = new URLSearchParams(globalThis.location?.search).get('lang') ?? '';

/** Says with an event `change` that the page speaks another language than before. */
export const spoken = new EventTarget();

/** The first language of these wishes that the page has; a wish is a tag such as "de-AT". */
export function pick(wishes: readonly string[]): LanguageTag {
  const bases = wishes.map(wish => wish.toLowerCase().split('-')[0] ?? '');
  return bases.find((base): base is LanguageTag => Object.hasOwn(languages, base)) ?? 'en';
}

/** What the user chose in this browser; "" leaves it to the browser. */
export function chosen(): string {
  return settings.get('language') ?? '';
}

/** Keeps the user's choice and follows it. Rejects, with all as it was, when the words could not be loaded. */
export async function choose(language: LanguageTag | ''): Promise<void> {
  const before = chosen();
  settings.set('language', language);
  try {
    await follow();
  } catch (error) {
    settings.set('language', before);
    throw error;
  }
}

/** Speaks what the user chose, else what is asked for around the page, else the browser's language. */
export async function follow(around = asked): Promise<void> {
  asked = around;
  const wanted = () => pick([chosen(), asked, ...navigator.languages]);
  const tag = wanted();
  const language = await load[tag]();
  if (tag !== wanted()) return; // another was chosen meanwhile
  document.documentElement.lang = tag;
  if (tag === t.lang) return;
  speak(language);
  spoken.dispatchEvent(new Event('change'));
}
