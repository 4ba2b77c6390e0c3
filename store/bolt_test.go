package store_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
)

func openBolt(t *testing.T, dir string) store.Store {
	t.Helper()
	s, err := store.OpenBolt(dir, quiet)
	require.NoError(t, err)
	return s
}

func TestBoltKeepsAllOverACleanRestart(t *testing.T) {
	dir := t.TempDir()
	s := openBolt(t, dir)
	put(t, s, "user/alice", "kept")
	put(t, s, "binding/alice/i/1", "live")
	_, err := s.Put(t.Context(), "nonce/x", []byte("n"), 0, time.Hour)
	require.NoError(t, err)
	require.NoError(t, s.Close())

	s = openBolt(t, dir)
	for key, value := range map[string]string{"user/alice": "kept", "binding/alice/i/1": "live", "nonce/x": "n"} {
		it, err := s.Get(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, store.Item{Key: key, Value: []byte(value), Version: 1}, it)
	}
	require.NoError(t, s.Close())
}

// TestBoltKeepsUsersOverAKill runs a process that writes and is killed.
func TestBoltKeepsUsersOverAKill(t *testing.T) {
	if dir := os.Getenv("RINGSPLASH_TEST_KILL"); dir != "" {
		s := openBolt(t, dir)
		put(t, s, "user/alice", "kept")
		put(t, s, "binding/alice/i/1", "live")
		self, err := os.FindProcess(os.Getpid())
		require.NoError(t, err)
		require.NoError(t, self.Kill())
		select {}
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestBoltKeepsUsersOverAKill$")
	cmd.Env = append(os.Environ(), "RINGSPLASH_TEST_KILL="+dir)
	out, err := cmd.CombinedOutput()
	require.ErrorContains(t, err, "signal: killed", string(out))

	s := openBolt(t, dir)
	defer func() { require.NoError(t, s.Close()) }()
	it, err := s.Get(t.Context(), "user/alice")
	require.NoError(t, err)
	require.Equal(t, "kept", string(it.Value))
}

// TestBoltThrowsABrokenLiveFileAway: users stay, and what phones and tabs tell
// again goes.
func TestBoltThrowsABrokenLiveFileAway(t *testing.T) {
	breaks := map[string]func(t *testing.T, file string){
		"not a database": func(t *testing.T, file string) {
			require.NoError(t, os.WriteFile(file, []byte("this is no database"), 0o600))
		},
		"empty pages": func(t *testing.T, file string) {
			require.NoError(t, os.WriteFile(file, make([]byte, 65536), 0o600))
		},
		"cut off": func(t *testing.T, file string) {
			require.NoError(t, os.Truncate(file, 8192))
		},
		"one meta page only": func(t *testing.T, file string) {
			require.NoError(t, os.Truncate(file, 4096))
		},
		"pages overwritten": func(t *testing.T, file string) {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			for i := 2 * 4096; i < len(b); i++ {
				b[i] = byte(i * 7)
			}
			require.NoError(t, os.WriteFile(file, b, 0o600))
		},
		"pages zeroed": func(t *testing.T, file string) {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			for i := 2 * 4096; i < len(b); i++ {
				b[i] = 0
			}
			require.NoError(t, os.WriteFile(file, b, 0o600))
		},
	}
	for name, destroy := range breaks {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openBolt(t, dir)
			put(t, s, "user/alice", "kept")
			for _, key := range []string{"binding/a", "binding/b", "tab/a"} {
				put(t, s, key, string(bytes.Repeat([]byte("x"), 3000)))
			}
			require.NoError(t, s.Close())
			destroy(t, filepath.Join(dir, "live.db"))

			var said bytes.Buffer
			s, err := store.OpenBolt(dir, slog.New(slog.NewTextHandler(&said, nil)))
			require.NoError(t, err)
			require.Contains(t, said.String(), "live.db cannot be opened")
			_, err = s.Get(t.Context(), "user/alice")
			require.NoError(t, err)
			items, err := s.Scan(t.Context(), "binding/", "", 10)
			require.NoError(t, err)
			require.Empty(t, items)
			put(t, s, "binding/a", "again")
			require.NoError(t, s.Close())
		})
	}
}

func TestBoltRefusesABrokenUserFile(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, openBolt(t, dir).Close())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ringsplash.db"), []byte("broken"), 0o600))
	_, err := store.OpenBolt(dir, quiet)
	require.ErrorContains(t, err, "put a backup in its place")
	b, err := os.ReadFile(filepath.Join(dir, "ringsplash.db"))
	require.NoError(t, err)
	require.Equal(t, "broken", string(b), "it must not be thrown away")
}

func TestBoltIsOneProcessOnly(t *testing.T) {
	dir := t.TempDir()
	s := openBolt(t, dir)
	_, err := store.OpenBolt(dir, quiet)
	require.True(t, errors.Is(err, store.ErrInUse), "%v", err)
	require.NoError(t, s.Close())
	require.NoError(t, openBolt(t, dir).Close())
}
