import type {Sentence} from '../protocol/messages.js';
import {en, type Words} from './en.js';

/** What a language has: the page's own words, and the gateway's sentences by their codes. */
export interface Language {
  words: Words;
  sentences: Readonly<Record<string, string>>;
}

/** English shows the gateway's sentences as they come. */
export const english: Language = {words: en, sentences: {}};

/** The words of the page's language. */
export let t: Words = en;

let {sentences} = english;

/** Has the page speak a language from now on. What is drawn already must be drawn again. */
export function speak(language: Language): void {
  t = language.words;
  ({sentences} = language);
}

/** A text of the gateway in the page's language; as it is where that language has no such sentence. */
export function say(text: string, sentence?: Sentence): string {
  const {code = '', args = {}} = sentence ?? {};
  const template = Object.hasOwn(sentences, code) ? sentences[code] : undefined;
  if (template === undefined) return text;
  const places = template.match(/\{\w+\}/g) ?? [];
  if (!places.every(place => place.slice(1, -1) in args)) return text; // of another build
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(args[name]));
}
