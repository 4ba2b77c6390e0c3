package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// breaks are what a crash, a disk or a careless copy makes of a file.
var breaks = map[string]func(t *testing.T, file string){
	"not a database": func(t *testing.T, file string) {
		require.NoError(t, os.WriteFile(file, []byte("this is no database"), 0o600))
	},
	"empty pages": func(t *testing.T, file string) {
		require.NoError(t, os.WriteFile(file, make([]byte, 65536), 0o600))
	},
	"cut to half": func(t *testing.T, file string) {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.NoError(t, os.Truncate(file, info.Size()/2))
	},
	"cut off":            cutTo(8192),
	"one meta page only": cutTo(4096),
	"pages overwritten":  fill(func(i int) byte { return byte(i * 7) }),
	"pages zeroed":       fill(func(int) byte { return 0 }),
	"a value beyond the file": eachPage(leafPage, func(page []byte) {
		if last := int(binary.NativeEndian.Uint16(page[10:])) - 1; last > 0 {
			binary.NativeEndian.PutUint32(page[16+16*last+4:], 0x10000000)
		}
	}),
	"a page that goes on too far": eachPage(leafPage, func(page []byte) {
		binary.NativeEndian.PutUint32(page[12:], 0xFFFFFFFF)
	}),
	"a branch that is its own": eachPage(branchPage, func(page []byte) {
		copy(page[16+8:16+16], page[:8])
	}),
	"free pages without end": eachPage(freePage, func(page []byte) {
		binary.NativeEndian.PutUint16(page[10:], 0xFFFF)
		binary.NativeEndian.PutUint64(page[16:], 1<<40)
	}),
}

// The kinds of bbolt's pages.
const (
	branchPage = 0x01
	leafPage   = 0x02
	freePage   = 0x10
)

// eachPage changes every page of one kind, used or not.
func eachPage(kind uint16, change func(page []byte)) func(*testing.T, string) {
	return func(t *testing.T, file string) {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		changed := 0
		for at := 0; at < len(b); at += 4096 {
			page := b[at : at+4096]
			if binary.NativeEndian.Uint64(page) == uint64(at/4096) && binary.NativeEndian.Uint16(page[8:]) == kind {
				change(page)
				changed++
			}
		}
		require.NotZero(t, changed)
		require.NoError(t, os.WriteFile(file, b, 0o600))
	}
}

func cutTo(size int64) func(*testing.T, string) {
	return func(t *testing.T, file string) { require.NoError(t, os.Truncate(file, size)) }
}

// fill writes over all but the meta pages.
func fill(with func(i int) byte) func(*testing.T, string) {
	return func(t *testing.T, file string) {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		for i := 2 * 4096; i < len(b); i++ {
			b[i] = with(i)
		}
		require.NoError(t, os.WriteFile(file, b, 0o600))
	}
}

// TestBoltThrowsABrokenLiveFileAway: users stay, and what phones and tabs tell
// again goes.
func TestBoltThrowsABrokenLiveFileAway(t *testing.T) {
	for name, destroy := range breaks {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openBolt(t, dir)
			put(t, s, "user/alice", "kept")
			for i := range 8 { // enough for a branch page
				put(t, s, fmt.Sprintf("binding/%d", i), string(bytes.Repeat([]byte("x"), 60000)))
			}
			put(t, s, "tab/a", "live")
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

// TestBoltRefusesABrokenUserFile: with a sentence that says the way back, and
// without touching it.
func TestBoltRefusesABrokenUserFile(t *testing.T) {
	for name, destroy := range breaks {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "ringsplash.db")
			fillUsers(t, dir)
			destroy(t, file)
			left, err := os.ReadFile(file)
			require.NoError(t, err)
			_, err = store.OpenBolt(dir, quiet)
			require.ErrorContains(t, err, "put a backup in its place")
			now, err := os.ReadFile(file)
			require.NoError(t, err)
			require.True(t, bytes.Equal(left, now), "it must not be thrown away")
		})
	}
}

// fillUsers makes a store with some hundred kilobytes of users.
func fillUsers(t *testing.T, dir string) {
	t.Helper()
	s := openBolt(t, dir)
	for i := range 100 {
		put(t, s, userKey(i), string(bytes.Repeat([]byte("x"), 10000)))
	}
	require.NoError(t, s.Close())
}

func userKey(i int) string { return fmt.Sprintf("user/%03d", i) }

// TestBoltBreaksWhileOpen: a file that is cut while the process has it open
// ends no process: every call of it says that the store is away, and the other
// file goes on.
func TestBoltBreaksWhileOpen(t *testing.T) {
	dir := t.TempDir()
	fillUsers(t, dir)
	var said bytes.Buffer
	s, err := store.OpenBolt(dir, slog.New(slog.NewTextHandler(&said, nil)))
	require.NoError(t, err)
	breaks["cut off"](t, filepath.Join(dir, "ringsplash.db"))
	for i := range 100 {
		if _, err = s.Get(t.Context(), userKey(i)); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, store.ErrAway)
	require.ErrorContains(t, err, "put a backup in its place")
	eachAway(t, s, "publish", "subscribe") // those two need no file
	require.Equal(t, 1, strings.Count(said.String(), "broke while it was in use"))
	put(t, s, "binding/a", "live")
	require.NoError(t, s.Close())
	_, err = store.OpenBolt(dir, quiet)
	require.Error(t, err)
}

func TestBoltIsOneProcessOnly(t *testing.T) {
	dir := t.TempDir()
	s := openBolt(t, dir)
	_, err := store.OpenBolt(dir, quiet)
	require.True(t, errors.Is(err, store.ErrInUse), "%v", err)
	require.NoError(t, s.Close())
	require.NoError(t, openBolt(t, dir).Close())
}
