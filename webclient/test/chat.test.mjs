// Conversations in Chromium, in a window of 280 px: sending, receiving, reading, and texts that are anything but text.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {beforeEach, test} from 'node:test';
import {conversation, eve, listed, message, talk} from './chat-states.mjs';
import {gateway, newPage, page, scene} from './scene.mjs';
import {bob, directory, parts, talking} from './screen-states.mjs';

const payloads = JSON.parse(await readFile(new URL('payloads.json', import.meta.url), 'utf8'));
const log = () => page.getByRole('log');
const field = () => page.getByLabel('Your message to Bob Stone');
const sent = name => gateway.commands.filter(command => command.do === name);
let faults;

scene(() => '');
beforeEach(() => {
  gateway.commands.length = 0;
  gateway.down = false;
});

/** What the gateway keeps of the conversation with Bob. */
function keeps(messages, more = {}) {
  gateway.screen.rest['GET messages'] = listed(messages);
  gateway.push({
    conversations: [conversation(bob, messages.at(-1), more)],
    counters: {...parts().counters, missed: 0, unreadMessages: more.unread ?? 0},
  });
}

/** Opens the page; whatever its policy reports is in `faults`. */
async function open(messages, screen = {}) {
  const state = parts([], {conversations: messages.length ? [conversation(bob, messages.at(-1))] : []});
  gateway.screen = {parts: state, ...screen, rest: {...directory, 'GET messages': listed(messages), ...screen.rest}};
  await newPage({viewport: {width: 280, height: 600}});
  faults = [];
  page.on('pageerror', error => faults.push(error.message));
  page.on('dialog', dialog => faults.push(dialog.message()));
  page.on('console', one => /Content Security|Trusted/i.test(one.text()) && faults.push(one.text()));
  await page.goto(gateway.url);
  await page.getByRole('button', {name: /^Conversations/}).click();
}

const openBob = () => page.locator('conversation-list .name').getByText('Bob Stone').click();

/** Waits until the gateway got so many commands of a kind, and gives them. */
async function receives(name, count) {
  const late = Date.now() + 10_000;
  while (sent(name).length < count) {
    assert.ok(Date.now() < late, `the gateway got ${sent(name).length} of ${count} ${name}`);
    await page.evaluate(() => new Promise(done => requestAnimationFrame(done)));
  }
  return sent(name);
}

test('a message is sent by Enter, is tried again under its key, and its fate is said in words', async () => {
  await open(talk, {refuse: {message: {code: 'fault', message: 'The store is away.'}}});
  await openBob();
  await log().getByText('Not sent · Bob Stone takes no text messages.').waitFor();
  await field().fill('Uno');
  await field().press('Shift+Enter');
  await field().pressSequentially('due');
  await field().press('Enter');
  const [first] = await receives('message', 1);
  assert.deepEqual([first.to, first.text], [bob.address, 'Uno\ndue']);
  assert.equal(await field().inputValue(), '');
  const typing = await receives('typing', 1);
  assert.deepEqual([typing[0].to, typing[0].active], [bob.address, true]);
  const mine = log().locator('li', {hasText: 'The store is away.'});
  await mine.waitFor();
  const kept = message(7, 0, 'Uno\ndue', {mine: true, state: 'sent'});
  gateway.screen.refuse = {};
  gateway.screen.said = {message: {message: kept.id}};
  gateway.screen.rest['GET messages'] = listed([...talk, kept]);
  await mine.getByRole('button', {name: 'Try again'}).click();
  const [, second] = await receives('message', 2);
  assert.equal(second.key, first.key, 'the gateway cannot tell that it is the same');
  const words = log().locator('li', {hasText: 'due'});
  await words.getByText('Sent').waitFor();
  keeps([...talk, {...kept, state: 'read'}]);
  await words.getByText('Read').waitFor();
  assert.equal(await words.count(), 1, 'it is there once');
  await field().fill('é'.repeat(2049));
  await page.getByRole('alert').getByText('4 kB').waitFor();
  await field().press('Enter');
  assert.equal(sent('message').length, 2, 'what is too long is not sent');
  assert.deepEqual(faults, []);
});

test('what comes is said to be received at once, and read once it is open in a visible tab', async () => {
  await open(talk.slice(0, 3));
  const came = [...talk.slice(0, 3), message(4, 5, 'Are you there?')];
  keeps(came, {unread: 1, typing: true});
  await page.getByRole('button', {name: 'Conversations, 1 unread'}).waitFor();
  await page.waitForFunction(() => document.title === '(1) Ringsplash');
  const received = await receives('received', 1);
  assert.deepEqual([received.at(-1).peer, received.at(-1).upTo], [bob.address, came.at(-1).id]);
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', {get: () => 'hidden', configurable: true});
  });
  await openBob();
  await log().getByText('Are you there?').waitFor();
  await page.locator('chat-pane').getByText('Bob Stone is writing').waitFor();
  assert.equal(sent('read').length, 0, 'nobody sees a hidden tab');
  await page.evaluate(() => {
    delete document.visibilityState;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  const [read] = await receives('read', 1);
  assert.deepEqual([read.peer, read.upTo], [bob.address, came.at(-1).id]);
  keeps(came);
  await page.waitForFunction(() => document.title === 'Ringsplash');
});

test('earlier messages come by a press, and the place in the log stays', async () => {
  const many = Array.from({length: 60}, (_, i) => message(i + 1, 6000 - i, `Message ${i + 1}`, {state: 'read'}));
  await open(many, {
    rest: {
      'GET messages': query => (query.has('before') ? listed(many.slice(0, 20)) : listed(many.slice(20), many[20].id)),
    },
  });
  await openBob();
  await log().getByText('Message 60', {exact: true}).waitFor();
  await log().evaluate(one => {
    one.scrollTop = 0;
  });
  await page.getByRole('button', {name: 'Show earlier messages'}).click();
  await log().getByText('Message 1', {exact: true}).waitFor({state: 'attached'});
  const at = await log().evaluate(one => one.scrollTop);
  assert.ok(at > 500, `the log is at ${at}`);
  assert.equal(await log().locator('li').count(), 60);
});

test('texts of others are shown literally, links lead out alone, and nothing is hidden', async () => {
  const texts = payloads.map((text, i) => message(i + 1, 100 - i, text, {state: 'read'}));
  await open([...texts, message(61, 1, 'pay\u202Etxt.exe at https://example.test/a?b=1.', {state: 'read'})]);
  await openBob();
  const bubbles = log().locator('.text');
  await bubbles.nth(60).waitFor({state: 'attached'});
  const shown = await bubbles.evaluateAll(all => all.map(one => one.textContent));
  assert.deepEqual(shown.slice(0, 60), payloads);
  assert.equal(shown[60], 'payU+202Etxt.exe at https://example.test/a?b=1.');
  const links = await log().evaluate(one =>
    [...one.querySelectorAll('a')].map(({href, protocol, target, rel, attributes}) => [
      href,
      protocol,
      target,
      rel.includes('noopener'),
      [...attributes]
        .map(({name}) => name)
        .sort()
        .join(),
    ]),
  );
  assert.ok(links.some(([href]) => href === 'https://example.test/a?b=1'));
  for (const [href, protocol, target, noopener, names] of links) {
    assert.match(protocol, /^https?:$/, href);
    assert.deepEqual([target, noopener, names], ['_blank', true, 'href,rel,target'], href);
  }
  const inside = await log().evaluate(one => [
    ...new Set([...one.querySelectorAll('.text *')].map(({localName}) => localName)),
  ]);
  assert.deepEqual(inside.sort(), ['a', 'span'], 'nothing else came out of a text');
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 280, `the page is ${width} px wide`);
  gateway.push({
    conversations: payloads
      .slice(0, 20)
      .map((text, i) => conversation({display: text, address: `sip:${i}@x.test`}, texts[i])),
  });
  await page.getByRole('button', {name: /^Close/}).click();
  await page.locator('conversation-list li').nth(19).waitFor();
  assert.equal(await page.locator('conversation-list .name').nth(1).textContent(), payloads[1]);
  assert.deepEqual(faults, []);
});

test('a person and a call have a button to write, and whom nothing was written to has an empty pane', async () => {
  await open([]);
  await page.getByRole('button', {name: 'People'}).click();
  await page.locator('person-row').getByRole('button', {name: 'Message Bob Stone'}).click();
  await page.getByText('Nothing was written yet.').waitFor();
  await page.getByRole('button', {name: 'Close Bob Stone'}).click();
  gateway.push({calls: [talking({on: 'desk', here: false})]});
  await page.locator('call-strip button.call').click();
  await page.locator('call-card').getByRole('button', {name: 'Message Bob Stone'}).click();
  await field().fill('During the call');
  await field().press('Enter');
  await receives('message', 1);
  assert.equal((await page.locator('call-strip, call-card').count()) > 0, true, 'the call stays on the stage');
});

test('a conversation is deleted after a question, in its pane or in the list', async () => {
  await open(talk);
  gateway.push({
    conversations: [conversation(bob, talk.at(-1)), conversation(eve, message(4, 4000, 'Are you there?'))],
  });
  await openBob();
  const dialog = name => page.getByRole('dialog', {name: `Delete your messages with ${name}?`});
  const press = name => page.getByRole('button', {name, exact: true}).click();
  await press('Delete messages with Bob Stone');
  await dialog('Bob Stone').getByText('Bob Stone keeps a copy').waitFor();
  await page.keyboard.press('Enter'); // the first button is the one that does nothing
  await dialog('Bob Stone').waitFor({state: 'hidden'});
  await press('Delete messages with Bob Stone');
  gateway.screen.refuse = {forget: {code: 'fault', message: 'The store is away.'}};
  await dialog('Bob Stone').getByRole('button', {name: 'Delete'}).click();
  await page.getByText('The store is away.').waitFor();
  assert.equal(await log().count(), 1, 'the pane is closed, though the messages are there');
  gateway.screen.refuse = {};
  await press('Delete messages with Bob Stone');
  await dialog('Bob Stone').getByRole('button', {name: 'Delete'}).click();
  await log().waitFor({state: 'detached'});
  const asked = await receives('forget', 2);
  assert.deepEqual(
    asked.map(({peer}) => peer),
    [bob.address, bob.address],
  );
  await press('Delete conversations');
  await press('Delete messages with Eve Park');
  await dialog('Eve Park').waitFor();
  // Something comes meanwhile: the question is about the same one still.
  const now = [conversation(eve, message(4, 4000, 'Are you there?')), conversation(bob, talk.at(-1))];
  gateway.push({conversations: now.map(one => ({...one, unread: 1}))});
  await page.locator('.count').first().waitFor();
  await dialog('Eve Park').getByRole('button', {name: 'Delete'}).click();
  assert.equal((await receives('forget', 3)).at(-1).peer, eve.address);
});
