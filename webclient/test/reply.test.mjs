// A call that rings is answered with a message, in Chromium, in a window of 280 px.
import assert from 'node:assert/strict';
import {beforeEach, test} from 'node:test';
import {gateway, newPage, page, scene} from './scene.mjs';
import {bob, directory, incoming, parts} from './screen-states.mjs';

scene(() => '');

const commands = (...names) => gateway.commands.filter(command => names.includes(command.do));
const button = name => page.getByRole('button', {name, exact: true});
const form = () => page.getByRole('group', {name: 'Reply with message'});

/** Waits until the gateway got so many commands of these kinds, and gives them. */
async function receives(count, ...names) {
  const late = Date.now() + 10_000;
  while (commands(...names).length < count) {
    assert.ok(Date.now() < late, `the gateway got ${commands(...names).length} of ${count} ${names}`);
    await page.evaluate(() => new Promise(done => requestAnimationFrame(done)));
  }
  return commands(...names);
}

beforeEach(async () => {
  gateway.commands.length = 0;
  gateway.screen = {parts: parts(), rest: directory};
  await newPage({viewport: {width: 280, height: 600}});
  await page.goto(gateway.url);
  await page.getByLabel('Name or number').waitFor();
});

/** Bob calls, and the form is opened by keys alone. */
async function opened() {
  gateway.push({calls: [incoming()]});
  await page.locator('[role=alertdialog]:focus').waitFor();
  await button('Reply with message').focus();
  await page.keyboard.press('Enter');
  await form().and(page.locator(':focus')).waitFor();
}

test('a short text goes out before the call is declined, and no key sends it by accident', async () => {
  await opened();
  await page.keyboard.press('Enter'); // held down a moment too long
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  const [message, decline] = await receives(2, 'message', 'decline');
  assert.deepEqual([message.do, message.to, message.text], ['message', bob.address, 'In a meeting']);
  assert.deepEqual([decline.do, decline.call], ['decline', 'c_1']);
  gateway.push({calls: []});
  await page.getByText('Declined, with a message to Bob Stone.').waitFor();
  assert.equal(commands('message', 'decline').length, 2);
});

test('the keys that answer still do, Escape closes the form, and no message is offered where nobody can be written to', async () => {
  await opened();
  await page.keyboard.press('Escape');
  await button('Reply with message').and(page.locator(':focus')).waitFor();
  assert.equal(await form().count(), 0);
  await page.keyboard.press('Enter');
  await form().waitFor();
  await page.keyboard.press('a');
  const [answer] = await receives(1, 'answer');
  assert.equal(answer.on, 'desk');
  const hidden = {display: 'Anonymous', address: 'sip:anonymous@anonymous.invalid', verified: false};
  gateway.push({calls: [{...incoming(hidden), id: 'c_2'}]});
  await page.getByRole('alertdialog', {name: 'Anonymous'}).waitFor();
  assert.equal(await button('Reply with message').count(), 0);
});

test('a message that is refused says so, and the call rings on until the user declines', async () => {
  gateway.screen.refuse = {message: {code: 'fault', message: 'The store is away.'}};
  await opened();
  await button('On my way').click();
  await page.getByRole('alert').getByText('Not sent, the call goes on ringing. The store is away.').waitFor();
  await button('On my way').click();
  const [first, second] = await receives(2, 'message');
  assert.equal(second.key, first.key, 'the gateway cannot tell that it is the same');
  assert.equal(commands('decline').length, 0);
  await button('Decline without a message').click();
  await receives(1, 'decline');
});

test('own words keep the card open while they are typed, and wait in the conversation when the call is over', async () => {
  await opened();
  const field = page.getByLabel('Your own words to Bob Stone');
  await field.fill('Call Eve,');
  await field.pressSequentially(' ab'); // keys that answer elsewhere
  gateway.push({calls: [{...incoming(), version: 2}]});
  assert.equal(await field.inputValue(), 'Call Eve, ab');
  gateway.push({calls: []});
  await form().waitFor({state: 'detached'});
  assert.equal(commands('answer', 'message').length, 0);
  gateway.push({calls: [{...incoming(), id: 'c_2'}]});
  await button('Reply with message').click();
  assert.equal(await field.inputValue(), 'Call Eve, ab');
  await field.press('Enter');
  const [message] = await receives(2, 'message', 'decline');
  assert.equal(message.text, 'Call Eve, ab');
});

test('somebody who picked the call up meanwhile is not hung up on', async () => {
  await opened();
  gateway.screen.refuse = {message: {code: 'fault', message: 'The store is away.'}};
  await button('I call you back').click();
  await page.getByRole('alert').getByText('The store is away.').waitFor();
  gateway.screen.refuse = {};
  await page.evaluate(() => {
    // The state comes between the press and the reply.
    const {send} = WebSocket.prototype;
    WebSocket.prototype.send = function (text) {
      if (JSON.parse(text).do !== 'message') return send.call(this, text);
      setTimeout(() => send.call(this, text), 500);
    };
  });
  await button('I call you back').click();
  gateway.push({
    calls: [{...incoming(), version: 2, state: 'connected', on: 'desk', answered: new Date().toISOString()}],
  });
  await page.getByText('The message to Bob Stone was sent. The call was over before.').waitFor();
  assert.equal(commands('decline').length, 0);
});

test('the short texts are the user’s own: one at least, eight at most', async () => {
  await button('Conversations').click();
  await page.getByText('Quick texts').click();
  for (let have = 3; have < 8; have++) await button('Add a text').click();
  assert.ok(await button('Add a text').isDisabled());
  await page.getByLabel('Quick text 8', {exact: true}).fill(`${'x'.repeat(250)}`);
  await page.getByLabel('Quick text 1', {exact: true}).fill('Ask Eve');
  for (let have = 8; have > 4; have--) await button('Remove quick text 2').click();
  await page.reload();
  await page.getByLabel('Name or number').waitFor({state: 'attached'});
  gateway.push({calls: [incoming()]});
  await button('Reply with message').click();
  const texts = await form().locator('.texts button').allTextContents();
  assert.deepEqual(texts, ['Ask Eve', 'x'.repeat(200)]);
});
