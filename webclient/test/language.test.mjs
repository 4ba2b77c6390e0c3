// Which language the page speaks, in Chromium: chosen, the browser's, and English when its words do not come.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {openScreen} from './open-screen.mjs';
import {gateway, newPage, page, scene} from './scene.mjs';
import {options, parts, talking} from './screen-states.mjs';

scene();

test('another language is spoken in place: the call goes on, and what was typed stays', async () => {
  const rest = Object.fromEntries(Object.entries(options).filter(([name]) => name.startsWith('GET')));
  await newPage();
  const state = parts([talking({on: 'desk', here: false})]);
  await openScreen(page, gateway, {parts: state, rest, ready: 'Hang up'});
  const hellos = gateway.hellos.length;
  await page.getByLabel('Name or number').fill('2002');
  await page.getByRole('button', {name: 'Feature Options'}).click();
  await page.getByLabel('Language').selectOption('Deutsch');
  await page.getByRole('button', {name: 'Auflegen'}).waitFor();
  assert.equal(await page.getByLabel('Name oder Nummer').inputValue(), '2002');
  assert.equal(gateway.hellos.length, hellos, 'the page was not loaded again');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
  await page.reload();
  await page.getByRole('button', {name: 'Auflegen'}).waitFor();
  await page.getByLabel('Sprache').selectOption('Wie im Browser');
  await page.getByRole('button', {name: 'Hang up'}).waitFor();
});

test('a language whose words do not come is not chosen, and the page says so', async () => {
  gateway.screen = {loggedOut: true, parts: parts()};
  await newPage();
  await page.route(/\/assets\/de-/, route => route.abort());
  await page.goto(gateway.url);
  await page.getByLabel('Language').selectOption('Deutsch');
  await page.getByRole('alert').getByText('The gateway cannot be reached').waitFor();
  assert.equal(await page.getByLabel('Language').inputValue(), '');
  await page.getByRole('button', {name: 'Log in'}).waitFor();
});

test('the browser chooses the language, and a page whose words do not come speaks English', async () => {
  gateway.screen = {loggedOut: true, parts: parts()};
  for (const [away, word] of [
    [false, 'Anmelden'],
    [true, 'Log in'],
  ]) {
    await newPage({locale: 'de-CH'});
    if (away) await page.route(/\/assets\/de-/, route => route.abort());
    await page.goto(gateway.url);
    await page.getByRole('button', {name: word}).waitFor();
  }
});
