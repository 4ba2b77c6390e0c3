package console

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ringsplash/config"
	"ringsplash/media/render"
	"ringsplash/node"
)

const (
	// shortestSplash and longestSplash bound a sound of one's own: it must be noticed,
	// and the caller waits for its end.
	shortestSplash, longestSplash = 100 * time.Millisecond, 3 * time.Second
	renderFor                     = time.Minute
)

// splashCommand renders a sound file for every codec into the data folder.
func splashCommand(ctx context.Context, t Terminal, args []string) error {
	flags := newFlags(t, "splash", "--config FILE FILE.wav")
	file := flags.String("config", "ringsplash.yaml", "the configuration `FILE`, which names the data folder")
	if err := flags.Parse(args); err != nil {
		return asUsage(err)
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return wrongUse("name one sound file")
	}
	cfg, err := config.Load(*file)
	if err != nil {
		return err
	}
	sound := flags.Arg(0)
	if _, err := os.Stat(sound); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, renderFor)
	defer cancel()
	if err := renderSplash(ctx, cfg.Data, sound); err != nil {
		return fmt.Errorf("%s: %w", sound, err)
	}
	_, _ = fmt.Fprintf(t.Out, "%s is in %s now. Phones sound it once media.splash is \"own\" and the gateway was started anew.\n",
		sound, cfg.Data)
	return nil
}

func renderSplash(ctx context.Context, dir, sound string) error {
	pcm := map[int][]int16{}
	for _, rate := range []int{8000, 16000, 48000} {
		var err error
		if pcm[rate], err = render.Decode(ctx, sound, rate); err != nil {
			return err
		}
		long := time.Duration(len(pcm[rate])) * time.Second / time.Duration(rate)
		if long < shortestSplash || long > longestSplash {
			long = long.Round(time.Millisecond)
			return fmt.Errorf("it lasts %v; a splash lasts %v to %v: cut it to that", long, shortestSplash, longestSplash)
		}
	}
	frames := map[string][][]byte{}
	least := 0
	for _, codec := range render.Codecs {
		var err error
		if frames[codec], err = render.Encode(ctx, codec, func(rate int) []int16 { return pcm[rate] }); err != nil {
			return err
		}
		if n := len(frames[codec]); least == 0 || n < least {
			least = n
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for codec, f := range frames {
		// Resampling may end one rate a frame before another.
		if err := writeWhole(filepath.Join(dir, node.SplashName+"."+codec), render.Pack(f[:least])); err != nil {
			return err
		}
	}
	return nil
}

// writeWhole replaces a file at once: a gateway that starts reads the old or
// the new one.
func writeWhole(file string, b []byte) error {
	part := file + ".part"
	if err := os.WriteFile(part, b, 0o600); err != nil {
		return err
	}
	return os.Rename(part, file)
}
