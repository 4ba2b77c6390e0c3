// Whoever has no mouse reaches everything that can be pressed, and sees where he is: in Chromium.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {openScreen} from './open-screen.mjs';
import {gateway, newPage, page, scene} from './scene.mjs';
import {screens} from './screen-list.mjs';

scene();

/** Runs in the page: what can be pressed or typed into and is in sight, each with a mark and its words. */
function markAll() {
  const found = [];
  const all = root => [...root.querySelectorAll('*')].flatMap(one => (one.shadowRoot ? all(one.shadowRoot) : [one]));
  for (const element of all(document)) {
    if (!element.matches('button, input, textarea, select, a[href]') || element.disabled) continue;
    if (!element.checkVisibility()) continue;
    // Of the buttons of a radio group Tab reaches the one that is on.
    if (element.type === 'radio' && !element.checked) continue;
    element.dataset.mark = found.length;
    found.push(element.getAttribute('aria-label') ?? element.textContent.trim() ?? element.name);
  }
  return found;
}

/** Runs in the page: the mark of what has the focus, and whether that is to be seen. */
function focused() {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  const {outlineStyle, outlineWidth} = getComputedStyle(element);
  const around = element.closest('label') && getComputedStyle(element.closest('label'));
  const ring = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  const ringAround = around?.outlineStyle !== 'none' && parseFloat(around?.outlineWidth) >= 2;
  return {mark: element.dataset.mark, seen: ring || ringAround};
}

for (const name of [
  'directory-change',
  'directory-import',
  'options',
  'device',
  'on-deskphone-auto',
  'talking-transfer',
]) {
  test(`every button and field of the screen ${name} is reached by Tab, with a ring around it`, async () => {
    const screen = screens().find(one => one.name === name);
    await newPage({permissions: ['microphone'], viewport: {width: 900, height: 760}});
    await openScreen(page, gateway, screen);
    const words = await page.evaluate(markAll);
    const left = new Set(words.keys());
    const unseen = [];
    await page.evaluate(() => document.activeElement?.blur());
    for (let presses = 0; presses < 2 * words.length + 10 && left.size; presses++) {
      await page.keyboard.press('Tab');
      const {mark, seen} = await page.evaluate(focused);
      if (mark !== undefined && left.delete(Number(mark)) && !seen) unseen.push(words[mark]);
    }
    assert.deepEqual(
      [...left].map(i => words[i]),
      [],
    );
    assert.deepEqual(unseen, []);
  });
}
