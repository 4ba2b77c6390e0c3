package directory

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
	"ringsplash/test/storetest"
)

// known asks for "friend", "known" or "".
func known(t *testing.T, d *Directory, address string) string {
	t.Helper()
	friend, known, err := d.Known(t.Context(), "alice", []string{address}, false)
	require.NoError(t, err)
	switch {
	case friend:
		require.True(t, known, "a friend is known")
		return "friend"
	case known:
		return "known"
	}
	return ""
}

// counting counts the reads and writes of a store.
type counting struct {
	store.Store
	mu         sync.Mutex
	gets, puts int
	others     int
	fail       error
}

func (c *counting) count(n *int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n++
	return c.fail
}

func (c *counting) Get(ctx context.Context, key string) (store.Item, error) {
	if err := c.count(&c.gets); err != nil {
		return store.Item{}, err
	}
	return c.Store.Get(ctx, key)
}

func (c *counting) Put(ctx context.Context, key string, value []byte, v store.Version, ttl time.Duration) (store.Version, error) {
	if err := c.count(&c.puts); err != nil {
		return 0, err
	}
	return c.Store.Put(ctx, key, value, v, ttl)
}

func (c *counting) Scan(ctx context.Context, prefix, after string, limit int) ([]store.Item, error) {
	if err := c.count(&c.others); err != nil {
		return nil, err
	}
	return c.Store.Scan(ctx, prefix, after, limit)
}

func TestKnownIsOneRead(t *testing.T) {
	s := &counting{Store: openStore(t)}
	d := openBooks(t, s)
	_, err := d.AddEntry(t.Context(), "alice", draft("Bob", "bob"))
	require.NoError(t, err)
	for range 3 { // nothing is remembered
		s.mu.Lock()
		s.gets, s.puts, s.others = 0, 0, 0
		s.mu.Unlock()
		require.Equal(t, "known", known(t, d, "sip:bob@example.test"))
		require.Equal(t, []int{1, 0, 0}, []int{s.gets, s.puts, s.others})
	}
	s.fail = fmt.Errorf("%w: test", store.ErrAway)
	friend, there, err := d.Known(t.Context(), "alice", []string{"sip:bob@example.test"}, false)
	require.ErrorIs(t, err, store.ErrAway)
	require.False(t, friend || there)
	s.fail = nil
	for _, value := range []string{
		"{", "", "null", `{"v":1}`, `{"v":1,"entries":[]}`,
		`{"v":1,"friends":"\nsip:bob@example.test\n"}`,
	} {
		_, err = s.Store.Put(t.Context(), bookKey("alice"), []byte(value), store.AnyVersion, 0)
		require.NoError(t, err)
		friend, there, err = d.Known(t.Context(), "alice", []string{"sip:bob@example.test"}, false)
		require.Error(t, err, "what cannot be read is not an empty directory")
		require.False(t, friend || there)
	}
	_, err = s.Store.Put(t.Context(), bookKey("alice"), []byte("{"), store.AnyVersion, 0)
	require.NoError(t, err)
	_, err = d.AddEntry(t.Context(), "alice", draft("Zoe", "zoe@example.com"))
	require.Error(t, err, "nor is it overwritten")
}

// A friend removed at one node is none at the next question at another.
func TestRemovedFriendCountsAtOnce(t *testing.T) {
	server := storetest.StartRedis(t)
	one, other := openBooks(t, openRedis(t, server)), openBooks(t, openRedis(t, server))
	for range 20 {
		e, err := one.AddEntry(t.Context(), "alice", EntryDraft{Addresses: []string{"bob"}, Friend: true})
		require.NoError(t, err)
		require.Equal(t, "friend", known(t, other, "sip:bob@example.test"))
		require.NoError(t, one.RemoveEntry(t.Context(), "alice", e.ID, e.Version))
		require.Equal(t, "", known(t, other, "sip:bob@example.test"))
	}
	server.Kill()
	friend, there, err := other.Known(t.Context(), "alice", []string{"sip:bob@example.test"}, false)
	require.Error(t, err)
	require.False(t, friend || there)
}

func BenchmarkKnown(b *testing.B) {
	for _, entries := range []int{0, 200, entriesMax} {
		b.Run(fmt.Sprint(entries), func(b *testing.B) {
			s, err := store.OpenBolt(b.TempDir(), quiet)
			require.NoError(b, err)
			defer func() { _ = s.Close() }()
			fullBook(b, s, entries)
			d := &Directory{store: s}
			for b.Loop() {
				if _, _, err := d.Known(b.Context(), "alice", []string{"tel:+15550004999"}, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
