import assert from 'node:assert/strict';
import {alice} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';
import {Tab, launch} from './rig/tab.mjs';

scene('a person logs in, reloads, logs out', async s => {
  const gateway = await s.gateway();
  s.browser = await launch();
  const tab = await s.add(new Tab(await s.browser.newContext(), gateway, alice, 1000));

  await tab.logIn('a wrong password');
  await tab.page.getByRole('alert').filter({hasText: /\S/}).waitFor();
  assert.equal(await tab.page.getByLabel('Name or number').count(), 0, 'a wrong password logs nobody in');

  await tab.logIn();
  await tab.online();
  await tab.shows('Alice Archer');
  await tab.shows('Desk phone');

  await tab.page.reload();
  await tab.online();

  await tab.press('Log out');
  await tab.button('Log in').waitFor();
  await tab.page.reload();
  await tab.button('Log in').waitFor();
});
