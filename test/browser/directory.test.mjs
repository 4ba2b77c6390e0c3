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

/** Adds somebody, until the list shows him and the form is gone. */
async function added(tab, name, address) {
  await add(tab, name, address);
  await row(tab, name).waitFor();
  await tab.button('Add to directory').waitFor({state: 'detached'});
}

async function accessible(tab) {
  await tab.page.evaluate(axe);
  const {violations} = await tab.page.evaluate(() => window.axe.run());
  assert.deepEqual(violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join('; ')}`), []);
}

/** Somebody of the directory is suggested once, is written to, and the message is found again. */
async function write(tab) {
  await tab.press('Conversations');
  await tab.press('New message');
  await tab.page.keyboard.type('bob');
  await tab.page.getByRole('option', {name: /^Bob at work 1002 Directory/}).click();
  await tab.page.getByLabel('Your message to Bob at work').fill('The Pümp is here');
  await tab.page.keyboard.press('Enter');
  await tab.page.getByLabel('Search in messages').fill('here pump');
  await tab.page.locator('message-search mark', {hasText: 'Pümp'}).waitFor();
  await accessible(tab);
  await tab.press('Directory');
}

scene('somebody is added, found, made a friend, removed', async s => {
  const tab = await s.tab(await s.gateway(), alice);
  await tab.press('Directory');
  await tab.shows('Nobody is here.');
  await added(tab, 'Eve Park', 'eve@Example.ORG');
  await added(tab, 'Bob at work', 'bob');

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
  await write(tab);

  await tab.press('Change Bob at work');
  await tab.page.getByLabel('Display name').fill('Bob Baker');
  await tab.page.getByLabel('Addresses or numbers').fill('bob@example.test\n+1 (555) 12\nnonsense');
  await tab.page.getByLabel('Note').fill('Second floor');
  await tab.press('Save');
  await tab.page.getByRole('alert').filter({hasText: 'nonsense'}).waitFor();
  await tab.page.getByLabel('Addresses or numbers').fill('bob@example.test\n+1 (555) 12');
  await tab.press('Save');
  await row(tab, 'Bob Baker').waitFor();
  await tab.shows('Second floor');
  await tab.page.locator('button:focus').and(tab.button('Change Bob Baker')).waitFor();
  assert.deepEqual((await kept(tab))[0], ['Bob Baker', ['sip:bob@example.test', 'tel:+155512'], false]);

  await tab.page.getByLabel('Search in the directory').fill('eve');
  await row(tab, 'Bob Baker').waitFor({state: 'detached'});
  await row(tab, 'Eve Park').waitFor();
  await tab.press('Change Eve Park');
  await tab.press('Remove Eve Park');
  await tab.shows('Nobody fits "eve".');
  assert.equal((await kept(tab)).length, 1);
});

scene('a friend may open the phone once friends are allowed', async s => {
  const tab = await s.tab(await s.gateway(), alice);
  const ask = async answer => {
    await tab.page.getByLabel('Name, address or number').fill('bob');
    await tab.press('Check');
    await tab.shows(answer);
  };
  await tab.press('Friends');
  await tab.shows('You have no friends here yet.');
  await tab.press('Add a friend');
  await tab.page.getByLabel('Display name').fill('Bob at work');
  await tab.page.getByLabel('Addresses or numbers').fill('bob');
  await tab.press('Add to directory');
  await friend(tab, 'Bob at work', true).waitFor();
  await accessible(tab);
  await tab.press('Feature Options');
  await ask('No, Desk phone would not answer by itself.');
  await tab.page.getByRole('switch', {name: 'Allow Friends List'}).click();
  await tab.shows('In force: 1 address.');
  await ask('Yes, Desk phone would answer.');
  await tab.shows('The requester is on the friends list.');
  await tab.shows('marked as friend (1).');

  await tab.page.getByRole('switch', {name: 'No automatic answers'}).click();
  await tab.shows('No automatic answers is on, so none of them can open your phone now.');
  await ask('No, Desk phone would not answer by itself.');
  await tab.page.getByRole('switch', {name: 'No automatic answers'}).click();
  await ask('Yes, Desk phone would answer.');

  await tab.press('Show Friends');
  await friend(tab, 'Bob at work', true).click();
  await tab.shows('You have no friends here yet.');
  await tab.press('Feature Options');
  await tab.shows('In force: nobody but you can make your deskphone answer.');
  await ask('No, Desk phone would not answer by itself.');
});

scene('somebody is added from a call; files go in and out', async s => {
  const tab = await s.tab(await s.gateway(), alice);
  await tab.call('carol'); // who has no phone on
  await tab.press('Dismiss');
  await tab.button('Dismiss').waitFor({state: 'detached'}); // its card has the next button too
  await tab.press('Add Carol Cook to the directory'); // from the history
  await tab.press('Add to directory');
  await row(tab, 'Carol Cook').waitFor();
  assert.deepEqual(await kept(tab), [['Carol Cook', ['sip:carol@example.test'], false]]);

  await tab.press('Import or export');
  const give = (name, text) =>
    tab.page.locator('input[type=file]').setInputFiles({name, mimeType: '', buffer: Buffer.from(text)});
  await give(
    'people.vcf',
    'BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Eve Park\r\nIMPP:sip:eve@example.org\r\nEND:VCARD\r\n',
  );
  await tab.shows('1 person was added.');
  await give('people.csv', 'display,address,friend\nCarol,carol@example.test|+15559,yes\nNo One,bob@*,no\nDan,dan,yes\n');
  await tab.shows(
    '1 person was added. 1 was somebody you have; what was missing there was filled in. 1 was left out:',
  );
  await tab.shows('Line 3: the address "bob@*" cannot be used');
  await accessible(tab);
  assert.deepEqual(
    (await kept(tab)).map(([name, addresses]) => [name, addresses.length]),
    [
      ['Carol Cook', 2],
      ['Dan', 1],
      ['Eve Park', 1],
    ],
  );
  await give('people.csv', 'nothing of the kind');
  await tab.page.getByRole('alert').filter({hasText: 'address'}).waitFor();

  for (const [kind, name, text] of [
    ['vCard', 'directory.vcf', /^FN:Eve Park\r$/m],
    ['CSV', 'directory.csv', /^"Eve Park","sip:eve@example.org"/m],
  ]) {
    const [file] = await Promise.all([tab.page.waitForEvent('download'), tab.press(`Export as ${kind}`)]);
    assert.equal(file.suggestedFilename(), name);
    assert.match(await readFile(await file.path(), 'utf8'), text);
  }
});
