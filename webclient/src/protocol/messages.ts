// The wire, as docs/protocol.md has it. Times are RFC 3339 with milliseconds. Beside a text X of the gateway stands
// XSentence, or `sentence` where there is one text alone, by which it can be said in another language.
import {say} from '../locales/words.js';

/** What a text of the gateway says: a code, and what stands at the places of its template. */
export interface Sentence {
  code: string;
  args?: Record<string, unknown>;
}

/** The user himself. */
export interface Me {
  name: string;
  number: string;
  display: string;
  address: string;
  tabs: number;
  interworking: boolean;
  /** What becomes of the call a deskphone is in when it is to answer another by itself. */
  whileBusy: 'ring' | 'hold';
  /** Nothing but the user's own click makes a deskphone of his answer. */
  doNotDisturb: boolean;
  presence: OwnPresence;
  /** A sentence of the gateway to everybody: it is being restarted. */
  notice?: string;
  noticeSentence?: Sentence;
}

/** What somebody does, in one word. */
export type PresenceState = 'available' | 'call' | 'dnd' | 'busy' | 'away' | 'phone' | 'offline';

/** What the user set of his presence, and the state that others see. */
export interface OwnPresence {
  set: '' | 'available' | 'busy' | 'away' | 'dnd' | 'invisible';
  note: string;
  /** When both end by themselves. */
  until?: string | null;
  visible: 'domain' | 'friends' | 'nobody';
  state: PresenceState;
}

/** One of the user's deskphones. */
export interface Device {
  id: string;
  display: string;
  instance: string;
  live: boolean;
  interworking: boolean;
  primary: boolean;
  profile: string;
  userAgent: string;
  /** The configuration file sets it: only `primary` can be changed here. */
  fixed?: boolean;
  /** Whether "Answer on <display>" can be pressed now. */
  answerable: boolean;
  /** The sentence that says why not. */
  why?: string;
  whySentence?: Sentence;
  /** The way of asking that "Test my deskphone" found and keeps. */
  method?: string;
  /** Such a test is under way. */
  testing?: boolean;
  /** The key of the phone that the test waits for now. */
  press?: string;
  /** The key of the phone that un-mutes its microphone. */
  unmuteKey?: string;
}

export interface Peer {
  display: string;
  address: string;
  verified: boolean;
}

/** An automatic answer: what was asked for, what allowed it and why, who asked. */
export interface Automatic {
  kind: 'click' | 'thirdParty' | 'intercom';
  grant: string;
  /** A sentence for people. */
  reason: string;
  reasonSentence?: Sentence;
  by: Peer;
}

export type CallState = 'ringing' | 'early' | 'connected' | 'held' | 'ended';

/** One call as its user sees it. */
export interface Call {
  id: string;
  version: number;
  direction: 'in' | 'out';
  state: CallState;
  peer: Peer;
  /** Where the user's audio is: nowhere yet, "browser", or a device id. */
  on: string | null;
  /** `on` is "browser" and it is this very tab. */
  here: boolean;
  /** Who made the user's phone answer by itself; null when a hand answered. */
  auto: Automatic | null;
  microphone: 'live' | 'muted' | 'shut' | 'wanted';
  heldBy?: '' | 'me' | 'other';
  /** The far end's own ringback is in the media: play none. */
  earlyMedia?: boolean;
  /** The deskphone of `on` rings first: picking it up places the call. */
  pickUp?: boolean;
  /** Start of the present state. */
  since: string;
  /** Start of the talk. */
  answered?: string | null;
  cause?: string;
  /** A sentence for people. */
  reason?: string;
  reasonSentence?: Sentence;
  codec?: string;
}

export interface Presence {
  address: string;
  number?: string;
  display: string;
  state: PresenceState;
  /** Start of the state; none of who is offline. */
  since?: string | null;
  note?: string;
  devices: Reached;
}

/** Where somebody is reached. */
export interface Reached {
  browser: boolean;
  phones: number;
}

/** The other side of a conversation. */
export interface Correspondent {
  address: string;
  display: string;
}

/** One message of a conversation. */
export interface Message {
  id: string;
  time: string;
  mine: boolean;
  text: string;
  state: 'sent' | 'delivered' | 'read' | 'failed';
  /** Why it failed. */
  cause?: string;
  causeSentence?: Sentence;
  /** Nothing shows that it comes from who is named. */
  unproven?: boolean;
}

/** The messages between the user and one peer; its last one is at most 240 bytes of it here. */
export interface Conversation {
  with: Correspondent;
  last: Message;
  /** The text of `last` goes on. */
  cut?: boolean;
  unread: number;
  typing: boolean;
}

export interface Counters {
  /** Missed calls since one of the user's tabs last said `seen`. */
  missed: number;
  unreadMessages: number;
  history: number;
  directory: number;
}

/** What the tab must have offered. */
export interface MediaWant {
  codecs: string[];
  generation: number;
}

/** The PeerConnection this tab should have, and how the gateway is reached by it. */
export interface MediaPart {
  want: MediaWant | null;
  /** The gateway's one UDP and TCP port for browsers. */
  port: number;
  /** STUN and TURN servers, for browsers that do not reach that port directly. */
  iceServers?: RTCIceServer[];
}

/** The state, each part sent whole and only when it changed. */
export interface Parts {
  me: Me;
  devices: Device[];
  calls: Call[];
  presence: Presence[];
  conversations: Conversation[];
  counters: Counters;
  media: MediaPart;
}

/** How a page asks for its tab back. */
export interface Resume {
  tab: string;
  secret: string;
}

/** The first message of a socket. */
export interface Hello {
  type: 'hello';
  protocol: number;
  build: string;
  page?: string;
  /** What logs in where there is no cookie, or did before; and the site around the page. */
  token?: string;
  bearer?: string;
  parent?: string;
  resume?: Resume;
}

/** What names this tab to the gateway, from one page load to the next. */
export interface TabKey {
  id: string;
  secret: string;
}

export interface Welcome extends Parts {
  type: 'welcome';
  /** What the page may do with the microphones of deskphones. */
  open?: 'always' | 'gesture' | 'never';
  /** Takes the place of the token in later hellos, and is for REST. */
  bearer?: string;
  seq: number;
  now: string;
  build: string;
  tab: TabKey;
  resumed: boolean;
}

export interface State extends Partial<Parts> {
  type: 'state';
  seq: number;
  now: string;
}

export interface Reply {
  type: 'reply';
  id: string;
  ok?: boolean;
  call?: string;
  sdp?: string;
  /** The id of a message that is kept. */
  message?: string;
  /** What was done, in words. */
  said?: string;
  saidSentence?: Sentence;
  error?: Fault;
}

/** Why something was refused: a code for programs, a sentence for people. */
export interface Fault {
  code: string;
  message: string;
  sentence?: Sentence;
}

/** Why a token does not log in. */
export interface Refused {
  type: 'refused';
  error: Fault;
}

export type FromGateway = Welcome | State | Reply | Refused;

export type Command =
  | {do: 'call'; to: string; from: string; intercom?: true}
  | {do: 'answer'; call: string; version: number; on: string}
  | {do: 'hangup'; call: string; removeGrant?: true}
  | {do: 'decline' | 'dismiss' | 'hold' | 'resume' | 'mute' | 'unmute' | 'ringing'; call: string}
  | {do: 'transfer'; call: string; to?: string; with?: string}
  | {do: 'move'; call: string; on: string}
  | {do: 'seen'}
  | {do: 'message'; to: string; text: string; key?: string}
  | {do: 'received' | 'read'; peer: string; upTo: string}
  | {do: 'typing'; to: string; active?: true}
  | {do: 'forget'; peer: string}
  | {do: 'activity'; idle?: number}
  | {do: 'digits'; call: string; digits: string}
  | {do: 'offer'; sdp: string; pc: string; codecs: string[]}
  | {do: 'candidate'; pc: string; candidate: string};

/** What a command that was carried out answers. */
export interface Result {
  call?: string;
  sdp?: string;
  /** The id of a message that is kept. */
  message?: string;
  /** What was done, in words. */
  said?: string;
  saidSentence?: Sentence;
}

/** Why the gateway closed the socket. */
export const Close = {
  malformed: 4400,
  loggedOut: 4401,
  notAllowed: 4403,
  oldProtocol: 4406,
  elsewhere: 4409,
} as const;

/** A refusal with its text, and what words it in other languages. */
export class GatewayError extends Error {
  constructor(
    message: string,
    private readonly sentence?: Sentence,
  ) {
    super(message);
  }

  /** The text in the page's language. */
  get said(): string {
    return say(this.message, this.sentence);
  }
}

/** A command that was refused: a code for the program, a sentence for people. */
export class CommandError extends GatewayError {
  constructor(
    readonly code: string,
    message: string,
    sentence?: Sentence,
  ) {
    super(message, sentence);
    this.name = 'CommandError';
  }
}
