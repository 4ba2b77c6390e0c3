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
  return (sentence && worded(sentence)) ?? text;
}

/** null when the language does not have it, or has it with other places: it is of another build. */
function worded({code, args = {}}: Sentence): string | null {
  const template = Object.hasOwn(sentences, code) ? sentences[code] : undefined;
  if (template === undefined) return null;
  let whole = true;
  const text = template.replace(/\{(\w+)\}/g, (place, name: string) => {
    const part = Object.hasOwn(args, name) ? argument(args[name], name) : null;
    whole &&= part !== null;
    return part ?? place;
  });
  return whole ? text : null;
}

/** What stands at a place: a text, a number, or a sentence or several of them. */
function argument(value: unknown, name = ''): string | null {
  if (Array.isArray(value)) {
    const parts = value.map(part => argument(part));
    return parts.includes(null) ? null : parts.join(' ');
  }
  if (typeof value === 'object' && value) return worded(value as Sentence);
  return (name === 'group' ? t.grants[String(value)] : undefined) ?? String(value);
}
