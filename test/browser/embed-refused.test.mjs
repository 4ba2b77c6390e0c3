// What an embedding site is refused, each with a sentence for whoever runs it;
// and what it may do when the administrator trusts it.
import assert from 'node:assert/strict';
import {generateKeyPairSync, randomUUID, sign} from 'node:crypto';
import {Embedded} from './rig/embedded.mjs';
import {alice, bob} from './rig/gateway.mjs';
import {Intranet} from './rig/intranet.mjs';
import {scene} from './rig/scene.mjs';
import {launch} from './rig/tab.mjs';
import {threePorts} from './rig/wait.mjs';

const {privateKey, publicKey} = generateKeyPairSync('ed25519');
const keys = [{id: 'site', algorithm: 'EdDSA', public_key: publicKey.export({type: 'spki', format: 'pem'})}];

/** A token that the site signs itself (RFC 7519). */
function signed(claims) {
  const part = value => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(Date.now() / 1000);
  const body = {sub: 'alice', jti: randomUUID(), exp: seconds + 240, ...claims};
  const text = `${part({alg: 'EdDSA', kid: 'site'})}.${part(body)}`;
  return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
}

scene('refused with a sentence: unlisted site, bad tokens, scripts that want to open a deskphone', async s => {
  const listed = await threePorts();
  const [unlisted, trusted, silent] = [listed + 1, listed + 2, await threePorts()];
  const origin = port => `http://127.0.0.1:${port}`;
  const gateway = await s.gateway({keys, embed: [{origin: origin(listed)}, {origin: origin(silent)}, {origin: origin(trusted), trusted: true}]});
  const intranet = (port, ...flags) => s.add(new Intranet(s.directory(), gateway, {port, people: [alice], flags}));
  const site = await intranet(listed);
  const stranger = await intranet(unlisted);
  const desk = await s.phone(gateway, {user: alice, tone: 700, codec: 'PCMU'});
  const caller = await s.phone(gateway, {user: bob, tone: 440, codec: 'PCMU'});
  s.browser = await launch();
  const page = async (at, options) => s.add(new Embedded(await s.browser.newContext(), at, alice, options));

  // A site that is not listed: no token, and no frame.
  const outside = await page(stranger);
  const card = outside.host.locator('ringsplash-phone [role=alert]');
  await card.waitFor();
  assert.match(await card.textContent(), /is http:\/\/127\.0\.0\.1:\d+ listed there under http\.embed_origins.*frame-src/);
  assert.equal((await outside.told('error'))[0].code, 'not_loaded');
  const refused = await outside.host.evaluate(async () => (await fetch('/phone-token')).text());
  assert.match(refused, /does not let pages of http:.*http\.embed_origins/);
  await outside.host.close();

  const tab = await page(site);
  await tab.online();
  await badTokens(tab, {site: origin(listed), other: origin(trusted)});

  // client.js: what the page could do to itself it may, the deskphone it may not.
  const own = await page(site, {path: '/own'});
  await own.shows('sip:alice@example.test');
  await caller.dial('alice');
  await desk.event('CALL_INCOMING');
  await own.shows('Bob Baker: ringing');
  await own.press('Answer on the deskphone');
  await own.shows(/may neither answer on a deskphone, nor un-mute.*trusted: true.*http\.embed_origins/);
  await own.press('Answer here');
  await caller.event('CALL_ESTABLISHED');
  await Promise.all([own.hears(440), caller.hears(1000)]);
  assert.equal((await own.run('mute')).message, undefined);
  await caller.hearsNot(1000);
  assert.equal((await own.run('unmute')).code, 'forbidden');
  assert.ok(await own.host.evaluate(async () => (await globalThis.phone.history()).history), 'REST by CORS');
  await own.press('Hang up');
  await caller.event('CALL_CLOSED');
  await desk.event('CALL_CLOSED');
  own.policyKept();
  await own.host.close();
  await tab.host.close();

  await withoutMicrophone(await page(await intranet(silent, '-no-microphone'), {microphone: false}), caller, desk);
  await trustedSite(await page(await intranet(trusted)), await page(s.cast.at(-1).site, {path: '/own'}), caller, desk);
});

/** The site's own policy keeps the microphone: the phone says so and offers the deskphone. */
async function withoutMicrophone(tab, caller, desk) {
  await tab.online();
  await caller.dial('alice');
  await desk.event('CALL_INCOMING');
  await tab.press('Answer in browser');
  await tab.shows(/page around the phone keeps the microphone from it.*Permissions-Policy.*You can still use Desk phone/);
  await tab.accessible('without a microphone');
  await tab.button('Answer on Desk phone').waitFor(); // the call rings on
  await tab.press('Decline');
  await Promise.all([caller.event('CALL_CLOSED'), desk.event('CALL_CLOSED')]);
  await tab.host.close();
}

/** Scripts of a trusted site may open the deskphone, in the frame and with client.js. */
async function trustedSite(tab, own, caller, desk) {
  await tab.online();
  await own.shows('sip:alice@example.test');
  for (const one of [tab, own]) {
    await caller.dial('alice');
    await desk.event('CALL_INCOMING');
    await desk.command('answermode', 'auto');
    await one.waitsFor('a call', () => one.run('answer', '', {on: 'deskphone'}).then(({code}) => code !== 'no_such_call'));
    await caller.event('CALL_ESTABLISHED');
    await tab.shows('Microphone muted');
    await caller.hearsNot(700);
    assert.equal((await one.run('unmute')).message, undefined);
    await caller.hears(700);
    assert.equal((await one.run('hangUp')).message, undefined);
    await Promise.all([caller.event('CALL_CLOSED'), desk.event('CALL_CLOSED')]);
    await desk.command('answermode', 'manual');
  }
}

/** Tokens that do not do, handed out by the site's server; the card in the frame says why. */
async function badTokens(tab, {site, other}) {
  const seconds = Math.floor(Date.now() / 1000);
  const good = signed({origin: site});
  for (const [what, token, code, says] of [
    ['expired', signed({origin: site, exp: seconds - 60}), 'token_expired', /older than five minutes/],
    ['for another site', signed({origin: other}), 'token_origin', /is for http:\/\/127\.0\.0\.1:\d+, and this page belongs to/],
    ['no token', 'nonsense', 'token_invalid', /This is no token/],
    ['of no user', signed({origin: site, sub: 'zoe'}), 'no_such_user', /ringsplash user add/],
    ['good', good, '', /Name or number/],
    ['used twice', good, 'token_used', /was used before/],
  ]) {
    await tab.host.route('**/phone-token', route => route.fulfill({body: token}));
    await tab.reload();
    await tab.shows(says);
    if (code) assert.equal((await tab.told('error'))[0].code, code, what);
    if (what === 'expired') await tab.accessible('not logged in'); // the others differ in the sentence alone
    if (what === 'used twice') await tab.waitsFor('its last try', () => tab.state().then(state => state === 'refused'));
    await tab.host.unroute('**/phone-token');
  }
  await tab.press('Try again');
  await tab.online();
  await tab.host.route('**/phone-token', route => route.fulfill({status: 502, body: 'The intranet is being repaired.'}));
  await tab.reload();
  await tab.shows('The intranet is being repaired.');
  await tab.button('Open in own window').waitFor();
  await tab.host.unroute('**/phone-token');
  await tab.online(); // it comes back by itself
}
