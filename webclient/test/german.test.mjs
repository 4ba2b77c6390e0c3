// Every screen in German, in Chromium: whatever is drawn, or said by a screen reader, comes from the German words.
// Each of them goes out between brackets, so that what stands outside of brackets was not taken from there.
// Where the phone cannot be loaded into a frame the script of the site speaks, in English, to whoever runs the site.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {inGerman, openScreen} from './open-screen.mjs';
import {gateway, newPage, page, scene} from './scene.mjs';
import {screens} from './screen-list.mjs';
import {german} from './words.mjs';

/** Puts every text of a language between brackets; runs in the page too. */
function marked(words, key = '') {
  if (typeof words === 'string') return key === 'lang' ? words : `⟦${words}⟧`;
  if (typeof words === 'function') return (...args) => marked(words(...args));
  return Object.fromEntries(Object.entries(words).map(([name, one]) => [name, marked(one, name)]));
}

const words = marked(german.words);

/** What no language changes: our name, letters of keys, languages by their own names. */
const constant = ['Ringsplash', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'Esc', 'English', 'Deutsch'];
const dates = /\b(Mo|Di|Mi|Do|Fr|Sa|So|Jan|Feb|März|Apr|Mai|Juni|Juli|Aug|Sept|Okt|Nov|Dez)\b/g;

/** The texts of a state that the gateway says: each has a code. */
const said = ['reason', 'why', 'notice', 'said', 'problem', 'message', 'detail', 'title'];

/** The names, addresses and other data of a screen, which are nobody's to translate. */
function* data(state) {
  for (const [name, value] of Object.entries(state ?? {})) {
    if (typeof value === 'string' && !said.includes(name)) yield value;
    if (typeof value === 'object') yield* data(value);
  }
}

/** Runs in the page: all that is drawn, and what a screen reader says besides. */
function texts() {
  const found = [document.title];
  const take = root => {
    for (const element of root.querySelectorAll('*')) {
      if (element.matches('style, script, noscript, .avatar')) continue; // a picture made of initials
      for (const name of ['aria-label', 'title', 'placeholder', 'alt']) found.push(element.getAttribute(name) ?? '');
      for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
      if (element.shadowRoot) take(element.shadowRoot);
    }
  };
  take(document.body);
  return found.map(text => text.trim()).filter(Boolean);
}

/** What of a text is neither between brackets nor data. */
function strange(text, known) {
  let rest = text;
  for (let before = ''; before !== rest; ) {
    before = rest;
    rest = rest.replace(/⟦[^⟦⟧]*⟧/g, '');
  }
  const parts = rest.replace(dates, '').match(/\p{L}[\p{L}\p{N}]*/gu) ?? [];
  return parts.filter(part => !known.some(one => one.includes(part)));
}

scene();

/** A page of somebody German, whose words come between brackets; gives what the screen is drawn in. */
async function open(screen) {
  await newPage({
    locale: 'de-DE',
    viewport: {width: 900, height: 760},
    permissions: screen.noMicrophone ? [] : ['microphone'],
  });
  await page.route(/\/assets\/de-[^/]*\.js$/, async route => {
    const url = `${new URL(route.request().url()).pathname}?plain`;
    const body = `import {german} from '${url}';\n${marked}\nconst all = marked(german);\nexport {all as german};`;
    await route.fulfill({contentType: 'text/javascript', body, headers: {'Access-Control-Allow-Origin': '*'}});
  });
  return openScreen(page, gateway, inGerman(screen));
}

/** Each takes two seconds. Neighbours show much the same, so that every second one does, but for `make soak`. */
const step = process.env.GERMAN === 'all' ? 1 : 2;
// In a frame is nothing that is not there without it.
const drawn = screens(words).filter(({name}) => !/^frame-(?!turned|covered)/.test(name));

for (const screen of drawn.filter((_, i) => i % step === 0)) {
  test(`the screen ${screen.name} is all German`, async () => {
    const inside = await open(screen);
    assert.equal(await inside.evaluate(() => document.documentElement.lang), 'de');
    const shown = await inside.evaluate(texts);
    assert.ok(
      shown.some(text => text.includes('⟦')),
      'nothing of it is in the words of the test',
    );
    const known = [...constant, ...data({...screen, name: ''})];
    const wrong = shown.map(text => [strange(text, known).join(' '), text]).filter(([parts]) => parts);
    assert.deepEqual(wrong, [], 'these parts of texts come from nowhere');
  });
}
