import {readFileSync} from 'node:fs';

/** Reads 16-bit PCM, of several channels the first. The file may still be growing. */
export function readWav(path) {
  const b = readFileSync(path);
  let channels = 1;
  let rate = 8000;
  for (let at = 12; at + 8 <= b.length; ) {
    const kind = b.toString('latin1', at, at + 4);
    const size = b.readUInt32LE(at + 4);
    at += 8;
    if (kind === 'fmt ') {
      channels = b.readUInt16LE(at + 2);
      rate = b.readUInt32LE(at + 4);
    } else if (kind === 'data') {
      const samples = new Int16Array(Math.floor((b.length - at) / 2 / channels));
      for (let i = 0; i < samples.length; i++) samples[i] = b.readInt16LE(at + 2 * channels * i);
      return {rate, samples};
    }
    at += size;
  }
  return {rate, samples: new Int16Array()};
}

/** The recording in windows of 100 ms. */
export function windows({rate, samples}) {
  const n = rate / 10;
  return Array.from({length: Math.floor(samples.length / n)}, (_, i) => samples.subarray(i * n, (i + 1) * n));
}

/** The last windows of a recording. */
export const last = (recording, ms) => {
  const n = (recording.rate * ms) / 1000;
  return windows({...recording, samples: recording.samples.subarray(-n)});
};

/**
 * Whether the tone is louder than -40 dBFS and at least half of the window's
 * energy (Goertzel), so that noise and other tones do not count.
 */
export function tonePresent(window, rate, hz) {
  const c = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let s1 = 0;
  let s2 = 0;
  let energy = 0;
  for (const v of window) {
    [s1, s2] = [v + c * s1 - s2, s1];
    energy += v * v;
  }
  const power = (2 * (s1 * s1 + s2 * s2 - c * s1 * s2)) / window.length ** 2;
  return 10 * Math.log10(power / (32768 ** 2 / 2) + 1e-12) > -40 && power >= energy / window.length / 2;
}
