// Command tones renders the gateway's tones with ffmpeg and writes them, as
// frames of 20 ms, to media/tones. Run it from the top of the repository after a
// change of media/figure, and commit what it writes:
//
//	go run ./tools/tones
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"ringsplash/media/figure"
	"ringsplash/media/render"
)

// leadIn is played before silence is taken: the encoders have settled by then.
const leadIn = 25

// tone is one figure and the codecs it is rendered for.
type tone struct {
	name    string
	codecs  []string
	compose func(rate int) []int16
	// keep, if not nil, picks the frames.
	keep func([][]byte) [][]byte
}

// compressed are the codecs whose frames the gateway cannot make at start-up.
var compressed = []string{"g722", "opus"}

var tones = []tone{
	{"splash-quiet", render.Codecs, figure.SplashAt(figure.Quiet), nil},
	{"splash", render.Codecs, figure.SplashAt(figure.Normal), nil},
	{"splash-loud", render.Codecs, figure.SplashAt(figure.Loud), nil},
	{"ringback", compressed, figure.Ringback, nil},
	{"busy", compressed, figure.Busy, nil},
	{"music", compressed, figure.HoldMusic, nil},
	{
		"silence", compressed,
		func(rate int) []int16 { return make([]int16, rate) },
		func(frames [][]byte) [][]byte { return frames[leadIn : leadIn+1] },
	},
}

func main() {
	if err := run("media/tones"); err != nil {
		fmt.Fprintln(os.Stderr, "tones:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, t := range tones {
		for _, codec := range t.codecs {
			if err := write(dir, t, codec); err != nil {
				return fmt.Errorf("%s as %s: %w", t.name, codec, err)
			}
		}
	}
	return nil
}

func write(dir string, t tone, codec string) error {
	frames, err := render.Encode(context.Background(), codec, t.compose)
	if err != nil {
		return err
	}
	if t.keep != nil {
		frames = t.keep(frames)
	}
	file := filepath.Join(dir, t.name+"."+codec)
	if err := os.WriteFile(file, render.Pack(frames), 0o644); err != nil {
		return err
	}
	fmt.Println(file, len(frames), "frames")
	return nil
}
