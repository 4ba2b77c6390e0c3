import {canUnmute, ringing} from '../call/plan.js';
import {say, t} from '../locales/words.js';
import type {Call} from '../protocol/messages.js';
import {peerName} from './people.js';

/** What a screen reader is told: at once, or when it has time. */
export interface Announcement {
  urgent: string;
  calm: string;
}

/** Says what changed from one state of the calls to the next. */
export function announce(
  before: readonly Call[],
  after: readonly Call[],
  device: (id: string) => string,
): Announcement {
  const urgent: string[] = [];
  const calm: string[] = [];
  for (const call of after) {
    const old = before.find(other => other.id === call.id);
    if (call.direction === 'in' && call.on === null && call.state === 'ringing') {
      if (!old) urgent.push(t.calling(peerName(call.peer)));
    } else if (call.state === 'ended') {
      if (old?.state !== 'ended') calm.push(say(call.reason ?? '', call.reasonSentence) || t.callEnded);
    } else {
      if (opened(call) && !(old && opened(old))) urgent.push(opening(call, device));
      calm.push(...changes(old, call, device));
    }
  }
  return {urgent: urgent.join('. '), calm: calm.join('. ')};
}

/** Whether somebody else made a deskphone of the user answer by itself. */
function opened({auto}: Call): boolean {
  return !!auto && auto.kind !== 'click';
}

function opening({auto, on}: Call, device: (id: string) => string): string {
  return auto
    ? `${t.autoAnswered(t.grants[auto.grant] ?? auto.grant)}. ${t.autoBy(peerName(auto.by), device(on ?? ''))}`
    : '';
}

function changes(old: Call | undefined, call: Call, device: (id: string) => string): string[] {
  const said: string[] = [];
  if (old?.on !== call.on && call.on && call.state !== 'ringing') {
    said.push(call.here ? t.inBrowser : call.on === 'browser' ? t.inOtherTab : t.onDevice(device(call.on)));
  }
  if (old?.state !== call.state) {
    if (call.state === 'early') said.push(t.ringsThere);
    if (call.state === 'ringing') said.push(call.pickUp ? t.pickUp(device(call.on ?? '')) : t.dialling);
    if (call.state === 'held') said.push(call.heldBy === 'other' ? t.heldByOther : t.onHold);
    if (call.state === 'connected' && old?.state === 'held') said.push(t.resumed);
  }
  if (canUnmute(call) && !(old && canUnmute(old))) said.push(t.microphoneMuted);
  if (old && canUnmute(old) && call.state !== 'ended' && !canUnmute(call)) said.push(t.microphoneOpen);
  return said;
}

/** What can be said of the calls while the gateway is not in reach; `arrives`: whether sound is heard here, if known. */
export function awayWords(calls: readonly Call[], arrives: boolean | null, device: (id: string) => string): string {
  const going = calls.filter(call => call.state !== 'ended' && !ringing([call]).length);
  if (!going.length) return t.reconnectingIdle;
  if (going.some(call => call.here)) {
    if (arrives === null) return t.reconnecting;
    return arrives ? t.reconnectingInCall : t.reconnectingSilent;
  }
  const on = going.find(call => call.on && call.on !== 'browser')?.on;
  return on ? t.reconnectingDevice(device(on)) : t.reconnectingElsewhere;
}
