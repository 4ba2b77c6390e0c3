// A call that rings or runs is in sight with its main buttons over every screen
// and at every scroll position: measured in Chromium, on the app page and in a
// frame, at the widths of a side panel, a phone, a tablet and two desks.
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
async function open(framed) {
  const state = parts([], {devices: [desk, {...desk, id: 'd2', display: 'Phone in the laboratory'}]});
  const long = Array.from({length: 5}, (_, i) => history.map(call => ({...call, id: `${call.id}-${i}`}))).flat();
  gateway.screen = {parts: state, history: long, rest: options, open: 'gesture'};
  await newPage({viewport: {width: 360, height: 640}, reducedMotion: 'reduce'});
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

/** Runs in the page: what helps to look at it. */
function eyes() {
  const within = root =>
    [...root.querySelectorAll('*')].flatMap(one => [one, ...(one.shadowRoot ? within(one.shadowRoot) : [])]);
  const topmost = (x, y) => {
    let found = document.elementFromPoint(x, y);
    while (found?.shadowRoot) {
      const inner = found.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === found) break;
      found = inner;
    }
    return found;
  };
  const stage = () => document.querySelector('phone-app').shadowRoot.querySelector('call-stage');
  window.eyes = {
    ofCalls: () => within(stage().shadowRoot),
    /** What scrolls in its own box: the columns, the stage, and what is within it. */
    boxes: () =>
      [...stage().closest('main').querySelectorAll('*'), ...within(stage().shadowRoot)].filter(
        one => one.scrollHeight > one.clientHeight + 1,
      ),
    inSight(element) {
      const {left, right, top, bottom, width, height} = element.getBoundingClientRect();
      if (!width || !height || left < 0 || top < 0 || right > innerWidth + 0.5 || bottom > innerHeight + 0.5)
        return false;
      const found = topmost((left + right) / 2, (top + bottom) / 2);
      return !!found && (element.contains(found) || (!element.matches('button') && found.contains(element)));
    },
    /** Whether no part of an element is to be seen. */
    hidden(element) {
      const {left, right, top, bottom} = element.getBoundingClientRect();
      const at = [0.1, 0.5, 0.9].map(part => [left + (right - left) * part, top + (bottom - top) * part]);
      return !at.some(([x, y]) => element.contains(topmost(x, y)) || topmost(x, y)?.contains(element));
    },
  };
}

/**
 * Runs in the page: at each of five scroll positions from the top to the end, and with whatever scrolls on the stage at
 * its top and its end, which of the texts and buttons of calls are out of sight: not within the window, or covered.
 */
async function watch(wanted) {
  const {ofCalls, boxes, inSight} = window.eyes;
  const missing = [];
  const end = document.documentElement.scrollHeight - innerHeight;
  for (let step = 0; step <= 4; step++) {
    scrollTo({top: (end * step) / 4, behavior: 'instant'});
    for (const inner of step % 4 ? [0] : [0, 1e6]) {
      for (const box of boxes()) box.scrollTop = inner;
      await new Promise(done => requestAnimationFrame(done));
      const here = ofCalls().filter(one => one.matches('h2, p, span, strong, button'));
      const seen = word => here.some(one => (one.ariaLabel ?? one.textContent.trim()).startsWith(word) && inSight(one));
      const lost = wanted.filter(either => ![either].flat().some(seen));
      if (lost.length)
        missing.push(`at ${Math.round(scrollY)} of ${end} px, in its box at ${inner}: ${lost.join(', ')}`);
    }
  }
  return {missing, scrolls: end > 100 || boxes().length > 0};
}

/** All that is wanted is in sight wherever the page is scrolled to. */
async function always(inside, what, wanted) {
  const {missing, scrolls} = await inside.evaluate(watch, wanted);
  assert.ok(scrolls, `${what}: the page is too short to prove anything`);
  assert.deepEqual(missing, [], what);
}

const states = [
  {name: 'ringing', calls: [incoming()], wanted: ['Bob Stone', 'Answer on Desk phone', 'Answer in browser', 'Decline']},
  {name: 'running', calls: [onDesk()], wanted: ['Bob Stone', 'Mute', 'Hang up']},
  {
    name: 'auto-answered',
    calls: [auto],
    wanted: ['Bob Stone', 'Auto-answered', 'Microphone muted', 'Unmute', 'Hang up'],
  },
  {name: 'ringing in a call', calls: [auto, second], wanted: ['Bob Stone', 'Eve Park', 'Unmute', 'Decline']},
  {name: 'two ringing', calls: [incoming(), second], wanted: ['Bob Stone', 'Eve Park', 'Decline']},
];

for (const framed of [false, true]) {
  test(`calls are in sight with their buttons over every screen${framed ? ', in a frame' : ''}`, async () => {
    const inside = await open(framed);
    await inside.evaluate(eyes);
    for (const [width, height] of sizes) {
      await page.setViewportSize({width, height});
      await inside.waitForFunction(wide => innerWidth === wide, width);
      for (const screen of ['', 'Feature Options']) {
        if (screen) {
          await inside.getByRole('button', {name: screen, exact: true}).click();
          await inside.getByText('Last decisions').waitFor();
        }
        for (const {name, calls, wanted} of states) {
          gateway.push({calls: []});
          await inside.locator('call-stage:not([filled])').waitFor({state: 'attached'});
          await inside.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
          gateway.push({calls});
          await inside.locator('call-stage[filled]').waitFor();
          await always(inside, `${name} over ${screen || 'history'}, ${width} px`, wanted);
        }
        gateway.push({calls: []});
        if (screen) await inside.getByRole('button', {name: `Close ${screen}`}).click();
      }
    }
  });
}

test('what gets the focus is never hidden below the bars', async () => {
  await open(false);
  await page.evaluate(eyes);
  gateway.push({calls: [onDesk(), second]});
  await page.getByRole('alertdialog', {name: 'Eve Park'}).waitFor();
  const hidden = [];
  for (const key of ['Tab', 'Shift+Tab']) {
    await page.locator('history-list li').nth(8).getByRole('button').last().focus();
    for (let presses = 0; presses < 25; presses++) {
      await page.keyboard.press(key);
      const lost = await page.evaluate(async () => {
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        let focus = document.activeElement;
        while (focus?.shadowRoot?.activeElement) focus = focus.shadowRoot.activeElement;
        return focus !== document.body && window.eyes.hidden(focus) ? focus.textContent.trim() || focus.id : '';
      });
      if (lost) hidden.push(`${key} ${presses}: ${lost}`);
    }
  }
  assert.deepEqual(hidden, []);
});

test('the bar unfolds to the card, and folds for whoever goes on below it or types there', async () => {
  await open(false);
  gateway.push({calls: [onDesk()]});
  const whole = page.getByRole('button', {name: 'Transfer'});
  await whole.waitFor();
  await page.getByRole('button', {name: 'Fold'}).press('Space');
  await whole.waitFor({state: 'hidden'});
  await page.locator('call-strip button.call:focus').press('Space');
  await whole.waitFor();
  await page.locator('call-card h2:focus').waitFor();
  await page.getByLabel('Name or number').focus();
  await whole.waitFor({state: 'hidden'});
  await page.keyboard.type('20');
  gateway.push({calls: [onDesk(), second]});
  await page.getByRole('button', {name: 'Answer in browser'}).waitFor();
  await page.keyboard.type('03');
  assert.equal(await page.getByLabel('Name or number').inputValue(), '2003');
  assert.equal(await page.getByText('Incoming call', {exact: true}).count(), 0, 'it covers the field');
});

test('four ways at the bottom lead everywhere, and a view is one press from the other', async () => {
  await open(false);
  const heading = name => page.getByRole('heading', {name, exact: true}).waitFor();
  const press = name => page.getByRole('button', {name, exact: true}).click();
  await press('People');
  await heading('Friends');
  await press('Directory');
  await heading('Directory');
  await press('Conversations');
  await heading('Conversations');
  await press('Keys');
  await page.locator('dial-pad').getByRole('button', {name: '5'}).click();
  assert.equal(await page.getByLabel('Name or number').inputValue(), '5');
  await press('People');
  await heading('Directory');
  await press('Calls, 1 missed');
  await heading('History 1 missed');
});

test('of two answers the place where the user calls from is solid, and held calls are one line', async () => {
  await open(false);
  await page.setViewportSize({width: 1280, height: 720});
  gateway.push({calls: [incoming()]});
  const solid = name => page.locator('incoming-call button.go').filter({hasText: name}).waitFor();
  await solid('Answer on Desk phone');
  gateway.push({calls: []});
  await page.getByRole('radio', {name: 'Phone in the laboratory'}).check();
  await page.getByRole('radio', {name: 'This browser'}).check();
  gateway.push({calls: [incoming()]});
  await solid('Answer in browser');
  gateway.push({calls: [onDesk(), {...onDesk({state: 'held', heldBy: 'me'}), id: 'c_2', peer: second.peer}]});
  const line = page.getByRole('group', {name: 'Eve Park'});
  await line.getByText('On hold').waitFor();
  assert.ok((await line.boundingBox()).height < 60, 'it is one line');
  const acts = ['hold', 'resume', 'transfer'];
  const sent = () =>
    gateway.commands
      .filter(command => acts.includes(command.do))
      .map(({do: what, call, with: other}) => [what, call, other].filter(Boolean).join(' '));
  const asks = async (button, wanted) => {
    gateway.commands.length = 0;
    await line.getByRole('button', {name: button, exact: true}).click();
    const late = Date.now() + 10_000;
    while (sent().length < wanted.length && Date.now() < late)
      await page.evaluate(() => new Promise(done => requestAnimationFrame(done)));
    assert.deepEqual(sent(), wanted);
  };
  await asks('Swap: Eve Park', ['hold c_1', 'resume c_2']);
  await asks('Join the two: Eve Park', ['transfer c_1 c_2']);
  await page.setViewportSize({width: 280, height: 600});
  await line.getByRole('button', {name: 'Join the two: Eve Park'}).waitFor({state: 'hidden'});
  gateway.screen.refuse = {hold: {code: 'wrong_state', message: 'That cannot be done now.'}};
  await asks('Swap: Eve Park', ['hold c_1']);
  await page.getByText('That cannot be done now.').waitFor();
  gateway.screen.refuse = {};
  gateway.push({calls: [{...onDesk({state: 'held', heldBy: 'me'}), id: 'c_2', peer: second.peer}]});
  await page.getByRole('button', {name: 'Resume'}).first().waitFor();
});

test('missed calls are counted in the title, in the sign of the page and at Calls', async () => {
  const counted = missed => ({counters: {...parts().counters, missed}});
  await open(false);
  gateway.push(counted(0));
  const sign = page.locator('link[rel=icon]');
  gateway.push(counted(2));
  await page.waitForFunction(() => document.title === '(2) Ringsplash');
  await page.getByRole('button', {name: 'Calls, 2 missed'}).waitFor();
  const missed = await sign.getAttribute('href');
  assert.equal((await page.request.get(new URL(missed, gateway.url).href)).status(), 200);
  gateway.push({calls: [incoming()]});
  await page.waitForFunction(() => document.title === 'Bob Stone is calling');
  gateway.push({...counted(0), calls: []});
  await page.waitForFunction(() => document.title === 'Ringsplash');
  assert.notEqual(await sign.getAttribute('href'), missed);
});

test('a call that is over leaves the stage after five seconds, unless the user is at it', async () => {
  const over = onDesk({state: 'ended', on: null, reason: 'The call has ended.'});
  await open(false);
  gateway.push({calls: [onDesk()]});
  await page.locator('call-card').waitFor();
  await page.clock.install();
  gateway.push({calls: [over]});
  await page.locator('ended-card').getByText('The call has ended.').waitFor();
  await page.getByRole('button', {name: 'Call again'}).focus();
  await page.clock.runFor(20_000);
  await page.locator('ended-card').waitFor();
  await page.locator('ended-card').hover();
  await page.getByLabel('Name or number').focus();
  await page.clock.runFor(4_000);
  await page.locator('ended-card').waitFor();
  await page.clock.runFor(3_000); // the pointer rests there
  await page.locator('ended-card').waitFor({state: 'detached'});
  await page.reload();
  await page.getByLabel('Name or number').waitFor();
  assert.equal(await page.locator('ended-card').count(), 0, 'one that was over long ago is in the history alone');
});
