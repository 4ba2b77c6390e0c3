import assert from 'node:assert/strict';
import {test} from 'node:test';
import {isBad, judge} from '../src/call/quality.js';
import {eventsBetween} from '../src/embed/events.js';
import {opens} from '../src/protocol/entry.js';
import type {Call, Command, Parts} from '../src/protocol/messages.js';
import {aCall, someParts} from './samples.js';

const names = (before: Parts | null, now: Parts | null) => eventsBetween(before, now).map(event => event.name);
const withCalls = (...calls: Call[]): Parts => ({...someParts(), calls});

test('the site is told what happened between two states', () => {
  const ringing = aCall({id: 'c', direction: 'in', state: 'ringing', on: null});
  const talking = aCall({
    ...ringing,
    state: 'connected',
    on: 'browser',
    answered: '2026-01-31T09:30:00.000Z',
    since: '2026-01-31T09:30:00.000Z',
  });
  const over = aCall({...talking, state: 'ended', since: '2026-01-31T09:31:05.400Z', reason: 'Bob hung up.'});
  assert.deepEqual(names(null, withCalls()), []);
  assert.deepEqual(names(withCalls(), withCalls(ringing)), ['incoming', 'call']);
  assert.deepEqual(names(null, withCalls(ringing)), ['incoming', 'call'], 'a call that rang before the page came');
  assert.deepEqual(names(withCalls(ringing), withCalls({...ringing})), [], 'nothing changed');
  assert.deepEqual(names(withCalls(ringing), withCalls(talking)), ['call']);
  assert.deepEqual(names(null, withCalls(over)), ['call'], 'what was over before is no news');
  const [, ended] = eventsBetween(withCalls(talking), withCalls(over));
  assert.equal(ended?.name, 'ended');
  assert.equal((ended as {detail: {duration: number}}).detail.duration, 65);
  assert.equal((ended as {detail: {reason: string}}).detail.reason, 'Bob hung up.');
  const parts = someParts();
  const more = {...parts, counters: {...parts.counters, unreadMessages: parts.counters.unreadMessages + 1}};
  assert.deepEqual(names(parts, more), ['message']);
  const present = {...parts, presence: [{address: 'sip:bob@example.test', display: 'Bob', state: 'busy' as const}]};
  assert.deepEqual(names(parts, present), ['presence']);
});

test('what opens the microphone of a deskphone', () => {
  const rows: Array<[Command, boolean]> = [
    [{do: 'unmute', call: 'c'}, true],
    [{do: 'answer', call: 'c', version: 1, on: 'desk'}, true],
    [{do: 'answer', call: 'c', version: 1, on: 'browser'}, false],
    [{do: 'move', call: 'c', on: 'desk'}, true],
    [{do: 'move', call: 'c', on: 'browser'}, false],
    [{do: 'mute', call: 'c'}, false],
    [{do: 'hangup', call: 'c'}, false],
  ];
  for (const [command, opening] of rows) assert.equal(opens(command), opening, JSON.stringify(command));
});

test('the sound is judged by what arrived since the last look', () => {
  const start = {received: 100, lost: 5, buffered: 1, emitted: 16_000, roundTrip: 20};
  const good = {received: 200, lost: 5, buffered: 1 + 16_000 * 0.04, emitted: 32_000, roundTrip: 20};
  const bad = {...good, received: 190, lost: 15};
  const far = {...good, roundTrip: 900};
  const clear = judge(start, good);
  assert.ok(clear && clear.mos > 4.2 && clear.loss === 0 && !isBad(clear), JSON.stringify(clear));
  const lossy = judge(start, bad);
  assert.ok(lossy && lossy.loss === 0.1 && lossy.mos < 3.5 && isBad(lossy), JSON.stringify(lossy));
  const late = judge(start, far);
  assert.ok(late && late.mos < clear.mos && isBad(late), JSON.stringify(late));
  assert.equal(judge(good, good), null, 'nothing arrived');
});
