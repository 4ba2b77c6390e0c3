package policy

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/directory"
	"ringsplash/store"
	"ringsplash/test/storetest"
)

// nodeOf is a Book with a directory of its own, as a node has them.
func nodeOf(t *testing.T, s store.Store, node, dir string) (*Book, *directory.Directory) {
	t.Helper()
	d, err := directory.Open(t.Context(), s, "example.test", quiet)
	require.NoError(t, err)
	t.Cleanup(func() { _ = d.Close() })
	b := openBook(t, s, d, func(c *Config) { c.Node, c.AuditDir = node, dir })
	d.Switched = b.Switched
	return b, d
}

func addAlice(t *testing.T, d *directory.Directory) {
	t.Helper()
	require.NoError(t, d.Put(t.Context(), directory.NewUser{
		User: directory.User{Name: "alice"}, Password: "wonder",
		Devices: []directory.NewDevice{{ID: "desk", SIPPassword: "s-desk", Interworking: true}},
	}))
}

// aSwitch is one that a user may turn off and on again.
type aSwitch struct {
	device  string
	turnOff func(ctx context.Context, d *directory.Directory) error
	turnOn  func(ctx context.Context, d *directory.Directory) error
}

var switches = map[string]aSwitch{
	"interworking": {
		"desk",
		func(ctx context.Context, d *directory.Directory) error {
			_, err := d.PatchDevice(ctx, "alice", "desk", directory.DevicePatch{Interworking: new(false)})
			return err
		},
		func(ctx context.Context, d *directory.Directory) error {
			_, err := d.PatchDevice(ctx, "alice", "desk", directory.DevicePatch{Interworking: new(true)})
			return err
		},
	},
	"automatic answers": {
		"",
		func(ctx context.Context, d *directory.Directory) error { return d.SetDoNotDisturb(ctx, "alice", true) },
		func(ctx context.Context, d *directory.Directory) error { return d.SetDoNotDisturb(ctx, "alice", false) },
	},
}

// What was switched off stays off when Redis comes back with an older file: on
// the node where it was done, on one that heard of it, and after a restart of
// either. What is switched on afterwards is on.
func TestSwitchedOffOutlivesOlderRedis(t *testing.T) {
	for name, one := range switches {
		t.Run(name, func(t *testing.T) { outlivesOlderRedis(t, one) })
	}
}

func outlivesOlderRedis(t *testing.T, one aSwitch) {
	t.Helper()
	server := storetest.StartRedis(t)
	sa, sb := openRedis(t, server), openRedis(t, server)
	dirs := []string{t.TempDir(), t.TempDir()}
	a, da := nodeOf(t, sa, "a", dirs[0])
	addAlice(t, da)
	b, _ := nodeOf(t, sb, "b", dirs[1])
	_, err := a.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
	require.NoError(t, err)
	older := server.Copy()
	for _, book := range []*Book{a, b} {
		d := judged(t, book)
		require.True(t, d.Allow, d.Reason)
	}
	require.NoError(t, one.turnOff(t.Context(), da))
	s := toggle{"alice", one.device}
	epoch := a.ledger.offAt(s)
	require.NotZero(t, epoch)
	require.Eventually(t, func() bool { return b.ledger.offAt(s) == epoch }, patience, time.Millisecond,
		"the other node hears of it")

	server.ReturnTo(older)
	for _, book := range []*Book{a, b} {
		require.False(t, judged(t, book).Allow)
	}
	require.NoError(t, a.Close())
	require.NoError(t, b.Close())
	for i, dir := range dirs {
		server.ReturnTo(older)
		book, d := nodeOf(t, openRedis(t, server), []string{"a", "b"}[i], dir)
		require.False(t, judged(t, book).Allow, "node %d knows by its file alone", i)
		require.NoError(t, d.Switches(t.Context(), "alice", func(_, device string, isOn bool, at uint64) {
			if device == one.device {
				require.False(t, isOn, "the store has it off again")
				require.Equal(t, epoch, at)
			}
		}))
		require.NoError(t, one.turnOn(t.Context(), d))
		v := judged(t, book)
		require.True(t, v.Allow, v.Reason)
		require.NoError(t, one.turnOff(t.Context(), d))
		require.False(t, judged(t, book).Allow)
		require.NoError(t, book.Close())
	}
}

// Who comes after a user or a device that was removed begins with what he is given.
func TestSwitchesOfANewUserOfTheName(t *testing.T) {
	b, d := nodeOf(t, openStore(t), "a", t.TempDir())
	addAlice(t, d)
	off := false
	_, err := d.PatchDevice(t.Context(), "alice", "desk", directory.DevicePatch{Interworking: &off})
	require.NoError(t, err)
	require.NoError(t, d.SetDoNotDisturb(t.Context(), "alice", true))
	require.NoError(t, d.Remove(t.Context(), "alice"))
	addAlice(t, d)
	_, err = b.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
	require.NoError(t, err)
	v := b.Decide(t.Context(), fromBob())
	require.True(t, v.Allow, v.Reason)
}

// A change that cannot be recorded is not acknowledged.
func TestSwitchedOffIsOnRecord(t *testing.T) {
	b, d := nodeOf(t, openStore(t), "a", t.TempDir())
	addAlice(t, d)
	require.NoError(t, b.Close())
	require.ErrorIs(t, d.SetDoNotDisturb(t.Context(), "alice", true), errAuditClosed)
	require.NoError(t, d.SetDoNotDisturb(t.Context(), "alice", false), "on needs no record")
}

// What a damaged audit file told is in the new one: the second start after the
// damage, which reads that one only, believes no older store either.
func TestRevocationsOutliveADamagedFile(t *testing.T) {
	for name, damage := range map[string]func(text []byte) []byte{
		"a byte":    func(text []byte) []byte { text[20] ^= 1; return text },
		"its end":   func(text []byte) []byte { return text[:len(text)-5] },
		"more text": func(text []byte) []byte { return append(text, "{}\n{}\n"...) },
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := openStore(t), t.TempDir()
			b, d := nodeOf(t, s, "a", dir)
			addAlice(t, d)
			_, err := b.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
			require.NoError(t, err)
			var older []store.Item
			for _, key := range []string{grantsKey("alice"), "device/alice/desk"} {
				item, err := s.Get(t.Context(), key)
				require.NoError(t, err)
				older = append(older, item)
			}
			_, err = b.Revoke(t.Context(), "alice", string(Public), bob())
			require.NoError(t, err)
			off := false
			_, err = d.PatchDevice(t.Context(), "alice", "desk", directory.DevicePatch{Interworking: &off})
			require.NoError(t, err)
			_ = b.Decide(t.Context(), click()) // the line that a cut end loses
			require.NoError(t, b.Close())

			path := filepath.Join(dir, AuditName)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, damage(text), 0o600))
			b, _ = nodeOf(t, s, "a", dir)
			require.NoError(t, b.Close())
			require.NoError(t, VerifyAudit(path))
			for _, item := range older {
				_, err := s.Put(t.Context(), item.Key, item.Value, store.AnyVersion, 0)
				require.NoError(t, err)
			}
			b, _ = nodeOf(t, s, "a", dir)
			require.False(t, b.Decide(t.Context(), fromBob()).Allow)
			require.False(t, b.Decide(t.Context(), click()).Allow, "interworking is off")
			require.False(t, storedGrants(t, s).AllowPublic)
		})
	}
}

// Do not disturb is quiet for as long as it lasts, and leaves nothing switched
// off behind.
func TestDNDIsQuiet(t *testing.T) {
	people := &cast{dnd: true}
	b := openBook(t, openStore(t), people, nil)
	_, err := b.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
	require.NoError(t, err)
	require.False(t, b.Decide(t.Context(), fromBob()).Allow)
	require.True(t, b.Decide(t.Context(), click()).Allow, "her own click")
	people.dnd = false
	require.True(t, b.Decide(t.Context(), fromBob()).Allow)
}
