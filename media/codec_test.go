package media

import (
	"bytes"
	"encoding/binary"
	"math"
	"os/exec"
	"strconv"
	"testing"

	"github.com/pion/rtp"

	"ringsplash/media/sdp"
)

func TestG711(t *testing.T) {
	for i := range 256 {
		b := byte(i)
		if got := encodeA(decodeA(b)); got != b {
			t.Errorf("A-law %02x -> %d -> %02x", b, decodeA(b), got)
		}
		if got := encodeMu(decodeMu(b)); got != b && b != 0x7f { // two zeros
			t.Errorf("mu-law %02x -> %d -> %02x", b, decodeMu(b), got)
		}
	}
	// Values of ITU-T G.711, tables 1 and 2, at 16 bit.
	for _, c := range []struct {
		got, want int16
	}{
		{decodeMu(0x80), 32124},
		{decodeMu(0x00), -32124},
		{decodeMu(0xff), 0},
		{decodeMu(0xfe), 8},
		{decodeA(0xaa), 32256},
		{decodeA(0x2a), -32256},
		{decodeA(0xd5), 8},
		{decodeA(0x55), -8},
	} {
		if c.got != c.want {
			t.Errorf("%d, want %d", c.got, c.want)
		}
	}
	var noise, signal float64
	for s := -32000; s <= 32000; s += 7 {
		for _, got := range []int16{
			decodeMu(encodeMu(int16(s))), decodeA(encodeA(int16(s))), decodeA(muToA[encodeMu(int16(s))]),
			decodeMu(aToMu[encodeA(int16(s))]),
		} {
			noise += math.Pow(float64(s)-float64(got), 2)
			signal += math.Pow(float64(s), 2)
		}
	}
	if db := 10 * math.Log10(signal/noise); db < 33 {
		t.Errorf("signal to noise %.1f dB", db)
	}
}

func TestParsePacket(t *testing.T) {
	full := rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: true, PayloadType: 101, SequenceNumber: 65535, Timestamp: 0xfffffff0, SSRC: 0xdeadbeef,
			CSRC: []uint32{1, 2}, Extension: true, ExtensionProfile: 0xbede,
		},
		Payload: []byte("payload"),
	}
	if err := full.SetExtension(1, []byte{9}); err != nil {
		t.Fatal(err)
	}
	b, err := full.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	padded := append(bytes.Clone(b), 0, 0, 3)
	padded[0] |= 0x20
	for _, b := range [][]byte{b, padded} {
		var p packet
		if !p.parse(b) || !p.marker || p.payloadType != 101 || p.seq != 65535 || p.timestamp != 0xfffffff0 || p.ssrc != 0xdeadbeef ||
			string(p.payload) != "payload" {
			t.Errorf("%+v", p)
		}
	}
	for _, bad := range [][]byte{
		nil, b[:11], b[:16], b[:23], append([]byte{0x40}, b[1:]...),
		append(bytes.Clone(padded[:len(padded)-1]), 200), append(bytes.Clone(padded[:len(padded)-1]), 0),
	} {
		var p packet
		if p.parse(bad) {
			t.Errorf("% x was taken", bad)
		}
	}
}

// FuzzPacket: whatever pion reads as RTP we read alike, and nothing panics. Pion
// looks into extensions and loses its place in broken ones; those are left out.
func FuzzPacket(f *testing.F) {
	f.Add([]byte("\x80\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03payload"))
	f.Add([]byte("\xb1\x80\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03CSRC\xbe\xde\x00\x01\x10\x00\x00\x00payload\x00\x02"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var ours packet
		var theirs rtp.Packet
		if !ours.parse(b) || b[0]&0x10 != 0 || theirs.Unmarshal(b) != nil {
			return
		}
		if ours.seq != theirs.SequenceNumber || ours.payloadType != theirs.PayloadType || ours.ssrc != theirs.SSRC ||
			!bytes.Equal(ours.payload, theirs.Payload) {
			t.Fatalf("%+v, pion %v", ours, theirs)
		}
	})
}

// power is how much of pcm is hz, 0 to 1 (Goertzel).
func power(pcm []int16, hz, rate float64) float64 {
	var s1, s2, all float64
	k := 2 * math.Cos(2*math.Pi*hz/rate)
	for _, v := range pcm {
		s1, s2 = float64(v)+k*s1-s2, s1
		all += float64(v) * float64(v)
	}
	return (s1*s1 + s2*s2 - k*s1*s2) / (all*float64(len(pcm))/2 + 1)
}

func peak(pcm []int16) float64 {
	top := 1
	for _, v := range pcm {
		top = max(top, int(v), -int(v))
	}
	return 20 * math.Log10(float64(top)/math.MaxInt16)
}

// decode gives the tone's sound as 8 kHz PCM, by ffmpeg where it is not G.711.
func decode(t *testing.T, frames [][]byte, f sdp.Format) []int16 {
	t.Helper()
	var pcm []int16
	switch f {
	case sdp.FormatPCMU, sdp.FormatPCMA:
		law := decodeMu
		if f == sdp.FormatPCMA {
			law = decodeA
		}
		for _, b := range bytes.Join(frames, nil) {
			pcm = append(pcm, law(b))
		}
		return pcm
	}
	in, demuxer := bytes.Join(frames, nil), "g722"
	if f == sdp.FormatOpus {
		in, demuxer = ogg(frames), "ogg"
	}
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed: the encoded tones are not listened to")
	}
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", demuxer, "-i", "-", "-ar", strconv.Itoa(8000), "-f", "s16le", "-")
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for ; len(out) >= 2; out = out[2:] {
		pcm = append(pcm, int16(binary.LittleEndian.Uint16(out)))
	}
	return pcm
}

// ogg puts opus frames into a file (RFC 3533, RFC 7845).
func ogg(frames [][]byte) []byte {
	head := []byte("OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00")
	tags := []byte("OpusTags\x00\x00\x00\x00\x00\x00\x00\x00")
	var out []byte
	for i, p := range append([][]byte{head, tags}, frames...) {
		page := append([]byte("OggS\x00"), 0)
		if i == 0 {
			page[5] = 2
		}
		page = binary.LittleEndian.AppendUint64(page, uint64(max(0, i-1)*opusFrame))
		page = binary.LittleEndian.AppendUint32(page, 1)
		page = binary.LittleEndian.AppendUint32(page, uint32(i))
		page = binary.LittleEndian.AppendUint32(page, 0) // checksum
		var laces []byte
		n := len(p)
		for ; n >= 255; n -= 255 {
			laces = append(laces, 255)
		}
		laces = append(laces, byte(n))
		page = append(page, byte(len(laces)))
		page = append(append(page, laces...), p...)
		binary.LittleEndian.PutUint32(page[22:], oggSum(page))
		out = append(out, page...)
	}
	return out
}

func oggSum(b []byte) uint32 {
	var sum uint32
	for _, x := range b {
		sum ^= uint32(x) << 24
		for range 8 {
			sum = sum<<1 ^ sum>>31*0x04c11db7
		}
	}
	return sum
}

// What the frames say when they are decoded: pitch and level.
func TestTonesSound(t *testing.T) {
	for _, f := range []sdp.Format{sdp.FormatPCMU, sdp.FormatPCMA, sdp.FormatG722, sdp.FormatOpus} {
		t.Run(string(f.Codec()), func(t *testing.T) {
			pcm := decode(t, Busy.tone.frames[f], f)
			if p := power(pcm[800:3200], 425, 8000); p < 0.9 {
				t.Errorf("busy is 425 Hz to %.2f", p)
			}
			if db := peak(pcm[5000:7000]); db > -50 {
				t.Errorf("busy does not pause: %.0f dB", db)
			}
			if db := peak(pcm); db > -18 || db < -30 {
				t.Errorf("busy: %.0f dB", db)
			}
			pcm = decode(t, Splash.tone.frames[f], f)
			if a, b := power(pcm[200:1300], 659.26, 8000), power(pcm[2400:3600], 987.77, 8000); a < 0.8 || b < 0.8 {
				t.Errorf("splash is 659 Hz to %.2f, then 988 Hz to %.2f", a, b)
			}
			for _, level := range []struct {
				tone   Tone
				lo, hi float64
			}{{SplashQuiet, -32, -25}, {Splash, -26, -19}, {SplashLoud, -18, -11}} {
				if db := peak(decode(t, level.tone.tone.frames[f], f)); db < level.lo || db > level.hi {
					t.Errorf("%s: %.0f dB", level.tone, db)
				}
			}
			pcm = decode(t, HoldMusic.tone.frames[f], f)
			if db := peak(pcm); db > -18 || db < -35 {
				t.Errorf("music: %.0f dB", db)
			}

			var frames [][]byte
			for range 50 {
				frames = append(frames, Silence.tone.frames[f][0])
			}
			if db := peak(decode(t, frames, f)); db > -60 {
				t.Errorf("silence: %.0f dB", db)
			}
		})
	}
}
