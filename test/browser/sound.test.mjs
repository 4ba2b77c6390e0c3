// A browser that does not reach the gateway's port for sound: nobody takes the call for a good one, and there are
// ways out.
import assert from 'node:assert/strict';
import {alice, bob} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';
import {until} from './rig/wait.mjs';

/** A gateway whose pages and whose sound have an address each of the browser's network; phones are on this machine. */
const gatewayOf = (s, {pages, sound}, more = {}) =>
  s.gateway({http: {listen: `${pages}:0`, metrics: '127.0.0.1:0'}, media: {listen: ['127.0.0.1', sound], ...more}});

const tabOf = (s, gateway, network) => s.tab(gateway, alice, {tone: 1000, network});

scene('a browser that cannot reach the port says so, and Try again or the deskphone bring the sound', async s => {
  const network = await s.network();
  network.wall();
  const gateway = await gatewayOf(s, network);
  const desk = await s.phone(gateway, {user: alice, tone: 700, codec: 'PCMU'});
  await desk.command('answermode', 'auto');
  const caller = await s.phone(gateway, {user: bob, tone: 440, codec: 'PCMU'});
  const tab = await tabOf(s, gateway, network);
  const port = gateway.webrtc.split(':').at(-1);
  const silent = tab.page.getByRole('alert').filter({hasText: `No sound: this computer cannot reach the gateway on UDP or TCP ${port}`});

  await tab.call('bob');
  await caller.event('CALL_INCOMING');
  await caller.accept();
  await caller.event('CALL_ESTABLISHED');
  await silent.waitFor();
  await silent.getByRole('button', {name: 'Try again', exact: true}).waitFor();
  assert.equal(await tab.page.getByRole('timer').count(), 0, 'no timer runs as if they talked');
  await until('the gateway writes it down', () => new RegExp(`no sound in a browser.* user=alice port=${port}`).test(gateway.said()));
  const metrics = await (await fetch(`http://${gateway.metrics}/metrics`)).text();
  assert.match(metrics, /^ringsplash_calls_without_sound_total 1$/m);

  const made = () => tab.page.evaluate(() => globalThis.connections.length);
  const before = await made();
  await tab.press('Try again');
  await tab.shows('Connecting sound');
  assert.ok((await made()) > before, 'it begins anew at once');
  network.breach();
  await Promise.all([tab.hears(440), caller.hears(1000)]);
  await silent.waitFor({state: 'detached'});
  await tab.page.getByRole('timer').waitFor();

  network.wall();
  await tab.shows('Connecting sound');
  await silent.waitFor();
  await tab.press('Move to Desk phone');
  await tab.shows('On Desk phone');
  await silent.waitFor({state: 'detached'});
  await caller.hears(700);
});

scene('a browser behind a wall talks by the TURN server that the gateway names', async s => {
  const network = await s.network();
  network.wall();
  const relay = await s.relay(network.pages);
  const gateway = await gatewayOf(s, network, {ice_servers: [relay.server]});
  const caller = await s.phone(gateway, {user: bob, tone: 440});
  const tab = await tabOf(s, gateway, network);

  await caller.dial('alice');
  await tab.press('Answer in browser');
  await caller.event('CALL_ESTABLISHED');
  await Promise.all([tab.hears(440), caller.hears(1000)]);
  assert.equal(await tab.page.getByText('No sound').count(), 0);
});
