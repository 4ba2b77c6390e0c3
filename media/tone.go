package media

import (
	"fmt"

	"ringsplash/media/sdp"
)

// tone is a sound as 20 ms frames for each codec. It never changes.
type tone struct {
	name   string
	loop   bool
	length int // frames of 20 ms
	frames [sdp.FormatCount][][]byte
}

// Tone is a sound the loop can send: a Source. The zero value is no tone.
type Tone struct{ tone *tone }

func (t Tone) feed() (*End, *tone) { return nil, t.tone }

// String is the tone's name.
func (t Tone) String() string {
	if t.tone == nil {
		return "none"
	}
	return t.tone.name
}

// frameSamples is one frame of 20 ms at 8 kHz.
const frameSamples = 160

// NewTone makes a tone of 8 kHz mono PCM for PCMU and PCMA; what is left of the
// last 20 ms is silence. A loop starts over when Hear chose it. To codecs it
// has no frames for, a tone is silence; WithFrames adds them.
func NewTone(name string, loop bool, pcm []int16) Tone {
	n := max(1, (len(pcm)+frameSamples-1)/frameSamples)
	t := &tone{name: name, loop: loop, length: n}
	t.frames[sdp.FormatPCMU] = encodeFrames(pcm, n, encodeMu)
	t.frames[sdp.FormatPCMA] = encodeFrames(pcm, n, encodeA)
	return Tone{t}
}

// WithFrames is t with frames of 20 ms encoded beforehand for one more codec.
func (t Tone) WithFrames(c sdp.Codec, frames [][]byte) (Tone, error) {
	f := c.Format()
	if f == sdp.FormatNone || len(frames) == 0 {
		return Tone{}, fmt.Errorf("media: tone %s: no frames for codec %q", t, c)
	}
	more := *t.tone
	more.frames[f] = frames
	return Tone{&more}, nil
}

func encodeFrames(pcm []int16, n int, encode func(int16) byte) [][]byte {
	all := make([]byte, n*frameSamples)
	frames := make([][]byte, n)
	for i := range all {
		var s int16
		if i < len(pcm) {
			s = pcm[i]
		}
		all[i] = encode(s)
	}
	for i := range frames {
		frames[i] = all[i*frameSamples : (i+1)*frameSamples]
	}
	return frames
}

// framesFor picks the codec to play in, the one the stream uses now if it is
// negotiated, and the frames for it.
func (t *tone) framesFor(table *payloads, now sdp.Format) (sdp.Format, [][]byte) {
	if now == sdp.FormatNone || table.tx[now] == noPayloadType {
		now = table.codecs[0].Format()
	}
	if t.frames[now] != nil {
		return now, t.frames[now]
	}
	return now, Silence.tone.frames[now]
}
