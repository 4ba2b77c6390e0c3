// Calls that begin in a tab.
import assert from 'node:assert/strict';
import {alice, bob} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';
import {newAddress} from './rig/wait.mjs';

for (const [name, codec] of Object.entries({PCMU: 'PCMU', PCMA: 'PCMA', G722: 'G722/16000/1', Opus: 'opus/48000/2'}))
  scene(`from a tab to a phone that speaks ${name}, with digits`, async s => {
    const gateway = await s.gateway();
    const phone = await s.phone(gateway, {user: bob, tone: 440, codec});
    const tab = await s.tab(gateway, alice, {tone: 1000});

    await tab.call('1002');
    const ring = await phone.event('CALL_INCOMING');
    assert.equal(ring.peeruri, alice.address);
    await phone.accept();
    await phone.event('CALL_ESTABLISHED');
    await Promise.all([tab.hears(440), phone.hears(1000)]);

    await tab.press('Keypad');
    for (const digit of ['5', '9']) {
      await tab.button(digit).click();
      assert.equal((await phone.event('CALL_DTMF_START')).param, digit);
    }
    await phone.hangup();
    await tab.shows('The call has ended.');
  });

scene('from tab to tab', async s => {
  const gateway = await s.gateway();
  const a = await s.tab(gateway, alice, {tone: 1000});
  const b = await s.tab(gateway, bob, {tone: 440});

  await a.call('bob');
  await b.shows('Alice Archer');
  await b.press('Answer in browser');
  await Promise.all([a.hears(440), b.hears(1000)]);
  await b.press('Log out'); // hangs up
  await a.shows('The call has ended.');
  await b.button('Log in').waitFor();
});

scene('mute and hold in a tab, and a restart of the gateway, which waits for the call', async s => {
  const gateway = await s.gateway({timers: {drain: '60s'}});
  const phone = await s.phone(gateway, {user: bob, tone: 440});
  const tab = await s.tab(gateway, alice, {tone: 1000});
  await tab.call('bob');
  await phone.event('CALL_INCOMING');
  await phone.accept();
  await Promise.all([tab.hears(440), phone.hears(1000)]);

  await tab.press('Mute');
  await phone.hearsNot(1000);
  await tab.press('Unmute');
  await phone.hears(1000);

  await tab.press('Hold');
  await phone.hearsNot(1000);
  await tab.press('Resume');
  await Promise.all([tab.hears(440), phone.hears(1000)]);

  gateway.child.process.kill('SIGTERM');
  await tab.shows('The gateway is being restarted. Calls that run may go on for a while');
  await Promise.all([tab.hears(440), phone.hears(1000)]);
  await tab.press('Hang up');
  await phone.event('CALL_CLOSED', 2000);
  await tab.shows('Reconnecting. Calls cannot reach this window until it is back.');
  await tab.shows('The call has ended.'); // the last call's end came before the gateway went
});

scene('through a trunk', async s => {
  const pbx = newAddress();
  const gateway = await s.gateway({
    // No OPTIONS meanwhile: the scenario takes the first message for the call.
    trunks: [{name: 'pbx', address: `sip:${pbx}:5060`, transport: 'udp', ping: '1h', prefixes: [{match: '0', strip: 1}]}],
  });
  const far = await s.sipp(gateway, 'uas_phone', {address: pbx, env: {RING_MS: '200'}, args: ['-rtp_echo']});
  const tab = await s.tab(gateway, alice, {tone: 1000});

  await tab.call('0 123-456');
  await tab.hears(1000); // the far end sends back what it hears
  await tab.press('Hang up');
  await far.ok();
  assert.match(far.read('msg'), new RegExp(`INVITE sip:123456@${pbx}`));
});

scene('what cannot be called is said in words', async s => {
  const gateway = await s.gateway();
  const tab = await s.tab(gateway, alice);
  await tab.call('nobody');
  await tab.shows('Nobody has this name or number. Check it and dial again.');
  await tab.call('carol');
  await tab.shows('This person has no phone connected right now. Try again later.');
});

scene('a missed call is counted until the list was looked at', async s => {
  const gateway = await s.gateway();
  const a = await s.tab(gateway, alice, {tone: 1000});
  const b = await s.tab(gateway, bob, {tone: 440});
  await a.call('bob');
  await b.shows('Alice Archer');
  await a.press('Hang up');
  await b.shows('1 missed');
  await b.button('Call Alice Archer').first().hover(); // which brings the list on the screen
  await b.page.getByText('1 missed').waitFor({state: 'detached'});
});
