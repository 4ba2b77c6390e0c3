package policy

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
	"ringsplash/test/storetest"
)

// nodeBook is a Book of a node with a name and a data folder of its own.
func nodeBook(t *testing.T, s store.Store, node, dir string) *Book {
	t.Helper()
	return openBook(t, s, &cast{}, func(c *Config) { c.Node, c.AuditDir = node, dir })
}

// judged is the first decision on bob that rests on a store that was compared;
// until then nobody is let in.
func judged(t *testing.T, b *Book) Decision {
	t.Helper()
	var d Decision
	require.Eventually(t, func() bool {
		d = b.Decide(t.Context(), fromBob())
		return d.Reason.Code != faultStore && d.Reason.Code != faultOlder
	}, patience, time.Millisecond)
	return d
}

func storedGrants(t *testing.T, s store.Store) grantsRecord {
	t.Helper()
	item, err := s.Get(t.Context(), grantsKey("alice"))
	require.NoError(t, err)
	var r grantsRecord
	require.NoError(t, json.Unmarshal(item.Value, &r))
	return r
}

// A revocation outlives a Redis that comes back with an older file: on the node
// that made it, on one that heard of it, and after a restart of either.
func TestRevocationOutlivesOlderRedis(t *testing.T) {
	server := storetest.StartRedis(t)
	sa, sb := openRedis(t, server), openRedis(t, server)
	dirs := []string{t.TempDir(), t.TempDir()}
	a, b := nodeBook(t, sa, "a", dirs[0]), nodeBook(t, sb, "b", dirs[1])
	_, err := a.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
	require.NoError(t, err)
	older := server.Copy()
	for _, book := range []*Book{a, b} {
		d := judged(t, book)
		require.True(t, d.Allow, d.Reason)
	}
	_, err = a.Revoke(t.Context(), "alice", string(Public), bob())
	require.NoError(t, err)
	revoked := a.ledger.of("alice").epoch
	require.Eventually(t, func() bool { return b.ledger.of("alice").epoch == revoked }, patience, time.Millisecond,
		"the other node hears of it")

	server.ReturnTo(older)
	for _, book := range []*Book{a, b} {
		require.False(t, judged(t, book).Allow)
	}
	require.False(t, storedGrants(t, sa).AllowPublic, "the newest grants are back in the store")
	require.NoError(t, a.Close())
	require.NoError(t, b.Close())
	require.True(t, slices.ContainsFunc(append(linesIn(t, dirs[0]), linesIn(t, dirs[1])...), func(r Record) bool {
		return r.Event == eventRestored && r.Owner == "alice" && !r.Grants.AllowPublic
	}))
	require.NoError(t, VerifyAudit(filepath.Join(dirs[0], AuditName)))

	// Both nodes are stopped, and the store goes back once more: each of them
	// knows by its file alone.
	for i, dir := range dirs {
		server.ReturnTo(older)
		s := openRedis(t, server)
		require.True(t, storedGrants(t, s).AllowPublic)
		require.False(t, judged(t, nodeBook(t, s, []string{"a", "b"}[i], dir)).Allow)
		require.False(t, storedGrants(t, s).AllowPublic)
	}
}

// A change that is made after the store went back stands over all before it.
func TestChangeAfterOlderStore(t *testing.T) {
	s := openStore(t)
	a, b := nodeBook(t, s, "a", t.TempDir()), nodeBook(t, s, "b", t.TempDir())
	_, err := a.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
	require.NoError(t, err)
	old, err := s.Get(t.Context(), grantsKey("alice"))
	require.NoError(t, err)
	_, err = a.Put(t.Context(), "alice", "alice", Grants{Version: old.Version, AllowFriends: true})
	require.NoError(t, err)
	_, err = s.Put(t.Context(), old.Key, old.Value, store.AnyVersion, 0)
	require.NoError(t, err)
	var last Grants
	require.Eventually(t, func() bool { // a node that hears of a's change only now mends the store in between
		var now Grants
		now, err = b.Get(t.Context(), "alice")
		require.NoError(t, err)
		now.AllowFriends, now.AllowPublic = false, false
		last, err = b.Put(t.Context(), "alice", "alice", now)
		return !errors.Is(err, store.ErrConflict)
	}, patience, time.Millisecond)
	require.NoError(t, err)
	require.NoError(t, a.compare(t.Context()))
	got, err := a.Get(t.Context(), "alice")
	require.NoError(t, err)
	require.Equal(t, last, got)
}

// An older record under a running node is not believed, even before anybody
// has compared anything.
func TestOlderRecordUnderARunningNode(t *testing.T) {
	s := openStore(t)
	b := openBook(t, s, &cast{}, nil)
	on, err := b.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
	require.NoError(t, err)
	old, err := s.Get(t.Context(), grantsKey("alice"))
	require.NoError(t, err)
	on.AllowPublic = false
	_, err = b.Put(t.Context(), "alice", "alice", on)
	require.NoError(t, err)
	_, err = s.Put(t.Context(), old.Key, old.Value, store.AnyVersion, 0)
	require.NoError(t, err)
	require.False(t, b.Decide(t.Context(), fromBob()).Allow)
	require.Eventually(t, func() bool { return !storedGrants(t, s).AllowPublic }, patience, time.Millisecond)
}

// unread is a store whose grants cannot be gone through.
type unread struct {
	store.Store
	closed chan struct{}
}

func (u unread) Scan(ctx context.Context, prefix, after string, limit int) ([]store.Item, error) {
	select {
	case <-u.closed:
		return nil, store.ErrAway
	default:
		return u.Store.Scan(ctx, prefix, after, limit)
	}
}

// Until the store was compared nothing answers by itself, not for the owner either.
func TestNoAnswerUntilCompared(t *testing.T) {
	s := unread{openStore(t), make(chan struct{})}
	b := openBook(t, s, &cast{}, nil)
	require.True(t, b.Decide(t.Context(), click()).Allow)
	require.NoError(t, b.Close())
	close(s.closed)
	b = openBook(t, s, &cast{}, nil)
	d := b.Decide(t.Context(), click())
	require.Equal(t, Decision{ID: d.ID, Reason: Words.Say(faultOlder)}, d)
	b = openBook(t, s.Store, &cast{}, nil)
	require.True(t, b.Decide(t.Context(), click()).Allow)
}

// A file whose end is missing, or that is gone, is noticed: the store knows
// where it ended.
func TestMissingEnd(t *testing.T) {
	cut := func(text []byte, n int) []byte {
		var keep []byte
		for line := range splitLines(text) {
			if n--; n < 0 {
				break
			}
			keep = append(append(keep, line...), '\n')
		}
		return keep
	}
	harms := map[string]struct {
		harm func(t *testing.T, path string, text []byte)
		says string
	}{
		"last line": {func(t *testing.T, path string, text []byte) {
			require.NoError(t, os.WriteFile(path, cut(text, 2), 0o600))
		}, "The last 1 records are gone: the file ends at record 2, and the store knows of 3."},
		"emptied": {
			func(t *testing.T, path string, _ []byte) { require.NoError(t, os.Truncate(path, 0)) },
			"The file is gone or was emptied: the store knows of 3 records in it.",
		},
		"removed": {
			func(t *testing.T, path string, _ []byte) { require.NoError(t, os.Remove(path)) },
			"The file is gone or was emptied: the store knows of 3 records in it.",
		},
		"another": {func(t *testing.T, path string, _ []byte) {
			_, other := auditWith(t, 4)
			require.NoError(t, os.WriteFile(path, other, 0o600))
		}, "Record 3 is not the one that the store knows of: this is another file."},
		"nothing": {func(*testing.T, string, []byte) {}, ""},
	}
	for name, h := range harms {
		t.Run(name, func(t *testing.T) {
			s, dir := openStore(t), t.TempDir()
			b := nodeBook(t, s, "n1", dir)
			for range 3 {
				require.True(t, b.Decide(t.Context(), click()).Allow)
			}
			require.NoError(t, b.Close())
			path := filepath.Join(dir, AuditName)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			h.harm(t, path, text)
			for range 2 { // it is said once
				require.NoError(t, nodeBook(t, s, "n1", dir).Close())
			}
			var said []string
			for _, r := range linesIn(t, dir) {
				if r.Event == eventMissing {
					said = append(said, r.Reason)
				}
			}
			if h.says == "" {
				require.Empty(t, said)
				return
			}
			require.Len(t, said, 1)
			require.Contains(t, said[0], h.says)
		})
	}
}
