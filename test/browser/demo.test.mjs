// `ringsplash demo` as its own words describe it: two simulated phones on one
// page, the softphone on another.
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import assert from 'node:assert/strict';
import {Child} from './rig/child.mjs';
import {program} from './rig/gateway.mjs';
import {launch} from './rig/tab.mjs';
import {patience, until} from './rig/wait.mjs';

test('the demo: Bob calls, one click answers on the deskphone, muted until Unmute', {timeout: 120_000}, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ringsplash-demo-'));
  const demo = new Child(join(dir, 'log'), program(), ['demo']);
  let browser;
  try {
    const [, url] = await until('the demo prints its address', () => {
      assert.equal(demo.result, undefined, 'the demo ended while it started');
      return /Softphone +(http:\S+?)\/ /.exec(demo.said());
    });
    browser = await launch();
    const open = async path => {
      const page = await browser.newPage();
      page.setDefaultTimeout(patience);
      await page.goto(url + path);
      return page;
    };
    const phones = await open('/demo/');
    const tab = await open('/');
    const button = name => tab.getByRole('button', {name, exact: true});
    const screen = phones.locator('[data-phone=alice] .display');
    const shows = text => screen.filter({hasText: text}).waitFor();

    await tab.getByLabel('Name', {exact: true}).fill('alice');
    await tab.getByLabel('Password', {exact: true}).fill('ringsplash');
    await button('Log in').click();
    await tab.getByLabel('Name or number').waitFor();

    await tab.getByRole('button', {name: 'Conversations, 1 unread'}).click();
    await tab.locator('conversation-list').getByText('the drawing of the pump').waitFor();
    await tab.getByRole('button', {name: 'Friends', exact: true}).click();
    const bob = words => tab.locator('people-list').getByText(words).first().waitFor();
    await bob('Deskphone only');
    await phones.getByRole('button', {name: 'Bob calls Alice'}).click();
    await button('Answer on Desk phone').click();
    await bob('In a call');
    await shows('Auto-Answered');
    await shows('(microphone muted)');
    await tab.getByText('Microphone muted').first().waitFor();
    await tab.getByText('Press * on the phone or Unmute here').first().waitFor();
    const unmuted = async () => {
      await screen.filter({hasNotText: '(microphone muted)'}).waitFor();
      await button('Unmute').waitFor({state: 'detached'});
    };

    // A key pressed before the splash is over does nothing, so it is pressed until it counts.
    await until('the key of the phone un-mutes', async () => {
      await phones.locator('[data-phone=alice] [data-key=star]').click();
      return screen.filter({hasNotText: '(microphone muted)'}).isVisible();
    });
    await unmuted();
    await button('Mute').click();
    await shows('(microphone muted)');
    await button('Unmute').click();
    await unmuted();
    await phones.locator('[data-phone=alice].talking').waitFor();

    await button('Hang up').click();
    await phones.locator('[data-phone=alice].idle').waitFor();
    await phones.locator('[data-phone=bob].idle').waitFor();
  } catch (e) {
    console.log(`---- demo\n${demo.said()}`);
    throw e;
  } finally {
    await browser?.close();
    const result = await demo.stop();
    const accident = /^.*(WARNING: DATA RACE|panic|fatal error: ).*$/m.exec(demo.said());
    await rm(dir, {recursive: true, force: true});
    assert.deepEqual(result, {status: 0, signal: null}, 'the demo ended badly');
    assert.equal(accident, null, "the demo's log holds an accident");
  }
});
