import {createHash, randomUUID} from 'node:crypto';
import {readdirSync} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import {Child, peer} from './child.mjs';
import {domain} from './gateway.mjs';
import {last, readWav, tonePresent} from './sound.mjs';
import {patience, threePorts, until} from './wait.mjs';

/** The same for the same device, as a real phone's is after a restart. */
const uuidOf = name =>
  createHash('sha256').update(name).digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5');

/** One running baresip, registered. Its microphone hears `tone` (Hz). */
export class Phone {
  events = [];
  replies = new Map();
  waiting = new Set();

  /** codec: the only one it speaks: PCMU, PCMA, G722/16000/1, opus/48000/2. */
  constructor(dir, gateway, {user, device = user.devices[0].id, tone = 440, codec = ''}) {
    this.dir = dir;
    this.name = `${user.name}'s ${device}`;
    this.env = {
      RUN: dir,
      DOMAIN: domain,
      SERVER: gateway.sip,
      USERNAME: user.name,
      PASSWORD: user.sipPassword(device),
      DISPLAY_NAME: user.display,
      TONE: String(tone),
      UUID: uuidOf(`${user.name}~${device}`),
      PARAMS: `;answermode=manual${codec && `;audio_codecs=${codec}`}`,
    };
  }

  async start() {
    const port = await threePorts();
    this.address = `127.0.0.1:${port}`;
    Object.assign(this.env, {SIPPORT: `${port}`, CTLPORT: `${port + 2}`});
    this.child = new Child(join(this.dir, 'log'), peer('baresip/baresip.sh'), [], this.env);
    this.socket = await until(`${this.name} has started`, () => this.dialControl(port + 2));
    this.read();
    await until(`${this.name} is registered`, async () => (await this.command('reginfo')).includes('OK '));
  }

  /** One connection only: a second would replace it, and events are not replayed. */
  dialControl(port) {
    return new Promise(done => {
      const socket = connect(port, '127.0.0.1', () => done(socket));
      socket.once('error', () => done(null));
    });
  }

  /** Netstrings of JSON; baresip leaves control characters in its strings, which JSON forbids. */
  read() {
    let buffer = Buffer.alloc(0);
    this.socket.on('error', () => {});
    this.socket.on('data', chunk => {
      buffer = Buffer.concat([buffer, chunk]);
      for (;;) {
        const colon = buffer.indexOf(':');
        const size = Number(buffer.subarray(0, colon));
        if (colon < 0 || buffer.length < colon + size + 2) return;
        const text = buffer.subarray(colon + 1, colon + 1 + size).toString();
        buffer = buffer.subarray(colon + size + 2);
        this.take(JSON.parse(text.replace(/[\x00-\x1f\x7f]/g, ' ')));
      }
    });
  }

  take(message) {
    if (message.event) {
      this.events.push(message);
      for (const look of this.waiting) look();
    } else {
      this.replies.get(message.token)?.(message);
    }
  }

  /** Sends a command of baresip; rejects when it is refused. */
  async command(command, params = '') {
    const token = randomUUID();
    const text = JSON.stringify({command, params, token});
    const reply = await new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`${this.name}: no reply to ${command}`)), patience);
      this.replies.set(token, message => {
        clearTimeout(timer);
        done(message);
      });
      this.socket.write(`${Buffer.byteLength(text)}:${text},`);
    });
    this.replies.delete(token);
    if (!reply.ok) throw new Error(`${this.name} refuses ${command} ${params}: ${reply.data}`);
    return reply.data;
  }

  dial = to => this.command('dial', to);
  accept = () => this.command('accept');
  hangup = () => this.command('hangup');
  hold = () => this.command('hold');
  resume = () => this.command('resume');

  /** Takes the next event of the type. */
  event(type, limit = patience) {
    return new Promise((done, fail) => {
      const look = () => {
        const at = this.events.findIndex(e => e.type === type);
        if (at < 0) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        done(this.events.splice(at, 1)[0]);
      };
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        fail(new Error(`${this.name}: no ${type} within ${limit} ms; seen: ${this.events.map(e => e.type)}`));
      }, limit);
      this.waiting.add(look);
      look();
    });
  }

  /** What it has heard since its newest call began. */
  received() {
    const files = readdirSync(join(this.dir, 'rec')).filter(f => f.endsWith('-dec.wav')).sort();
    return files.length ? readWav(join(this.dir, 'rec', files.at(-1))) : {rate: 8000, samples: new Int16Array()};
  }

  /** Waits until it has heard nothing but the tone for the last 300 ms. */
  hears(hz) {
    const before = this.received().samples.length;
    return until(`${this.name} hears ${hz} Hz`, () => {
      const rec = this.received();
      return rec.samples.length >= before + 0.3 * rec.rate && last(rec, 300).every(w => tonePresent(w, rec.rate, hz));
    });
  }

  /** Waits until it has not heard the tone at all for the last 300 ms, while RTP went on arriving. */
  hearsNot(hz) {
    const before = this.received().samples.length;
    return until(`${this.name} hears no ${hz} Hz any more`, () => {
      const rec = this.received();
      return rec.samples.length >= before + 0.3 * rec.rate && !last(rec, 300).some(w => tonePresent(w, rec.rate, hz));
    });
  }

  /**
   * Watches from now on for how long (ms) the tone does not arrive. No RTP at
   * all counts too: the recording does not grow then. The function given back
   * ends it and tells the longest such time.
   */
  watchGaps(hz) {
    let longest = 0;
    let there = performance.now();
    let samples = this.received().samples.length;
    const look = () => {
      const rec = this.received();
      const now = performance.now();
      if (rec.samples.length > samples && last(rec, 100).every(w => tonePresent(w, rec.rate, hz))) there = now;
      samples = rec.samples.length;
      longest = Math.max(longest, now - there);
    };
    const timer = setInterval(look, 20);
    return () => {
      clearInterval(timer);
      return longest;
    };
  }

  /** The port where it takes the sound of its newest call. */
  mediaPort() {
    const said = this.messages().filter(m => m.sent && /^m=audio [1-9]/m.test(m.text));
    return Number(/^m=audio (\d+)/m.exec(said.at(-1).text)[1]);
  }

  /** Every SIP message it sent or received: {sent, first, text}. */
  messages() {
    return this.said()
      .split(/^UDP /m)
      .slice(1)
      .map(block => {
        const [way, ...lines] = block.split('\x1b[;m')[0].split(/\r?\n/);
        return {sent: way.startsWith(`${this.address} `), first: lines[0], text: lines.join('\n')};
      });
  }

  /** Ends it; it unregisters. */
  async stop() {
    await this.child?.stop();
    this.socket?.destroy();
  }

  said() {
    return this.child?.said() ?? '';
  }
}
