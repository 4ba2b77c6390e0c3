// A plain link to the phone's page, /?call=..., asks before it dials.
import assert from 'node:assert/strict';
import {alice, bob} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';

scene('a link that calls asks first', async s => {
  const gateway = await s.gateway();
  const phone = await s.phone(gateway, {user: bob, tone: 440, codec: 'PCMU'});
  const tab = await s.tab(gateway, alice);
  const follow = () => tab.page.goto(`${gateway.url}/?call=${encodeURIComponent(bob.address)}`);
  const question = tab.page.getByRole('dialog', {name: `Call ${bob.address}?`});

  await follow();
  await question.getByRole('button', {name: 'Cancel'}).click();
  await question.waitFor({state: 'detached'});
  assert.equal(await tab.page.locator('call-card').count(), 0, 'nobody was called');
  await tab.page.reload();
  await tab.online();
  assert.equal(await question.count(), 0, 'the link is used up');

  await follow();
  await question.getByRole('button', {name: 'Call'}).click();
  await phone.event('CALL_INCOMING');
  await tab.press('Hang up');
  await phone.event('CALL_CLOSED');
  assert.equal(phone.events.filter(event => event.type === 'CALL_INCOMING').length, 0, 'it rang once');
});
