package media

import (
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ringsplash/media/figure"
	"ringsplash/media/sdp"
)

// encoded holds the tones as frames of 20 ms, each behind two bytes of length:
// the splashes for every codec, the others for G722 and opus.
// `go run ./tools/tones` writes them from media/figure.
//
//go:embed tones
var encoded embed.FS

// The tones of the gateway. All but the splashes loop.
var (
	// Silence is digital silence.
	Silence = builtIn("silence", true, figure.Silence)
	// Splash announces an automatic answer, 0.6 s, at its normal level.
	Splash      = builtIn("splash", false, figure.SplashAt(figure.Normal))
	SplashQuiet = builtIn("splash-quiet", false, figure.SplashAt(figure.Quiet))
	SplashLoud  = builtIn("splash-loud", false, figure.SplashAt(figure.Loud))
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
	for codec, suffix := range toneFiles {
		b, err := encoded.ReadFile("tones/" + name + suffix)
		if errors.Is(err, fs.ErrNotExist) && (codec == sdp.PCMU || codec == sdp.PCMA) {
			continue // made of the figure
		}
		if err != nil {
			panic(err)
		}
		frames, err := unpack(b)
		if err == nil && len(frames) != t.tone.length {
			err = fmt.Errorf("media: tones/%s%s has %d frames, its figure %d: run `go run ./tools/tones`", name, suffix, len(frames),
				t.tone.length)
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

// toneFiles are the endings of tone files.
var toneFiles = map[sdp.Codec]string{sdp.PCMU: ".pcmu", sdp.PCMA: ".pcma", sdp.G722: ".g722", sdp.Opus: ".opus"}

// maxTone bounds a tone from a folder: 3 s.
const maxTone = 150

// LoadTone reads a tone that plays once from a folder: one file of frames for
// every codec, as `ringsplash splash` writes them. It blocks for the disk. An
// error is a sentence that names the file.
func LoadTone(dir, name string) (Tone, error) {
	t := Tone{&tone{name: name}}
	for codec, suffix := range toneFiles {
		file := filepath.Join(dir, name+suffix)
		b, err := os.ReadFile(file)
		if err != nil {
			return Tone{}, err
		}
		frames, err := unpack(b)
		switch {
		case err != nil:
			return Tone{}, fmt.Errorf("%s: %w", file, err)
		case len(frames) == 0 || len(frames) > maxTone:
			return Tone{}, fmt.Errorf("%s holds %d frames of 20 ms; 1 to %d are possible", file, len(frames), maxTone)
		case t.tone.length != 0 && t.tone.length != len(frames):
			return Tone{}, fmt.Errorf("%s is not as long as the files beside it", file)
		}
		for _, f := range frames {
			if len(f) == 0 || len(f) > maxToneFrame || codec != sdp.Opus && len(f) != frameSamples {
				return Tone{}, fmt.Errorf("%s holds a frame of %d bytes, which is none of %s", file, len(f), codec)
			}
		}
		t.tone.length = len(frames)
		if t, err = t.WithFrames(codec, frames); err != nil {
			return Tone{}, err
		}
	}
	return t, nil
}

// maxToneFrame is the longest opus frame (RFC 6716 3.4).
const maxToneFrame = 1275

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
