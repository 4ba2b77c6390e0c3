import {en, type Words} from './en.js';

/** The words of the page's language. English is the only one so far. */
export const t: Words = en;
