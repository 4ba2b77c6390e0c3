import assert from 'node:assert/strict';
import {chromium} from 'playwright-core';
import {patience, until} from './wait.mjs';

export const launch = (executablePath = '/usr/bin/chromium', more = []) =>
  chromium.launch({
    executablePath,
    args: [
      ...more,
      '--no-sandbox', // needed as root
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
    ],
  });

/** Runs in the page before its own scripts: a microphone that hears a tone, and the page's connections in reach. */
export function prepare(hz) {
  if (!navigator.mediaDevices) return; // the browser's own page about a page that did not load
  const connections = [];
  globalThis.connections = connections;
  const Original = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...args) {
      super(...args);
      connections.push(this);
    }
  };
  let source;
  navigator.mediaDevices.getUserMedia = async () => {
    if (!source) {
      const context = new AudioContext();
      const tone = new OscillatorNode(context, {frequency: hz});
      source = context.createMediaStreamDestination();
      // Full scale would wrap past 16 bits in a phone's G722 decoder.
      tone.connect(new GainNode(context, {gain: 0.5})).connect(source);
      tone.start();
    }
    return source.stream.clone();
  };
}

/** Runs in the page: what is heard of the newest live connection. */
async function hear(ms) {
  const live = globalThis.connections.filter(pc => pc.connectionState === 'connected').at(-1);
  const track = live?.getReceivers().find(r => r.track.kind === 'audio')?.track;
  if (!track) return {hz: 0, purity: 0, rms: 0};
  const context = new AudioContext();
  const node = new AnalyserNode(context, {fftSize: 8192, smoothingTimeConstant: 0});
  context.createMediaStreamSource(new MediaStream([track])).connect(node);
  await new Promise(done => setTimeout(done, ms)); // the analyser needs that much sound
  const bins = new Float32Array(node.frequencyBinCount);
  const wave = new Float32Array(node.fftSize);
  node.getFloatFrequencyData(bins);
  node.getFloatTimeDomainData(wave);
  const power = [...bins].map((dB, i) => (i ? 10 ** (dB / 10) : 0));
  const total = power.reduce((a, b) => a + b);
  const peak = power.indexOf(Math.max(...power));
  const near = power.slice(Math.max(0, peak - 4), peak + 5).reduce((a, b) => a + b);
  const {sampleRate} = context;
  await context.close();
  return {
    hz: (peak * sampleRate) / node.fftSize,
    purity: total ? near / total : 0,
    rms: Math.hypot(...wave) / Math.sqrt(wave.length),
  };
}

/** One tab of the softphone, driven as a person would. Its microphone hears `tone` (Hz). */
export class Tab {
  lines = [];

  constructor(context, gateway, user, tone) {
    Object.assign(this, {context, gateway, user, tone, name: `${user.name}'s tab`});
  }

  async start() {
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(patience);
    this.page.on('console', m => this.lines.push(`${m.type()}: ${m.text()}`));
    this.page.on('pageerror', e => this.lines.push(`uncaught: ${e.stack}`));
    await this.page.addInitScript(prepare, this.tone);
    await this.page.goto(this.gateway.url);
  }

  async logIn(password = this.user.password) {
    await this.page.getByLabel('Name', {exact: true}).fill(this.user.name);
    await this.page.getByLabel('Password', {exact: true}).fill(password);
    await this.button('Log in').click();
  }

  /** The softphone is shown and connected. */
  online() {
    return this.page.getByLabel('Name or number').waitFor();
  }

  button(name) {
    return this.page.getByRole('button', {name, exact: true});
  }

  /** Waits for words anywhere on the page. */
  async shows(text) {
    await this.page.getByText(text).first().waitFor();
  }

  async press(name) {
    await this.button(name).click();
  }

  async call(to) {
    await this.page.getByLabel('Name or number').fill(to);
    await this.button('Call').click();
  }

  /** Waits until the tone, and little else, is heard in the page. */
  async hears(hz, ms = 250) {
    let heard;
    await until(
      () => `${this.name} hears ${hz} Hz (last: ${JSON.stringify(heard)})`,
      async () => {
        heard = await this.page.evaluate(hear, ms);
        return Math.abs(heard.hz - hz) <= 15 && heard.purity > 0.9 && heard.rms > 0.05;
      },
    );
  }

  async stop() {
    await this.page.close();
    const uncaught = this.lines.filter(line => line.startsWith('uncaught:'));
    assert.deepEqual(uncaught, [], `${this.name} has uncaught errors`);
  }

  said() {
    return this.lines.join('\n');
  }
}
