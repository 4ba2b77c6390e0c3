// What the frame and the element around it say to each other. The frame knocks
// at the window around it, is handed a MessagePort, and from then on only the
// port speaks. Unknown types are ignored on both sides.
import type {Call, Parts} from '../protocol/messages.js';

/** How the element wants the phone to look and to answer; nothing of it is secret. */
export interface Look {
  layout?: string;
  lang?: string;
  colorScheme?: string;
  answerOn?: string;
}

/** What the element's properties show. */
export interface Shown {
  calls: Call[];
  state: 'connecting' | 'connected' | 'reconnecting' | 'refused' | 'stopped';
  identity: Parts['me'] | null;
}

/** What window.postMessage carries, once in each direction. */
export type Knock = {ringsplash: 1; type: 'hello'} | {ringsplash: 1; type: 'port'; look: Look};

export type FromFrame =
  | {type: 'token'}
  | ({type: 'shown'} & Shown)
  | {type: 'event'; name: string; detail: unknown}
  | {type: 'notify'; tag: string; title: string; body: string}
  | {type: 'height'; px: number}
  | {type: 'reply'; id: number; value?: unknown; error?: {code: string; message: string}};

export type FromElement =
  | {type: 'token'; token?: string; error?: string; why?: string}
  | {type: 'run'; id: number; name: string; args: unknown[]}
  | {type: 'look'; look: Look};
