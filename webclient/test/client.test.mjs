// client.js in a page of another site, in Chromium: what start and stop do in
// each state, and what a page without a face is told.
import assert from 'node:assert/strict';
import {beforeEach, test} from 'node:test';
import {conversation, listed, message} from './chat-states.mjs';
import {gateway, newPage, page, scene} from './scene.mjs';
import {bob, parts, talking} from './screen-states.mjs';

scene();

beforeEach(async () => {
  gateway.screen = {parts: parts()};
  gateway.hellos.length = 0;
  await newPage({permissions: ['microphone']});
  await page.goto(gateway.site);
  await page.evaluate(async url => {
    const {RingsplashClient} = await import(`${url}client.js`);
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    globalThis.tracks = [];
    navigator.mediaDevices.getUserMedia = async constraints => {
      const stream = await ask(constraints);
      tracks.push(...stream.getTracks());
      return stream;
    };
    globalThis.told = [];
    globalThis.asked = 0;
    globalThis.phone = new RingsplashClient({gateway: url, getToken: () => `token ${++asked}`});
    for (const name of ['ready', 'error']) phone.addEventListener(name, event => told.push({name, ...event.detail}));
  }, gateway.url);
});

const run = name => page.evaluate(method => phone[method](), name);
const becomes = want => page.waitForFunction(state => phone.state === state, want);
const told = name => page.evaluate(wanted => told.filter(one => one.name === wanted), name);

test('start and stop, each twice, in a talk; nothing of it goes on afterwards', async () => {
  gateway.screen.parts = parts([talking()], {media: {want: {codecs: ['opus'], generation: 1}}});
  assert.equal(await page.evaluate(() => phone.state), 'stopped');
  await run('start');
  await run('start');
  await becomes('connected');
  await page.waitForFunction(() => tracks.length === 1 && tracks[0].enabled);
  await run('stop');
  await run('stop');
  await page.waitForFunction(() => tracks[0].readyState === 'ended');
  const left = await page.evaluate(() => [phone.state, phone.calls, phone.identity, phone.devices]);
  assert.deepEqual(left, ['stopped', [], null, []]);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  assert.equal(await page.evaluate(() => phone.state), 'stopped');
  await run('start');
  await becomes('connected');
  await page.waitForFunction(() => tracks.length === 2 && tracks[1].enabled);
  assert.equal((await told('ready')).length, 2);
  assert.deepEqual(
    gateway.hellos.map(({token, bearer}) => token ?? bearer),
    ['token 1', 'bearer for token 1'],
  );
});

test('start brings back one that was refused, and one whose tab was taken', async () => {
  gateway.screen.turnedAway = {code: 'origin_not_listed', message: 'List it.'};
  await run('start');
  await becomes('refused');
  gateway.screen.turnedAway = undefined;
  await run('start');
  await becomes('connected');
  for (const socket of gateway.sockets) socket.close(4409);
  await becomes('stopped');
  await run('start');
  await becomes('connected');
  assert.deepEqual(
    (await told('error')).map(({code}) => code),
    ['origin_not_listed'],
  );
});

test('what a phone with a face would show is told to the page', async () => {
  gateway.screen.parts = parts([talking()], {media: {want: {codecs: ['opus'], generation: 1}}});
  await run('start');
  await page.waitForFunction(() => tracks.length === 1 && tracks[0].enabled);
  await page.evaluate(() => tracks[0].dispatchEvent(new Event('ended'))); // unplugged
  await page.waitForFunction(() => told.some(one => one.code === 'microphone' && /unplugged/.test(one.message)));
  for (const socket of gateway.sockets) socket.close(4406); // the gateway is a newer one
  await becomes('stopped');
  await page.waitForFunction(() => told.some(one => one.code === 'fault'));
});

test('a page that listens for messages has them, and each client asks for its own', async () => {
  const came = message(7, 0, 'Are you there?');
  gateway.screen.rest = {'GET messages': listed([came])};
  gateway.commands.length = 0;
  await run('start');
  await becomes('connected');
  gateway.push({conversations: [conversation(bob, message(6, 5, 'Hello'), {unread: 1})]});
  await page.waitForFunction(() => phone.calls); // whatever came before was looked at
  await page.evaluate(() => {
    globalThis.heard = [];
    phone.addEventListener('message', event => heard.push(event.detail));
  });
  gateway.bearers.length = 0;
  gateway.push({conversations: [conversation(bob, came, {unread: 2})]});
  await page.waitForFunction(() => heard.some(({text}) => text === 'Are you there?'));
  assert.ok(gateway.bearers.every(bearer => bearer === 'Bearer bearer for token 1'));
  assert.equal(await page.evaluate(() => phone.message(heard[0].from, 'Yes')), '');
  const said = gateway.commands.filter(command => command.do === 'received' || command.do === 'message');
  assert.deepEqual(
    said.map(({upTo, to}) => upTo ?? to),
    [message(6, 0, '').id, came.id, bob.address],
  );
});

test('two clients in one page ask each with its own log-in', async () => {
  await run('start');
  await becomes('connected');
  await page.evaluate(async url => {
    const {RingsplashClient} = await import(`${url}client.js`);
    globalThis.other = new RingsplashClient({gateway: url, getToken: () => 'of another user'});
    other.start();
  }, gateway.url);
  await page.waitForFunction(() => other.state === 'connected');
  gateway.bearers.length = 0;
  await page.evaluate(() => phone.history());
  await page.evaluate(() => other.history());
  assert.deepEqual(gateway.bearers, ['Bearer bearer for token 1', 'Bearer bearer for of another user']);
});
