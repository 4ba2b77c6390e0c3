import type {Command, Fault} from './messages.js';

/** How a page without a cookie logs in: by tokens of the site it belongs to. */
export interface Entry {
  /** The site around our own page in a frame; "" for a page of the site itself. */
  readonly parent: string;
  /** Fetches a token that was not used before. Rejects when the site gives none. */
  token(): Promise<string>;
  /** Why what was pressed last may not be meant: a sentence, "" when it is. */
  readonly doubt?: string;
}

/** Why the page was not let in; the sentence is for whoever runs the site. */
export type Refusal = Fault;

/** What the page may do with the microphones of deskphones; "gesture": only at a click inside itself. */
export type Right = 'always' | 'gesture' | 'never';

/** Whether a command opens, or may open, a deskphone's microphone. */
export function opens(command: Command): boolean {
  if (command.do === 'unmute') return true;
  return (command.do === 'answer' || command.do === 'move') && command.on !== 'browser';
}
