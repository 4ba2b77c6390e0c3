import type {Call, MediaWant} from '../protocol/messages.js';

/** What the PeerConnection must do next. */
export type Step = 'keep' | 'offer' | 'replace' | 'retire';

/**
 * Compares what the gateway wants with what was last offered. "offer" is for
 * the PeerConnection there is, "replace" for a new one, "retire" closes it
 * after a minute, so that the next call finds it ready.
 */
export function mediaStep(want: MediaWant | null, offered: MediaWant | null, exists: boolean): Step {
  if (!want) return exists ? 'retire' : 'keep';
  if (!exists) return 'replace';
  if (!offered) return 'offer';
  if (offered.generation !== want.generation) return 'replace';
  return sameCodecs(offered.codecs, want.codecs) ? 'keep' : 'offer';
}

function sameCodecs(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((codec, i) => codec.toLowerCase() === b[i]?.toLowerCase());
}

/** A codec as RTCRtpReceiver.getCapabilities lists it. */
export interface CodecCapability {
  mimeType: string;
  clockRate: number;
  channels?: number;
  sdpFmtpLine?: string;
}

/** The browser's codecs that the gateway wants, in its order, with telephone events behind them. */
export function preferCodecs<T extends CodecCapability>(capabilities: readonly T[], want: readonly string[]): T[] {
  const named = (name: string) => capabilities.filter(c => c.mimeType.toLowerCase() === `audio/${name.toLowerCase()}`);
  return [...want.flatMap(named), ...named('telephone-event')];
}

/** Whether the microphone is to be open in this tab: from the click on, and as long as a call talks here. */
export function needsMicrophone(calls: readonly Call[]): boolean {
  return calls.some(call => call.here && call.state !== 'ended');
}

/** Whether sound may leave the microphone: not while muted or on hold. */
export function mayTalk(calls: readonly Call[]): boolean {
  return calls.some(
    call => call.here && (call.state === 'connected' || call.state === 'early') && call.microphone === 'live',
  );
}

/** Whether this tab plays the tone that says the other phone rings. */
export function playsRingback(calls: readonly Call[]): boolean {
  return calls.some(call => call.here && call.direction === 'out' && call.state === 'early' && !call.earlyMedia);
}

/** The calls that ring for the user now. */
export function ringing(calls: readonly Call[]): Call[] {
  return calls.filter(call => call.direction === 'in' && (call.state === 'ringing' || call.state === 'early'));
}

/** A call that went on before and is not there any more, if there is one; what only rang is of no matter. */
export function vanished(before: readonly Call[], now: readonly Call[]): Call | undefined {
  const gone = (call: Call) => call.state !== 'ended' && !now.some(({id}) => id === call.id);
  return before.find(call => gone(call) && !ringing([call]).length);
}

/** Whether the talk goes on without our voice, by mute or by the gate of a deskphone that answered by itself. */
export function canUnmute(call: Call): boolean {
  return (call.state === 'connected' || call.state === 'held') && call.microphone !== 'live';
}

/** Whether nobody hears the user until he un-mutes: on a deskphone, or after it. */
export function silenced({state, microphone, here}: Call): boolean {
  if (state !== 'connected' && state !== 'held') return false;
  return microphone === 'shut' || microphone === 'wanted' || (microphone === 'muted' && !here);
}

/** The automatic answer that a grant to somebody else allowed. */
export function allowedOther({auto, state}: Call): Call['auto'] | null {
  return auto && auto.kind !== 'click' && auto.grant !== 'self' && state !== 'ended' ? auto : null;
}

/** Whether a call rings, or goes on at a deskphone that answered for somebody else or keeps its microphone shut. */
export function needsUser(calls: readonly Call[]): boolean {
  return calls.some(call => ringing([call]).length > 0 || allowedOther(call) || silenced(call));
}

/** Whether a talk on a deskphone can be muted from this tab. */
export function canMute(call: Call): boolean {
  const onDevice = call.on !== null && call.on !== 'browser';
  return onDevice && call.state === 'connected' && call.microphone === 'live';
}

/** Whether a call that is over rang for the user and nobody of his took or declined it. */
export function isMissed(call: Call): boolean {
  const known = call.cause === 'declined' || call.cause === 'answered_elsewhere';
  return call.state === 'ended' && call.direction === 'in' && !call.answered && !known;
}

/** The calls to show, what needs the user first: ringing, talking, waiting, over. */
export function inOrder(calls: readonly Call[]): Call[] {
  const rank = (call: Call) => {
    if (call.state === 'ended') return 3;
    if (call.direction === 'in' && (call.state === 'ringing' || call.state === 'early')) return 0;
    return call.state === 'held' ? 2 : 1;
  };
  return [...calls].sort((a, b) => rank(a) - rank(b) || a.since.localeCompare(b.since));
}

/** Whether a call is going on that a reload or a lost line would worry the user about. */
export function keepsTalking(calls: readonly Call[]): boolean {
  return calls.some(call => call.state !== 'ended');
}
