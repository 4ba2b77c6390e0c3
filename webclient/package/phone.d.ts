// What the element and the client have in common.

/** A call as its user sees it. Times are RFC 3339. */
export interface Call {
  id: string;
  version: number;
  direction: 'in' | 'out';
  state: 'ringing' | 'early' | 'connected' | 'held' | 'ended';
  peer: {display: string; address: string; verified: boolean};
  /** Where the user's audio is: nowhere yet, "browser", or the id of a deskphone. */
  on: string | null;
  /** `on` is "browser", and it is this page. */
  here: boolean;
  /** "shut": a deskphone that answered by itself, before its owner's un-mute. */
  microphone: 'live' | 'muted' | 'shut' | 'wanted';
  heldBy?: '' | 'me' | 'other';
  /** Start of the state. */
  since: string;
  /** Start of the talk. */
  answered?: string | null;
  cause?: string;
  /** A sentence for people. */
  reason?: string;
  /** The deskphone of `on` rings first: picking it up places the call. */
  pickUp?: boolean;
}

/** The user the token was for. */
export interface Identity {
  name: string;
  number: string;
  display: string;
  address: string;
}

/**
 * "refused": the last token did not log in; the event `error` has the reason. "stopped": nothing is tried, before
 * `start` and after `stop` of the client, or because another window took over or the page is older than the gateway.
 */
export type State = 'connecting' | 'connected' | 'reconnecting' | 'refused' | 'stopped';

/** "browser", "deskphone" (the main one that can), or the id of one. */
export type Place = 'browser' | 'deskphone' | (string & {});

/** What a method rejects with: a code for programs, and in `message` a sentence to show. */
export interface PhoneError extends Error {
  code: string;
}

/** Fetches a token from the page's own server, a new one at each call. */
export type GetToken = () => string | Promise<string>;

export interface PhoneEvents {
  /** Logged in; calls can come. */
  ready: {identity: Identity};
  incoming: Call;
  /** A call changed: here it is as it is now. */
  call: Call;
  /** A call is over; `duration` in seconds. */
  ended: Call & {reason: string; duration: number};
  /** Somebody wrote to the user while this page was there. */
  message: Message;
  /** Whom the user knows here: everybody at the start, then those of whom something changed. */
  presence: {people: Presence[]};
  /** How the call in this page sounds, every two seconds. */
  quality: Quality;
  /** `getToken` is asked, at the start and when the log-in is over. */
  'token-needed': Record<string, never>;
  /** `no_sound`: the page cannot reach the gateway's port for sound; `client.js` only, the frame shows it. */
  error: {code: string; message: string};
}

/** A message that came. */
export interface Message {
  id: string;
  /** The address of who wrote it: what `message` takes to answer. */
  from: string;
  display: string;
  /** Only ever text: put it into your page as text. */
  text: string;
  /** RFC 3339. */
  time: string;
  /** Whether something shows that it comes from there. */
  verified: boolean;
}

/** What somebody does, as far as the user may see it. */
export interface Presence {
  address: string;
  display: string;
  state: 'available' | 'call' | 'dnd' | 'busy' | 'away' | 'phone' | 'offline';
  /** Start of the state. */
  since?: string | null;
  /** What he wrote beside it. */
  note?: string;
  /** Where he is reached: in a browser, at how many deskphones. */
  devices: {browser: boolean; phones: number};
}

export interface Quality {
  call: string;
  /** Mean opinion score by the E-model, 1 to 4.5. */
  mos: number;
  /** Share of packets lost, 0 to 1. */
  loss: number;
  /** In milliseconds. */
  roundTrip: number;
  /** It was bad in three of the last five looks. */
  bad: boolean;
}

/** Methods of both. An id may be left out for the only call, or the one that rings. */
export interface Methods {
  call(address: string, options?: {from?: Place}): Promise<string>;
  answer(id?: string, options?: {on?: Place}): Promise<void>;
  decline(id?: string): Promise<void>;
  hangUp(id?: string): Promise<void>;
  hold(id?: string): Promise<void>;
  resume(id?: string): Promise<void>;
  mute(id?: string): Promise<void>;
  unmute(id?: string): Promise<void>;
  transfer(id: string, address: string): Promise<void>;
  sendDigits(id: string, digits: string): Promise<void>;
  move(id: string, options: {to: Place}): Promise<void>;
  /**
   * Writes to a number or an address in the user's name; the id of the message, once it is kept. At most 4096 bytes of
   * UTF-8, 30 a minute. Whoever repeats it after `lost` gives the same `key`: then it is kept once.
   */
  message(address: string, text: string, options?: {key?: string}): Promise<string>;
}
