// The Feature Options: what is switched is kept by the gateway, what is wrong is
// refused with its sentence.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {alice, bob, dan} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';

const title = 'Feature Options';
const members = {
  'Allow Public': 'allowPublic',
  'Allow Friends List': 'allowFriends',
  'Allow Directory': 'allowDirectory',
  'Allow Addresses': 'allowAddresses',
};
const names = Object.keys(members);
const axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

const toggle = (tab, name) => tab.page.getByRole('switch', {name, exact: true});

async function open(tab) {
  await tab.press(title);
  await toggle(tab, 'Allow Public').waitFor();
}

/** What the gateway has kept. */
const kept = tab => tab.page.evaluate(async () => (await fetch('/api/v1/policy')).json());

const addressRow = (tab, text) => tab.page.getByRole('list', {name: 'Allowed addresses'}).getByText(text, {exact: true});

/** Does something and waits until the gateway has answered the change with the status. */
async function changes(tab, act, status = 200) {
  const [answer] = await Promise.all([
    tab.page.waitForResponse(r => r.url().endsWith('/api/v1/policy') && r.request().method() === 'PUT'),
    act(),
  ]);
  assert.equal(answer.status(), status);
}

async function isOn(tab, name, on) {
  await tab.page.getByRole('switch', {name, exact: true, checked: on}).waitFor();
}

async function add(tab, address, status) {
  await tab.page.getByLabel('user@domain').fill(address);
  await changes(tab, () => tab.press('Add'), status);
}

async function accessible(tab) {
  await tab.page.evaluate(axe);
  const {violations} = await tab.page.evaluate(() => window.axe.run());
  assert.deepEqual(violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join('; ')}`), []);
}

scene('each group is switched on and off, and stays so', async s => {
  const tab = await s.tab(await s.gateway(), alice);
  await open(tab);
  assert.deepEqual(
    await tab.page.getByRole('switch').evaluateAll(all => all.map(one => one.closest('label').innerText.trim())),
    [...names, 'No automatic answers'],
  );
  for (const name of names) await isOn(tab, name, false);
  await accessible(tab);

  for (const name of names.slice(1)) {
    await toggle(tab, name).focus();
    await changes(tab, () => tab.page.keyboard.press('Space'));
    assert.equal((await kept(tab))[members[name]], true, name);
  }
  await tab.page.reload();
  for (const name of names) await isOn(tab, name, name !== 'Allow Public');
  for (const name of names.slice(1)) {
    await changes(tab, () => toggle(tab, name).click());
    assert.equal((await kept(tab))[members[name]], false, name);
  }
  await tab.page.reload();
  for (const name of names) await isOn(tab, name, false);
});

scene('Allow Public asks once more', async s => {
  const tab = await s.tab(await s.gateway(), alice);
  await open(tab);
  const dialog = tab.page.getByRole('dialog');
  await toggle(tab, 'Allow Public').click();
  await dialog.waitFor();
  await accessible(tab);
  await tab.page.keyboard.press('Enter'); // on Cancel
  await dialog.waitFor({state: 'hidden'});
  await isOn(tab, 'Allow Public', false);
  assert.equal((await kept(tab)).version, 0, 'nothing was changed');

  await toggle(tab, 'Allow Public').click();
  await changes(tab, () => tab.press('Allow everybody'));
  await isOn(tab, 'Allow Public', true);
  assert.equal((await kept(tab)).allowPublic, true);
  await changes(tab, () => toggle(tab, 'Allow Public').click());
  await isOn(tab, 'Allow Public', false);
  assert.equal((await kept(tab)).allowPublic, false);
});

scene('an address is added, refused when malformed, asked about, removed', async s => {
  const tab = await s.tab(await s.gateway(), alice);
  await open(tab);
  await changes(tab, () => toggle(tab, 'Allow Addresses').click());
  await add(tab, 'lab@Example.ORG');
  await addressRow(tab, 'lab@example.org').waitFor();
  await add(tab, 'example.net');
  await addressRow(tab, 'example.net, all its users').waitFor();
  await tab.shows('In force: 1 address and 1 domain.');

  await add(tab, 'bob@*', 422);
  await tab.page.getByRole('alert').filter({hasText: '"bob@*" cannot be allowed: the star stands for'}).waitFor();
  assert.equal(await tab.page.getByLabel('user@domain').inputValue(), 'bob@*', 'it can be corrected');
  await accessible(tab);

  const question = tab.page.getByLabel('Name, address or number');
  await question.fill('eve@example.net');
  await question.press('Enter');
  await tab.shows('Yes, Desk phone would answer.');
  await tab.shows('The requester is one of the allowed addresses.');
  await question.fill('eve@example.com');
  await question.press('Enter');
  await tab.shows('No, Desk phone would not answer by itself.');
  await tab.shows('The owner allowed no group that the requester belongs to.');
  await tab.shows('Nobody has asked yet.');

  await tab.page.reload();
  await addressRow(tab, 'lab@example.org').waitFor();
  await changes(tab, () => tab.press('Remove lab@example.org'));
  await addressRow(tab, 'lab@example.org').waitFor({state: 'detached'});
  assert.deepEqual((await kept(tab)).addresses, ['example.net']);
  await tab.page.reload();
  await addressRow(tab, 'example.net, all its users').waitFor();
  assert.equal(await addressRow(tab, 'lab@example.org').count(), 0);
});

scene('what a phone does while its user is busy is chosen, and stays so', async s => {
  const gateway = await s.gateway();
  const tab = await s.tab(gateway, alice);
  await open(tab);
  const other = await s.tab(gateway, alice, {beside: tab});
  await open(other);
  const chosen = async () => {
    const me = await tab.page.evaluate(async () => (await fetch('/api/v1/me')).json());
    return [me.whileBusy, me.doNotDisturb];
  };
  const radio = (of, name, checked) => of.page.getByRole('radio', {name, exact: true, checked});
  assert.deepEqual(await chosen(), ['ring', false]);
  await radio(tab, 'Ring normally', true).focus();
  await tab.page.keyboard.press('ArrowDown');
  await radio(other, 'Hold the call and answer', true).waitFor();
  await toggle(tab, 'No automatic answers').focus();
  await tab.page.keyboard.press('Space');
  await isOn(other, 'No automatic answers', true);
  assert.deepEqual(await chosen(), ['hold', true]);
  await tab.page.reload();
  await radio(tab, 'Hold the call and answer', true).waitFor();
  await isOn(tab, 'No automatic answers', true);
  await tab.shows('Desk phone may answer by itself.');
  await tab.shows('Lab phone may not answer by itself: it rings and waits for a hand');
});

scene('a change made elsewhere is not lost', async s => {
  const tab = await s.tab(await s.gateway(), alice);
  await open(tab);
  const status = await tab.page.evaluate(async () => {
    const body = JSON.stringify({version: 0, allowDirectory: true});
    const headers = {'Content-Type': 'application/json'};
    return (await fetch('/api/v1/policy', {method: 'PUT', body, headers})).status;
  });
  assert.equal(status, 200);
  await changes(tab, () => toggle(tab, 'Allow Friends List').click(), 412);
  await tab.page.getByRole('alert').filter({hasText: 'This was changed elsewhere meanwhile'}).waitFor();
  await isOn(tab, 'Allow Directory', true);
  await isOn(tab, 'Allow Friends List', false);
  await changes(tab, () => toggle(tab, 'Allow Friends List').click());
  const {allowDirectory, allowFriends} = await kept(tab);
  assert.deepEqual({allowDirectory, allowFriends}, {allowDirectory: true, allowFriends: true});
});

scene('hidden from who has no phone to open; one user does not see what another allowed', async s => {
  const gateway = await s.gateway();
  const hers = await s.tab(gateway, alice);
  await open(hers);
  await changes(hers, () => toggle(hers, 'Allow Friends List').click());

  const other = await s.tab(gateway, bob);
  await open(other);
  await isOn(other, 'Allow Friends List', false);

  const his = await s.tab(gateway, dan);
  await his.button('Log out').waitFor();
  assert.equal(await his.button(title).count(), 0);
  await his.page.goto(`${gateway.url}/#options`);
  await his.page.reload();
  await his.online();
  await his.shows('History');
  assert.equal(await his.page.getByRole('switch').count(), 0);
});
