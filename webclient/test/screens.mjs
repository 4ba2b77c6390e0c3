// Pictures every screen at five widths, light and dark, into screenshots/, the
// phone in a frame at the two small ones, some in German too, and has axe-core look at each. Any violation, page error or message of the
// content policy makes it exit 1.
import {mkdir, readFile, rm} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {farEnd, launch} from './chromium.mjs';
import {inGerman, openScreen} from './open-screen.mjs';
import {germanScreens, screens} from './screen-list.mjs';
import {scriptedGateway} from './scripted.mjs';
import {german} from './words.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../../screenshots');
const sizes = [
  [280, 600],
  [360, 700],
  [900, 760],
  [1440, 900],
  [1920, 1000],
];
const framedSizes = [
  [280, 740],
  [360, 740],
];
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const only = process.argv.slice(2);

const faults = [];
const axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
await rm(out, {recursive: true, force: true});
await mkdir(out, {recursive: true});

let page;
const gateway = await scriptedGateway({answerOffer: offer => page.evaluate(farEnd, offer)});
const browser = await launch();
try {
  const spoken = screens(german.words).filter(({name}) => germanScreens.includes(name));
  const all = [
    ...screens(),
    ...spoken.map(screen => ({...inGerman(screen), name: `${screen.name}-de`, locale: 'de-DE'})),
  ];
  for (const screen of all) if (only.length === 0 || only.includes(screen.name)) await picture(screen);
} finally {
  await browser.close();
  await gateway.close();
}
process.stdout.write(`${faults.length} faults\n${faults.map(fault => `${fault}\n`).join('')}`);
process.exitCode = faults.length ? 1 : 0;

async function picture(screen) {
  const context = await browser.newContext({
    locale: screen.locale,
    viewport: {width: 900, height: 760},
    reducedMotion: 'reduce',
    permissions: screen.noMicrophone ? [] : ['microphone'],
  });
  page = await context.newPage();
  page.on('pageerror', error => faults.push(`${screen.name}: ${error.message}`));
  page.on('console', message => {
    if (/Content Security|TrustedHTML|Trusted Type/i.test(message.text()))
      faults.push(`${screen.name}: ${message.text()}`);
  });
  try {
    const inside = await openScreen(page, gateway, screen);
    await inside.evaluate(axe);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({colorScheme, reducedMotion: 'reduce'});
      for (const [width, height] of screen.framed ? framedSizes : sizes)
        await one(inside, screen.name, colorScheme, width, height);
    }
  } catch (error) {
    faults.push(`${screen.name}: ${error.message}`);
  }
  await context.close();
}

/** Waits until a frame has its new width and was drawn: it is another process, which lags behind the page. */
async function drawn(inside, width) {
  if (inside === page) return;
  await inside.waitForFunction(wide => innerWidth === wide, width);
  for (const one of [inside, page])
    await one.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
}

async function one(inside, name, colorScheme, width, height) {
  await page.setViewportSize({width, height});
  await drawn(inside, width);
  const label = `${name}-${width}-${colorScheme}`;
  await page.screenshot({path: join(out, `${label}.png`), fullPage: inside === page});
  const overflow = await inside.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (overflow > 0) faults.push(`${label}: ${overflow} px wider than the window`);
  const {violations} = await inside.evaluate(runOnly => window.axe.run({runOnly}), rules);
  for (const {id, help, nodes} of violations)
    faults.push(`${label}: ${id}, ${help}: ${nodes.map(node => node.target.join(' ')).join('; ')}`);
}
