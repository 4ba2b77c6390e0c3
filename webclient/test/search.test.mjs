// The search field in Chromium: what it suggests, and what Enter, Escape, a press and a gateway that is away make of it.
import assert from 'node:assert/strict';
import {beforeEach, test} from 'node:test';
import {gateway, newPage, page, scene} from './scene.mjs';
import {long, onDesk, parts} from './screen-states.mjs';
import {colleagues, found} from './search-states.mjs';

scene();
beforeEach(() => {
  gateway.commands.length = 0;
  gateway.down = false;
});

const field = () => page.getByLabel('Name or number', {exact: true});
const rows = () => page.getByRole('option');
const row = name => page.getByRole('option', {name});
const sent = name => gateway.commands.filter(command => command.do === name);

async function open(state = parts(), rest = {}) {
  gateway.screen = {parts: state, rest: {...found, ...rest}};
  await newPage({permissions: ['microphone'], viewport: {width: 900, height: 760}});
  await page.goto(gateway.url);
  await field().waitFor();
}

/** Waits until the gateway got so many commands of a kind, and gives them. */
async function receives(name, count) {
  const late = Date.now() + 10_000;
  while (sent(name).length < count) {
    assert.ok(Date.now() < late, `the gateway got ${sent(name).length} of ${count} ${name}`);
    await page.evaluate(() => new Promise(done => requestAnimationFrame(done)));
  }
  return sent(name);
}

/** The row that is marked, as a screen reader is told. */
const marked = () =>
  page.evaluate(() => {
    let focus = document.activeElement;
    while (focus.shadowRoot?.activeElement) focus = focus.shadowRoot.activeElement;
    const id = focus.getAttribute('aria-activedescendant');
    return id && focus.getRootNode().getElementById(id).textContent.replace(/\s+/g, ' ').trim();
  });

test('the field suggests each person once, and keys choose one of them', async () => {
  await open();
  await page.keyboard.press('/');
  await page.keyboard.type('bo');
  await row('Bob Stone').waitFor();
  assert.deepEqual(
    (await rows().allTextContents()).map(text => text.replace(/\s+/g, ' ').trim()),
    [
      'Call bo',
      'Bob Stone 2002 Friend Away', // as the page knows it, which is newer than what was found
      'Bonnie Day 1007 Colleague Available',
      `${long.display} wilhelmina.featherstonehaugh@subsidiary.example.test Directory Do not disturb`,
    ],
  );
  assert.equal(await marked(), null, 'nothing is marked before a key says so');
  await page.keyboard.press('ArrowUp');
  assert.match(await marked(), /^Wilhelmina/);
  await page.keyboard.press('ArrowDown');
  assert.equal(await marked(), null);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  assert.match(await marked(), /^Bob Stone/);
  await page.keyboard.press('Home');
  await page.keyboard.type('B');
  assert.equal(await field().inputValue(), 'Bbo', 'Home is for the text');
  await page.keyboard.press('Delete');
  await page.keyboard.press('Escape');
  assert.equal(await rows().count(), 0);
  await page.keyboard.press('ArrowDown');
  await row('Bonnie Day').waitFor();
  for (const key of ['ArrowUp', 'ArrowUp', 'Enter']) await page.keyboard.press(key);
  const [call] = await receives('call', 1);
  assert.equal(call.to, colleagues[0].address);
  await page.waitForFunction(() => document.querySelector('phone-app').dialPad.field.value === '');
});

test('Enter before the suggestions came dials just what was typed, and they do not open afterwards', async () => {
  let answer;
  const asked = new Promise(done => {
    answer = done;
  });
  await open(parts(), {'GET people': () => asked.then(() => [200, {people: colleagues}])});
  await field().fill('bon');
  await row('Call bon').waitFor();
  const answered = page.waitForEvent('requestfailed', {predicate: request => request.url().includes('/people')});
  await page.waitForRequest(/\/people\?/);
  await field().press('Enter');
  const [call] = await receives('call', 1);
  assert.equal(call.to, 'bon');
  await answered; // it was given up
  answer();
  assert.equal(await rows().count(), 0);
});

test('what was typed meanwhile is asked for, and what was overtaken is not shown', async () => {
  const asked = [];
  await open(parts(), {
    'GET people': query => {
      asked.push(query.get('q'));
      return found['GET people'](query);
    },
  });
  await field().fill('bonnie');
  await row('Bonnie Day').waitFor(); // what finds suggestions is loaded
  await field().fill('');
  asked.length = 0;
  await page.clock.install();
  await page.clock.pauseAt(new Date(Date.now() + 60_000));
  await field().pressSequentially('bon');
  await page.clock.runFor(1000);
  await row('Bonnie Day').waitFor();
  await field().pressSequentially('nie');
  await page.clock.runFor(1000);
  await field().fill('bob');
  assert.equal(await row('Bonnie Day').count(), 0, 'whoever fits no more goes at once');
  await page.clock.runFor(1000);
  await row('Bob Stone').waitFor();
  assert.deepEqual(asked, ['bon', 'bonnie', 'bob'], 'one question for each pause');
  await page.clock.resume();
  await field().fill('1007');
  await row('Bonnie Day').waitFor();
  assert.equal(
    await rows()
      .first()
      .textContent()
      .then(text => text.trim().startsWith('Bonnie Day')),
    true,
  );
  assert.equal(await row('Call 1007').count(), 0, 'it is her');
});

test('a press takes a row, and without the gateway what is typed is taken all the same', async () => {
  await open();
  await field().fill('bonnie');
  await row('Bonnie Day').click();
  await receives('call', 1);
  gateway.goDown();
  await page.getByText('Reconnecting. Calls cannot reach').waitFor();
  await field().fill('2003');
  assert.deepEqual(
    await rows()
      .allTextContents()
      .then(all => all.map(text => text.trim())),
    ['Call 2003'],
  );
  await field().press('Enter');
  assert.equal(await field().inputValue(), '2003');
  assert.equal(sent('call').length, 1);
});

test('a transfer goes to whom was chosen once that is confirmed, and Escape closes the list before the form', async () => {
  await open(parts([onDesk()]));
  await page.keyboard.press('t');
  await page.locator('transfer-form input:focus').waitFor();
  await page.keyboard.type('bonnie');
  await row('Bonnie Day').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await rows().count(), 0);
  await page.keyboard.press('ArrowDown');
  await row('Bonnie Day').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.equal(await page.getByLabel('Name or number to transfer to').inputValue(), 'bonnie@example.test');
  assert.equal(sent('transfer').length, 0);
  await page.keyboard.press('Enter');
  const [transfer] = await receives('transfer', 1);
  assert.equal(transfer.to, 'bonnie@example.test');
});

test('an allowed address may be that of a person who is chosen, or a domain as it is typed', async () => {
  const kept = [];
  const policy = {...found['GET policy'][1], addresses: []};
  await open(parts(), {
    'GET policy': [200, policy],
    'PUT policy': (_query, body) => {
      kept.push(body.addresses);
      return [200, {...policy, ...body}];
    },
  });
  await page.getByRole('button', {name: 'Feature Options', exact: true}).click();
  const address = page.getByLabel('user@domain, domain, number or IP address');
  await address.fill('bonnie');
  await row('Bonnie Day').click();
  await page.getByRole('button', {name: 'Add', exact: true}).click();
  await page.getByText('bonnie@example.test', {exact: true}).waitFor();
  await address.fill('example.net');
  await address.press('Enter');
  await page.getByText('example.net, all its users').waitFor();
  assert.deepEqual(kept, [['bonnie@example.test'], ['bonnie@example.test', 'example.net']]);
});
