// The element in a page of another site, in Chromium: what becomes of it when
// it is moved, changed, given no token, or its gateway is away.
import assert from 'node:assert/strict';
import {beforeEach, test} from 'node:test';
import {conversation, listed, message} from './chat-states.mjs';
import {gateway, newPage, page, scene} from './scene.mjs';
import {bob, incoming, parts} from './screen-states.mjs';

scene(() => '');

beforeEach(async () => {
  Object.assign(gateway, {away: false, screen: {parts: parts(), open: 'gesture'}});
  gateway.commands.length = 0;
  gateway.hellos.length = 0;
  await newPage();
  await page.goto(gateway.site);
  await page.evaluate(async url => {
    globalThis.told = [];
    for (const name of ['ready', 'error', 'token-needed'])
      addEventListener(name, event => event.detail && told.push({name, element: event.target.id, ...event.detail}));
    globalThis.asked = 0;
    globalThis.put = (id, attributes = {}, getToken = () => `token ${++globalThis.asked} of ${id}`) => {
      const phone = document.createElement('ringsplash-phone');
      for (const [name, value] of Object.entries(attributes)) phone.setAttribute(name, value);
      Object.assign(phone, {id, getToken});
      document.querySelector('main').append(phone);
    };
    /** Whether a promise of a method is settled: its value, or the code it was refused with. */
    globalThis.settled = promise =>
      promise.then(
        value => ({value}),
        ({code}) => ({code}),
      );
    await import(`${url}embed.js`);
  }, gateway.url);
});

const state = id => page.evaluate(name => document.getElementById(name).state, id);
const becomes = (id, want) =>
  page.waitForFunction(([name, wanted]) => document.getElementById(name)?.state === wanted, [id, want]);
const told = name => page.evaluate(wanted => globalThis.told.filter(one => one.name === wanted), name);

/** Waits until the gateway got so many commands to answer. */
async function receives(count) {
  const late = Date.now() + 10_000;
  while (answers() < count) {
    assert.ok(Date.now() < late, `the gateway got ${answers()} of ${count} answers`);
    await page.evaluate(() => new Promise(done => requestAnimationFrame(done)));
  }
}
const frames = () => page.frames().filter(frame => frame.url().includes('/embed'));

test('taken off the page it knows nothing and refuses; put back it logs in again', async () => {
  gateway.screen.parts = parts([incoming()]);
  await page.evaluate(() => put('one'));
  await becomes('one', 'connected');
  const off = await page.evaluate(async () => {
    const phone = document.getElementById('one');
    globalThis.phone = phone;
    const calls = phone.calls.length;
    // The reply to one is on its way, another waits for a frame that is not there yet.
    const running = settled(phone.hold('c_1'));
    phone.remove();
    document.querySelector('main').append(phone);
    const waiting = settled(phone.hold('c_1'));
    phone.remove();
    const after = settled(phone.hold('c_1'));
    const {state, identity} = phone;
    return {calls, left: phone.calls.length, state, identity, codes: await Promise.all([running, waiting, after])};
  });
  const refused = {code: 'lost'};
  assert.deepEqual(off, {calls: 1, left: 0, state: 'connecting', identity: null, codes: [refused, refused, refused]});
  await page.evaluate(() => document.querySelector('main').append(phone));
  await becomes('one', 'connected');
  assert.equal(gateway.hellos.at(-1).token, `token ${await page.evaluate(() => asked)} of one`);
  assert.equal((await told('ready')).length, 2);
});

test('a script writes in the name of the user, and is told of each message once', async () => {
  Object.assign(gateway.screen, {open: 'never', said: {message: {message: 'kept'}}, rest: {}});
  await page.evaluate(() => put('one'));
  await becomes('one', 'connected');
  const run = (...args) =>
    page.evaluate(
      given =>
        document
          .getElementById('one')
          .message(...given)
          .then(
            value => ({value}),
            ({code, message}) => ({code, message}),
          ),
      args,
    );
  assert.deepEqual(await run('1002', 'Hello'), {value: 'kept'});
  await run('1002', 'Hello', {key: 'mine'});
  const [first, second] = gateway.commands.filter(command => command.do === 'message');
  assert.deepEqual([first.to, first.text], ['1002', 'Hello']);
  assert.match(first.key, /^[0-9a-f]{32}$/);
  assert.equal(second.key, 'mine');
  const long = await run('1002', '\u{1f600}'.repeat(20_000));
  assert.equal(long.code, 'too_long');
  gateway.screen.refuse = {message: {code: 'not_found', message: 'There is nobody of that name.'}};
  assert.deepEqual(await run('nobody', 'Hello'), {code: 'not_found', message: 'There is nobody of that name.'});
  assert.equal(gateway.commands.filter(command => command.do === 'message').length, 3, 'the long one did not leave');

  await page.evaluate(() => {
    globalThis.heard = [];
    const phone = document.getElementById('one');
    for (const name of ['message', 'presence'])
      phone.addEventListener(name, event => heard.push([event.type, structuredClone(event.detail)]));
    addEventListener('message', event => event.target === phone && heard.push('bubbled'));
  });
  const came = message(7, 0, 'Are you there?');
  gateway.screen.rest['GET messages'] = listed([came]);
  gateway.push({conversations: [conversation(bob, {...came, text: 'Are you'}, {cut: true, unread: 1})]});
  const presence = [{address: bob.address, display: 'Bob Stone', state: 'busy', devices: {browser: true, phones: 1}}];
  await page.waitForFunction(() => heard.length === 1);
  gateway.push({conversations: [conversation(bob, came, {unread: 0})], presence});
  await page.waitForFunction(() => heard.length === 2);
  const {id, time, text} = came;
  assert.deepEqual(await page.evaluate(() => heard), [
    ['message', {id, from: bob.address, display: 'Bob Stone', text, time, verified: true}],
    ['presence', {people: presence}],
  ]);
});

/** The frame of the only phone, while Bob's call rings in it. */
async function ringing() {
  await page.evaluate(() => {
    document.querySelector('main').append(Object.assign(document.createElement('input'), {ariaLabel: 'Letter'}));
    put('one');
  });
  await becomes('one', 'connected');
  await page.getByLabel('Letter').click();
  gateway.push({calls: [incoming()]});
  const frame = page.frameLocator('#one iframe');
  await frame.getByRole('button', {name: 'Answer on Desk phone'}).waitFor();
  return frame;
}
const answers = () => gateway.commands.filter(command => command.do === 'answer').length;

test('a call takes neither focus nor keys from who types in the page around', async () => {
  const frame = await ringing();
  await page.keyboard.type('abm');
  assert.equal(await page.getByLabel('Letter').inputValue(), 'abm');
  // A page that moves the keys into the phone gains nothing; in the hands of the user they are keys again.
  await page.evaluate(() => document.getElementById('one').shadowRoot.querySelector('iframe').focus());
  await page.keyboard.type('a');
  await frame.getByText('moved the keys here').waitFor();
  assert.equal(answers(), 0);
  await frame.getByText('Incoming call').first().click();
  await page.keyboard.type('a');
  await receives(1);
});

test('a click on a phone that the page has covered or made see-through opens no deskphone', async () => {
  const frame = await ringing();
  const button = frame.getByRole('button', {name: 'Answer on Desk phone'});
  const seen = () =>
    page.frames()[1].evaluate(
      () =>
        new Promise(done => {
          const look = ([entry]) => done(entry.isVisible);
          new IntersectionObserver(look, {trackVisibility: true, delay: 100}).observe(document.documentElement);
        }),
    );
  for (const css of ['opacity: 0.01', 'filter: blur(9px)']) {
    await page.evaluate(text => document.getElementById('one').setAttribute('style', text), css);
    assert.equal(await seen(), false, css);
    await button.click();
    await frame.getByText('covers the phone, makes it see-through').waitFor();
    await frame.getByRole('button', {name: 'Close'}).first().click();
  }
  await page.evaluate(() => {
    document.getElementById('one').removeAttribute('style');
    const bait = document.body.appendChild(document.createElement('div'));
    bait.setAttribute('style', 'position: fixed; inset: 0; background: white; pointer-events: none');
  });
  assert.equal(await seen(), false, 'covered');
  await button.click();
  await frame.getByText('covers the phone, makes it see-through').waitFor();
  assert.equal(answers(), 0);
  await page.evaluate(() => document.body.lastChild.remove());
  const late = Date.now() + 10_000;
  while (answers() === 0) {
    assert.ok(Date.now() < late, 'seen as it is, the phone takes clicks again');
    await button.click();
    await seen();
  }
});

test('two elements in one page are two phones', async () => {
  await page.evaluate(() => {
    put('one');
    put('two');
  });
  await becomes('one', 'connected');
  await becomes('two', 'connected');
  assert.deepEqual(gateway.hellos.map(hello => hello.token.slice(-3)).sort(), ['one', 'two']);
  const ready = (await told('ready')).map(({element}) => element);
  assert.deepEqual(ready.sort(), ['one', 'two']);
  await page.evaluate(() => document.getElementById('one').remove());
  await page.evaluate(() => document.getElementById('two').call('1002', {from: 'deskphone'}));
  const asked = gateway.commands.filter(command => command.do !== 'activity'); // which a frame says when it goes
  assert.deepEqual(
    asked.map(command => [command.do, command.to, command.from]),
    [['call', '1002', 'desk']],
  );
});

test('an attribute that changes keeps the frame, and with it the call', async () => {
  await page.evaluate(url => put('one', {gateway: url}), gateway.url);
  await becomes('one', 'connected');
  const [frame] = frames();
  for (const [name, value] of [
    ['lang', 'de'],
    ['layout', 'bar'],
    ['color-scheme', 'dark'],
    ['answer-on', 'browser'],
    ['gateway', gateway.url],
  ])
    await page.evaluate(([n, v]) => document.getElementById('one').setAttribute(n, v), [name, value]);
  await frame.waitForFunction(() => document.documentElement.style.colorScheme === 'dark');
  assert.deepEqual([frames(), await state('one'), gateway.hellos.length], [[frame], 'connected', 1]);
});

test('a gateway that is away: a card, or the words of the page, until it is back', async () => {
  await page.clock.install();
  gateway.away = true;
  await page.evaluate(() => {
    put('plain');
    put('own');
    document.getElementById('own').innerHTML = '<b>Bitte das Tischtelefon nehmen.</b>';
    globalThis.early = settled(document.getElementById('plain').call('1002'));
  });
  const card = page.locator('#plain [role=alert]');
  await card.waitFor();
  assert.match(await card.textContent(), /did not load from http:\/\/localhost:\d+\. Is it running/);
  assert.equal(await page.locator('#plain iframe').isVisible(), false);
  await page.getByText('Bitte das Tischtelefon nehmen.').waitFor();
  assert.equal(await page.locator('#own [role=alert]').isVisible(), false);
  assert.deepEqual(
    await page.evaluate(() => Promise.all([early, settled(document.getElementById('plain').call('1002'))])),
    [{code: 'not_loaded'}, {code: 'not_loaded'}],
  );
  gateway.away = false;
  await page.clock.fastForward(31_000);
  for (const id of ['plain', 'own']) await becomes(id, 'connected');
  await page.locator('#plain iframe').waitFor();
  assert.equal(await card.count(), 0);
  assert.equal(await page.getByText('Bitte das Tischtelefon nehmen.').isVisible(), false);
  assert.deepEqual((await told('error')).map(({element, code}) => `${element} ${code}`).sort(), [
    'own not_loaded',
    'plain not_loaded',
  ]);
});

test('a gateway that is none is named at once', async () => {
  for (const [at, value] of ['phone.example', 'localhost:8080', 'https://', 'javascript:alert(1)'].entries()) {
    await page.evaluate(([id, name]) => put(id, {gateway: name}), [`g${at}`, value]);
    await page.locator(`#g${at} [role=alert]`, {hasText: 'must be an origin, such as https://phone.example'}).waitFor();
  }
  assert.equal(frames().length, 0);
});

test('a getToken that fails is said in the frame and told to the page', async () => {
  await page.clock.install();
  const rows = {
    throws: 'down for repair',
    rejects: 'down for repair',
    object: 'must return a token as text',
    nothing: 'must return a token as text',
    uncloneable: 'gives the phone no token',
    silent: 'gave no token for 30 seconds',
  };
  await page.evaluate(() => {
    const broken = () => {
      throw new Error('down for repair');
    };
    put('throws', {}, broken);
    put('rejects', {}, async () => broken());
    put('object', {}, () => ({token: 'x'}));
    put('nothing', {}, () => undefined);
    put('uncloneable', {}, () => () => {});
    put('silent', {}, () => new Promise(() => {}));
  });
  await page.waitForFunction(
    () => new Set(told.filter(one => one.name === 'token-needed').map(one => one.element)).size === 6,
  );
  await page.clock.fastForward(31_000);
  for (const [id, says] of Object.entries(rows)) {
    await page.waitForFunction(
      ([element, text]) =>
        told.some(
          one =>
            one.name === 'error' && one.element === element && one.code === 'no_token' && one.message.includes(text),
        ),
      [id, says],
    );
    await page.frameLocator(`#${id} iframe`).getByText(says).waitFor();
  }
  assert.equal(gateway.hellos.length, 0);
});

test('the phone speaks what the element is told to, else what the page around it does, and follows', async () => {
  const phone = id => page.frameLocator(`#${id} iframe`).locator('dial-pad button[type=submit]');
  await page.evaluate(() => globalThis.put('one', {lang: 'de-AT'}));
  await phone('one').filter({hasText: 'Anrufen'}).waitFor();
  await page.evaluate(() => globalThis.put('two'));
  await phone('two').filter({hasText: 'Call'}).waitFor();
  await page.evaluate(() => {
    document.getElementById('one').lang = 'en';
    document.getElementById('two').lang = 'de';
  });
  await phone('one').filter({hasText: 'Call'}).waitFor();
  await phone('two').filter({hasText: 'Anrufen'}).waitFor();
  assert.equal(gateway.hellos.length, 2, 'no frame was loaded again');
});
