import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Child, peer} from './child.mjs';
import {domain} from './gateway.mjs';
import {newAddress, until} from './wait.mjs';

/** One run of a sipp scenario; as: the user and device to register as beforehand. */
export class Sipp {
  constructor(dir, gateway, scenario, {address = newAddress(), env = {}, args = [], as} = {}) {
    Object.assign(this, {dir, gateway, scenario, address, env, args, as, name: `sipp ${scenario}`});
  }

  run(scenario, args) {
    const all = [`${scenario}.xml`, this.gateway.sip, '-key', 'rdomain', domain, ...args];
    const env = {...this.env, RUN: this.dir, IP: this.address};
    return new Child(join(this.dir, `${scenario}.out`), peer('sipp/sipp.sh'), all, env);
  }

  async start() {
    if (this.as) {
      const {user, device} = this.as;
      const args = ['-key', 'fuser', user.name, '-key', 'fdomain', domain];
      const register = this.run('uac_register', [...args, '-au', user.name, '-ap', user.sipPassword(device)]);
      assert.equal((await register.gone).status, 0, 'sipp registers');
    }
    this.child = this.run(this.scenario, this.args);
    await until(`${this.name} listens`, () => listensUDP(this.address, 5060) || this.child.result);
  }

  /** Waits for the end; rejects unless all went as the scenario says. */
  async ok() {
    const {status} = await this.child.gone; // bounded by sipp.sh's LIMIT
    assert.equal(status, 0, `${this.name} failed`);
  }

  read = kind => {
    const file = join(this.dir, `${this.scenario}.${kind}`);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };

  async stop() {
    this.child?.kill();
    await this.child?.gone;
  }

  said() {
    return this.read('msg') + this.read('err');
  }
}

/** Looks the socket up in the kernel's table. */
function listensUDP(address, port) {
  const hex = n => n.toString(16).toUpperCase();
  const reversed = address.split('.').reverse().map(part => hex(Number(part)).padStart(2, '0')).join('');
  return readFileSync('/proc/net/udp', 'utf8').includes(` ${reversed}:${hex(port).padStart(4, '0')} `);
}
