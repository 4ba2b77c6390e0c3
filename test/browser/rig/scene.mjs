// One test: a gateway, phones and tabs of its own, all gone when it ends. What
// they said is printed when it failed.
import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {Gateway} from './gateway.mjs';
import {Network} from './network.mjs';
import {Phone} from './phone.mjs';
import {Relay} from './relay.mjs';
import {Sipp} from './sipp.mjs';
import {launch, Tab} from './tab.mjs';
import {Wire} from './wire.mjs';

/** Declares a test whose body gets a Scene. */
export const scene = (name, body) =>
  test(name, {timeout: 120_000}, async () => {
    const s = new Scene(await mkdtemp(join(tmpdir(), 'ringsplash-')));
    try {
      await body(s);
      await s.end();
    } catch (e) {
      await s.end().catch(() => {});
      s.tell();
      throw e;
    } finally {
      await rm(s.dir, {recursive: true, force: true});
    }
  });

class Scene {
  cast = [];
  browser = undefined;

  constructor(dir) {
    this.dir = dir;
  }

  /** Starts something that is stopped at the end, the newest first. */
  async add(one) {
    this.cast.push(one);
    await one.start();
    return one;
  }

  directory() {
    return join(this.dir, String(this.cast.length));
  }

  gateway(options = {}) {
    return this.add(new Gateway(this.directory(), options));
  }

  /** A registered baresip. */
  phone(gateway, options) {
    return this.add(new Phone(this.directory(), gateway, options));
  }

  /** A network of its own for a browser. */
  network() {
    return this.add(new Network(this.directory()));
  }

  /** A TURN server at the address. */
  relay(address) {
    return this.add(new Relay(this.directory(), address));
  }

  /** A capture of what goes to phones. */
  wire() {
    return this.add(new Wire(this.directory()));
  }

  /** A run of a sipp scenario in the background. */
  sipp(gateway, scenario, options) {
    return this.add(new Sipp(this.directory(), gateway, scenario, options));
  }

  /**
   * Another tab where `beside` is given (same browser profile), else in a profile of its own; of a browser in a
   * `network` of its own where that is given.
   */
  async tab(gateway, user, {tone = 1000, beside, network} = {}) {
    const browser = network ? await network.open(gateway) : (this.browser ??= await launch());
    const context = beside?.context ?? (await browser.newContext());
    const tab = await this.add(new Tab(context, gateway, user, tone));
    if (!beside) await tab.logIn();
    await tab.online();
    return tab;
  }

  /** Stops all; an accident in the gateway's log fails the test. */
  async end() {
    if (this.ended) return;
    this.ended = true;
    const results = [];
    for (const one of [...this.cast].reverse()) results.push(...(await Promise.allSettled([one.stop()])));
    await this.browser?.close();
    const faults = results.filter(r => r.status === 'rejected').map(r => r.reason);
    assert.deepEqual(faults, []);
  }

  tell() {
    for (const one of this.cast) console.log(`---- ${one.name}\n${one.said()}`);
  }
}
