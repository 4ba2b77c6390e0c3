import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {Child, root} from './child.mjs';
import {until} from './wait.mjs';

let built;

/** The TURN server of test/peers/turn, built once. */
function program() {
  const path = join(root, 'bin/turn');
  if (!built) execFileSync('go', ['build', '-o', path, './test/peers/turn'], {cwd: root, stdio: 'inherit'});
  built = true;
  return path;
}

/** A running TURN server; `server` is how `media.ice_servers` names it. */
export class Relay {
  name = 'relay';

  constructor(dir, address) {
    Object.assign(this, {dir, address});
  }

  async start() {
    this.child = new Child(join(this.dir, 'log'), program(), ['-ip', this.address, '-password', 'a secret']);
    const [, where] = await until('the relay listens', () => /listening on (\S+)/.exec(this.said()));
    this.server = {urls: [`turn:${where}`], username: 'ringsplash', credential: 'a secret'};
  }

  async stop() {
    await this.child.stop();
  }

  said() {
    return this.child.said();
  }
}
