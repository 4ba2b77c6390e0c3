import {html, nothing} from 'lit';
import type {KeyName} from '../desktop/keys.js';

/** The keys that are switched off here. */
let off: ReadonlySet<string> = new Set();

/** Says which keys do nothing; what is drawn already must be drawn again. */
export function hideHints(names: ReadonlySet<string>): void {
  off = names;
}

/** The letter of the key that does what a button does. A screen reader has it by aria-keyshortcuts. */
export function keyHint(name: KeyName | '') {
  return name && !off.has(name) ? html`<kbd aria-hidden="true">${name}</kbd>` : nothing;
}
