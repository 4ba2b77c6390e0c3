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

/** <ringsplash-phone>: the phone in a frame. Its events are CustomEvents that bubble, but for `message`. */
export interface RingsplashPhone extends HTMLElement, Methods {
  getToken: GetToken | null;
  readonly calls: Call[];
  readonly state: State;
  readonly identity: Identity | null;
  /** The gateway's origin; "" when the attribute is none. */
  readonly gateway: string;
  /** Shows the phone, and in it a screen: "", "friends", "directory", "presence", "options". */
  open(view?: string): Promise<void>;
  addEventListener<K extends keyof PhoneEvents>(
    type: K,
    listener: (event: CustomEvent<PhoneEvents[K]>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener<K extends Exclude<keyof HTMLElementEventMap, keyof PhoneEvents>>(
    type: K,
    listener: (event: HTMLElementEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

export const RingsplashPhone: {new (): RingsplashPhone; prototype: RingsplashPhone};

declare global {
  interface HTMLElementTagNameMap {
    'ringsplash-phone': RingsplashPhone;
  }
}
