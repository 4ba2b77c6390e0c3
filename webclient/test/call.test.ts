import assert from 'node:assert/strict';
import {test} from 'node:test';
import {microphoneFault} from '../src/call/microphone.js';
import {
  canUnmute,
  inOrder,
  isMissed,
  mayTalk,
  mediaStep,
  needsMicrophone,
  playsRingback,
  preferCodecs,
  ringing,
  type Step,
} from '../src/call/plan.js';
import {tone} from '../src/call/ringer.js';
import {type Around, marks, onStage} from '../src/call/stage.js';
import {duration, moment} from '../src/call/time.js';
import {samples} from '../src/call/tones.js';
import {backoff} from '../src/protocol/backoff.js';
import type {Call, MediaWant} from '../src/protocol/messages.js';
import {aCall, talking} from './samples.js';

test('what the PeerConnection does next', () => {
  const want = {codecs: ['PCMU', 'opus'], generation: 1};
  const rows: Array<[MediaWant | null, MediaWant | null, boolean, Step]> = [
    [null, null, false, 'keep'],
    [null, want, true, 'retire'],
    [want, null, false, 'replace'],
    [want, null, true, 'offer'],
    [want, want, true, 'keep'],
    [want, {...want, codecs: ['pcmu', 'OPUS']}, true, 'keep'],
    [want, {...want, codecs: ['opus', 'PCMU']}, true, 'offer'],
    [want, {...want, codecs: ['PCMU']}, true, 'offer'],
    [want, {...want, generation: 2}, true, 'replace'],
    [want, want, false, 'replace'],
  ];
  for (const [wanted, offered, exists, step] of rows) {
    assert.equal(mediaStep(wanted, offered, exists), step, JSON.stringify([wanted, offered, exists]));
  }
});

test("codecs are offered in the gateway's order, with telephone events and nothing else", () => {
  const browser = ['opus', 'red', 'G722', 'PCMU', 'PCMA', 'CN', 'telephone-event'].map(name => ({
    mimeType: `audio/${name}`,
    clockRate: 8000,
  }));
  const names = preferCodecs(browser, ['PCMA', 'pcmu', 'opus', 'iLBC']).map(codec => codec.mimeType);
  assert.deepEqual(names, ['audio/PCMA', 'audio/PCMU', 'audio/opus', 'audio/telephone-event']);
});

test('the microphone is open for calls in this tab alone', () => {
  assert.equal(needsMicrophone([]), false);
  assert.equal(needsMicrophone([aCall()]), false, 'ringing asks for nothing');
  assert.equal(needsMicrophone([aCall({state: 'connected', on: 'desk'})]), false, 'nor does a deskphone');
  assert.equal(needsMicrophone([aCall({state: 'connected', on: 'browser'})]), false, 'nor another window');
  assert.equal(needsMicrophone([talking()]), true);
  assert.equal(needsMicrophone([talking({state: 'held'})]), true);
  assert.equal(needsMicrophone([talking({state: 'ended'})]), false);
});

test('nothing leaves the microphone while muted, held or shut', () => {
  assert.equal(mayTalk([talking()]), true);
  for (const microphone of ['muted', 'shut', 'wanted'] as const)
    assert.equal(mayTalk([talking({microphone})]), false, microphone);
  assert.equal(mayTalk([talking({state: 'held'})]), false);
  assert.equal(mayTalk([talking({here: false})]), false);
  assert.equal(mayTalk([talking({state: 'held'}), talking({id: 'c_2'})]), true);
});

test('ringback is played for a call from here without early media', () => {
  const out = talking({direction: 'out', state: 'early'});
  assert.equal(playsRingback([out]), true);
  assert.equal(playsRingback([{...out, earlyMedia: true}]), false);
  assert.equal(playsRingback([{...out, here: false, on: 'desk'}]), false);
  assert.equal(playsRingback([{...out, state: 'ringing'}]), false);
});

test('one tab rings, quietly while somebody talks', () => {
  assert.deepEqual(tone([aCall()], true), {name: 'ring', volume: 1});
  assert.deepEqual(tone([aCall()], false), {name: null, volume: 1});
  assert.equal(tone([talking(), aCall({id: 'c_2'})], true).volume, 0.15);
  assert.equal(tone([talking({direction: 'out', state: 'early'})], false).name, 'ringback');
  assert.equal(tone([aCall({state: 'connected', on: 'desk'})], true).name, null);
  assert.equal(ringing([aCall({direction: 'out'})]).length, 0);
});

test('a call is missed unless the user or one of his phones dealt with it', () => {
  const gone = aCall({state: 'ended', cause: 'caller_gone'});
  assert.equal(isMissed(gone), true);
  assert.equal(isMissed({...gone, cause: 'declined'}), false);
  assert.equal(isMissed({...gone, cause: 'answered_elsewhere'}), false);
  assert.equal(isMissed({...gone, answered: gone.since}), false);
  assert.equal(isMissed({...gone, direction: 'out'}), false);
});

test('what needs the user comes first', () => {
  const calls = [
    talking({id: 'over', state: 'ended'}),
    talking({id: 'held', state: 'held'}),
    talking({id: 'talks'}),
    aCall({id: 'rings'}),
  ];
  assert.deepEqual(
    inOrder(calls).map(call => call.id),
    ['rings', 'talks', 'held', 'over'],
  );
  assert.equal(canUnmute(talking({microphone: 'shut'})), true);
  assert.equal(canUnmute(aCall({microphone: 'shut'})), false);
});

test('durations', () => {
  for (const [ms, text] of [
    [-5, '0:00'],
    [999, '0:00'],
    [7000, '0:07'],
    [725_000, '12:05'],
    [3_723_000, '1:02:03'],
  ] as const) {
    assert.equal(duration(ms), text);
  }
});

test('moments: the time today, the weekday in a week, the date before', () => {
  const now = new Date(2026, 0, 31, 9, 30);
  assert.equal(moment(new Date(2026, 0, 31, 0, 5), now, 'en-GB'), '00:05');
  assert.equal(moment(new Date(2026, 0, 30, 23, 59), now, 'en-GB'), 'Fri, 23:59');
  assert.equal(moment(new Date(2026, 0, 24, 12, 0), now, 'en-GB'), '24 Jan, 12:00');
  assert.equal(moment(new Date(2025, 1, 3, 12, 0), now, 'en-GB'), '3 Feb 2025, 12:00');
});

test('waiting doubles up to a ceiling, spread by chance', () => {
  assert.equal(backoff(0, 1), 250);
  assert.equal(backoff(0, 0), 125);
  assert.equal(backoff(3, 1), 2000);
  assert.equal(backoff(50, 1), 10_000);
});

test('tones begin and end in silence and never clip', () => {
  for (const name of ['ring', 'ringback'] as const) {
    const wave = samples(name, 48_000);
    assert.ok(Math.abs(wave[0] ?? 1) < 0.001 && Math.abs(wave.at(-1) ?? 1) < 0.001, name);
    const peak = wave.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);
    assert.ok(peak > 0.05 && peak < 1, `${name} peaks at ${peak}`);
  }
  const ringback = samples('ringback', 8000);
  assert.equal(ringback.length, 40_000);
  assert.ok(
    ringback.slice(8000).every(sample => sample === 0),
    'one second of five',
  );
});

test('why there is no microphone', () => {
  const fault = (name: string) => microphoneFault(new DOMException('', name));
  assert.equal(fault('NotAllowedError'), 'refused');
  assert.equal(microphoneFault(new DOMException('', 'NotAllowedError'), true), 'framed');
  assert.equal(fault('NotFoundError'), 'missing');
  assert.equal(fault('NotReadableError'), 'busy');
  assert.equal(microphoneFault('odd'), 'busy');
});

test('what is shown whole on the stage', () => {
  const at = (second: number) => `2026-01-31T09:30:0${second}.000Z`;
  const talk = talking({id: 'talk', since: at(1)});
  const held = talking({id: 'held', state: 'held', heldBy: 'me', since: at(0)});
  const ring = aCall({id: 'ring', since: at(3)});
  const other = aCall({id: 'other', since: at(5)});
  const by = {kind: 'intercom', grant: 'friends', reason: '', by: ring.peer} as const;
  const auto = talking({id: 'auto', on: 'desk', here: false, microphone: 'shut', auto: by, since: at(4)});
  const over = talking({id: 'over', state: 'ended'});
  const rows: Array<[string, Call[], Partial<Around>, string[]]> = [
    ['nothing of what is over', [over], {}, []],
    ['the talk before the held one', [held, talk], {}, ['talk']],
    ['a held one that is alone', [held], {}, ['held']],
    ['what rings before the talk', [talk, ring], {}, ['ring']],
    ['all that ring', [talk, ring, other], {}, ['ring', 'other']],
    ['an automatic answer at once', [talk, ring, auto], {}, ['auto']],
    ['what rings after it', [auto, other], {}, ['other']],
    ['what the user unfolded', [talk, held], {choice: 'held'}, ['held']],
    ['nothing when he folded all', [talk, ring], {choice: ''}, []],
    ['as before when what he unfolded is over', [talk, over], {choice: 'over'}, ['talk']],
    ['no talk beside another view', [talk], {beside: true}, []],
    ['a ring over another view', [talk, ring], {beside: true}, ['ring']],
    ['an automatic answer over another view', [auto], {beside: true}, ['auto']],
    ['nothing over what the user types', [talk, ring], {quiet: true}, []],
    ['the card he types in, and what rings', [talk, ring], {typed: 'talk'}, ['ring', 'talk']],
  ];
  for (const [name, calls, around, want] of rows) {
    const whole = onStage(calls, {choice: null, beside: false, quiet: false, typed: '', ...around});
    assert.deepEqual([...whole].sort(), want.sort(), name);
  }
  const before = marks([ring]);
  assert.deepEqual(marks([ring, over]), before);
  assert.notDeepEqual(
    marks([{...ring, state: 'connected', on: 'desk', auto: by}]),
    before,
    'it was answered by itself',
  );
});
