import {canMute, canUnmute, ringing} from '../call/plan.js';
import type {Call, Device} from '../protocol/messages.js';

/** What a key asks for. */
export type KeyAction =
  | {type: 'answer'; call: Call; on: string}
  | {type: 'mute' | 'unmute' | 'hold' | 'resume' | 'transfer' | 'end'; call: Call}
  | {type: 'digit'; call: Call; digit: string}
  | {type: 'search' | 'close' | 'help'};

/** The keys that can be switched off one by one. */
export const keyNames = ['A', 'B', 'M', 'H', 'T', 'E', '0-9', '/', 'Esc', '?'] as const;
export type KeyName = (typeof keyNames)[number];

/** E must come twice within this long (ms): one stray key must not end a call. */
export const twiceWithin = 1200;

/** The name under which a key is listed, or null for a key without meaning. */
export function keyName(key: string): KeyName | null {
  if (/^[0-9*#]$/.test(key)) return '0-9';
  if (key === 'Escape') return 'Esc';
  return keyNames.find(name => name === key.toUpperCase()) ?? null;
}

/** The call that keys are about: the talking one before the held ones. */
export function keyCall(calls: readonly Call[]): Call | undefined {
  const order = ['connected', 'early', 'ringing', 'held'];
  return calls
    .filter(call => call.state !== 'ended' && (call.direction === 'out' || call.on !== null))
    .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))[0];
}

/** Reads a key press; the first device is the user's desk; `ended` tells that E was pressed a moment before. */
export function keyAction(
  key: string,
  calls: readonly Call[],
  devices: readonly Device[],
  ended: boolean,
): KeyAction | null {
  const name = keyName(key);
  if (name === '/') return {type: 'search'};
  if (name === 'Esc') return {type: 'close'};
  if (name === '?') return {type: 'help'};
  if (name === 'A' || name === 'B') return answerKey(name, calls, devices);
  const call = keyCall(calls);
  if (!call || !name) return null;
  if (name === 'E') return ended ? {type: 'end', call} : null;
  if (name === 'M' && !call.here) return muteKey(call);
  if (name === '0-9') return call.state === 'connected' ? {type: 'digit', call, digit: key} : null;
  if (name === 'M') {
    if (call.state !== 'connected') return null;
    return {type: call.microphone === 'live' ? 'mute' : 'unmute', call};
  }
  if (name === 'T') return canTransfer(call) ? {type: 'transfer', call} : null;
  if (call.state === 'held') return call.heldBy === 'me' ? {type: 'resume', call} : null;
  return call.state === 'connected' ? {type: 'hold', call} : null;
}

function canTransfer(call: Call): boolean {
  return call.state === 'connected' || (call.state === 'held' && call.heldBy === 'me');
}

/** The microphone of a talk that is not in this tab. */
function muteKey(call: Call): KeyAction | null {
  if (canUnmute(call)) return {type: 'unmute', call};
  return canMute(call) ? {type: 'mute', call} : null;
}

function answerKey(name: 'A' | 'B', calls: readonly Call[], devices: readonly Device[]): KeyAction | null {
  const [call] = ringing(calls);
  if (!call) return null;
  if (name === 'B') return {type: 'answer', call, on: 'browser'};
  // Never another phone than the one the user sits at.
  const [desk] = devices;
  return desk?.answerable ? {type: 'answer', call, on: desk.id} : null;
}

/** Whether the user is typing, so that keys are text. */
export function typing(path: readonly EventTarget[]): boolean {
  const [target] = path;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) return !['radio', 'checkbox', 'button'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
