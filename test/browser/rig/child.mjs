import {spawn} from 'node:child_process';
import {closeSync, mkdirSync, openSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {patience} from './wait.mjs';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A process in the foreground, with its output in a file. It does not outlive this one. */
export class Child {
  constructor(log, command, args, env = {}) {
    this.log = log;
    mkdirSync(dirname(log), {recursive: true});
    const out = openSync(log, 'a');
    this.process = spawn(command, args, {stdio: ['ignore', out, out], env: {...process.env, ...env}, cwd: dirname(log)});
    closeSync(out);
    this.kill = () => this.process.kill('SIGKILL');
    process.once('exit', this.kill);
    this.gone = new Promise(done => {
      this.process.once('error', e => done({error: e}));
      this.process.once('exit', (status, signal) => done({status, signal}));
    }).then(result => {
      process.removeListener('exit', this.kill);
      this.result = result;
      return result;
    });
  }

  /** Asks the process to end and gives how it did: {status, signal}. */
  async stop() {
    this.process.kill('SIGTERM');
    const timer = setTimeout(this.kill, patience);
    const result = await this.gone;
    clearTimeout(timer);
    return result;
  }

  said() {
    return readFileSync(this.log, 'utf8');
  }
}

/** A script of test/peers. */
export const peer = path => join(root, 'test/peers', path);
