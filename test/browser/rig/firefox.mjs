import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import WebSocket from 'ws';
import {Child} from './child.mjs';
import {patience, until} from './wait.mjs';

/** A false microphone with a tone of 1000 Hz, given without a question, and no calls to the internet. */
const prefs = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

/** Runs in the page before its own scripts: its connections come into reach. */
function prepare() {
  const connections = [];
  globalThis.connections = connections;
  const Original = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...args) {
      super(...args);
      connections.push(this);
    }
  };
}

/** Runs in the page: the middle of what bears the words and can be seen, in open shadow trees too; null without one. */
function find(selector, words) {
  const all = root => [...root.querySelectorAll('*')].flatMap(one => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
  const spoken = one => {
    const copy = one.cloneNode(true); // without the letter of its key, which no screen reader says
    for (const hidden of copy.querySelectorAll('[aria-hidden=true]')) hidden.remove();
    return copy.textContent;
  };
  const named = one => (one.ariaLabel ?? spoken(one.labels?.[0] ?? one)).trim();
  const found = all(document).find(one => one.matches(selector) && named(one) === words && one.checkVisibility() && !one.disabled);
  if (!found) return null;
  found.scrollIntoView({block: 'center', behavior: 'instant'});
  const {x, y, width, height} = found.getBoundingClientRect();
  return {x: Math.round(x + width / 2), y: Math.round(y + height / 2)};
}

/** Debian's Firefox with one page, driven by WebDriver BiDi as a person would. It hears and speaks nothing by itself. */
export class Firefox {
  name = 'Firefox';
  replies = new Map();
  next = 0;

  constructor(dir) {
    this.dir = dir;
  }

  async start() {
    const profile = join(this.dir, 'profile');
    mkdirSync(profile, {recursive: true});
    const lines = Object.entries(prefs).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${value});\n`);
    writeFileSync(join(profile, 'user.js'), lines.join(''));
    const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'];
    this.child = new Child(join(this.dir, 'log'), 'firefox-esr', args, {HOME: this.dir});
    const [, url] = await until('Firefox listens', () => {
      assert.equal(this.child.result, undefined, 'Firefox ended while it started');
      return /WebDriver BiDi listening on (\S+)/.exec(this.child.said());
    }, 4 * patience);
    this.socket = new WebSocket(`${url}/session`);
    await once(this.socket, 'open');
    this.socket.on('message', text => {
      const reply = JSON.parse(text);
      this.replies.get(reply.id)?.(reply);
    });
    await this.command('session.new', {capabilities: {}});
    const {contexts} = await this.command('browsingContext.getTree', {});
    this.context = contexts[0].context;
    await this.command('script.addPreloadScript', {functionDeclaration: `${prepare}`});
  }

  /** Gives a command of WebDriver BiDi; rejects when Firefox refuses it. */
  async command(method, params) {
    const id = ++this.next;
    this.socket.send(JSON.stringify({id, method, params}));
    const reply = await new Promise(done => {
      const silent = setTimeout(() => done({type: 'error', message: 'it does not answer'}), 2 * patience);
      this.replies.set(id, message => {
        clearTimeout(silent);
        done(message);
      });
    });
    this.replies.delete(id);
    if (reply.type === 'error') throw new Error(`Firefox refuses ${method}: ${reply.message}`);
    return reply.result;
  }

  open = url => this.command('browsingContext.navigate', {context: this.context, url, wait: 'complete'});
  reload = () => this.command('browsingContext.reload', {context: this.context, wait: 'complete'});

  /** Runs a function in the page; words and what it gives go as JSON. */
  async evaluate(what, ...args) {
    const {type, result, exceptionDetails} = await this.command('script.callFunction', {
      functionDeclaration: `async text => JSON.stringify(await (${what})(...JSON.parse(text))) ?? 'null'`,
      arguments: [{type: 'string', value: JSON.stringify(args)}],
      target: {context: this.context},
      awaitPromise: true,
    });
    if (type === 'exception') throw new Error(`in Firefox: ${exceptionDetails.text}`);
    return JSON.parse(result.value);
  }

  /** Waits for a button or field by its words; where it is. */
  shows = (words, selector = 'button') =>
    until(`Firefox shows ${words}`, () => this.evaluate(find, selector, words));

  /** Presses a button by its words, with the pointer. */
  async press(words, selector) {
    const at = await this.shows(words, selector);
    const moves = [{type: 'pointerMove', ...at}, {type: 'pointerDown', button: 0}, {type: 'pointerUp', button: 0}];
    await this.act({type: 'pointer', id: 'hand', actions: moves});
  }

  /** Types into a field by its label. */
  async type(label, text) {
    await this.press(label, 'input');
    const keys = [...text].flatMap(value => [{type: 'keyDown', value}, {type: 'keyUp', value}]);
    await this.act({type: 'key', id: 'keys', actions: keys});
  }

  act = source => this.command('input.performActions', {context: this.context, actions: [source]});

  /**
   * What comes in for some seconds, as a recording in WebM or Ogg. Without a
   * sound card an AudioContext of Firefox never runs, a recorder does.
   */
  async record(seconds) {
    const text = await this.evaluate(async ms => {
      const live = globalThis.connections.find(pc => pc.connectionState === 'connected');
      const track = live?.getReceivers().find(receiver => receiver.track.kind === 'audio')?.track;
      if (!track) return '';
      const recorder = new MediaRecorder(new MediaStream([track]));
      const parts = [];
      recorder.ondataavailable = ({data}) => parts.push(data);
      const stopped = new Promise(done => recorder.addEventListener('stop', done));
      recorder.start();
      await new Promise(done => setTimeout(done, ms));
      recorder.stop();
      await stopped;
      const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
      return btoa(bytes.reduce((all, byte) => all + String.fromCharCode(byte), ''));
    }, 1000 * seconds);
    return Buffer.from(text, 'base64');
  }

  async stop() {
    if (this.context) await this.command('browser.close', {}).catch(() => {}); // it may be gone already
    await this.child?.stop();
  }

  said() {
    return this.child.said();
  }
}
