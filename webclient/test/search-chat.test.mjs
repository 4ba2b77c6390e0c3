// Finding messages and whom to write to, in Chromium, in a window of 280 px.
import assert from 'node:assert/strict';
import {beforeEach, test} from 'node:test';
import {conversation, eve, listed, message, talk} from './chat-states.mjs';
import {gateway, newPage, page, scene} from './scene.mjs';
import {bob, parts} from './screen-states.mjs';
import {colleagues, found} from './search-states.mjs';

const payload = '<img src=x onerror=alert(1)> pump \u202e';
const many = Array.from({length: 120}, (_, i) => message(i + 1, 9000 - i, i === 9 ? payload : `Number ${i + 1}`));
const at = id => many.findIndex(one => one.id === id);
const list = () => page.locator('conversation-list');
const searchField = () => page.getByLabel('Search in messages');
let faults;

scene(() => '');
beforeEach(() => {
  gateway.down = false;
});

async function open(rest = {}, conversations = [conversation(bob, many.at(-1)), conversation(eve, talk[0])]) {
  gateway.screen = {
    parts: parts([], {conversations}),
    rest: {
      ...found,
      'GET messages': query => {
        const end = query.has('before') ? at(query.get('before')) : many.length;
        const start = Math.max(0, end - 50);
        return listed(many.slice(start, end), start ? many[start].id : undefined);
      },
      'GET messages/search': query =>
        query.get('q') === 'nothing'
          ? [200, {messages: []}]
          : [
              200,
              {
                messages: [
                  {with: bob, ...many[9]},
                  {with: eve, ...talk[0], mine: true, text: 'The PÜMP'},
                ],
              },
            ],
      ...rest,
    },
  };
  await newPage({viewport: {width: 280, height: 600}});
  faults = [];
  page.on('pageerror', error => faults.push(error.message));
  page.on('dialog', dialog => faults.push(dialog.message()));
  page.on('console', one => /Content Security|Trusted/i.test(one.text()) && faults.push(one.text()));
  await page.goto(gateway.url);
  await page.getByRole('button', {name: 'Conversations', exact: true}).click();
}

test('messages are found with who wrote them, as text alone, and lead to their place in the conversation', async () => {
  await open();
  await list().getByText('Number 120').waitFor();
  await searchField().fill('pump');
  await list().getByText('2 messages').waitFor();
  assert.equal(await list().getByText('Number 120').count(), 0, 'what was found stands in its place');
  const rows = await list().locator('li').allTextContents();
  assert.match(rows[0].replace(/\s+/g, ' '), /Bob Stone <img src=x onerror=alert\(1\)> pump/);
  assert.match(rows[1].replace(/\s+/g, ' '), /Eve Park You: The PÜMP/);
  assert.deepEqual(await list().locator('mark').allTextContents(), ['pump', 'PÜMP']);
  assert.equal(await list().locator('img').count(), 0);
  await list()
    .getByRole('button', {name: /Bob Stone/})
    .click();
  const place = page.getByRole('log').locator('li:focus');
  await place.waitFor();
  assert.match(await place.textContent(), /pump/);
  assert.equal(await place.isVisible(), true);
  const seen = await place.evaluate(row => {
    const [inner, outer] = [row, row.closest('[role=log]')].map(one => one.getBoundingClientRect());
    return inner.top >= outer.top && inner.bottom <= outer.bottom;
  });
  assert.ok(seen, 'it was fetched and is in sight');
  await page.getByRole('button', {name: 'Close Bob Stone'}).click();
  assert.equal(await searchField().inputValue(), 'pump', 'the search is as it was left');
  await searchField().fill('nothing');
  await list().getByText('No message has "nothing".').waitFor();
  await searchField().fill('');
  await list().getByText('Number 120').waitFor();
  assert.deepEqual(faults, []);
});

test('a search that failed can be tried again, and one without the gateway goes on when that is back', async () => {
  const broken = {};
  await open({
    'GET messages/search': () => broken.answer ?? [503, {title: 'Away', status: 503, detail: 'The store is away.'}],
  });
  await searchField().fill('pump');
  await page.getByRole('alert').getByText('The store is away.').waitFor();
  broken.answer = [200, {messages: [{with: bob, ...many[9]}]}];
  await list().getByRole('button', {name: 'Try again'}).click();
  await list().getByText('1 message', {exact: true}).waitFor();
  gateway.goDown();
  await list().getByText('Messages can be searched again when the gateway is back.').waitFor();
  assert.equal(await list().locator('mark').count(), 1, 'what was found stays');
  broken.answer = [200, {messages: []}];
  gateway.down = false;
  await list().getByText('No message has "pump".').waitFor({timeout: 20_000});
});

test('a conversation begins with a colleague who is chosen, or with what is typed', async () => {
  await open({'GET messages': listed([])}, []);
  await page.getByText('No conversations yet.').waitFor();
  const begin = () => list().getByRole('button', {name: 'New message'}).click();
  const field = () => page.getByLabel('Name, number or address to write to');
  await begin();
  await page.keyboard.type('bonnie');
  await page.getByRole('option', {name: 'Bonnie Day'}).click();
  await page.getByRole('heading', {name: 'Bonnie Day'}).waitFor();
  assert.match(page.url(), new RegExp(`${encodeURIComponent(colleagues[0].address)}$`));
  await page.getByRole('button', {name: 'Close Bonnie Day'}).click();
  assert.equal(await field().count(), 0, 'it is closed once it led somewhere');
  await begin();
  await page.keyboard.type('1007');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await list().locator('header button:focus').waitFor();
  await begin();
  await page.keyboard.type('+4930555');
  await page.getByRole('option', {name: 'Message +4930555'}).click();
  await page.getByRole('heading', {name: '+4930555'}).waitFor();
});
