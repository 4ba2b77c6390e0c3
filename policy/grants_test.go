package policy

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
	"ringsplash/test/storetest"
)

// full is a store with no room for decisions.
type full struct {
	store.Store
	away bool
}

func (f *full) Put(ctx context.Context, key string, value []byte, ifVersion store.Version, ttl time.Duration) (store.Version,
	error,
) {
	if f.away && strings.HasPrefix(key, "decision/") {
		return 0, store.ErrAway
	}
	return f.Store.Put(ctx, key, value, ifVersion, ttl)
}

// An allow that does not reach the store is no allow, and the audit file says
// that it was not used.
func TestNoCopyNoAllow(t *testing.T) {
	s := &full{Store: openStore(t), away: true}
	b := openBook(t, s, &cast{}, nil)
	d := b.Decide(t.Context(), click())
	require.False(t, d.Allow)
	require.Equal(t, faultStore, d.Reason.Code)
	require.NoError(t, b.Close())
	all := lines(t, b)
	require.Len(t, all, 2)
	require.True(t, all[0].Allow)
	require.Equal(t, []any{eventVoid, all[0].ID, false}, []any{all[1].Event, all[1].Void, all[1].Allow})
}

func TestGrantsOverRestart(t *testing.T) {
	server := storetest.StartRedis(t)
	open := map[string]func(dir string) store.Store{
		"bolt": func(dir string) store.Store {
			s, err := store.OpenBolt(dir, quiet)
			require.NoError(t, err)
			return s
		},
		"redis": func(string) store.Store { return openRedis(t, server) },
	}
	for name, open := range open {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(dir)
			b := openBook(t, s, &cast{}, nil)
			kept, err := b.Put(t.Context(), "alice", "alice",
				Grants{AllowAddresses: true, Addresses: []string{"BOB@Example.Test.", " 2001:DB8::1", "bob@example.test"}})
			require.NoError(t, err)
			// The user part keeps its case, so these are two.
			require.Equal(t, []string{"BOB@example.test", "2001:db8::1", "bob@example.test"}, kept.Addresses)
			_, err = b.Put(t.Context(), "alice", "alice", Grants{})
			require.ErrorIs(t, err, store.ErrConflict)
			require.True(t, b.Decide(t.Context(), fromBob()).Allow)
			require.NoError(t, b.Close())
			require.NoError(t, s.Close())
			if name == "redis" {
				server.Kill()
				server.Restart()
			}
			s = open(dir)
			b = openBook(t, s, &cast{}, nil)
			again, err := b.Get(t.Context(), "alice")
			require.NoError(t, err)
			require.Equal(t, kept, again)
			d := b.Decide(t.Context(), fromBob())
			require.True(t, d.Allow, d.Reason)
			require.Equal(t, "addresses", d.Grant)
			require.NoError(t, b.Close())
			require.NoError(t, s.Close())
		})
	}
}

// A change of the grants is in the audit file before it is acknowledged.
func TestRevocationIsRecorded(t *testing.T) {
	b := openBook(t, openStore(t), &cast{}, nil)
	_, err := b.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
	require.NoError(t, err)
	all := lines(t, b)
	require.Len(t, all, 1)
	require.Equal(t, []any{eventGrants, "alice", "alice", true},
		[]any{all[0].Event, all[0].Owner, all[0].By, all[0].Grants.AllowPublic})
}

// Two nodes share the store: what one revokes the other denies from then on.
func TestRevocationOnAnotherNode(t *testing.T) {
	server := storetest.StartRedis(t)
	stores := map[string]func() (a, b store.Store){
		"bolt":  func() (store.Store, store.Store) { s := openStore(t); return s, s },
		"redis": func() (store.Store, store.Store) { return openRedis(t, server), openRedis(t, server) },
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			sa, sb := open()
			a, b := openBook(t, sa, &cast{}, nil), openBook(t, sb, &cast{}, nil)
			on, err := a.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
			require.NoError(t, err)
			require.True(t, b.Decide(t.Context(), fromBob()).Allow)
			on.AllowPublic = false
			_, err = a.Put(t.Context(), "alice", "alice", on)
			require.NoError(t, err)
			require.False(t, b.Decide(t.Context(), fromBob()).Allow)
			// Both wrote; each reads what the other decided.
			require.Eventually(t, func() bool {
				all, err := a.Decisions(t.Context(), []string{"alice"}, "", 10)
				return err == nil && len(all) == 2 && !all[0].Allow && all[1].Allow
			}, patience, time.Millisecond)
		})
	}
}

// blind is a store that cannot read grants and does all else.
type blind struct{ store.Store }

func (b blind) Get(ctx context.Context, key string) (store.Item, error) {
	if strings.HasPrefix(key, "policy/") {
		return store.Item{}, store.ErrAway
	}
	return b.Store.Get(ctx, key)
}

// Grants that cannot be read are no empty grants, for the owner neither.
func TestGrantsUnreadableDenies(t *testing.T) {
	b := openBook(t, blind{openStore(t)}, &cast{}, nil)
	for _, q := range []Question{click(), fromBob()} {
		d := b.Decide(t.Context(), q)
		require.False(t, d.Allow)
		require.Equal(t, faultStore, d.Reason.Code)
	}
}

func TestCeilings(t *testing.T) {
	s := openStore(t)
	free := openBook(t, s, &cast{}, nil)
	g, err := free.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
	require.NoError(t, err)
	b := openBook(t, s, &cast{}, func(c *Config) { c.Forbid = []Group{Public} })
	require.False(t, b.Decide(t.Context(), fromBob()).Allow, "a ceiling takes back what was allowed before")
	g.AllowFriends = true
	g, err = b.Put(t.Context(), "alice", "alice", g)
	require.NoError(t, err, "the rest can still be changed")
	g.AllowPublic = false
	g, err = b.Put(t.Context(), "alice", "alice", g)
	require.NoError(t, err)
	g.AllowPublic = true
	_, err = b.Put(t.Context(), "alice", "alice", g)
	var ceiling *CeilingError
	require.ErrorAs(t, err, &ceiling)
	_, err = New(Config{Store: s, People: &cast{}, AuditDir: t.TempDir(), Forbid: []Group{"strangers"}})
	require.Error(t, err)
}
