// The personal directory: entries come, become friends, and go, at the gateway too.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {alice} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';

const axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

const row = (tab, name) => tab.page.getByRole('list', {name: 'Directory'}).getByText(name, {exact: true});
const friend = (tab, name, pressed) => tab.page.getByRole('button', {name: `${name} is a friend`, pressed});

/** What the gateway has kept: [name, addresses, friend]. */
async function kept(tab) {
  const {entries} = await tab.page.evaluate(async () => (await fetch('/api/v1/directory')).json());
  return entries.map(entry => [entry.display, entry.addresses, entry.friend]);
}

async function add(tab, name, address) {
  if (!(await tab.button('Add to directory').isVisible())) await tab.press('Add somebody');
  await tab.page.getByLabel('Display name').fill(name);
  await tab.page.getByLabel('Addresses or numbers').fill(address);
  await tab.press('Add to directory');
}

async function accessible(tab) {
  await tab.page.evaluate(axe);
  const {violations} = await tab.page.evaluate(() => window.axe.run());
  assert.deepEqual(violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join('; ')}`), []);
}

scene('somebody is added, found, made a friend, removed', async s => {
  const tab = await s.tab(await s.gateway(), alice);
  await tab.press('Directory');
  await tab.shows('Nobody is here.');
  await add(tab, 'Eve Park', 'eve@Example.ORG');
  await row(tab, 'Eve Park').waitFor();
  await add(tab, 'Bob at work', 'bob');
  await row(tab, 'Bob at work').waitFor();

  await add(tab, 'Nobody', 'not an address');
  await tab.page.getByRole('alert').filter({hasText: 'not an address'}).waitFor();
  await accessible(tab);
  await tab.press('Cancel');

  await friend(tab, 'Eve Park', false).click();
  await friend(tab, 'Eve Park', true).waitFor();
  await tab.page.reload();
  await friend(tab, 'Eve Park', true).waitFor();
  await friend(tab, 'Bob at work', false).waitFor();
  assert.deepEqual(await kept(tab), [
    ['Bob at work', ['sip:bob@example.test'], false],
    ['Eve Park', ['sip:eve@example.org'], true],
  ]);

  await tab.page.getByLabel('Search in the directory').fill('eve');
  await row(tab, 'Bob at work').waitFor({state: 'detached'});
  await row(tab, 'Eve Park').waitFor();
  await tab.press('Change Eve Park');
  await tab.press('Remove Eve Park');
  await tab.shows('Nobody fits "eve".');
  assert.deepEqual(await kept(tab), [['Bob at work', ['sip:bob@example.test'], false]]);
});

scene('a friend may open the phone once friends are allowed', async s => {
  const tab = await s.tab(await s.gateway(), alice);
  const ask = async answer => {
    await tab.page.getByLabel('Name, address or number').fill('bob');
    await tab.press('Check');
    await tab.shows(answer);
  };
  await tab.press('Directory');
  await add(tab, 'Bob at work', 'bob');
  await friend(tab, 'Bob at work', false).click();
  await friend(tab, 'Bob at work', true).waitFor();
  await tab.press('Feature Options');
  await ask('No, Desk phone would not answer by itself.');
  await tab.page.getByRole('switch', {name: 'Allow Friends List'}).click();
  await tab.shows('In force: 1 address.');
  await ask('Yes, Desk phone would answer.');
  await tab.shows('The requester is on the friends list.');
});
