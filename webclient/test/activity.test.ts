import assert from 'node:assert/strict';
import {afterEach, beforeEach, mock, test} from 'node:test';
import {Activity, idleAfter} from '../src/desktop/activity.js';
import type {Command} from '../src/protocol/messages.js';

/** A document in which a test moves hands. */
class Page extends EventTarget {
  visibilityState = 'visible';

  hand(type = 'keydown', more: object = {}): void {
    this.dispatchEvent(Object.assign(new Event(type), more));
  }

  see(visible: boolean): void {
    this.visibilityState = visible ? 'visible' : 'hidden';
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

let page: Page;
let told: string[];
let activity: Activity;
/** What was told since this was last asked: "idle 60", "hand". */
const since = () => told.splice(0).join(', ');

beforeEach(() => {
  mock.timers.enable({apis: ['setTimeout', 'Date'], now: 1_000_000});
  page = new Page();
  told = [];
  const note = async (command: Command) => {
    told.push(command.do === 'activity' && command.idle ? `idle ${command.idle}` : 'hand');
  };
  activity = new Activity({do: note, page});
});
afterEach(() => mock.timers.reset());

test('a minute without a hand is told once, and the next hand at once', () => {
  activity.follow(true);
  assert.equal(since(), '', 'a new tab counts as one in which a hand moves');
  mock.timers.tick(idleAfter / 2);
  page.hand('pointermove', {screenX: 5, screenY: 5});
  mock.timers.tick(idleAfter - 1);
  assert.equal(since(), '');
  mock.timers.tick(1);
  assert.equal(since(), 'idle 60');
  mock.timers.tick(20 * idleAfter);
  assert.equal(since(), '', 'the gateway counts on by itself');
  page.hand('touchstart');
  page.hand('keydown');
  assert.equal(since(), 'hand');
  mock.timers.tick(idleAfter);
  assert.equal(since(), 'idle 60');
});

test('what moves below a pointer that rests is no hand', () => {
  activity.follow(true);
  const at = (screenX: number) => page.hand('pointermove', {screenX, screenY: 1});
  at(1);
  mock.timers.tick(idleAfter - 1);
  at(1);
  mock.timers.tick(1);
  assert.equal(since(), 'idle 60');
  at(1);
  assert.equal(since(), '');
  at(2);
  assert.equal(since(), 'hand');
});

test('a hidden page says so at once, has no timer, and is back with a hand alone', () => {
  activity.follow(true);
  mock.timers.tick(7000);
  page.see(false);
  assert.equal(since(), 'idle 7');
  page.hand();
  mock.timers.tick(10 * idleAfter);
  page.see(true);
  mock.timers.tick(idleAfter);
  assert.equal(since(), '', 'to be seen is no hand');
  page.hand('wheel');
  assert.equal(since(), 'hand');
  page.see(false);
  assert.equal(since(), 'idle 1', 'none is 0: that is a hand');
});

test('when the line is back, a tab in which no hand moves says it again', () => {
  activity.follow(true);
  activity.follow(true);
  mock.timers.tick(idleAfter);
  assert.equal(since(), 'idle 60');
  activity.follow(false);
  mock.timers.tick(2 * idleAfter);
  assert.equal(since(), '', 'there is nobody to tell');
  activity.follow(true);
  assert.equal(since(), 'idle 180');
  activity.follow(false);
  page.hand();
  assert.equal(since(), '');
  activity.follow(true);
  assert.equal(since(), 'hand', 'the gateway may still take it for idle');
  activity.follow(false);
  mock.timers.tick(idleAfter);
  activity.follow(true);
  assert.equal(since(), 'idle 60', 'the minute ended while the line was away');
});

test('what cannot be told is no fault, and half a year is told as a month', async () => {
  activity = new Activity({do: () => Promise.reject(new Error('lost')), page});
  activity.follow(true);
  page.see(false);
  page.see(true);
  page.hand();
  await Promise.resolve();
  told.splice(0);
  activity = new Activity({do: async command => void told.push(JSON.stringify(command)), page});
  mock.timers.tick(180 * 24 * 3600 * 1000);
  activity.follow(true);
  assert.deepEqual(told, ['{"do":"activity","idle":2592000}']);
});
