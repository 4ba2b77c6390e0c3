// A talk moves from the tab to the deskphone and back, and is given to somebody else.
import {alice, bob, carol} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';

scene('a talk is moved to the deskphone, back, and transferred, by the buttons of its card', async s => {
  const gateway = await s.gateway();
  const desk = await s.phone(gateway, {user: alice, tone: 700, codec: 'PCMU'});
  const caller = await s.phone(gateway, {user: bob, tone: 440, codec: 'PCMU'});
  const third = await s.phone(gateway, {user: carol, tone: 1500, codec: 'PCMU'});
  const tab = await s.tab(gateway, alice, {tone: 1000});

  await caller.dial('alice');
  await tab.press('Answer in browser');
  await caller.hears(1000);
  await desk.command('answermode', 'auto');
  await tab.press('Move to Desk phone');
  await tab.shows('On Desk phone');
  await caller.hears(700); // the click was the un-mute
  await tab.page.keyboard.press('h');
  await tab.shows('On hold');
  await caller.hearsNot(700);
  await tab.press('Resume');
  await caller.hears(700);
  await tab.press('Move to browser');
  await caller.hears(1000);
  await tab.hears(440);
  await desk.event('CALL_CLOSED');

  await tab.page.keyboard.press('t');
  await tab.page.getByLabel('Name or number to transfer to').fill('nobody at all');
  await tab.press('Transfer now');
  await tab.page.getByRole('alert').filter({hasText: /./}).waitFor();
  await tab.page.getByLabel('Name or number to transfer to').fill('cook');
  await tab.page.getByRole('option', {name: /^Carol Cook 1003 Colleague/}).waitFor();
  for (const key of ['ArrowDown', 'Enter', 'Enter']) await tab.page.keyboard.press(key);
  await third.event('CALL_INCOMING');
  await third.accept();
  await caller.hears(1500);
  await tab.button('Call again').waitFor();
});
