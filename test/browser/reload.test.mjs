// The call lives in the gateway: a reload of the page loses nothing.
import assert from 'node:assert/strict';
import {alice, bob} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';

scene('reload while it rings: it rings on and can be answered', async s => {
  const gateway = await s.gateway();
  const desk = await s.phone(gateway, {user: alice});
  const caller = await s.phone(gateway, {user: bob, tone: 440});
  const tab = await s.tab(gateway, alice, {tone: 1000});

  await caller.dial('alice');
  await desk.event('CALL_INCOMING');
  await tab.button('Answer in browser').waitFor();
  await tab.page.reload();
  await tab.press('Answer in browser');
  await caller.event('CALL_ESTABLISHED');
  await Promise.all([tab.hears(440), caller.hears(1000)]);
  assert.equal(desk.events.filter(e => e.type === 'CALL_INCOMING').length, 0, 'the deskphone rang once');
});

scene('reload while talking: sound is back within two seconds', async s => {
  const gateway = await s.gateway();
  const caller = await s.phone(gateway, {user: bob, tone: 440});
  const tab = await s.tab(gateway, alice, {tone: 1000});

  await caller.dial('alice');
  await tab.press('Answer in browser');
  await caller.event('CALL_ESTABLISHED');
  await Promise.all([tab.hears(440), caller.hears(1000)]);

  const gaps = caller.watchGaps(1000);
  const began = performance.now();
  await tab.page.reload();
  await tab.hears(440, 180);
  const heardAfter = performance.now() - began;
  await caller.hears(1000);

  const silence = gaps();
  console.log(`sound after a reload: in the page ${heardAfter.toFixed(0)} ms, gap at the caller ${silence.toFixed(0)} ms`);
  assert.ok(silence > 100, 'a reload without any gap was not measured');
  assert.ok(heardAfter <= 2000, `the page heard the caller ${heardAfter} ms after the reload began`);
  assert.ok(silence <= 2000, `the caller heard nothing for ${silence} ms`);
  assert.ok(!caller.events.some(e => e.type === 'CALL_CLOSED'), 'the call went on');

  await tab.press('Hang up');
  await caller.event('CALL_CLOSED', 2000);
});
