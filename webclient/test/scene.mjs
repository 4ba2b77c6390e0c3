// Chromium and a scripted gateway for all tests of a file, and a page for each.
import {after, afterEach, before} from 'node:test';
import {farEnd, launch} from './chromium.mjs';
import {scriptedGateway} from './scripted.mjs';

export let browser;
export let gateway;
export let page;

/** Sets the scene for the tests of a file; what an offer of the page is answered with. */
export function scene(answerOffer = offer => page.evaluate(farEnd, offer)) {
  before(async () => {
    browser = await launch();
    gateway = await scriptedGateway({answerOffer});
  });
  after(async () => {
    await browser.close();
    await gateway.close();
  });
  afterEach(() => page?.context().close());
}

/** Opens an empty page in a context of its own; the one before is closed. */
export async function newPage(options) {
  await page?.context().close();
  page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(10_000);
  return page;
}
