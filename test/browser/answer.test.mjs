// A phone calls alice; her deskphone and her tab ring; she answers in either.
import assert from 'node:assert/strict';
import {alice, bob} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';

const codecs = {PCMU: 'PCMU', PCMA: 'PCMA', G722: 'G722/16000/1', Opus: 'opus/48000/2'};

for (const [name, codec] of Object.entries(codecs))
  scene(`answered in the browser, the caller speaks ${name}`, async s => {
    const gateway = await s.gateway();
    const desk = await s.phone(gateway, {user: alice, tone: 700});
    const caller = await s.phone(gateway, {user: bob, tone: 440, codec});
    const tab = await s.tab(gateway, alice, {tone: 1000});

    await caller.dial('alice');
    await desk.event('CALL_INCOMING');
    await caller.event('CALL_RINGING');
    await tab.shows('Bob Baker');
    await tab.press('Answer in browser');
    await caller.event('CALL_ESTABLISHED');
    await desk.event('CALL_CLOSED');
    await Promise.all([tab.hears(440), caller.hears(1000)]);

    if (name === 'PCMU' || name === 'G722') {
      await tab.press('Hang up');
      await caller.event('CALL_CLOSED', 2000);
    } else {
      await caller.hangup();
      await tab.button('Hang up').waitFor({state: 'detached', timeout: 2000});
    }
    await tab.shows('The call has ended.');
  });

scene('answered at the deskphone, the tab is its companion', async s => {
  const gateway = await s.gateway();
  const desk = await s.phone(gateway, {user: alice, tone: 700});
  const caller = await s.phone(gateway, {user: bob, tone: 440});
  const tab = await s.tab(gateway, alice);

  await caller.dial('1001');
  await tab.button('Answer in browser').waitFor();
  await desk.accept();
  await caller.event('CALL_ESTABLISHED');
  await tab.button('Answer in browser').waitFor({state: 'detached', timeout: 2000});
  await tab.shows('Desk phone');
  await Promise.all([desk.hears(440), caller.hears(700)]);

  await tab.press('Hang up');
  await Promise.all([desk.event('CALL_CLOSED', 2000), caller.event('CALL_CLOSED', 2000)]);
  await tab.shows('The call has ended.');
});

scene('declined in the browser: everything stops ringing', async s => {
  const gateway = await s.gateway();
  const desk = await s.phone(gateway, {user: alice});
  const caller = await s.phone(gateway, {user: bob});
  const tab = await s.tab(gateway, alice);

  await caller.dial('alice');
  await desk.event('CALL_INCOMING');
  await tab.press('Decline');
  await desk.event('CALL_CLOSED', 2000);
  assert.match((await caller.event('CALL_CLOSED', 2000)).param, /603/);
});

scene('the caller gives up: the tab shows a missed call', async s => {
  const gateway = await s.gateway();
  const caller = await s.phone(gateway, {user: bob});
  const tab = await s.tab(gateway, alice);

  await caller.dial('alice');
  await tab.button('Answer in browser').waitFor();
  await caller.hangup();
  await tab.button('Answer in browser').waitFor({state: 'detached', timeout: 2000});
  await tab.shows('Missed call');
});
