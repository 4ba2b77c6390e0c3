// Pictures every screen at four widths, light and dark, into screenshots/, and
// has axe-core look at each. Any violation, page error or message of the
// content policy makes it exit 1.
import {mkdir, readFile, rm} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {farEnd, launch} from './chromium.mjs';
import {screens} from './screen-list.mjs';
import {scriptedGateway} from './scripted.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../../screenshots');
const sizes = [
  [280, 600],
  [360, 700],
  [900, 760],
  [1440, 900],
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
  for (const screen of screens()) if (only.length === 0 || only.includes(screen.name)) await picture(screen);
} finally {
  await browser.close();
  await gateway.close();
}
process.stdout.write(`${faults.length} faults\n${faults.map(fault => `${fault}\n`).join('')}`);
process.exitCode = faults.length ? 1 : 0;

async function picture(screen) {
  gateway.screen = screen;
  const context = await browser.newContext({
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
  page.setDefaultTimeout(10_000);
  try {
    await page.goto(gateway.url);
    await page.getByText(screen.ready).first().waitFor();
    await screen.act?.(page, gateway);
    await page.evaluate(axe);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({colorScheme, reducedMotion: 'reduce'});
      for (const [width, height] of sizes) await one(screen.name, colorScheme, width, height);
    }
  } catch (error) {
    faults.push(`${screen.name}: ${error.message}`);
  }
  await context.close();
}

async function one(name, colorScheme, width, height) {
  await page.setViewportSize({width, height});
  const label = `${name}-${width}-${colorScheme}`;
  await page.screenshot({path: join(out, `${label}.png`), fullPage: true});
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (overflow > 0) faults.push(`${label}: ${overflow} px wider than the window`);
  const {violations} = await page.evaluate(runOnly => window.axe.run({runOnly}), rules);
  for (const {id, help, nodes} of violations)
    faults.push(`${label}: ${id}, ${help}: ${nodes.map(node => node.target.join(' ')).join('; ')}`);
}
