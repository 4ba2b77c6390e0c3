import type {Call, Parts} from '../protocol/messages.js';

/** Something the site around the phone is told; the detail is plain data. */
export interface PhoneEvent {
  name: 'incoming' | 'call' | 'ended' | 'message' | 'presence';
  detail: unknown;
}

/** What happened between two states of the phone, in the order in which it is told. */
export function eventsBetween(before: Parts | null, now: Parts | null): PhoneEvent[] {
  if (!now || before === now) return [];
  const events: PhoneEvent[] = [];
  if (before?.calls !== now.calls) {
    const was = new Map((before?.calls ?? []).map(call => [call.id, call]));
    for (const call of now.calls) events.push(...callEvents(was.get(call.id), call));
  }
  if (before && now.counters.unreadMessages > before.counters.unreadMessages) {
    events.push({name: 'message', detail: {unread: now.counters.unreadMessages}});
  }
  if (before && JSON.stringify(before.presence) !== JSON.stringify(now.presence)) {
    events.push({name: 'presence', detail: now.presence});
  }
  return events;
}

function callEvents(before: Call | undefined, call: Call): PhoneEvent[] {
  if (JSON.stringify(before) === JSON.stringify(call)) return [];
  const events: PhoneEvent[] = [{name: 'call', detail: call}];
  if (!before && call.direction === 'in' && (call.state === 'ringing' || call.state === 'early')) {
    events.unshift({name: 'incoming', detail: call});
  }
  if (call.state === 'ended' && before && before.state !== 'ended') {
    events.push({name: 'ended', detail: {...call, reason: call.reason ?? '', duration: duration(call)}});
  }
  return events;
}

/** Seconds talked: an ended call's state began when the talk ended. */
function duration(call: Call): number {
  if (!call.answered) return 0;
  return Math.max(0, Math.round((Date.parse(call.since) - Date.parse(call.answered)) / 1000));
}
