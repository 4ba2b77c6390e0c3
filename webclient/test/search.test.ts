import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Entry} from '../src/people/directory.js';
import {excerpt} from '../src/people/message-search.js';
import {type Colleague, exactly, fit, type Sources, suggestions, wordsOf} from '../src/people/search.js';
import type {PresenceState} from '../src/protocol/messages.js';
import type {HistoryEntry} from '../src/protocol/rest.js';

const entry = (display: string, addresses: string[], friend = false): Entry => ({
  id: display,
  display,
  addresses,
  note: '',
  friend,
  version: 1,
});
const colleague = (name: string, number: string, display: string, state: PresenceState = 'available'): Colleague => ({
  address: `sip:${name}@example.test`,
  number,
  display,
  presence: {state},
});
const called = (display: string, address: string) => ({display, address}) as HistoryEntry;
const nobody: Sources = {entries: [], people: [], calls: []};
const found = (typed: string, sources: Partial<Sources>) => suggestions(wordsOf(typed), {...nobody, ...sources});
const shown = (typed: string, sources: Partial<Sources>) =>
  found(typed, sources).map(({kind, display}) => `${kind} ${display}`);

test('friends come first, then directory, colleagues and past calls, each by how well he fits', () => {
  const list = shown('bo', {
    calls: [called('Bozena Test', 'sip:77@pbx.test'), called('Ann Lee', 'sip:78@pbx.test')],
    people: [colleague('jbo', '12', 'Jim Other'), colleague('bob', '13', 'Bob Colleague')],
    entries: [
      entry('Jacobo Directory', ['sip:j@x.test']),
      entry('Bo Directory', ['sip:b@x.test']),
      {...entry('Ute Note', ['sip:u@x.test']), note: 'above 500'},
      entry('Theo Bo', ['sip:t@x.test'], true),
      entry('Bo Theo', ['sip:bt@x.test'], true),
    ],
  });
  assert.deepEqual(list, [
    'friend Bo Theo',
    'friend Theo Bo',
    'directory Bo Directory',
    'directory Jacobo Directory',
    'colleague Bob Colleague',
    'colleague Jim Other',
    'called Bozena Test',
    'directory Ute Note',
  ]);
});

test('one person is there once, with all that is known of him', () => {
  const sources = {
    entries: [entry('Bobby', ['sip:2002@example.test', 'tel:+49301'], true)],
    people: [colleague('bob', '2002', 'Bob Stone', 'call')],
    calls: [
      called('Bob Stone', 'SIP:bob@example.test'),
      called('', 'sip:+49301@carrier.test'),
      called('Bob at home', 'sip:bob@example.org'),
    ],
  };
  const [one, other, ...more] = found('bob', sources);
  assert.deepEqual(
    [one?.kind, one?.display, one?.number, one?.state, one?.address],
    ['friend', 'Bobby', '2002', 'call', 'sip:2002@example.test'],
  );
  assert.deepEqual([other?.display, more.length], ['Bob at home', 0]);
  assert.deepEqual(one?.addresses.slice(0, 3), ['sip:2002@example.test', 'tel:+49301', 'sip:bob@example.test']);
});

test('of several addresses the one that fits is taken, and case, accents and the look of a number do not count', () => {
  const entries = [entry('Zoë Bär', ['sip:zoe@example.test', 'tel:+4930123'])];
  assert.equal(found('+49 (30) 1', {entries})[0]?.address, 'tel:+4930123');
  assert.equal(found('BAR zo', {entries})[0]?.address, 'sip:zoe@example.test');
  assert.deepEqual(wordsOf(' 030/123-45 '), ['03012345']);
  assert.deepEqual(wordsOf('lab 2'), ['lab', '2']);
  assert.equal(fit(['zo', 'x'], {display: 'Zoë', address: '', number: ''}), 3);
});

test('who withholds his address is nobody to call, and a past call is there once', () => {
  const calls = [
    called('Anonymous', 'sip:anonymous@anonymous.invalid'),
    called('Anne', 'sip:77@pbx.test'),
    called('Anne', 'sip:77@pbx.test'),
    called('An', ''),
  ];
  assert.deepEqual(shown('an', {calls}), ['called Anne']);
});

test('a number or an address is exactly that of somebody, a part of it is not', () => {
  const [bob] = found('bob', {people: [colleague('bob', '2002', 'Bob Stone')]});
  assert.ok(bob);
  for (const typed of ['2002', ' bob@example.test ', 'sip:BOB@example.test']) assert.ok(exactly(typed, bob), typed);
  for (const typed of ['200', 'bob', 'Bob Stone', '']) assert.ok(!exactly(typed, bob), typed);
});

const marked = (text: string, typed: string) =>
  excerpt(text, typed)
    .map(piece => (piece.found ? `[${piece.text}]` : piece.text))
    .join('');

test('what was looked for is marked in a message, whatever its case and accents, and wherever it is twice', () => {
  assert.equal(marked('The Pump of the PÜMP', 'pump'), 'The [Pump] of the [PÜMP]');
  assert.equal(marked('Die Straße 4', 'STRASSE 4'), 'Die [Straße] [4]');
  assert.equal(marked('re\u0301sume\u0301 \u{1F4A7}x', 'resume x'), '[re\u0301sume\u0301] \u{1F4A7}[x]');
  assert.equal(marked('aaa', 'aa a'), '[aa][a]');
  assert.equal(marked('<b>bold</b>', '<b>'), '[<b>]bold</b>', 'it is text alone');
  assert.equal(marked('nothing of it', 'zebra'), 'nothing of it');
});

test('of a long message the part is shown that has what was looked for, and no sign is cut apart', () => {
  const long = `${'\u{1F4A7}'.repeat(300)}pump${'\u{1F4A7}'.repeat(300)}`;
  const pieces = excerpt(long, 'pump');
  assert.deepEqual(
    pieces.map(({text, found}) => [text.length, found]),
    [
      [2, false],
      [40, false],
      [4, true],
      [156, false],
      [2, false],
    ],
  );
  assert.ok(pieces.every(({text}) => !/\p{Cs}/u.test(text)));
});
