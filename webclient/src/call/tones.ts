export type ToneName = 'ring' | 'ringback';

/** Seconds after which a tone begins again. */
const period: Record<ToneName, number> = {ring: 3, ringback: 5};

/** The drops of the ring: when they fall (s), and how high they are (Hz). */
const drops: ReadonlyArray<readonly [at: number, hz: number]> = [
  [0, 659.3],
  [0.14, 880],
  [0.28, 1318.5],
  [0.62, 659.3],
  [0.76, 880],
  [0.9, 1318.5],
];

/** One period of a tone as samples between -1 and 1. */
export function samples(name: ToneName, rate: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(Math.round(period[name] * rate));
  if (name === 'ringback') {
    // 425 Hz, one second of five, as most of Europe has it; soft edges against clicks.
    for (let i = 0; i < rate; i++) {
      const edge = Math.min(1, i / (0.01 * rate), (rate - i) / (0.01 * rate));
      out[i] = 0.12 * edge * Math.sin((2 * Math.PI * 425 * i) / rate);
    }
    return out;
  }
  for (const [at, hz] of drops) {
    const start = Math.round(at * rate);
    for (let i = start; i < out.length; i++) {
      const t = (i - start) / rate;
      const strike = Math.min(1, t / 0.004) * Math.exp(-t * 6);
      const wave = Math.sin(2 * Math.PI * hz * t) + 0.3 * Math.sin(4 * Math.PI * hz * t) * Math.exp(-t * 10);
      out[i] = (out[i] ?? 0) + 0.22 * strike * wave;
    }
  }
  return out;
}

/** The page's own sounds. A browser lets a page sound only once its user has touched it. */
export class Sound {
  private context: AudioContext | null = null;
  private playing: {name: ToneName; source: AudioBufferSourceNode; gain: GainNode} | null = null;
  /** Whether the browser lets this page sound. */
  allowed = false;

  constructor(private readonly onChange: () => void) {}

  /** Tries to get the right to sound; to be called at a user's click or key, and once at start. */
  async enable(): Promise<void> {
    if (this.allowed) return;
    try {
      this.context ??= new AudioContext();
      const context = this.context;
      // Without the right, resume waits for a click that may never come.
      if (context.state !== 'running') await Promise.race([context.resume(), later(200)]);
      if (context.state !== 'running' || this.allowed) return;
      this.allowed = true;
      this.rest();
      this.onChange();
    } catch {
      // No sound device: the page rings for the eye.
    }
  }

  /** Plays a tone over and over, or none; `volume` from 0 to 1. */
  play(name: ToneName | null, volume = 1): void {
    if (this.playing && this.playing.name !== name) {
      this.playing.source.stop();
      this.playing = null;
    }
    const context = this.context;
    if (!name || !context) return this.rest();
    if (context.state === 'suspended') void context.resume();
    if (!this.playing) {
      const wave = samples(name, context.sampleRate);
      const buffer = context.createBuffer(1, wave.length, context.sampleRate);
      buffer.copyToChannel(wave, 0);
      const source = new AudioBufferSourceNode(context, {buffer, loop: true});
      const gain = new GainNode(context, {gain: volume});
      source.connect(gain).connect(context.destination);
      source.start();
      this.playing = {name, source, gain};
    }
    this.playing.gain.gain.value = volume;
  }

  /** Lets the sound device sleep: an idle page must not keep a headset awake. */
  private rest(): void {
    if (this.allowed && !this.playing && this.context?.state === 'running') void this.context.suspend();
  }
}

function later(ms: number): Promise<void> {
  return new Promise(done => setTimeout(done, ms));
}
