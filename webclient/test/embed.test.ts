import assert from 'node:assert/strict';
import {test} from 'node:test';
import {isBad, judge} from '../src/call/quality.js';
import {eventsBetween} from '../src/embed/events.js';
import {opens} from '../src/protocol/entry.js';
import type {Call, Command} from '../src/protocol/messages.js';
import {aCall} from './samples.js';

const names = (before: Call[], now: Call[]) => eventsBetween(before, now).map(event => event.name);

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
  assert.deepEqual(names([], [ringing]), ['incoming', 'call']);
  assert.deepEqual(names([ringing], [{...ringing}]), [], 'nothing changed');
  assert.deepEqual(names([ringing], [talking]), ['call']);
  assert.deepEqual(names([], [over]), ['call'], 'what was over before is no news');
  const [, ended] = eventsBetween([talking], [over]);
  assert.equal(ended?.name, 'ended');
  assert.equal((ended as {detail: {duration: number}}).detail.duration, 65);
  assert.equal((ended as {detail: {reason: string}}).detail.reason, 'Bob hung up.');
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
