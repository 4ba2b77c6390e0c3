package node

import (
	"errors"
	"fmt"
	"io/fs"

	"ringsplash/config"
	"ringsplash/media"
)

// SplashName is the name of the files of a sound of one's own in the data
// folder: splash-own.pcmu and so on.
const SplashName = "splash-own"

// Splash is the tone of automatic answers that the configuration chose. It may
// read the data folder; an error says what is missing there.
func Splash(cfg config.Config) (media.Tone, error) {
	switch cfg.Media.Splash {
	case "quiet":
		return media.SplashQuiet, nil
	case "loud":
		return media.SplashLoud, nil
	case "own":
		t, err := media.LoadTone(cfg.Data, SplashName)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("there is no sound of your own in %s", cfg.Data)
		}
		return t, err
	}
	return media.Splash, nil
}
