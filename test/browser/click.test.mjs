// A phone calls alice; she presses "Answer on Desk phone" in her tab: the phone
// answers by itself, muted until she presses Unmute there.
import assert from 'node:assert/strict';
import {alice, bob} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';
import {last} from './rig/sound.mjs';
import {until} from './rig/wait.mjs';

/** Runs in the page before its own scripts: counts how often a microphone is asked for. */
function countMicrophones() {
  globalThis.asked = 0;
  const original = navigator.mediaDevices.getUserMedia;
  navigator.mediaDevices.getUserMedia = (...args) => {
    globalThis.asked++;
    return original.apply(navigator.mediaDevices, args);
  };
}

/** A second of sound arrives at the phone, and there is digital silence in all it has heard. */
async function silent(phone) {
  const before = phone.received().samples.length;
  const rec = await until(`a second of sound arrives at ${phone.name}`, () => {
    const now = phone.received();
    return now.samples.length >= before + now.rate && now;
  });
  const loudest = rec.samples.reduce((top, v) => Math.max(top, Math.abs(v)), 0);
  assert.ok(loudest < 330, `${phone.name} heard something before the un-mute: ${loudest} of 32767`); // -40 dBFS
  assert.ok(last(rec, 300).length > 0);
}

scene('answered on the deskphone by a click: muted until Unmute, no microphone of the computer', async s => {
  const gateway = await s.gateway();
  const desk = await s.phone(gateway, {user: alice, tone: 700, codec: 'PCMU'});
  const caller = await s.phone(gateway, {user: bob, tone: 440, codec: 'PCMU'});
  const tab = await s.tab(gateway, alice);
  await tab.page.addInitScript(countMicrophones);
  await tab.page.reload();
  await tab.online();

  await caller.dial('alice');
  await desk.event('CALL_INCOMING');
  await caller.event('CALL_RINGING');
  await tab.shows('Bob Baker');
  await desk.command('answermode', 'auto'); // it obeys the trigger from here on
  await tab.press('Answer on Desk phone');
  await caller.event('CALL_ESTABLISHED');
  await tab.shows('Microphone muted');
  await tab.button('Unmute').waitFor();
  await silent(caller);

  await tab.press('Unmute');
  await caller.hears(700);
  await tab.button('Unmute').waitFor({state: 'detached'});

  await tab.press('Mute');
  await caller.hearsNot(700);
  await tab.button('Unmute').waitFor();

  await tab.press('Unmute');
  await caller.hears(700);

  await tab.press('Hang up');
  await Promise.all([desk.event('CALL_CLOSED'), caller.event('CALL_CLOSED')]);
  assert.equal(await tab.page.evaluate(() => globalThis.asked), 0, 'the page asked for a microphone');
});
