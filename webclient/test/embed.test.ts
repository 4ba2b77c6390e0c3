import assert from 'node:assert/strict';
import {test} from 'node:test';
import {isBad, judge} from '../src/call/quality.js';
import {eventsBetween, presenceBetween} from '../src/embed/events.js';
import {NewMessages, type Written} from '../src/embed/new-messages.js';
import {opens} from '../src/protocol/entry.js';
import type {Call, Command, Conversation, Message, Presence} from '../src/protocol/messages.js';
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

const someone = (name: string, more: Partial<Presence> = {}): Presence => ({
  address: `sip:${name}@example.test`,
  display: name,
  state: 'available',
  devices: {browser: true, phones: 0},
  ...more,
});

test('the site is told whose presence changed, and of everybody at the start', () => {
  const before = [someone('bob'), someone('eve')];
  assert.deepEqual(presenceBetween([], before), before);
  assert.deepEqual(presenceBetween(before, before), []);
  const now = [someone('bob'), someone('eve', {state: 'busy', note: 'Writing'}), someone('joe')];
  assert.deepEqual(
    presenceBetween(before, now).map(one => `${one.display} ${one.state}`),
    ['eve busy', 'joe available'],
  );
  assert.deepEqual(presenceBetween(now, [someone('bob')]), [], 'nobody is told of who is not among them any more');
});

const written = (id: string, text: string, mine = false): Message => ({
  id,
  time: '2026-01-31T09:30:00.000Z',
  mine,
  text,
  state: 'delivered',
});

/** What a site is told of states, one after the other; each conversation is its peer and all its messages. */
async function toldOf(states: Array<Record<string, Message[]>>, fails = false) {
  const told: Written[] = [];
  let now: Record<string, Message[]> = {};
  const fetched: string[] = [];
  const news = new NewMessages(
    async (peer, after) => {
      fetched.push(`${peer} after ${after}`);
      if (fails) throw new Error('away');
      return (now[peer] ?? []).filter(({id}) => id > after).reverse();
    },
    message => told.push(message),
  );
  for (const state of states) {
    now = state;
    const parts = Object.entries(state).map(([address, all]): Conversation[] => {
      const last = all.at(-1);
      return last ? [{with: {address, display: address.toUpperCase()}, last, unread: 0, typing: false}] : [];
    });
    news.follow(parts.flat());
    await new Promise(done => setImmediate(done));
  }
  return {told: told.map(({from, text}) => `${from}: ${text}`), whole: told, fetched};
}

test('the site is told once of each message that comes, whatever the states passed over', async () => {
  const [a, b, c, d] = [written('1', 'a'), written('2', 'b'), written('3', 'c', true), written('4', 'd')];
  const old = {bob: [a]};
  assert.deepEqual((await toldOf([old, {...old}])).told, [], 'what was there before is no news');
  const passed = await toldOf([old, {bob: [a, b, c]}, {bob: [a, b, c]}, {bob: [a, b, c, d]}]);
  assert.deepEqual(passed.told, ['bob: b', 'bob: d']);
  assert.deepEqual(passed.fetched, ['bob after 1', 'bob after 3']);
  assert.deepEqual(passed.whole[0], {
    id: '2',
    from: 'bob',
    display: 'BOB',
    text: 'b',
    time: a.time,
    verified: true,
  });
  assert.deepEqual((await toldOf([{}, {eve: [b]}])).told, ['eve: b'], 'the first message of all');
  // Eve is not among the newest at first: what she wrote before is no news.
  assert.deepEqual((await toldOf([{bob: [b]}, {bob: [b], eve: [a, d]}])).told, ['eve: d']);
  assert.deepEqual((await toldOf([{bob: [b]}, {}, {bob: [d]}])).told, ['bob: d'], 'after they were deleted');
  assert.deepEqual((await toldOf([old, {bob: [a, b]}], true)).told, ['bob: b'], 'the list could not be fetched');
  assert.deepEqual((await toldOf([{bob: [b]}, {bob: [b], eve: [a]}])).told, ['eve: a'], 'kept in the other order');
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
    [{do: 'message', to: 'bob', text: 'unmute'}, false],
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
