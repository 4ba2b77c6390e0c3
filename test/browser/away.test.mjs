// The gateway is gone in a call: the page says what is true, Hang up works, and what became of the call is told.
import assert from 'node:assert/strict';
import {alice, bob} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';
import {threePorts, until} from './rig/wait.mjs';

/** Runs in the page: whether every track of the microphone that was given out is over. */
const closed = () => globalThis.microphones.every(track => track.readyState === 'ended');

scene('the gateway is killed in a call: no word of going on, Hang up ends it here, and it is told after the restart', async s => {
  const gateway = await s.gateway({http: {listen: `127.0.0.1:${await threePorts()}`}});
  const caller = await s.phone(gateway, {user: bob, tone: 440});
  const tab = await s.tab(gateway, alice, {tone: 1000});
  await tab.page.evaluate(() => {
    const ask = navigator.mediaDevices.getUserMedia;
    globalThis.microphones = [];
    navigator.mediaDevices.getUserMedia = async () => {
      const stream = await ask();
      globalThis.microphones.push(...stream.getAudioTracks());
      return stream;
    };
  });

  await caller.dial('alice');
  await tab.press('Answer in browser');
  await caller.event('CALL_ESTABLISHED');
  await tab.hears(440);
  assert.equal(await tab.page.evaluate(closed), false);

  await gateway.die();
  await tab.shows('Reconnecting. No sound arrives, so your call may be over.');
  assert.equal(await tab.page.getByText('your call goes on').count(), 0);
  await tab.press('Hang up');
  await tab.shows('You hung up. The gateway is told when it is back.');
  await until('the microphone is closed', () => tab.page.evaluate(closed));

  await gateway.start();
  await tab.page.getByText('Connected', {exact: false}).first().waitFor();
  await tab.page.getByText('Reconnecting').first().waitFor({state: 'detached'});
  assert.equal(await tab.page.locator('call-card').count(), 0, 'the call is over here too');
});
