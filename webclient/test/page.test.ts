import assert from 'node:assert/strict';
import {test} from 'node:test';
import {deskFirst} from '../src/desktop/desk.js';
import {keyAction, keyName, keyNames} from '../src/desktop/keys.js';
import {RingLock} from '../src/desktop/tabs.js';
import {en} from '../src/locales/en.js';
import {announce} from '../src/ui/announce.js';
import {initials, peerLine, peerName} from '../src/ui/people.js';
import {aCall, aDevice, talking} from './samples.js';

const press = (key: string, calls = [aCall()], devices = [aDevice()], ended = false) =>
  keyAction(key, calls, devices, ended);

test('A answers on the desk of this browser and on no other phone, B in the browser', () => {
  const devices = [aDevice({id: 'desk', primary: true}), aDevice({id: 'lab'})];
  assert.deepEqual(press('A', [aCall()], devices), {type: 'answer', call: aCall(), on: 'desk'});
  assert.equal(press('a', [aCall()], [aDevice({answerable: false}), aDevice({id: 'lab'})]), null, 'no other phone');
  assert.equal(press('a', [aCall()], []), null);
  assert.deepEqual(press('b'), {type: 'answer', call: aCall(), on: 'browser'});
  assert.equal(press('b', [talking()]), null);
});

test('the desk of this browser is the chosen phone while it is there, else the main one', () => {
  const devices = [aDevice({id: 'lab'}), aDevice({id: 'desk', primary: true}), aDevice({id: 'home'})];
  const order = (chosen: string | null) => deskFirst(devices, chosen).map(device => device.id);
  assert.deepEqual(order(null), ['desk', 'lab', 'home']);
  assert.deepEqual(order('home'), ['home', 'lab', 'desk']);
  assert.deepEqual(order('gone'), ['desk', 'lab', 'home']);
  assert.deepEqual(deskFirst([], 'desk'), []);
});

test('M, H and digits act on the call in this tab', () => {
  assert.equal(press('m', [talking()])?.type, 'mute');
  assert.equal(press('m', [talking({microphone: 'muted'})])?.type, 'unmute');
  assert.equal(press('h', [talking()])?.type, 'hold');
  assert.equal(press('h', [talking({state: 'held', heldBy: 'me'})])?.type, 'resume');
  assert.equal(press('h', [talking({state: 'held', heldBy: 'other'})]), null);
  assert.deepEqual(press('#', [talking()]), {type: 'digit', call: talking(), digit: '#'});
  assert.equal(press('5', [talking({state: 'early', direction: 'out'})]), null);
  assert.equal(press('m'), null, 'a ringing call has no microphone');
});

test('a talk on a deskphone is steered by the same keys', () => {
  const desk = talking({on: 'desk', here: false});
  assert.equal(press('m', [desk])?.type, 'mute');
  assert.equal(press('m', [talking({on: 'browser', here: false})]), null, 'in another tab');
  assert.equal(press('m', [{...desk, microphone: 'shut'}])?.type, 'unmute');
  assert.equal(press('h', [desk])?.type, 'hold');
  assert.equal(press('t', [desk])?.type, 'transfer');
  assert.equal(press('1', [desk])?.type, 'digit');
  assert.equal(press('e', [desk], [], true)?.type, 'end');
});

test('E ends the talking call, and only at the second press', () => {
  const calls = [talking({id: 'held', state: 'held'}), talking({id: 'talks'}), aCall({id: 'rings'})];
  assert.equal(press('e', calls), null);
  assert.deepEqual(press('e', calls, [], true), {type: 'end', call: calls[1]});
  assert.equal(press('e', [aCall()], [], true), null, 'a ringing call is declined by its button');
});

test('every key is listed, and nothing else is one', () => {
  for (const name of keyNames) assert.ok(en.keys[name], name);
  assert.equal(keyName('*'), '0-9');
  assert.equal(keyName('Escape'), 'Esc');
  for (const key of ['x', 'Enter', ' ', 'F1', 'Tab']) assert.equal(keyName(key), null, key);
});

test('people are called by name, else by number, else by address', () => {
  const named = {display: 'Bob Stone', address: 'sip:2002@example.test', verified: true};
  const number = {display: '', address: 'sip:+4930123@carrier.example', verified: false};
  const address = {display: '', address: 'sip:eve@example.test', verified: true};
  assert.deepEqual([named, number, address].map(peerName), ['Bob Stone', '+4930123', 'eve@example.test']);
  assert.deepEqual([named, number, address].map(peerLine), ['2002@example.test', 'carrier.example', '']);
  assert.deepEqual([named, number, address].map(initials), ['BS', '#', 'E']);
  assert.equal(peerName({display: '', address: 'tel:112'}), '112');
});

test('a screen reader hears what changed, once', () => {
  const name = (id: string) => (id === 'desk' ? 'Desk phone' : id);
  assert.deepEqual(announce([], [aCall()], name), {urgent: 'Bob Stone is calling', calm: ''});
  assert.deepEqual(announce([aCall()], [aCall({version: 2})], name), {urgent: '', calm: ''});
  const by = {display: 'Bob Stone', address: 'sip:2002@example.test', verified: true};
  const opened = talking({on: 'desk', here: false, auto: {kind: 'intercom', grant: 'friends', reason: 'Yes.', by}});
  const {urgent} = announce([], [opened], name);
  assert.equal(urgent, 'Auto-answered: Friends. Bob Stone made Desk phone answer by itself.');
  assert.equal(announce([opened], [{...opened, version: 2}], name).urgent, '', 'said once');
  assert.equal(announce([aCall()], [aCall({state: 'connected', on: 'desk'})], name).calm, 'On Desk phone');
  assert.equal(announce([talking()], [talking({state: 'held', heldBy: 'me'})], name).calm, 'On hold');
  assert.equal(announce([talking()], [talking({microphone: 'muted'})], name).calm, 'Microphone muted');
  assert.equal(announce([talking({microphone: 'muted'})], [talking()], name).calm, 'Microphone open');
  assert.equal(
    announce([talking()], [talking({state: 'ended', reason: 'The call has ended.'})], name).calm,
    'The call has ended.',
  );
});

test('one of several tabs rings; without locks each does', async () => {
  const waiting: Array<() => Promise<void>> = [];
  const locks = {
    request: (_name: string, taken: () => Promise<void>) => {
      waiting.push(taken);
      return new Promise(() => {});
    },
  } as unknown as LockManager;
  let changes = 0;
  const [first, second] = [1, 2].map(
    () =>
      new RingLock(
        () => changes++,
        () => locks,
      ),
  ) as [RingLock, RingLock];
  for (const tab of [first, second, first]) tab.ask('alice');
  assert.equal(waiting.length, 2, 'a tab asks once');
  void waiting[0]?.();
  assert.deepEqual([first.held, second.held, changes], [true, false, 1]);
  second.release();
  assert.equal(waiting[1]?.(), undefined, 'one that left the queue does not keep the lock');
  first.release();
  assert.deepEqual([first.held, second.held], [false, false]);
  first.ask('alice');
  void waiting[2]?.();
  assert.equal(first.held, true);

  const blocked = new RingLock(
    () => {},
    () => {
      throw new DOMException('blocked', 'SecurityError');
    },
  );
  blocked.ask('alice');
  assert.equal(blocked.held, true);
});
