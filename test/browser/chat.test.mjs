// Users write to each other in real tabs: what is sent, delivered, read and typed shows on all tabs of both, and what
// is written to somebody who is away waits for his next tab.
import {alice, bob} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';

const pane = tab => tab.page.getByRole('log');
const open = async (tab, name) => {
  await tab.page.getByRole('button', {name: /^Conversations/}).click();
  await tab.page.locator('conversation-list .name').getByText(name).click();
  await pane(tab).waitFor();
};
const write = async (tab, name, text) => {
  const field = tab.page.getByLabel(`Your message to ${name}`);
  await field.fill(text);
  await field.press('Enter');
};
const line = (tab, text) => pane(tab).locator('li', {hasText: text});
const unread = (tab, n) => tab.page.getByRole('button', {name: `Conversations, ${n} unread`}).waitFor();

scene('two tabs of alice and one of bob write, read and see each other type', async s => {
  const gateway = await s.gateway();
  const first = await s.tab(gateway, alice);
  const second = await s.tab(gateway, alice, {beside: first});
  const other = await s.tab(gateway, bob);
  await other.page.evaluate(async () => {
    await fetch('/api/v1/messages', {
      method: 'POST',
      headers: {'Content-Type': 'application/json'},
      body: JSON.stringify({to: 'alice', text: 'Good morning'}),
    });
  });
  await unread(first, 1);
  await unread(second, 1);
  await second.page.waitForFunction(() => document.title.startsWith('(1)'));
  await open(other, 'Alice Archer');
  await line(other, 'Good morning').getByText('Delivered').waitFor();
  await open(first, 'Bob Baker');
  await line(other, 'Good morning').getByText('Read').waitFor();
  await second.page.getByRole('button', {name: 'Conversations', exact: true}).waitFor(); // read there too
  await other.page.getByLabel('Your message to Alice Archer').pressSequentially('Wait');
  await first.shows('Bob Baker is writing');
  await open(second, 'Bob Baker');
  await write(first, 'Bob Baker', 'I am here');
  await line(other, 'I am here').waitFor();
  await line(second, 'I am here').getByText('Read').waitFor();
  await other.page.close();
  await write(second, 'Bob Baker', 'Are you gone?');
  await line(first, 'Are you gone?').getByText('Sent').waitFor();
  const back = await s.tab(gateway, bob);
  await unread(back, 1);
  await line(first, 'Are you gone?').getByText('Delivered').waitFor();
});
