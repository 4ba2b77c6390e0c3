package media

import (
	"embed"
	"encoding/binary"
	"fmt"

	"ringsplash/media/figure"
)

// encoded holds the tones for G722 and opus, each frame of 20 ms behind two
// bytes of length. `go run ./tools/tones` writes them from media/figure.
//
//go:embed tones
var encoded embed.FS

// The tones of the gateway. All but Splash loop.
var (
	// Silence is digital silence.
	Silence = builtIn("silence", true, figure.Silence)
	// Splash announces an automatic answer, 0.6 s.
	Splash = builtIn("splash", false, figure.Splash)
	// Ringback is what a caller hears while a phone rings.
	Ringback = builtIn("ringback", true, figure.Ringback)
	// Busy is what a caller hears when there is no getting through.
	Busy = builtIn("busy", true, figure.Busy)
	// HoldMusic is what a party hears while the other holds.
	HoldMusic = builtIn("music", true, figure.HoldMusic)
)

// builtIn makes a tone of its figure and its embedded frames. A broken file is
// a broken build: it panics.
func builtIn(name string, loop bool, compose func(rate int) []int16) Tone {
	t := NewTone(name, loop, compose(8000))
	for codec, suffix := range map[Codec]string{G722: ".g722", Opus: ".opus"} {
		b, err := encoded.ReadFile("tones/" + name + suffix)
		if err != nil {
			panic(err)
		}
		frames, err := unpack(b)
		if err == nil && len(frames) != t.tone.length {
			err = fmt.Errorf("media: tones/%s%s has %d frames, its figure %d: run `go run ./tools/tones`", name, suffix, len(frames), t.tone.length)
		}
		if err == nil {
			t, err = t.WithFrames(codec, frames)
		}
		if err != nil {
			panic(err)
		}
	}
	return t
}

// unpack takes frames out of a tone file.
func unpack(b []byte) ([][]byte, error) {
	var frames [][]byte
	for len(b) > 0 {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return nil, fmt.Errorf("media: a tone file is cut short")
		}
		n := int(binary.BigEndian.Uint16(b))
		frames = append(frames, b[2:2+n])
		b = b[2+n:]
	}
	return frames, nil
}
