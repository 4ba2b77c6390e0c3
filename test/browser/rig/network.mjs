import {execFileSync} from 'node:child_process';
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {launch} from './tab.mjs';

const ip = (...args) => execFileSync('ip', args, {stdio: ['ignore', 'pipe', 'pipe']});
let networks = 0;

/**
 * A browser's own network: a namespace with a cable to this machine, which has two addresses there, one for pages and
 * one for sound. A wall keeps the browser from the latter. It takes root, as phones in networks of their own do.
 */
export class Network {
  constructor(dir) {
    this.dir = dir;
    this.id = `rsb${process.pid}-${++networks}`;
    this.name = `network ${this.id}`;
    // Of the networks for measuring (RFC 2544), which nobody has at home.
    const net = `198.18.${Math.floor(Math.random() * 256)}`;
    Object.assign(this, {pages: `${net}.1`, sound: `${net}.2`, browserAddress: `${net}.3`});
  }

  async start() {
    const {id} = this;
    ip('netns', 'add', id);
    ip('link', 'add', id, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', id);
    for (const address of [this.pages, this.sound]) ip('addr', 'add', `${address}/24`, 'dev', id);
    ip('link', 'set', id, 'up');
    for (const args of [
      ['addr', 'add', `${this.browserAddress}/24`, 'dev', 'eth0'],
      ['link', 'set', 'eth0', 'up'],
      ['link', 'set', 'lo', 'up'],
    ])
      ip('-n', id, ...args);
  }

  /** The browser that lives here; its pages of the gateway may use the microphone though they come by http. */
  async open(gateway) {
    if (this.browser) return this.browser;
    mkdirSync(this.dir, {recursive: true});
    const program = join(this.dir, 'chromium');
    writeFileSync(program, `#!/bin/sh\nexec ip netns exec ${this.id} /usr/bin/chromium "$@"\n`);
    chmodSync(program, 0o755);
    this.browser = await launch(program, [`--unsafely-treat-insecure-origin-as-secure=${gateway.url}`]);
    return this.browser;
  }

  /** Keeps the browser from the gateway's port for sound. */
  wall() {
    ip('-n', this.id, 'route', 'add', 'unreachable', `${this.sound}/32`);
  }

  /** Lets it through again. */
  breach() {
    ip('-n', this.id, 'route', 'del', 'unreachable', `${this.sound}/32`);
  }

  async stop() {
    await this.browser?.close();
    ip('netns', 'del', this.id); // the cable goes with it
  }

  said() {
    return '';
  }
}
