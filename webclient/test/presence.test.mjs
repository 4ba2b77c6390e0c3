// Who is there, in Chromium: what others wrote about themselves, and what the user sets of his own presence.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {beforeEach, test} from 'node:test';
import {gateway, newPage, page, scene} from './scene.mjs';
import {directory, incoming, me, parts, talking} from './screen-states.mjs';

const payloads = JSON.parse(await readFile(new URL('payloads.json', import.meta.url), 'utf8'));
const address = i => `sip:user${i}@example.test`;
const own = more => ({me: {...me, presence: {...me.presence, ...more}}});
const activity = () => gateway.commands.filter(command => command.do === 'activity').map(({idle}) => idle ?? 'hand');
let faults;
let patches;

scene(() => '');
beforeEach(() => {
  gateway.commands.length = 0;
  gateway.down = false;
});

/** Opens the page; whatever its policy reports is in `faults`, what it wants to be changed of the user in `patches`. */
async function open(state, rest = {}) {
  gateway.screen = {parts: parts([], state), rest: {...directory, ...rest}};
  await newPage({viewport: {width: 280, height: 600}});
  faults = [];
  patches = [];
  page.on('pageerror', error => faults.push(error.message));
  page.on('dialog', dialog => faults.push(dialog.message()));
  page.on('console', one => /Content Security|Trusted/i.test(one.text()) && faults.push(one.text()));
  page.on('request', one => one.method() === 'PATCH' && patches.push(one.postDataJSON().presence));
  await page.goto(gateway.url);
  await page.locator('app-bar .own').waitFor();
}

const openOwn = () =>
  page
    .locator('app-bar')
    .getByRole('button', {name: /^Your presence/})
    .press('Enter');
const save = () => page.getByRole('button', {name: 'Save', exact: true});

/** Waits until the page told so often how its user is. */
async function told(count) {
  const late = Date.now() + 10_000;
  while (activity().length < count) {
    assert.ok(Date.now() < late, `the gateway got ${activity()}`);
    await page.evaluate(() => new Promise(done => requestAnimationFrame(done)));
  }
  return activity();
}

test('names and notes of others are shown literally on rows and cards, and nothing in them is hidden', async () => {
  const texts = [...payloads, 'pay\u202Etxt.exe'];
  const presence = texts.map((note, i) => ({
    address: address(i),
    display: note,
    state: 'busy',
    note,
    devices: {browser: true, phones: 0},
  }));
  const entries = texts.map((display, i) => ({id: `${i}`, display, addresses: [address(i)], note: '', version: 1}));
  await open({presence}, {'GET directory': [200, {entries, total: entries.length}]});
  await page.getByRole('button', {name: 'People'}).click();
  const notes = page.locator('person-row presence-line .note');
  await notes.nth(60).waitFor({state: 'attached'});
  const shown = await notes.evaluateAll(all => all.map(one => one.textContent));
  assert.deepEqual(shown.slice(0, 60), payloads);
  assert.equal(shown[60], 'payU+202Etxt.exe');
  const names = await page.locator('person-row .name').evaluateAll(all => all.map(one => one.textContent));
  const legible = payloads.map(text => text.replace('\t', ''));
  assert.deepEqual(names.slice(0, 60), legible);
  for (let i = 0; i < 60; i += 10) {
    const peer = {display: payloads[i], address: address(i), verified: true};
    gateway.push({calls: [{...incoming(peer), id: `c_${i}`}]});
    const card = page.locator('incoming-call', {hasText: address(i).slice(4)});
    await card.locator('presence-line .note').waitFor({state: 'attached'}); // wider windows show it
    assert.equal(await card.locator('presence-line .note').textContent(), payloads[i]);
    assert.equal(await card.locator('h2').textContent(), payloads[i]);
  }
  const inside = await page.locator('presence-line .note *').evaluateAll(all => all.map(one => one.localName));
  assert.deepEqual([...new Set(inside)], ['span'], 'nothing but marks came out of a note');
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 280, `the page is ${width} px wide`);
  assert.deepEqual(faults, []);
});

test('a stranger who says that he is Bob has no presence on his card, and who calls is not said to be in a call', async () => {
  await open();
  const bob = {...incoming().peer};
  gateway.push({calls: [{...incoming(), peer: {...bob, verified: false}}]});
  await page.locator('incoming-call').getByText('caller not verified').waitFor();
  assert.equal(await page.locator('incoming-call presence-line').count(), 0);
  gateway.push({calls: [{...incoming(), id: 'c_2'}]});
  await page.locator('incoming-call').getByText('Away since').waitFor();
  gateway.push({presence: [{...gateway.screen.parts.presence[0], state: 'call'}]});
  await page.locator('incoming-call').getByText('Away since').waitFor({state: 'detached'});
  assert.equal(await page.locator('incoming-call').getByText('In a call').count(), 0);
  gateway.push({calls: [{...talking(), state: 'early', direction: 'out', answered: null, id: 'c_3'}]});
  await page.locator('call-card').getByText('In a call').waitFor();
});

test('the user sets do not disturb by keys, with a note and an end; the bar says so and nothing rings', async () => {
  await open();
  await openOwn();
  await page.getByRole('heading', {name: 'Your presence'}).waitFor();
  assert.ok(await page.getByRole('heading', {name: 'Your presence'}).evaluate(one => one.matches(':focus')));
  await page.getByRole('radio', {name: /^Automatic/}).press('ArrowUp');
  await page.getByRole('radio', {name: /^Appear offline/}).press('ArrowUp');
  assert.ok(await page.getByRole('radio', {name: /^Do not disturb/}).isChecked());
  assert.deepEqual(patches, [], 'passing by sets nothing');
  const before = Date.now();
  await page.getByLabel('Until').selectOption('half');
  await page.getByLabel('Note', {exact: true}).fill(' Writing ');
  await page.getByLabel('Note', {exact: true}).press('Enter');
  await page.getByRole('status').getByText('Saved').waitFor();
  const [{until, ...rest}] = patches;
  assert.deepEqual(rest, {set: 'dnd', note: 'Writing'});
  const minutes = (Date.parse(until) - before) / 60_000;
  assert.ok(minutes > 29 && minutes < 32, `until in ${minutes} minutes`);
  gateway.push(own({set: 'dnd', state: 'dnd', note: 'Writing', until}));
  await page.locator('app-bar').getByRole('button', {name: 'Your presence: Do not disturb'}).waitFor();
  const reason = 'You had set do not disturb, so the call did not ring.';
  gateway.push({calls: [{...incoming(), state: 'ended', cause: 'dnd', reason, since: new Date().toISOString()}]});
  await page.locator('ended-card').getByText(reason).waitFor();
  assert.equal(await page.getByRole('alertdialog').count(), 0);
  assert.doesNotMatch(await page.title(), /calling/);
  assert.deepEqual(
    gateway.commands.filter(command => command.do === 'ringing'),
    [],
  );
  assert.deepEqual(faults, []);
});

test('what cannot be set is said in words: a note too long, a time that is over, fewer who may see it, no line', async () => {
  const narrow = {...me, presence: {...me.presence, visible: 'friends'}};
  await open(own({visible: 'nobody', set: 'away', state: 'away'}), {'PATCH me': [200, narrow]});
  await openOwn();
  await page.getByLabel('Note', {exact: true}).fill('é'.repeat(101));
  await page.getByRole('alert').getByText('200 letters').waitFor();
  await page.getByLabel('Note', {exact: true}).press('Enter');
  await page.getByLabel('Note', {exact: true}).fill('é'.repeat(100));
  await page.getByLabel('Until').selectOption('time');
  await page.getByLabel('Day and time').fill('2020-01-01T10:00');
  await save().click();
  await page.getByRole('alert').getByText('still to come').waitFor();
  assert.deepEqual(patches, []);
  await page.getByLabel('Until').selectOption('none');
  await page.getByRole('radio', {name: 'Everybody who has a phone here'}).check();
  await save().click();
  await page.getByRole('status').getByText('Your administrator lets fewer people see it').waitFor();
  assert.deepEqual(patches, [{set: 'away', note: 'é'.repeat(100), visible: 'domain'}]);
  const detail = 'The change was not made: this time is over.';
  gateway.screen.rest['PATCH me'] = [422, {title: 'Unprocessable', status: 422, detail}];
  await save().click();
  await page.getByRole('alert').getByText(detail).waitFor();
  gateway.goDown();
  await page.getByText('The gateway cannot be reached, so nothing can be set now.').waitFor();
  assert.ok(await page.getByRole('radio', {name: /^Busy/}).isDisabled());
  assert.equal(await save().getAttribute('aria-disabled'), 'true');
});

test('the gateway learns that the page is hidden, and that a hand moves again', async () => {
  await open();
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', {get: () => 'hidden', configurable: true});
    document.dispatchEvent(new Event('visibilitychange'));
  });
  const [idle] = await told(1);
  assert.ok(idle >= 1, `idle ${idle}`);
  await page.evaluate(() => {
    delete document.visibilityState;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.mouse.move(100, 100);
  await page.keyboard.press('Tab');
  assert.deepEqual((await told(2)).slice(1), ['hand']);
});
