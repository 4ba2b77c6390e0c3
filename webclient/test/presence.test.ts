import assert from 'node:assert/strict';
import {test} from 'node:test';
import {tone} from '../src/call/ringer.js';
import {Presences} from '../src/people/presences.js';
import {choices, untilOf, written} from '../src/people/until.js';
import type {Presence} from '../src/protocol/messages.js';
import {announce} from '../src/ui/announce.js';
import {aCall, someParts} from './samples.js';

const away = (name: string): Presence => ({
  address: `sip:${name}@example.test`,
  ...(name === 'bob' ? {number: '1002'} : {}),
  display: '',
  state: 'away',
  devices: {browser: true, phones: 0},
});

test('somebody is found by any of his addresses, and who is not there by none', () => {
  const presences = new Presences();
  let changes = 0;
  presences.addEventListener('change', () => changes++);
  const list = [away('bob'), away('eve')];
  presences.follow(list, false);
  assert.equal(presences.of(['tel:+4930123', 'sip:Bob@Example.test']), list[0]);
  assert.equal(presences.of(['sip:1002@example.test']), list[0]);
  assert.equal(presences.of(['sip:bob@elsewhere.test']), undefined);
  assert.equal(presences.of([]), undefined);
  presences.follow(list, false);
  assert.equal(changes, 1, 'a state without the part changes nothing');
  presences.follow(list, true);
  assert.deepEqual([changes, presences.stale], [2, true]);
  presences.follow(someParts().presence, false);
  assert.equal(presences.of(['sip:bob@example.test']), undefined);
});

test('what is set ends when it was chosen to, in the time of the user', () => {
  const now = new Date(2026, 0, 31, 9, 45);
  const ends = (...[until, kept = null, field = '']: [Parameters<typeof untilOf>[0], (string | null)?, string?]) =>
    untilOf(until, now, kept, field)?.getTime();
  assert.equal(ends('none'), undefined);
  assert.equal(ends('half'), new Date(2026, 0, 31, 10, 15).getTime());
  assert.equal(ends('hour'), new Date(2026, 0, 31, 10, 45).getTime());
  assert.equal(ends('afternoon'), new Date(2026, 0, 31, 13).getTime());
  assert.equal(ends('morning'), new Date(2026, 1, 1, 8).getTime());
  assert.equal(ends('kept', '2026-02-01T00:00:00.000Z'), Date.UTC(2026, 1, 1));
  assert.equal(ends('time', null, '2026-02-03T14:05'), new Date(2026, 1, 3, 14, 5).getTime());
  assert.equal(ends('time', null, ''), undefined);
  assert.equal(written(new Date(2026, 1, 3, 4, 5)), '2026-02-03T04:05');
  assert.deepEqual(choices(now, null), ['none', 'half', 'hour', 'afternoon', 'morning', 'time']);
  const late = new Date(2026, 0, 31, 13, 0);
  assert.deepEqual(choices(late, 'x'), ['none', 'kept', 'half', 'hour', 'morning', 'time']);
});

test('a call that do not disturb kept away makes no sound, and is told when there is time', () => {
  const refused = aCall({
    state: 'ended',
    cause: 'dnd',
    reason: 'You had set do not disturb, so the call did not ring.',
  });
  assert.deepEqual(tone([refused], true), {name: null, volume: 1});
  assert.deepEqual(
    announce([], [refused], () => ''),
    {urgent: '', calm: refused.reason},
  );
});
