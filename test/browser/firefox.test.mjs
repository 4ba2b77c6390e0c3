// The demo in Firefox as Debian has it and with no setting that a user lacks:
// Firefox carries no calls by loopback, so the demo's sound needs an address of
// the network. It has one here that no packet leaves.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import WebSocket from 'ws';
import {address, alone, isAlone} from './rig/alone.mjs';
import {Child} from './rig/child.mjs';
import {Firefox} from './rig/firefox.mjs';
import {program} from './rig/gateway.mjs';
import {last, tonePresent, windows} from './rig/sound.mjs';
import {until} from './rig/wait.mjs';

/** What Bob's microphone picks up (Hz), and what Firefox's false one does. */
const notes = [700, 590, 500];
const microphone = 1000;

/** PCMU to 16 bits (ITU-T G.711). */
const linear = byte => {
  const v = ~byte & 0xff;
  const size = (((v & 0x0f) << 3) + 0x84) << ((v & 0x70) >> 4);
  return v & 0x80 ? 0x84 - size : size - 0x84;
};

/** Bob's simulated phone, by the socket of its page. */
class Bob {
  heard = [];
  state = '';

  async start(url) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/demo/socket`);
    this.socket.on('message', (message, binary) => {
      if (!binary) this.state = JSON.parse(message).find(face => face.name === 'bob').state;
      else if (message[0] === 'b'.charCodeAt(0)) this.heard.push(...message.subarray(1));
    });
    await once(this.socket, 'open');
  }

  press = key => this.socket.send(JSON.stringify({phone: 'bob', key}));

  /** Waits until his loudspeaker has given nothing but the tone for 300 ms, from now on. */
  hears(hz) {
    this.heard = [];
    return until(`Bob hears ${hz} Hz`, () => {
      const samples = Int16Array.from(this.heard, linear);
      return samples.length >= 2400 && last({rate: 8000, samples}, 300).every(w => tonePresent(w, 8000, hz));
    });
  }

  becomes = state => until(() => `Bob's phone is ${state} (it is ${this.state})`, () => this.state === state);
}

/** Waits until each of Bob's notes has come in. */
function hearsBob(firefox) {
  return until('Firefox hears Bob', async () => {
    const recording = await firefox.record(1.6);
    if (!recording.length) return false;
    const pcm = execFileSync('ffmpeg', ['-v', 'error', '-i', '-', '-ar', '8000', '-ac', '1', '-f', 's16le', '-'], {input: recording});
    const samples = new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length >> 1);
    return notes.every(hz => windows({rate: 8000, samples}).some(w => tonePresent(w, 8000, hz)));
  });
}

async function scenario(demo, firefox) {
  const [, url] = await until('the demo prints its address', () => {
    assert.equal(demo.result, undefined, 'the demo ended while it started');
    return /Softphone +(http:\S+?)\/ /.exec(demo.said());
  });
  assert.match(demo.said(), new RegExp(`sound may also go by ${address}`));
  await firefox.start();
  await firefox.open(url);
  await firefox.type('Name', 'alice');
  await firefox.type('Password', 'ringsplash');
  await firefox.press('Log in');
  await firefox.shows('Call');

  const bob = new Bob();
  await bob.start(url);
  bob.press('call');
  await firefox.press('Answer in browser');
  await bob.becomes('talking');
  await Promise.all([bob.hears(microphone), hearsBob(firefox)]);

  await firefox.reload();
  await firefox.shows('Mute');
  await Promise.all([bob.hears(microphone), hearsBob(firefox)]);

  await firefox.press('Hang up');
  await bob.becomes('idle');
  bob.socket.close();
}

async function inFirefox() {
  const dir = await mkdtemp(join(tmpdir(), 'ringsplash-firefox-'));
  const demo = new Child(join(dir, 'demo'), program(), ['demo']);
  const firefox = new Firefox(join(dir, 'firefox'));
  try {
    await scenario(demo, firefox);
  } catch (e) {
    console.log(`---- demo\n${demo.said()}\n---- Firefox\n${firefox.child?.said()}`);
    throw e;
  } finally {
    await firefox.stop();
    const result = await demo.stop();
    const accident = /^.*(WARNING: DATA RACE|panic|fatal error: ).*$/m.exec(demo.said());
    await rm(dir, {recursive: true, force: true});
    assert.deepEqual({...result, accident}, {status: 0, signal: null, accident: null}, 'the demo ended badly');
  }
}

if (isAlone()) await inFirefox();
else
  test('the demo in Firefox: ring, answer, sound both ways, reload', {timeout: 180_000}, async () => {
    program(); // built here: the network of the other process has no module proxy
    const {code, said} = await alone(fileURLToPath(import.meta.url));
    assert.equal(code, 0, said);
  });
