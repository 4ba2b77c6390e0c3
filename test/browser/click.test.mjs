// A phone calls alice; she presses "Answer on Desk phone" in her tab: the phone
// answers by itself, muted until she presses Unmute there.
import assert from 'node:assert/strict';
import {aliceOfTwo, bob} from './rig/gateway.mjs';
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
  assert.ok(loudest < 33, `${phone.name} heard something before the un-mute: ${loudest} of 32767`); // -60 dBFS
  assert.ok(last(rec, 300).length > 0);
}

for (const codec of ['PCMU', 'G722/16000/1', 'opus/48000/2']) {
  const name = codec.split('/')[0];
  scene(`${name}: answered on the deskphone by a click: muted until Unmute, no microphone of the computer`, async s => {
    const gateway = await s.gateway({users: [aliceOfTwo, bob]});
    const desk = await s.phone(gateway, {user: aliceOfTwo, tone: 700, codec});
    const lab = await s.phone(gateway, {user: aliceOfTwo, device: 'lab', tone: 1000, codec});
    const caller = await s.phone(gateway, {user: bob, tone: 440, codec});
    const wire = await s.wire();
    const tab = await s.tab(gateway, aliceOfTwo);
    await tab.page.addInitScript(countMicrophones);
    await tab.page.reload();
    await tab.online();

    await caller.dial('alice');
    await Promise.all([desk.event('CALL_INCOMING'), lab.event('CALL_INCOMING')]);
    await caller.event('CALL_RINGING');
    await tab.shows('Bob Baker');
    await desk.command('answermode', 'auto'); // it obeys the trigger from here on
    await tab.press('Answer on Desk phone');
    await caller.event('CALL_ESTABLISHED');
    await tab.shows('Microphone muted');
    await tab.button('Unmute').waitFor();
    await silent(caller);
    const port = desk.mediaPort();
    for (const hz of [659.26, 987.77]) await wire.carried(port, hz, 100); // the splash
    await wire.carried(port, 440); // the caller
    await lab.event('CALL_CLOSED');

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
    assert.deepEqual([triggers(desk), triggers(lab)], [1, 0], 'INVITEs with a trigger to the chosen phone and to the other');
  });
}

/** How many INVITEs that make a phone answer by itself reached the phone. */
const triggers = phone =>
  phone.messages().filter(m => !m.sent && m.first.startsWith('INVITE ') && /^(answer-mode|call-info|alert-info):/im.test(m.text))
    .length;
