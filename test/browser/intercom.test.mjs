// Intercom from another user's tab: with a grant the phone answers by itself, and
// every tab of its owner says so and can take the grant back.
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

const post = (tab, method, path, body) =>
  tab.page.evaluate(
    async ([how, where, what]) => {
      const headers = {'Content-Type': 'application/json'};
      return (await fetch(`/api/v1/${where}`, {method: how, headers, body: JSON.stringify(what)})).status;
    },
    [method, path, body],
  );

scene('a friend opens the phone by Intercom until his grant is removed', async s => {
  const gateway = await s.gateway();
  const desk = await s.phone(gateway, {user: alice, tone: 700, codec: 'PCMU'});
  const hers = await s.tab(gateway, alice);
  assert.equal(await post(hers, 'POST', 'directory', {display: 'Bob', addresses: ['bob'], friend: true}), 201);
  assert.equal(await post(hers, 'PUT', 'policy', {version: 0, allowFriends: true}), 200);
  const beside = await s.tab(gateway, alice, {beside: hers});
  await beside.press('Feature Options');
  await beside.shows('Nobody has asked yet.');
  const his = await s.tab(gateway, bob);

  await desk.command('answermode', 'auto');
  await his.page.getByLabel('Name or number').fill('alice');
  await his.press('Intercom');
  for (const tab of [hers, beside]) {
    await tab.shows('Auto-answered: Friends');
    await tab.shows('Bob Baker made Desk phone answer by itself. The requester is on the friends list.');
    await tab.shows('Microphone muted');
    await tab.button('Unmute').waitFor();
    await tab.button('Hang up').waitFor();
  }
  await accessible(hers);
  await beside.press('Refresh');
  await beside.shows(/^Last: bob@example.test \(Friends\), /);

  await hers.press('Unmute');
  await his.hears(700);
  await hers.press('Hang up and remove permission');
  await desk.event('CALL_CLOSED');
  await his.press('Dismiss');
  await hers.page.getByRole('alert').filter({hasText: 'Friends'}).waitFor();
  await beside.page.reload();
  await beside.page.getByRole('switch', {name: 'Allow Friends List', checked: false}).waitFor();

  // Asked again, it rings like any other call, and the list says why.
  await desk.command('answermode', 'manual');
  await his.press('Friends');
  await his.press('Add a friend');
  await his.page.getByLabel('Display name').fill('Alice');
  await his.page.getByLabel('Addresses or numbers').fill('alice');
  await his.press('Add to directory');
  await his.press('Intercom to Alice');
  await hers.button('Answer on Desk phone').waitFor();
  await hers.press('Decline');
  await beside.press('Refresh');
  await beside.shows('The owner allowed no group that the requester belongs to.');
  assert.equal(await hers.page.getByText('Auto-answered').count(), 0);

  // Do not disturb: his list says so, and his call is told to her without a ring.
  const rang = () => desk.events.filter(({type}) => type === 'CALL_INCOMING').length;
  const before = rang();
  await hers.page.getByRole('button', {name: /^Your presence/}).click();
  await hers.page.getByRole('radio', {name: /^Do not disturb/}).check();
  await hers.press('Save');
  await hers.button('Your presence: Do not disturb').waitFor();
  await his.page.locator('person-row').getByText('Do not disturb').waitFor();
  await his.press('Call Alice');
  await his.shows('This person does not want to be disturbed now.');
  await hers.shows('You had set do not disturb, so the call did not ring.');
  assert.equal(await hers.page.getByRole('alertdialog').count(), 0);
  assert.equal(rang(), before, 'her phone does not ring');
});
