// Two deskphones and two tabs of one user ring: one answer wins.
import assert from 'node:assert/strict';
import {alice, bob} from './rig/gateway.mjs';
import {scene} from './rig/scene.mjs';
import {until} from './rig/wait.mjs';

async function everythingRings(s) {
  const gateway = await s.gateway();
  const desk = await s.phone(gateway, {user: alice, device: 'desk', tone: 700});
  const lab = await s.phone(gateway, {user: alice, device: 'lab', tone: 1300});
  const caller = await s.phone(gateway, {user: bob, tone: 440});
  const tab = await s.tab(gateway, alice, {tone: 1000});
  const second = await s.tab(gateway, alice, {tone: 1700, beside: tab});
  await caller.dial('alice');
  await Promise.all([desk, lab].map(phone => phone.event('CALL_INCOMING')));
  await Promise.all([tab, second].map(one => one.button('Answer in browser').waitFor()));
  return {desk, lab, caller, tab, second};
}

const answersToInvite = (phone, sent) =>
  phone.messages().filter(m => m.sent === sent && /^SIP\/2\.0 [2-6]/.test(m.first) && /^CSeq: \d+ INVITE$/m.test(m.text));

/** The leg was tried once, ended by one CANCEL that says why, and has one final response. */
async function wasCancelled(phone) {
  await phone.event('CALL_CLOSED', 2000);
  await until(`${phone.name} has its ACK`, () => phone.messages().some(m => m.first.startsWith('ACK ')));
  const cancels = phone.messages().filter(m => m.first.startsWith('CANCEL '));
  assert.equal(cancels.length, 1, `${phone.name}: one CANCEL`);
  assert.match(cancels[0].text, /^Reason: SIP ?;cause=200 ?;text="Call completed elsewhere"$/m);
  assert.deepEqual(answersToInvite(phone, true).map(m => m.first), ['SIP/2.0 487 Request Terminated']);
}

/** The caller was challenged at most once and then got one final response, 200. */
function gotOneAnswer(caller) {
  const finals = answersToInvite(caller, false).map(m => m.first.split(' ')[1]);
  assert.deepEqual(finals.filter(status => status !== '407'), ['200']);
}

const stopsRinging = tab => tab.button('Answer in browser').waitFor({state: 'detached', timeout: 2000});

scene('a tab wins against two deskphones and another tab', async s => {
  const {desk, lab, caller, tab, second} = await everythingRings(s);
  await tab.press('Answer in browser');
  await caller.event('CALL_ESTABLISHED');
  await stopsRinging(second);
  await Promise.all([wasCancelled(desk), wasCancelled(lab)]);
  await Promise.all([tab.hears(440), caller.hears(1000)]);
  gotOneAnswer(caller);
  await second.press('Hang up'); // the other tab shows the call too
  await caller.event('CALL_CLOSED', 2000);
});

scene('a deskphone wins against the other and two tabs', async s => {
  const {desk, lab, caller, tab, second} = await everythingRings(s);
  await lab.accept();
  await caller.event('CALL_ESTABLISHED');
  await Promise.all([stopsRinging(tab), stopsRinging(second), wasCancelled(desk)]);
  await Promise.all([tab.shows('Lab phone'), second.shows('Lab phone')]);
  await Promise.all([lab.hears(440), caller.hears(1300)]);
  gotOneAnswer(caller);
  await caller.hangup();
  await lab.event('CALL_CLOSED', 2000);
});

scene('both tabs and a deskphone answer at once: one of them has the call', async s => {
  const {desk, lab, caller, tab, second} = await everythingRings(s);
  const press = one => one.button('Answer in browser').click({timeout: 2000}); // the button may be gone already
  const answers = await Promise.allSettled([press(tab), press(second), desk.accept()]);
  assert.ok(answers.some(a => a.status === 'fulfilled'));
  await caller.event('CALL_ESTABLISHED');
  await Promise.all([stopsRinging(tab), stopsRinging(second), wasCancelled(lab)]);
  const winner = await Promise.any([caller.hears(1000).then(() => tab), caller.hears(1700).then(() => second), caller.hears(700).then(() => desk)]);
  await winner.hears(440);
  gotOneAnswer(caller);
  if (winner !== desk) await desk.event('CALL_CLOSED', 2000);
  await tab.press('Hang up');
  await caller.event('CALL_CLOSED', 2000);
});
