// The phone in a page of the example intranet: another site than the gateway's,
// with a strict content policy, in a browser that blocks third-party storage.
import assert from 'node:assert/strict';
import {Embedded} from './rig/embedded.mjs';
import {alice, bob, carol} from './rig/gateway.mjs';
import {Intranet} from './rig/intranet.mjs';
import {scene} from './rig/scene.mjs';
import {launch} from './rig/tab.mjs';
import {threePorts} from './rig/wait.mjs';

const needsClick = result => {
  assert.equal(result.code, 'gesture_needed');
  assert.match(result.message, /takes a click inside the phone.*trusted: true.*http\.embed_origins/);
};

const done = result => assert.equal(result.message, undefined);

/** Runs in the frame: which kinds of storage may be used. */
function storage() {
  return ['localStorage', 'sessionStorage'].filter(name => {
    try {
      globalThis[name].setItem('x', 'x');
      return true;
    } catch {
      return false;
    }
  });
}

scene('in the intranet page: log-in by token, ring, answer in the frame, on the deskphone by a click there', async s => {
  const port = await threePorts();
  const gateway = await s.gateway({embed: [{origin: `http://127.0.0.1:${port}`}]});
  const site = await s.add(new Intranet(s.directory(), gateway, {port, people: [alice]}));
  const desk = await s.phone(gateway, {user: alice, tone: 700, codec: 'PCMU'});
  const caller = await s.phone(gateway, {user: bob, tone: 440, codec: 'PCMU'});
  const third = await s.phone(gateway, {user: carol, tone: 1500, codec: 'PCMU'});
  s.browser = await launch();
  const tab = await s.add(new Embedded(await s.browser.newContext(), site, alice));

  await tab.online();
  await tab.waitsFor('ready', async () => (await tab.told('ready')).length === 1);
  assert.deepEqual(await tab.page.evaluate(storage), [], 'this browser blocks storage in frames, or the case proves nothing');
  const traces = await tab.host.evaluate(() => document.documentElement.outerHTML + location.href + JSON.stringify({...localStorage, ...sessionStorage}));
  assert.doesNotMatch(traces + tab.page.url(), /rst_|token=/, 'the token is in no attribute, URL or storage');
  await tab.accessible('idle');

  // A ring: the page is told, and notifies, since a frame may not.
  await tab.host.evaluate(() => {
    document.hasFocus = () => false;
  });
  await caller.dial('alice');
  await desk.event('CALL_INCOMING');
  await tab.button('Answer in browser').waitFor();
  const [incoming] = await tab.waitsFor('incoming', async () => (await tab.told('incoming')).length === 1 && tab.told('incoming'));
  assert.equal(incoming.peer.display, 'Bob Baker');
  assert.equal(await tab.host.evaluate(() => document.querySelector('ringsplash-phone').calls[0].state), 'ringing');
  const note = await tab.waitsFor('a notification', () => tab.host.evaluate(() => globalThis.notes[0]));
  assert.equal(note.title, 'Bob Baker is calling');
  await tab.accessible('ringing');

  // A script of the page makes no click (I11).
  needsClick(await tab.run('answer', incoming.id, {on: 'deskphone'}));
  needsClick(await tab.run('answer', incoming.id, {on: 'desk'}));
  assert.equal((await tab.run('answer', incoming.id)).code, 'choose');
  await tab.button('Answer in browser').waitFor();

  // In the frame, tones both ways.
  await tab.press('Answer in browser');
  await caller.event('CALL_ESTABLISHED');
  await Promise.all([tab.hears(440), caller.hears(1000)]);
  await tab.waitsFor('the notification is gone', () => tab.host.evaluate(() => globalThis.notes.every(one => !one.shown)));
  await tab.accessible('in a call');

  // Methods of the element.
  done(await tab.run('mute', incoming.id));
  await caller.hearsNot(1000);
  needsClick(await tab.run('unmute', incoming.id));
  await tab.press('Unmute');
  await caller.hears(1000);
  done(await tab.run('hold', incoming.id));
  await tab.button('Resume').waitFor();
  done(await tab.run('resume', incoming.id));
  await caller.hears(1000);
  needsClick(await tab.run('move', incoming.id, {to: 'deskphone'}));
  await tab.waitsFor('sound judged good', async () =>
    (await tab.told('quality')).some(({call, mos, bad}) => call === incoming.id && mos > 3.5 && !bad));
  assert.equal((await tab.run('transfer', incoming.id, 'nobody at all')).code, 'not_found');
  done(await tab.run('transfer', incoming.id, '1003'));
  await third.event('CALL_INCOMING');
  await third.accept();
  await caller.hears(1500);
  await third.hangup();
  await caller.event('CALL_CLOSED');
  const [ended] = await tab.waitsFor('ended', async () => (await tab.told('ended')).length === 1 && tab.told('ended'));
  assert.ok(ended.id === incoming.id && ended.duration >= 0 && ended.reason, JSON.stringify(ended));
  assert.equal((await tab.run('hangUp', incoming.id)).code, 'no_such_call');
  await tab.accessible('after a call');
  await desk.event('CALL_CLOSED');

  // On the deskphone by a click in the frame: muted until the click on Unmute.
  await caller.dial('alice');
  await desk.event('CALL_INCOMING');
  await desk.command('answermode', 'auto'); // it obeys the trigger from here on
  await tab.press('Answer on Desk phone');
  await caller.event('CALL_ESTABLISHED');
  await tab.shows('Microphone muted');
  needsClick(await tab.run('unmute'));
  await caller.hearsNot(700);
  await tab.accessible('muted on the deskphone');
  await tab.press('Unmute');
  await caller.hears(700);
  await tab.press('Hang up');
  await caller.event('CALL_CLOSED');

  // A link of the page calls; the answer is a hand's.
  await desk.command('answermode', 'manual');
  await tab.host.getByRole('link', {name: '1002'}).click();
  await caller.event('CALL_INCOMING');
  await tab.button('Hang up').waitFor(); // the page knows of the call
  done(await tab.run('hangUp'));
  await caller.event('CALL_CLOSED');

  await keyboard(tab);
  await look(tab);
  await framedApp(tab, gateway);
  tab.policyKept(/frame-ancestors/);
});

/** Tab reaches the phone, walks through it and leaves it. */
async function keyboard(tab) {
  const inside = () => tab.host.evaluate(() => document.activeElement?.localName === 'ringsplash-phone');
  await tab.host.getByRole('link', {name: 'carol@example.test'}).focus();
  // The frame is another process: keys go there until it has heard of that.
  await tab.page.waitForFunction(() => !document.hasFocus());
  await tab.host.keyboard.press('Tab');
  await tab.waitsFor('Tab reaches the phone', inside);
  let steps = 0;
  for (; steps < 60 && (await inside()); steps++) await tab.host.keyboard.press('Tab');
  assert.ok(steps > 3 && steps < 60, `Tab leaves the phone after ${steps} steps`);
}

/** The element's attributes reach the phone at once. */
async function look(tab) {
  const phone = tab.host.locator('ringsplash-phone');
  const set = (name, value) => phone.evaluate((element, [n, v]) => element.setAttribute(n, v), [name, value]);
  const height = () => phone.locator('iframe').evaluate(frame => frame.getBoundingClientRect().height);
  for (const scheme of ['dark', 'light']) {
    await set('color-scheme', scheme);
    await tab.page.waitForFunction(want => getComputedStyle(document.documentElement).colorScheme === want, scheme);
  }
  assert.equal(await height(), 640);
  await set('layout', 'bar');
  await tab.waitsFor('a bar as high as what is in it', async () => (await height()) === (await tab.page.evaluate(() => document.querySelector('phone-app').scrollHeight)) && (await height()) < 640);
  assert.equal(await tab.page.getByText('Your phones').isVisible(), false);
  await tab.accessible('as a bar');
  await set('layout', 'hidden');
  await tab.waitsFor('it is hidden', async () => (await height()) <= 1);
  done(await tab.run('open', 'directory')); // brings it back, with the directory
  await tab.page.getByRole('heading', {name: 'Directory'}).waitFor();
  assert.equal(await height(), 640);
  const [own] = await Promise.all([tab.context.waitForEvent('page'), tab.press('Open in own window')]);
  await own.getByRole('button', {name: 'Log in'}).waitFor();
  assert.match(own.url(), /^http:\/\/localhost:\d+\/$/, 'the window is the app page, with its own log-in');
  await own.close();
}

/** The app page is framed by nobody, not even by a site that may embed the phone. */
async function framedApp(tab, gateway) {
  await tab.host.evaluate(src => {
    const frame = Object.assign(document.createElement('iframe'), {src, id: 'app'});
    document.body.append(frame);
    return new Promise(done => frame.addEventListener('load', done));
  }, `${gateway.elsewhere}/`);
  const frame = await (await tab.host.locator('#app').elementHandle()).contentFrame();
  assert.match(frame.url(), /^chrome-error:/, 'the app page was framed');
}
