import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {prepare, Tab} from './tab.mjs';
import {patience, until} from './wait.mjs';

const axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Runs in the host page before its own scripts: notes what the element tells and whom it notifies. */
function watch() {
  globalThis.told = [];
  for (const name of ['ready', 'incoming', 'call', 'ended', 'error', 'token-needed', 'quality']) {
    addEventListener(name, event => {
      // An error of the page itself has no detail.
      if (event instanceof CustomEvent) globalThis.told.push({name, detail: event.detail});
    });
  }
  globalThis.notes = [];
  globalThis.Notification = class {
    static permission = 'granted';
    constructor(title, options) {
      globalThis.notes.push({title, ...options, shown: true});
      this.index = globalThis.notes.length - 1;
    }
    close() {
      globalThis.notes[this.index].shown = false;
    }
  };
}

/** A page of the intranet with the phone in it. As a Tab it is the frame; `host` is the page around it. */
export class Embedded extends Tab {
  constructor(context, site, user, {tone = 1000, path = '/', microphone = true} = {}) {
    super(context, site.gateway, user, tone);
    Object.assign(this, {site, path, microphone, name: `${user.name}'s page at ${site.url}`});
  }

  async start() {
    const page = await this.context.newPage();
    this.host = page;
    page.setDefaultTimeout(patience);
    page.on('console', m => this.lines.push(`${m.type()}: ${m.text()}`));
    page.on('pageerror', e => this.lines.push(`uncaught: ${e.stack}`));
    await page.addInitScript(watch);
    if (this.microphone) await page.addInitScript(prepare, this.tone);
    await page.goto(this.site.url);
    await page.getByLabel('Name').fill(this.user.name);
    await page.getByLabel('Password').fill(this.user.password);
    await page.getByRole('button', {name: 'Log in'}).click();
    await page.getByText(`Hello ${this.user.name}`).waitFor();
    if (this.path !== '/') await page.goto(this.site.url + this.path);
    await this.enter();
  }

  /** The frame of the page, after a load of it. */
  async enter() {
    if (this.path === '/own') this.page = this.host;
    else this.page = await (await this.host.locator('ringsplash-phone iframe').elementHandle()).contentFrame();
  }

  async reload() {
    await this.host.reload();
    await this.enter();
  }

  /** Calls a method of the element as a script of the page does: {value} or {code, message}. */
  run(method, ...args) {
    return this.host.evaluate(
      ([name, rest]) => {
        const phone = document.querySelector('ringsplash-phone') ?? globalThis.phone;
        return phone[name](...rest).then(value => ({value}), ({code, message}) => ({code, message}));
      },
      [method, args],
    );
  }

  /** What the page was told under this name. */
  async told(name) {
    return (await this.host.evaluate(() => globalThis.told)).filter(event => event.name === name).map(event => event.detail);
  }

  /** The element's own word for how it stands with the gateway. */
  state() {
    return this.host.evaluate(() => document.querySelector('ringsplash-phone').state);
  }

  /** axe has nothing to say about the frame as it is now. */
  async accessible(state) {
    await this.page.evaluate(axe);
    const {violations} = await this.page.evaluate(runOnly => globalThis.axe.run({runOnly}), rules);
    assert.deepEqual(violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' '))}`), [], `axe, ${state}`);
  }

  /** No message of a content policy was written, but for those that match `but`. */
  policyKept(but = /^$/) {
    const broken = this.lines.filter(line => /Content Security|TrustedHTML|Trusted Type/i.test(line) && !but.test(line));
    assert.deepEqual(broken, []);
  }

  async waitsFor(what, ok) {
    return until(`${this.name}: ${what}`, ok);
  }

  async stop() {
    await this.host.close();
    assert.deepEqual(this.lines.filter(line => line.startsWith('uncaught:')), [], `${this.name} has uncaught errors`);
  }
}
