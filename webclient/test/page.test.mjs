// What the page itself decides, in Chromium: whom the keys and the focus belong
// to, when the microphone is asked for, and when it offers.
import assert from 'node:assert/strict';
import {beforeEach, test} from 'node:test';
import {hush} from './chromium.mjs';
import {gateway, newPage, page, scene} from './scene.mjs';
import {desk, incoming, parts, talking} from './screen-states.mjs';

const want = (codecs, generation = 1) => ({media: {want: {codecs, generation}}});
scene();

beforeEach(() => {
  gateway.commands.length = 0;
  gateway.down = false;
});

/** Opens the page on a state; counts what it asks of the microphone. */
async function open(state, screen = {}) {
  gateway.screen = {...screen, parts: state};
  await newPage({permissions: ['microphone'], viewport: {width: 900, height: 760}});
  await page.addInitScript(() => {
    window.asked = [];
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async constraints => {
      const stream = await ask(constraints);
      window.asked.push(stream);
      return stream;
    };
  });
  await page.goto(gateway.url);
  await page.getByLabel('Name or number').waitFor();
}

const sent = name => gateway.commands.filter(command => command.do === name);
const asked = () => page.evaluate(() => window.asked.length);

/** Waits until the gateway got so many commands of a kind. */
async function receives(name, count) {
  const late = Date.now() + 10_000;
  while (sent(name).length < count) {
    assert.ok(Date.now() < late, `the gateway got ${sent(name).length} of ${count} ${name}`);
    await page.evaluate(() => new Promise(done => requestAnimationFrame(done)));
  }
}

test('a call that comes while the user types takes neither his focus nor his keys', async () => {
  await open(parts());
  await page.getByLabel('Name or number').focus();
  gateway.push({calls: [incoming()]});
  await page.getByRole('alertdialog', {name: 'Bob Stone'}).waitFor();
  await page.keyboard.type('abe2');
  assert.equal(await page.getByLabel('Name or number').inputValue(), 'abe2');
  assert.equal(sent('answer').length, 0);
});

test('a call that comes while the user does nothing gets the focus, and keys answer it', async () => {
  await open(parts());
  gateway.push({calls: [incoming()]});
  await page.locator('[role=alertdialog]:focus').waitFor();
  await page.keyboard.press('a');
  await receives('answer', 1);
  assert.deepEqual([sent('answer')[0].on, sent('answer')[0].call], ['desk', 'c_1']);
  assert.equal(await asked(), 0, 'a deskphone needs no microphone here');
});

test('E must come twice; focus stays with the cards when one goes', async () => {
  await open(parts([talking({on: 'desk', here: false})]));
  await page.keyboard.press('e');
  await page.keyboard.press('x');
  await page.keyboard.press('e');
  assert.equal(sent('hangup').length, 0);
  await page.keyboard.press('e');
  await receives('hangup', 1);
  await page.getByRole('button', {name: 'Hang up'}).focus();
  gateway.push({calls: [talking({on: null, here: false, state: 'ended', reason: 'The call has ended.'})]});
  await page.locator('ended-card h2:focus').waitFor();
});

test('a key that was switched off does nothing, after a reload too', async () => {
  await open(parts([incoming()]));
  await page.keyboard.press('?');
  await page.getByLabel('Answer in browser').uncheck();
  await page.keyboard.press('Escape');
  for (const reload of [false, true]) {
    if (reload) await page.reload();
    await page.getByRole('button', {name: 'Answer in browser'}).waitFor();
    await page.keyboard.press('b');
    await page.keyboard.press('a');
    await receives('answer', reload ? 2 : 1);
  }
  assert.deepEqual(
    sent('answer').map(command => command.on),
    ['desk', 'desk'],
  );
});

test('ringing offers ahead without a microphone; answering adds it and offers nothing', async () => {
  await open(parts([incoming()], want(['PCMU', 'opus'])));
  await receives('offer', 1);
  const [{sdp, codecs}] = sent('offer');
  assert.deepEqual(
    [...sdp.matchAll(/^m=(\w+)/gm)].map(match => match[1]),
    ['audio', 'video', 'video'],
  );
  assert.match(sdp, /^m=audio \d+ \S+ 0 111 /m, 'the wanted codecs come first, in order');
  assert.deepEqual(codecs, ['PCMU', 'opus']);
  await receives('ringing', 1);
  assert.equal(await asked(), 0);

  await page.getByRole('button', {name: 'Answer in browser'}).click();
  await receives('answer', 1);
  gateway.push({calls: [talking({since: new Date().toISOString()})]});
  await page.getByRole('button', {name: 'Mute'}).waitFor();
  await page.waitForFunction(() => window.asked[0]?.getAudioTracks()[0].enabled);
  await page.waitForFunction(async () => {
    const [far] = window.farEnds.values();
    const audio = [...(await far.getStats()).values()].find(s => s.type === 'inbound-rtp' && s.kind === 'audio');
    return audio?.packetsReceived > 5;
  });
  // A busy machine may take so long to connect that the page begins anew, with a PeerConnection of its own.
  assert.equal(new Set(sent('offer').map(({pc}) => pc)).size, sent('offer').length, 'nothing was offered again');
  assert.equal(await asked(), 1);

  gateway.push({calls: [talking({microphone: 'muted'})]});
  await page.waitForFunction(() => !window.asked[0].getAudioTracks()[0].enabled);
  gateway.push({calls: [talking({state: 'ended', here: false, on: null})]});
  await page.waitForFunction(() => window.asked[0].getAudioTracks()[0].readyState === 'ended');
});

test('other codecs are offered again, another generation on a new PeerConnection', async () => {
  await open(parts([incoming()], want(['PCMU'])));
  await receives('offer', 1);
  gateway.push(want(['PCMA', 'PCMU']));
  await receives('offer', 2);
  gateway.push(want(['PCMA', 'PCMU'], 2));
  await receives('offer', 3);
  const [first, second, third] = sent('offer').map(offer => offer.pc);
  assert.equal(first, second);
  assert.notEqual(second, third);
  assert.match(sent('offer')[1].sdp, /^m=audio \d+ \S+ 8 0 /m);
});

test('a reload in a call opens the microphone again by itself', async () => {
  await open(parts([talking()], want(['opus'])));
  await page.waitForFunction(() => window.asked.length === 1 && window.asked[0].getAudioTracks()[0].enabled);
  await page.reload();
  await page.waitForFunction(() => window.asked.length === 1 && window.asked[0].getAudioTracks()[0].enabled);
  await receives('offer', 2);
});

test('without a microphone the call rings on, and the way out is said', async () => {
  await open(parts([incoming()], {devices: [desk]}));
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'));
    navigator.permissions.query = () => Promise.reject(new TypeError('not known'));
  });
  await page.getByRole('button', {name: 'Answer in browser'}).click();
  await page.getByText('No microphone was found. Plug one in, then try again. You can still use Desk phone.').waitFor();
});

test('a window that another took over lets go of the microphone, and takes it again only for a call of its own', async () => {
  await open(parts([talking()], want(['opus'])));
  await page.waitForFunction(() => window.asked.length === 1 && window.asked[0].getAudioTracks()[0].enabled);
  for (const socket of gateway.sockets) socket.close(4409);
  await page.waitForFunction(() => window.asked[0].getAudioTracks()[0].readyState === 'ended');
  await page.getByRole('button', {name: 'Hang up'}).waitFor({state: 'detached'});
  gateway.screen.parts.calls = [talking({here: false})];
  await page.getByRole('button', {name: 'Use it here'}).click();
  await page.locator('call-card .badge', {hasText: 'In another window'}).waitFor();
  assert.equal(await asked(), 1);
});

/** Opens the page on a talk here whose sound arrives, and takes the gateway away. */
async function talkWithoutGateway(screen = {}) {
  await open(parts([talking()], want(['opus'])), screen);
  await page.getByText('Connecting sound').waitFor({state: 'detached'});
  gateway.goDown();
  await page.getByText('Reconnecting, your call goes on').waitFor();
}

const microphoneIs = state =>
  page.waitForFunction(s => window.asked.at(-1)?.getAudioTracks()[0].readyState === s, state);

test('without the gateway a call goes on only as long as it is heard, and Hang up ends it here at once', async () => {
  await talkWithoutGateway();
  await page.evaluate(hush);
  await page.getByText('Reconnecting. No sound arrives, so your call may be over.').waitFor();
  await microphoneIs('live');
  await page.getByRole('button', {name: 'Hang up'}).click();
  await page.locator('ended-card').getByText('You hung up. The gateway is told when it is back.').waitFor();
  await microphoneIs('ended');
  assert.equal(await page.evaluate(() => document.querySelector('phone-app').phone.voice.media.audio.paused), true);
  assert.equal(sent('hangup').length, 0);

  gateway.down = false; // a gateway that knows the call still, but not the tab
  await receives('hangup', 1);
  assert.equal(sent('hangup')[0].call, 'c_1');
  await page.locator('ended-card').waitFor();
  gateway.push({calls: [talking({state: 'ended', here: false, on: null, reason: 'The call has ended.'})]});
  await page.getByText('The call has ended.', {exact: true}).waitFor();
  assert.equal(await page.locator('call-card').count(), 0);
});

test('E pressed twice hangs up without the gateway too, and other keys do nothing', async () => {
  await talkWithoutGateway();
  for (const key of ['h', 'm', 'e', 'e']) await page.keyboard.press(key);
  await page.locator('ended-card').getByText('You hung up. The gateway is told when it is back.').waitFor();
  gateway.down = false;
  await receives('hangup', 1);
  assert.deepEqual([sent('hold').length, sent('mute').length], [0, 0]);
});

test('a call that the gateway does not know any more when it is back is said to be over', async () => {
  await talkWithoutGateway();
  gateway.screen.parts.calls = [];
  gateway.down = false;
  await page.getByText('The call with Bob Stone ended while the gateway was away.').waitFor();
  await microphoneIs('ended');
});

test('a call the gateway does not let go of is heard again, and the reason is said', async () => {
  await open(parts([talking()], want(['opus'])), {refuse: {hangup: {code: 'fault', message: 'It cannot end it now.'}}});
  await microphoneIs('live');
  await page.getByRole('button', {name: 'Hang up'}).click();
  await page.getByText('It cannot end it now.').waitFor();
  await page.waitForFunction(() => window.asked.length === 2);
  await microphoneIs('live');
});

test('without gateway and sound the microphone is let go, and opened again when both are back', async () => {
  await talkWithoutGateway();
  await page.evaluate(() => {
    for (const pc of window.farEnds.values()) pc.close();
  });
  await page.getByText('No sound: the gateway cannot be reached.').waitFor({timeout: 30_000});
  await microphoneIs('ended');
  gateway.down = false;
  await page.waitForFunction(() => window.asked.length === 2);
  await page.getByText('No sound: the gateway cannot be reached.').waitFor({state: 'detached'});
});

test('a call on a deskphone that goes on without the gateway is not vouched for', async () => {
  await open(parts([talking({on: 'desk', here: false})]));
  gateway.goDown();
  await page.getByText('Reconnecting. Whether your call goes on can be heard on Desk phone.').waitFor();
});

test('a deskphone that rings to place a call is to be picked up', async () => {
  await open(
    parts([talking({on: 'desk', here: false, direction: 'out', state: 'ringing', pickUp: true, answered: undefined})]),
  );
  await page.locator('call-card').getByText('Pick up Desk phone').waitFor();
  assert.equal(await page.getByText('Calling', {exact: true}).count(), 0);
  gateway.push({calls: [talking({on: 'desk', here: false, direction: 'out', state: 'ringing', answered: undefined})]});
  await page.locator('call-card').getByText('Calling', {exact: true}).waitFor();
});

test('without the line nothing rings', async () => {
  await open(parts([incoming()]));
  await page.waitForFunction(() => document.title === 'Bob Stone is calling');
  for (const socket of gateway.sockets) socket.close(4409);
  await page.waitForFunction(() => document.title === 'Ringsplash');
  await page.getByRole('alertdialog').waitFor({state: 'detached'});
});

test('a button that goes away at its press leaves the focus in the card', async () => {
  const onDesk = more => talking({on: 'desk', here: false, ...more});
  await open(parts([onDesk({microphone: 'shut'})]));
  await page.getByRole('button', {name: 'Unmute'}).press('Space');
  await receives('unmute', 1);
  gateway.push({calls: [onDesk()]});
  await page.locator('call-card h2:focus').waitFor();
  await page.getByRole('button', {name: 'Mute'}).press('Space');
  await receives('mute', 1);
  gateway.push({calls: [onDesk({microphone: 'muted'})]});
  await page.locator('call-acts [data-tool=keypad]:focus').waitFor();
  await page.keyboard.press('t');
  await page.locator('transfer-form input:focus').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('call-acts [data-tool=transfer]:focus').waitFor();
});

test('a double click calls once and hangs up once, and the focus stays on the button', async () => {
  const over = talking({state: 'ended', here: false, on: null});
  await open(parts([talking({on: 'desk', here: false})]), {
    refuse: {hangup: {code: 'ended', message: 'This call has ended already.'}},
  });
  gateway.push({calls: [over]});
  await page.getByRole('button', {name: 'Call again'}).dblclick();
  await receives('call', 1);
  await page.getByLabel('Name or number').fill('2003');
  await page.getByRole('button', {name: 'Call', exact: true}).click(); // waits until the first call was taken
  await receives('call', 2);
  assert.deepEqual(
    sent('call').map(command => command.to),
    [over.peer.address, '2003'],
  );
  await page.locator('dial-pad button[type=submit]:focus').waitFor();
  gateway.push({calls: [talking({on: 'desk', here: false})]});
  await page.getByRole('button', {name: 'Hang up'}).click();
  await receives('hangup', 1);
  await page.getByRole('button', {name: 'Hold'}).click();
  await receives('hold', 1);
  assert.equal(await page.getByText('This call has ended already.').count(), 0);
});

test('keys mean nothing to a call below a question', async () => {
  await open(parts([talking({on: 'desk', here: false})]));
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('h');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({state: 'detached'});
  await page.keyboard.press('h');
  await receives('hold', 1);
  assert.equal(sent('hold').length, 1);
});

test('a name cannot show another text than it is, nor move the words around it', async () => {
  await open(parts());
  gateway.push({
    calls: [incoming({display: '\u202eenotS\u200b boB', address: 'sip:2002@example.test', verified: true})],
  });
  await page.getByRole('alertdialog', {name: 'enotS boB', exact: true}).waitFor();
  await page.waitForFunction(() => document.title === 'enotS boB is calling');
  const hebrew = '\u05de\u05e9\u05d4';
  gateway.push({calls: [incoming({display: hebrew, address: 'sip:2003@example.test', verified: true})]});
  await page.waitForFunction(name => document.title === `\u2068${name}\u2069 is calling`, hebrew);
  await page.locator('incoming-call h2 bdi', {hasText: hebrew}).waitFor();
});

test('a question lies over the page, but never over a call that rings', async () => {
  await open(parts());
  await page.keyboard.press('?');
  const list = page.getByRole('dialog');
  await list.waitFor();
  const modal = () => page.locator('key-list dialog').evaluate(dialog => dialog.matches(':modal'));
  assert.equal(await modal(), true);
  gateway.push({calls: [incoming()]});
  await page.getByRole('button', {name: 'Answer on Desk phone'}).click();
  await receives('answer', 1);
  assert.equal(await modal(), false);
  await list.getByLabel('Transfer').uncheck();
  await page.keyboard.press('Escape');
  await list.waitFor({state: 'detached'});
  await page.locator('body').click();
  await page.keyboard.press('?');
  await list.waitFor();
  assert.equal(await modal(), false);
});

test('a view that comes later is there when the gateway is away, and says so when it could not be had', async () => {
  gateway.screen = {parts: parts(), rest: {'GET directory': [200, {entries: [], total: 0}]}};
  const views = /\/assets\/(feature-options|people-list|key-list)-/;
  await newPage();
  await page.route(views, route => route.abort());
  const ahead = page.waitForEvent('requestfailed', {predicate: request => request.url().includes('people-list')});
  await page.goto(gateway.url);
  await page.getByLabel('Name or number').waitFor();
  await ahead;
  await page.getByRole('button', {name: 'Friends', exact: true}).click();
  await page.getByText('This part of the page could not be loaded.').waitFor();
  await page.unroute(views);
  await page.reload();
  await page.getByText('You have no friends here yet.').waitFor();
  await page.waitForFunction(() => customElements.get('key-list'));
  gateway.goDown();
  await page.route(views, route => route.abort());
  await page.getByRole('button', {name: 'Feature Options', exact: true}).click();
  await page.getByRole('heading', {name: 'Feature Options'}).waitFor();
});
