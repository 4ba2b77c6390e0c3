package console

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ringsplash/config"
	"ringsplash/node"
)

// wav makes a sound file with ffmpeg.
func wav(t *testing.T, seconds string) string {
	file := filepath.Join(t.TempDir(), "gong.wav")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=523:sample_rate=44100:duration="+seconds,
		"-ac", "2", file).CombinedOutput()
	require.NoError(t, err, string(out))
	return file
}

func TestOwnSplash(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ringsplash.yaml")
	require.NoError(t, os.WriteFile(file, []byte("domain: example.test\nmedia: {splash: own}\n"), 0o600))
	r := ringsplash(t, "", "check", "--config", file)
	require.Equal(t, exitFault, r.code)
	require.Contains(t, r.err, "media.splash")
	require.Contains(t, r.err, "ringsplash splash FILE.wav")

	r = ringsplash(t, "", "splash", "--config", file, wav(t, "0.7"))
	require.Equal(t, exitOK, r.code, r.err)
	require.Contains(t, r.out, "media.splash is \"own\"")
	cfg, err := config.Load(file)
	require.NoError(t, err)
	tone, err := node.Splash(cfg)
	require.NoError(t, err)
	require.Equal(t, node.SplashName, tone.String())
	require.Equal(t, exitOK, ringsplash(t, "", "check", "--config", file).code)

	for name, row := range map[string]struct{ sound, want string }{
		"too long":   {wav(t, "4"), "cut it"},
		"no sound":   {file, "ffmpeg could not"},
		"not there":  {filepath.Join(dir, "none.wav"), "no such file"},
		"no program": {wav(t, "0.5"), "ffmpeg is not installed"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "no program" {
				t.Setenv("PATH", t.TempDir())
			}
			r := ringsplash(t, "", "splash", "--config", file, row.sound)
			require.Equal(t, exitFault, r.code)
			require.Contains(t, r.err, row.want)
		})
	}
	require.Equal(t, exitUsage, ringsplash(t, "", "splash", "--config", file).code)

	// A broken file is told before the gateway starts.
	require.NoError(t, os.WriteFile(filepath.Join(cfg.Data, node.SplashName+".pcmu"), []byte{0, 3, 1, 2, 3}, 0o600))
	_, err = node.Splash(cfg)
	require.ErrorContains(t, err, node.SplashName)
}
