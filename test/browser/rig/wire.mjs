// What went over the wire to a phone, decoded: a phone's own recording stops
// where its direction is not sendrecv.
import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Child} from './child.mjs';
import {windows, tonePresent} from './sound.mjs';
import {until} from './wait.mjs';

/** How ffmpeg reads each payload type, as baresip and the gateway number them. */
const formats = {
  0: ['-f', 'mulaw', '-ar', '8000', '-ac', '1'],
  8: ['-f', 'alaw', '-ar', '8000', '-ac', '1'],
  9: ['-f', 'g722', '-ac', '1'],
};

/** Captures the RTP of phones on loopback. It needs root. */
export class Wire {
  name = 'tcpdump';

  constructor(dir) {
    this.dir = dir;
    this.file = join(dir, 'udp.pcap');
  }

  async start() {
    mkdirSync(this.dir, {recursive: true});
    const filter = 'udp portrange 20000-31999';
    this.child = new Child(join(this.dir, 'log'), 'tcpdump', [
      ...['-i', 'lo', '-U', '--immediate-mode', '-Z', 'root', '-c', '200000', '-w', this.file],
      filter,
    ]);
    await until('tcpdump listens', () => this.said().includes('listening on'));
  }

  /** All sound that went to a port, at 8 kHz. */
  to(port) {
    const streams = new Map();
    for (const p of rtp(readFileSync(this.file))) {
      if (p.port !== port || p.type === 101) continue;
      const key = `${p.ssrc} ${p.type}`;
      streams.set(key, [...(streams.get(key) ?? []), p]);
    }
    const all = [...streams.values()].map(decode);
    return {rate: 8000, samples: Int16Array.from(all.flatMap(s => [...s]))};
  }

  /** Waits until the tone went to the port for 300 ms in all. */
  carried(port, hz, ms = 300) {
    return until(`${hz} Hz goes to port ${port}`, () => {
      const heard = windows(this.to(port)).filter(w => tonePresent(w, 8000, hz));
      return heard.length * 100 >= ms;
    });
  }

  async stop() {
    await this.child.stop();
  }

  said() {
    return this.child?.said() ?? '';
  }
}

/** The RTP packets of a little-endian pcap file of Ethernet frames, IPv4 only. */
function* rtp(b) {
  for (let at = 24; at + 16 <= b.length; ) {
    const size = b.readUInt32LE(at + 8);
    const ip = b.subarray(at + 16 + 14, at + 16 + size);
    at += 16 + size;
    if (at > b.length) return; // still being written
    if (ip[0] >> 4 !== 4 || ip[9] !== 17) continue;
    const udp = ip.subarray((ip[0] & 15) * 4);
    const m = udp.subarray(8);
    const type = m[1] & 127;
    if (m.length < 13 || m[0] >> 6 !== 2 || (type >= 64 && type <= 95)) continue;
    const head = 12 + 4 * (m[0] & 15);
    yield {port: udp.readUInt16BE(2), type, ssrc: m.readUInt32BE(8), payload: m.subarray(head)};
  }
}

function decode(packets) {
  const {type} = packets[0];
  const payloads = packets.map(p => p.payload);
  const [how, input] = formats[type] ? [formats[type], Buffer.concat(payloads)] : [['-f', 'ogg'], ogg(payloads)];
  const args = ['-v', 'quiet', ...how, '-i', '-', '-f', 's16le', '-ar', '8000', '-ac', '1', '-'];
  const out = execFileSync('ffmpeg', args, {input, maxBuffer: 1 << 26});
  return new Int16Array(out.buffer.slice(out.byteOffset, out.byteOffset + (out.length & ~1)));
}

const table = Uint32Array.from({length: 256}, (_, n) => {
  let c = n << 24;
  for (let i = 0; i < 8; i++) c = c & 0x80000000 ? (c << 1) ^ 0x04c11db7 : c << 1;
  return c >>> 0;
});

/** Opus packets as an Ogg stream (RFC 3533, RFC 7845): a page each. */
function ogg(packets) {
  const head = Buffer.from('OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0', 'latin1');
  const tags = Buffer.from('OpusTags\0\0\0\0\0\0\0\0', 'latin1');
  const page = (body, i) => {
    const laces = Buffer.alloc(Math.floor(body.length / 255) + 1, 255);
    laces[laces.length - 1] = body.length % 255;
    const b = Buffer.alloc(27);
    b.write('OggS');
    b[5] = i ? 0 : 2;
    b.writeBigUInt64LE(BigInt(Math.max(0, i - 1) * 960), 6);
    b.writeUInt32LE(1, 14);
    b.writeUInt32LE(i, 18);
    b[26] = laces.length;
    const whole = Buffer.concat([b, laces, body]);
    let crc = 0;
    for (const byte of whole) crc = ((crc << 8) ^ table[((crc >>> 24) ^ byte) & 255]) >>> 0;
    whole.writeUInt32LE(crc, 22);
    return whole;
  };
  return Buffer.concat([head, tags, ...packets].map(page));
}
