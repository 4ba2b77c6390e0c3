import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Child, root} from './child.mjs';
import {until} from './wait.mjs';

export const domain = 'example.test';

const user = (name, number, display, devices) => ({
  name,
  number,
  display,
  devices,
  password: `${name} likes long walks`,
  address: `sip:${name}@${domain}`,
  sipPassword: device => `${name}-${device}-secret`,
});

export const alice = user('alice', '1001', 'Alice Archer', [
  {id: 'desk', display: 'Desk phone', interworking: true},
  {id: 'lab', display: 'Lab phone', interworking: false},
]);
export const bob = user('bob', '1002', 'Bob Baker', [{id: 'desk', display: 'Desk phone', interworking: true}]);
export const carol = user('carol', '1003', 'Carol Cook', [{id: 'desk', display: 'Desk phone', interworking: true}]);
/** His deskphone never answers by itself. */
export const dan = user('dan', '1004', 'Dan Dyer', [{id: 'desk', display: 'Desk phone', interworking: false}]);

/** Alice with two deskphones that may both be made to answer by themselves. */
export const aliceOfTwo = {...alice, devices: alice.devices.map(d => ({...d, interworking: true}))};

/** JSON is YAML: every port in it is for the kernel to choose. */
const configuration = (
  data,
  {users = [alice, bob, carol, dan], trunks = [], timers = {}, embed = [], keys = [], http = {}, media = {}},
) =>
  JSON.stringify({
    domain,
    data,
    http: {listen: '127.0.0.1:0', embed_origins: embed, embed_keys: keys, ...http},
    sip: {listen: ['udp://127.0.0.1:0']},
    media: {listen: ['127.0.0.1'], webrtc_port: 0, rtp_ports: '0', ...media},
    users: users.map(({name, number, display, password, devices, sipPassword}) => ({
      name,
      number,
      display,
      password,
      devices: devices.map(d => ({...d, sip_password: sipPassword(d.id)})),
    })),
    trunks,
    timers: {drain: '0s', key_wait: '500ms', ...timers},
    log: {level: 'info', format: 'text'},
  });

let built;

/** The binary with the race detector inside: RINGSPLASH_BIN, else built once. */
export function program() {
  if (process.env.RINGSPLASH_BIN) return process.env.RINGSPLASH_BIN;
  const path = join(root, 'bin/ringsplash-race');
  if (!built) execFileSync('go', ['build', '-race', '-o', path, '.'], {cwd: root, stdio: 'inherit'});
  built = true;
  return path;
}

/** One running `ringsplash serve`. */
export class Gateway {
  name = 'gateway';

  constructor(dir, options) {
    this.dir = dir;
    this.options = options;
  }

  async start() {
    const data = join(this.dir, 'data');
    const file = join(this.dir, 'ringsplash.yaml');
    mkdirSync(this.dir, {recursive: true});
    rmSync(join(data, 'ready.json'), {force: true}); // of the run before
    writeFileSync(file, configuration(data, this.options));
    this.child = new Child(join(this.dir, 'log'), program(), ['serve', '--config', file]);
    await until('the gateway is ready', () => {
      if (this.child.result) throw new Error(`the gateway ended while it started: ${JSON.stringify(this.child.result)}`);
      return existsSync(join(data, 'ready.json'));
    });
    const ready = JSON.parse(readFileSync(join(data, 'ready.json'), 'utf8'));
    this.url = `http://${ready.http}`;
    /** The same gateway as another site than 127.0.0.1. */
    this.elsewhere = this.url.replace('127.0.0.1', 'localhost');
    this.webrtc = ready.webrtc;
    this.metrics = ready.metrics;
    this.sip = ready.sip.find(a => a.startsWith('udp://')).slice('udp://'.length);
  }

  /** Kills it, as a machine that fails does. */
  async die() {
    this.child.kill();
    await this.child.gone;
  }

  async stop() {
    assert.deepEqual(await this.child.stop(), {status: 0, signal: null}, 'the gateway ended badly');
    const accident = /^.*(WARNING: DATA RACE|panic|fatal error: ).*$/m.exec(this.said());
    assert.equal(accident, null, "the gateway's log holds an accident");
  }

  said() {
    return this.child.said();
  }
}
