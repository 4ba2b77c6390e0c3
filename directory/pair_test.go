package directory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
	"ringsplash/test/storetest"
)

func TestPair(t *testing.T) {
	s := openStore(t)
	d := openNode(t, s)
	ctx := t.Context()
	require.NoError(t, d.Put(ctx, alice()))

	first, err := d.Pair(ctx, "alice", "desk", "urn:uuid:1", "Phone/1.0")
	require.NoError(t, err)
	require.Equal(t, Device{
		User: "alice", ID: "desk", Display: "Desk phone", Instance: "urn:uuid:1",
		Interworking: true, Primary: true, Profile: "avaya", UserAgent: "Phone/1.0",
	}, first)

	second, err := d.Pair(ctx, "alice", "desk", "urn:uuid:2", "Phone/1.0")
	require.NoError(t, err)
	require.Equal(t, Device{
		User: "alice", ID: "desk-2", Display: "Desk phone (2)", Instance: "urn:uuid:2",
		Interworking: false, Primary: false, Profile: "avaya", UserAgent: "Phone/1.0",
	}, second)
	third, err := d.Pair(ctx, "alice", "desk", "urn:uuid:3", "")
	require.NoError(t, err)
	require.Equal(t, "Desk phone (3)", third.Display)

	// The same instance is the same device, whatever the case of its UUID.
	for instance, want := range map[string]string{"urn:uuid:1": "desk", "urn:uuid:2": "desk-2", "URN:UUID:3": "desk-3"} {
		dev, err := d.Pair(ctx, "alice", "desk", instance, "Phone/1.0")
		require.NoError(t, err)
		require.Equal(t, want, dev.ID)
	}
	it, err := s.Get(ctx, "device/alice/desk")
	require.NoError(t, err)
	require.EqualValues(t, 2, it.Version, "a refresh writes nothing")

	// A new firmware shows.
	dev, err := d.Pair(ctx, "alice", "desk", "urn:uuid:1", "Phone/2.0\r\n\x00")
	require.NoError(t, err)
	require.Equal(t, "Phone/2.0", dev.UserAgent)
	require.Len(t, d.Devices("alice"), 3)

	// Devices made by pairing have no password of their own.
	require.Len(t, d.Secrets("alice"), 2)
	_, err = d.Pair(ctx, "alice", "desk-2", "urn:uuid:9", "")
	require.ErrorIs(t, err, ErrNotFound)
	_, err = d.Pair(ctx, "bob", "desk", "urn:uuid:9", "")
	require.ErrorIs(t, err, ErrNotFound)
	_, err = d.Pair(ctx, "alice", "tablet", "urn:uuid:9", "")
	require.ErrorIs(t, err, ErrNotFound)
	_, err = d.Pair(ctx, "alice", "desk", "", "")
	require.ErrorIs(t, err, ErrInvalid)
}

// TestPairMoves: a phone that is given another device's password is no longer
// the device it was.
func TestPairMoves(t *testing.T) {
	d := openNode(t, openStore(t))
	ctx := t.Context()
	u := alice()
	u.Devices = append(u.Devices, NewDevice{ID: "cell", SIPPassword: "s-cell"})
	require.NoError(t, d.Put(ctx, u))
	pair := func(device, instance string) string {
		dev, err := d.Pair(ctx, "alice", device, instance, "ua")
		require.NoError(t, err)
		return dev.ID
	}
	require.Equal(t, "desk", pair("desk", "i1"))
	require.Equal(t, "desk-2", pair("desk", "i2"))
	require.Equal(t, "cell", pair("cell", "i1"))
	desk, _ := d.Device("alice", "desk")
	require.Empty(t, desk.Instance, "desk waits for its first phone again")
	require.Equal(t, "cell-2", pair("cell", "i2"))
	_, ok := d.Device("alice", "desk-2")
	require.False(t, ok, "nobody could ever be desk-2 again")
	require.Equal(t, "desk", pair("desk", "i3"))
}

func TestUnpair(t *testing.T) {
	d := openNode(t, openStore(t))
	ctx := t.Context()
	require.NoError(t, d.Put(ctx, alice()))
	for _, instance := range []string{"i1", "i2"} {
		_, err := d.Pair(ctx, "alice", "desk", instance, "ua")
		require.NoError(t, err)
	}
	require.NoError(t, d.Unpair(ctx, "alice", "desk-2"))
	require.Len(t, d.Devices("alice"), 1)
	require.NoError(t, d.Unpair(ctx, "alice", "desk"))
	dev, err := d.Pair(ctx, "alice", "desk", "i3", "ua")
	require.NoError(t, err)
	require.Equal(t, "desk", dev.ID)
	require.True(t, dev.Interworking)
	require.ErrorIs(t, d.Unpair(ctx, "alice", "x"), ErrNotFound)
}

// TestPairIsBounded: phones that call themselves differently each time fill
// nothing up, and lose nobody the device he allowed something.
func TestPairIsBounded(t *testing.T) {
	d := openNode(t, openStore(t))
	ctx := t.Context()
	require.NoError(t, d.Put(ctx, alice()))
	yes := true
	for i := range 3 * maxDevices {
		dev, err := d.Pair(ctx, "alice", "desk", fmt.Sprintf("contact:10.0.0.1:%d", i), "ua")
		require.NoError(t, err)
		if i == 1 {
			_, err = d.PatchDevice(ctx, "alice", dev.ID, DevicePatch{Interworking: &yes})
			require.NoError(t, err)
		}
	}
	require.Len(t, d.Devices("alice"), maxDevices)
	for i, id := range []string{"desk", "desk-2"} {
		dev, ok := d.Device("alice", id)
		require.True(t, ok)
		require.Equal(t, fmt.Sprintf("contact:10.0.0.1:%d", i), dev.Instance)
		require.True(t, dev.Interworking)
	}
}

// TestPairAtOnce: many phones register at the same moment, each several
// times, on two nodes of either store.
func TestPairAtOnce(t *testing.T) {
	stores := map[string]func(t *testing.T) (a, b store.Store){
		"bolt": func(t *testing.T) (store.Store, store.Store) { s := openStore(t); return s, s },
		"redis": func(t *testing.T) (store.Store, store.Store) {
			r := storetest.StartRedis(t)
			var nodes [2]store.Store
			for i := range nodes {
				s, err := store.OpenRedis(t.Context(), r.URL(), quiet)
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, s.Close()) })
				nodes[i] = s
			}
			return nodes[0], nodes[1]
		},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			sa, sb := open(t)
			nodes := []*Directory{openNode(t, sa), openNode(t, sb)}
			require.NoError(t, nodes[0].Put(t.Context(), alice()))
			waitFor(t, func() bool { _, ok := nodes[1].Device("alice", "desk"); return ok })

			const phones, times = 5, 4
			var wg sync.WaitGroup
			var mu sync.Mutex
			ids := map[string]map[string]bool{}
			for p := range phones {
				for i := range times {
					wg.Go(func() {
						instance := fmt.Sprintf("i%d", p)
						dev, err := nodes[i%2].Pair(t.Context(), "alice", "desk", instance, "ua")
						if err != nil {
							t.Errorf("%v", err)
							return
						}
						mu.Lock()
						defer mu.Unlock()
						if ids[instance] == nil {
							ids[instance] = map[string]bool{}
						}
						ids[instance][dev.ID] = true
					})
				}
			}
			wg.Wait()
			used := map[string]bool{}
			for instance, set := range ids {
				require.Len(t, set, 1, "%s was told different devices", instance)
				for id := range set {
					require.False(t, used[id], "%s is two phones", id)
					used[id] = true
				}
			}
			require.Len(t, used, phones)
			for _, d := range nodes {
				waitFor(t, func() bool { return len(d.Devices("alice")) == phones })
			}
			require.True(t, used["desk"])
		})
	}
}

// awayStore can be made to be away.
type awayStore struct {
	store.Store
	away    atomic.Bool
	refused atomic.Int32
}

func (s *awayStore) gone() error {
	if s.away.Load() {
		s.refused.Add(1)
		return fmt.Errorf("%w: test", store.ErrAway)
	}
	return nil
}

func (s *awayStore) Get(ctx context.Context, key string) (store.Item, error) {
	if err := s.gone(); err != nil {
		return store.Item{}, err
	}
	return s.Store.Get(ctx, key)
}

func (s *awayStore) Scan(ctx context.Context, prefix, after string, limit int) ([]store.Item, error) {
	if err := s.gone(); err != nil {
		return nil, err
	}
	return s.Store.Scan(ctx, prefix, after, limit)
}

// TestStoreAway: a node goes on from its copy, and catches up by itself.
func TestStoreAway(t *testing.T) {
	s := openStore(t)
	flaky := &awayStore{Store: s}
	d, other := openNode(t, flaky), openNode(t, s)
	ctx := t.Context()
	require.NoError(t, d.Put(ctx, alice()))
	_, err := d.Pair(ctx, "alice", "desk", "i1", "ua")
	require.NoError(t, err)

	flaky.away.Store(true)
	for _, ua := range []string{"ua", "ua/2"} {
		dev, err := d.Pair(ctx, "alice", "desk", "i1", ua)
		require.NoError(t, err, "a known phone registers")
		require.Equal(t, "desk", dev.ID)
	}
	_, err = d.Pair(ctx, "alice", "desk", "i2", "ua")
	require.ErrorIs(t, err, store.ErrAway)
	_, err = d.CheckPassword(ctx, "alice", "wonder")
	require.NoError(t, err)
	require.ErrorIs(t, d.SetPassword(ctx, "alice", "x"), store.ErrAway)
	before := flaky.refused.Load()
	require.NoError(t, other.Put(ctx, bob()))
	waitFor(t, func() bool { return flaky.refused.Load() > before }) // so d missed it
	require.Len(t, d.Secrets("alice"), 2)

	flaky.away.Store(false)
	waitFor(t, func() bool { _, ok := d.User("bob"); return ok })
}

// TestRealRedisAway is the same with a server that dies.
func TestRealRedisAway(t *testing.T) {
	r := storetest.StartRedis(t)
	s, err := store.OpenRedis(t.Context(), r.URL(), quiet)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	d := openNode(t, s)
	require.NoError(t, d.Put(t.Context(), alice()))
	r.Kill()
	began := time.Now()
	_, err = d.Pair(t.Context(), "alice", "desk", "i1", "ua")
	require.ErrorIs(t, err, store.ErrAway)
	require.Less(t, time.Since(began), 1500*time.Millisecond)
	require.Len(t, d.Secrets("alice"), 2)
	r.Restart()
	waitFor(t, func() bool {
		_, err := d.Pair(t.Context(), "alice", "desk", "i1", "ua")
		return err == nil || !errors.Is(err, store.ErrAway)
	})
	dev, ok := d.Device("alice", "desk")
	require.True(t, ok)
	require.Equal(t, "i1", dev.Instance)
}
