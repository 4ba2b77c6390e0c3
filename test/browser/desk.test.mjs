// The deskphones of a user in his tab: which is his desk, what may be set, the test.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {alice, bob} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';

const axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

async function accessible(tab) {
  await tab.page.evaluate(axe);
  const {violations} = await tab.page.evaluate(() => window.axe.run());
  assert.deepEqual(violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join('; ')}`), []);
}

const phone = (tab, name) => tab.page.locator('device-row').filter({hasText: name});
const deskIs = (tab, name) => phone(tab, name).getByText('My desk', {exact: true}).waitFor();

/** Runs in the page before its own scripts: no storage, as in some frames. */
function noStorage() {
  Object.defineProperty(globalThis, 'localStorage', {
    get: () => {
      throw new DOMException('', 'SecurityError');
    },
  });
}

scene('the tab remembers its desk, and its key answers on no other phone', async s => {
  const gateway = await s.gateway();
  const desk = await s.phone(gateway, {user: alice});
  const caller = await s.phone(gateway, {user: bob});
  const tab = await s.tab(gateway, alice);
  await deskIs(tab, 'Desk phone'); // the main one, unless another is chosen
  await tab.press('Set up Lab phone');
  await tab.press('Make it my desk');
  await deskIs(tab, 'Lab phone');
  await tab.page.reload();
  await deskIs(tab, 'Lab phone');

  await caller.dial('alice');
  await tab.page.locator('[role=alertdialog]:focus').waitFor();
  assert.equal(await tab.button('Answer on Lab phone').isDisabled(), true);
  await tab.shows('Lab phone is not connected. Check that it is switched on and has network.');
  await tab.page.keyboard.press('a');
  await caller.hangup();
  await tab.shows('Missed call');
  const decided = await tab.page.evaluate(async () => (await fetch('/api/v1/policy/decisions')).json());
  assert.deepEqual(decided.decisions, [], 'the key asked another phone');

  await tab.press('Set up Desk phone');
  await tab.press('Make it my desk');
  await deskIs(tab, 'Desk phone');
  await caller.dial('alice');
  await desk.event('CALL_INCOMING');
  await desk.event('CALL_INCOMING');
  await tab.button('Answer on Desk phone').waitFor(); // the focus stays where it was, in the row of the phone
  await desk.command('answermode', 'auto');
  await tab.page.keyboard.press('a');
  await tab.shows('On Desk phone');
  await tab.button('Unmute').waitFor();
  await tab.press('Hang up');
  await desk.event('CALL_CLOSED');

  await tab.page.addInitScript(noStorage);
  await tab.page.reload();
  await deskIs(tab, 'Desk phone');
  await tab.press('Set up Lab phone');
  await tab.press('Make it my desk');
  await deskIs(tab, 'Lab phone');
});

scene('a deskphone is set up and tested', async s => {
  const gateway = await s.gateway();
  const desk = await s.phone(gateway, {user: alice});
  const tab = await s.tab(gateway, alice);
  await tab.press('Set up Lab phone');
  await tab.shows('It may not open by itself: it rings and waits for a hand.');
  await tab.shows('Lab phone is not registered. Check that it is switched on, then test it.');
  assert.equal(await tab.button('Test my deskphone').isDisabled(), true);
  await tab.shows('The configuration file of the gateway sets this. Ask the administrator to change it.');
  assert.equal(await tab.page.getByRole('switch', {name: 'May answer by itself', checked: false}).isDisabled(), true);
  await tab.press('Make it the main phone');
  await tab.shows('It is your main phone.');
  await tab.press('Set up Lab phone'); // closes it

  await tab.press('Set up Desk phone');
  await tab.press('Test my deskphone');
  for (let asked = 0; asked < 8; asked++) {
    await desk.event('CALL_INCOMING');
    await desk.hangup();
  }
  await tab.shows('Desk phone did not answer by itself in any of these ways. Allow automatic answer');
  await tab.page.locator('.tried li').filter({hasText: 'It refused the call (SIP status'}).nth(7).waitFor();

  await desk.command('answermode', 'auto');
  await tab.press('Test my deskphone');
  await tab.shows('Desk phone is asked to answer, in one way after the other.');
  await tab.shows('This is kept for it.');
  await tab.button('Test my deskphone').waitFor();
  await accessible(tab);
  await desk.event('CALL_ESTABLISHED');
  await desk.event('CALL_CLOSED');
});
