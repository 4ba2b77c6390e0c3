// A call that rings, or that a deskphone took by itself, is in sight over every
// screen and at every scroll position: measured in Chromium, on the app page and
// in a frame, at the widths of a side panel, a phone, a tablet and two desks.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {gateway, newPage, page, scene} from './scene.mjs';
import {desk, history, incoming, onDesk, options, parts} from './screen-states.mjs';

const sizes = [
  [280, 600],
  [360, 640],
  [768, 900],
  [1280, 720],
  [1920, 1000],
];
const auto = onDesk({
  microphone: 'shut',
  auto: {kind: 'intercom', grant: 'friends', reason: 'The requester is on the friends list.', by: incoming().peer},
});
const second = {...incoming({display: 'Eve Park', address: 'sip:2003@example.test', verified: true}), id: 'c_2'};

scene(() => '');

/** Opens the page, alone or in a frame of its size, with enough below to scroll; gives what holds the phone. */
async function open([width, height], framed) {
  const state = parts([], {devices: [desk, {...desk, id: 'd2', display: 'Phone in the laboratory'}]});
  const long = Array.from({length: 4}, (_, i) => history.map(call => ({...call, id: `${call.id}-${i}`}))).flat();
  gateway.screen = {parts: state, history: long, rest: options, open: 'gesture'};
  await newPage({viewport: {width, height}, reducedMotion: 'reduce'});
  if (!framed) {
    await page.goto(gateway.url);
    await page.getByLabel('Name or number').waitFor();
    return page;
  }
  await page.goto(gateway.site);
  await page.evaluate(async url => {
    await import(`${url}embed.js`);
    const phone = document.createElement('ringsplash-phone');
    phone.style.cssText = 'position: fixed; inset: 0; inline-size: 100vw; block-size: 100vh';
    phone.getToken = () => 'token';
    document.body.append(phone);
  }, gateway.url);
  const frame = await (await page.locator('ringsplash-phone iframe').elementHandle()).contentFrame();
  await frame.getByLabel('Name or number').waitFor();
  return frame;
}

/**
 * Runs in the page: at each of seven scroll positions from the top to the end, which
 * of the texts and buttons of calls are out of sight: not within the window, or covered.
 */
async function watch(wanted) {
  const within = root =>
    [...root.querySelectorAll('*')].flatMap(one => [one, ...(one.shadowRoot ? within(one.shadowRoot) : [])]);
  const ofCalls = () => {
    const page = document.querySelector('phone-app').shadowRoot;
    return [...page.querySelectorAll('incoming-call, call-card, call-strip')].flatMap(one => within(one.shadowRoot));
  };
  const topmost = (x, y) => {
    let found = document.elementFromPoint(x, y);
    while (found?.shadowRoot) {
      const inner = found.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === found) break;
      found = inner;
    }
    return found;
  };
  const inSight = element => {
    const {left, right, top, bottom, width, height} = element.getBoundingClientRect();
    if (!width || !height || left < 0 || top < 0 || right > innerWidth + 0.5 || bottom > innerHeight + 0.5)
      return false;
    const found = topmost((left + right) / 2, (top + bottom) / 2);
    return !!found && (element.contains(found) || found.contains(element));
  };
  const missing = [];
  const end = document.documentElement.scrollHeight - innerHeight;
  for (let step = 0; step <= 6; step++) {
    scrollTo({top: (end * step) / 6, behavior: 'instant'});
    await new Promise(done => requestAnimationFrame(done));
    const here = ofCalls().filter(one => one.matches('h2, p, span, strong, button'));
    const seen = word => here.some(one => (one.ariaLabel ?? one.textContent.trim()).startsWith(word) && inSight(one));
    const lost = wanted.filter(either => ![either].flat().some(seen));
    if (lost.length) missing.push(`at ${Math.round(scrollY)} of ${end} px: ${lost.join(', ')}`);
  }
  return {missing, end};
}

/** All that is wanted is in sight wherever the page is scrolled to. */
async function always(inside, what, wanted) {
  const {missing, end} = await inside.evaluate(watch, wanted);
  assert.ok(end > 100, `${what}: the page is too short to prove anything`);
  assert.deepEqual(missing, [], what);
}

const scrollDown = inside => inside.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));

for (const framed of [false, true]) {
  for (const size of sizes) {
    const at = `${size[0]} px${framed ? ', in a frame' : ''}`;
    test(`a call that rings or was taken by a phone is in sight over every screen, ${at}`, async () => {
      const inside = await open(size, framed);
      for (const screen of ['', 'Feature Options']) {
        if (screen) {
          await inside.getByRole('button', {name: screen, exact: true}).click();
          await inside.getByText('Last decisions').waitFor();
        }
        const where = `${screen || 'history'}, ${at}`;
        await scrollDown(inside);
        gateway.push({calls: [incoming()]});
        await inside.getByRole('alertdialog', {name: 'Bob Stone'}).waitFor();
        await always(inside, `ringing over ${where}`, ['Bob Stone', 'Answer on Desk phone', 'Decline']);
        gateway.push({calls: [auto]});
        await inside.locator('call-card').waitFor();
        await always(inside, `auto-answered over ${where}`, [
          'Bob Stone',
          'Auto-answered',
          'Microphone muted',
          'Unmute',
        ]);
        if (!screen) {
          gateway.push({calls: [auto, second]});
          await inside.getByRole('alertdialog', {name: 'Eve Park'}).waitFor();
          await always(inside, `ringing in a call over ${where}`, ['Bob Stone', 'Eve Park', 'Decline']);
          gateway.push({calls: [incoming(), second]});
          await inside.getByRole('alertdialog', {name: 'Eve Park'}).waitFor();
          await always(inside, `two ringing over ${where}`, ['Bob Stone', 'Eve Park']);
        }
        gateway.push({calls: []});
        await inside.locator('call-card, incoming-call').first().waitFor({state: 'detached'});
      }
    });
  }
}
