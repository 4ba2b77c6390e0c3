import type {Call, GetToken, Identity, Methods, PhoneEvents, State} from './phone.js';

export type {
  Call,
  GetToken,
  Identity,
  Message,
  PhoneError,
  PhoneEvents,
  Place,
  Presence,
  Quality,
  State,
} from './phone.js';

export interface ClientOptions {
  /** The gateway's origin; by default the one the module came from, so name it when you bundle. */
  gateway?: string;
  getToken: GetToken;
  /** Where `answer(id)` without a place answers. Default "ask": it is refused. */
  answerOn?: 'deskphone' | 'browser' | 'ask';
}

export interface Device {
  id: string;
  display: string;
  live: boolean;
  primary: boolean;
  /** Whether it can be answered on now; `why` says why not. */
  answerable: boolean;
  why?: string;
}

export interface HistoryEntry {
  id: string;
  direction: 'in' | 'out';
  display: string;
  address: string;
  start: string;
  answered?: string | null;
  end: string;
  missed?: boolean;
  /** How many unanswered calls of one stranger the row stands for. */
  count?: number;
  reason: string;
}

/** The phone without a face. Its events are CustomEvents. */
export declare class RingsplashClient extends EventTarget implements Methods {
  constructor(options: ClientOptions);
  readonly calls: Call[];
  readonly state: State;
  readonly identity: Identity | null;
  readonly devices: Device[];
  /** Connects, also after `stop`, a refusal, or when another window took over; `ready` follows. */
  start(): void;
  /** Disconnects and lets go of the microphone; calls go on elsewhere. */
  stop(): void;
  /** Past calls, newest first, or those before the entry `before`. */
  history(before?: string): Promise<{history: HistoryEntry[]; next?: string}>;
  call(...args: Parameters<Methods['call']>): Promise<string>;
  answer(...args: Parameters<Methods['answer']>): Promise<void>;
  decline(...args: Parameters<Methods['decline']>): Promise<void>;
  hangUp(...args: Parameters<Methods['hangUp']>): Promise<void>;
  hold(...args: Parameters<Methods['hold']>): Promise<void>;
  resume(...args: Parameters<Methods['resume']>): Promise<void>;
  mute(...args: Parameters<Methods['mute']>): Promise<void>;
  unmute(...args: Parameters<Methods['unmute']>): Promise<void>;
  transfer(...args: Parameters<Methods['transfer']>): Promise<void>;
  sendDigits(...args: Parameters<Methods['sendDigits']>): Promise<void>;
  message(...args: Parameters<Methods['message']>): Promise<string>;
  move(...args: Parameters<Methods['move']>): Promise<void>;
  addEventListener<K extends keyof PhoneEvents>(
    type: K,
    listener: (event: CustomEvent<PhoneEvents[K]>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
}
