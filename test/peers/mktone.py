#!/usr/bin/env python3
"""Make test audio. Standard library only.
  mktone.py OUT FREQ SECONDS      OUT ends in
     .wav    48 kHz stereo 16-bit (baresip aufile)
     .ul     raw PCMU (sipp rtp_stream)     .al     raw PCMA
"""
import array, math, sys, wave


def ulaw(v):
    s = 0x80 if v < 0 else 0
    v = min(abs(v), 32635) + 132
    e = v.bit_length() - 8
    return ~(s | e << 4 | v >> (e + 3) & 15) & 255


def alaw(v):
    s = 0x80 if v >= 0 else 0
    v = min(abs(v) if v >= 0 else -v - 1, 32767) >> 3
    if v < 32: c = v >> 1
    else:
        e = v.bit_length() - 5
        c = e << 4 | v >> e & 15
    return (c | s) ^ 0x55


def sine(f, sec, rate): return [int(16384 * math.sin(2 * math.pi * f * i / rate)) for i in range(int(sec * rate))]


def main(out, f, sec):
    f, sec = float(f), float(sec)
    if out.endswith(".wav"):
        a = array.array("h")
        for v in sine(f, sec, 48000): a.extend([v, v])
        with wave.open(out, "wb") as w:
            w.setnchannels(2); w.setsampwidth(2); w.setframerate(48000); w.writeframes(a.tobytes())
        return
    code = alaw if out.endswith(".al") else ulaw
    with open(out, "wb") as raw: raw.write(bytes(map(code, sine(f, sec, 8000))))


if __name__ == "__main__":
    if len(sys.argv) != 4: print(__doc__); sys.exit(2)
    main(*sys.argv[1:])
