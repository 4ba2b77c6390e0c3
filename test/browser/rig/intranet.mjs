import {execFileSync} from 'node:child_process';
import {once} from 'node:events';
import {connect} from 'node:net';
import {join} from 'node:path';
import {Child, root} from './child.mjs';
import {program} from './gateway.mjs';
import {until} from './wait.mjs';

let built;

/** The example of examples/intranet, built once. */
function site() {
  const path = join(root, 'bin/intranet');
  if (!built) execFileSync('go', ['build', '-o', path, './examples/intranet'], {cwd: root, stdio: 'inherit'});
  built = true;
  return path;
}

/** The gateway's API key, made once. */
function apikey(gateway) {
  gateway.apikey ??= execFileSync(
    program(),
    ['apikey', 'add', 'intranet', '--config', join(gateway.dir, 'ringsplash.yaml')],
    {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']},
  ).trim();
  return gateway.apikey;
}

/**
 * The web site of examples/intranet at 127.0.0.1, another site than the
 * gateway's localhost. The gateway must list `http://127.0.0.1:PORT`.
 */
export class Intranet {
  name = 'the intranet';

  constructor(dir, gateway, {port, people, flags = []}) {
    Object.assign(this, {dir, gateway, port, people, flags, url: `http://127.0.0.1:${port}`});
  }

  async start() {
    const RINGSPLASH_APIKEY = apikey(this.gateway);
    const people = this.people.map(user => `${user.name}=${user.password}`).join(',');
    const flags = ['-listen', `127.0.0.1:${this.port}`, '-gateway', this.gateway.elsewhere, '-people', people];
    this.child = new Child(join(this.dir, 'log'), site(), [...flags, ...this.flags], {RINGSPLASH_APIKEY});
    await until('the intranet listens', async () => {
      const socket = connect(this.port, '127.0.0.1');
      const open = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(() => false);
      socket.destroy();
      return open;
    });
  }

  async stop() {
    await this.child.stop();
  }

  said() {
    return this.child.said();
  }
}
