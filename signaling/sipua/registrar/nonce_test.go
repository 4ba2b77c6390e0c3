package registrar

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringsplash/store"
	"ringsplash/test/rig"
)

func TestCountsTake(t *testing.T) {
	var c counts
	for _, step := range []struct {
		nc   uint32
		want bool
	}{
		{1, true},
		{1, false},
		{3, true},
		{2, true},
		{2, false},
		{3, false},
		{66, true},
		{3, false},
		{4, true},
		{4, false},
		{2, false},
		{67, true},
		{1 << 31, true},
		{1<<31 - 63, true},
		{1<<31 - 64, false},
		{0, false},
		{1<<31 + 1, true},
	} {
		if got := c.take(step.nc); got != step.want {
			t.Fatalf("count %d: %v, want %v (%+v)", step.nc, got, step.want, c)
		}
	}
}

func TestNonceEnds(t *testing.T) {
	s, err := store.OpenBolt(t.TempDir(), rig.Quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := &clock{now: time.Unix(1e9, 0)}
	n, err := openNonces(context.Background(), s, time.Minute, c.Now)
	if err != nil {
		t.Fatal(err)
	}
	nonce := n.issue(oneSource)
	if !n.fresh(nonce, oneSource) {
		t.Error("a fresh nonce is refused")
	}
	for _, bad := range []string{"", "x", nonce[1:], nonce + "A", strings.Repeat("A", len(nonce)), flip(nonce)} {
		if n.fresh(bad, oneSource) {
			t.Errorf("%q is taken for ours", bad)
		}
	}
	if nonce == n.issue(oneSource) {
		t.Error("the same nonce twice")
	}
	c.pass(time.Minute)
	if n.fresh(nonce, oneSource) {
		t.Error("a nonce never ends")
	}
}

// oneSource is whom the nonces of these tests are given to.
var oneSource = netip.MustParseAddr("192.0.2.1")

// A nonce counts from where it was asked for: another phone of the same IPv6
// network may use it, nobody else.
func TestNonceIsForItsSource(t *testing.T) {
	n, err := openNonces(context.Background(), freshStore(t), time.Minute, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		given, used string
		want        bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"2001:db8::1", "2001:db8::2", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
	} {
		if got := n.fresh(n.issue(netip.MustParseAddr(row.given)), netip.MustParseAddr(row.used)); got != row.want {
			t.Errorf("given to %s, used by %s: %v", row.given, row.used, got)
		}
	}
}

func flip(nonce string) string {
	c := byte('A')
	if nonce[3] == c {
		c = 'B'
	}
	return nonce[:3] + string(c) + nonce[4:]
}

// Of many requests at once with one count, on two nodes, one is let in.
func TestNonceRace(t *testing.T) {
	s, err := store.OpenBolt(t.TempDir(), rig.Quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	var nodes [2]*nonces
	for i := range nodes {
		if nodes[i], err = openNonces(ctx, s, time.Minute, time.Now); err != nil {
			t.Fatal(err)
		}
	}
	nonce := nodes[0].issue(oneSource)
	var let [5]atomic.Int32
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			nc := i%4 + 1
			if nodes[i/4%2].take(ctx, nonce, oneSource, uint32(nc)) {
				let[nc].Add(1)
			}
		})
	}
	wg.Wait()
	for nc := 1; nc <= 4; nc++ {
		if n := let[nc].Load(); n > 1 {
			t.Errorf("count %d was let in %d times", nc, n)
		}
	}
	if !nodes[0].take(ctx, nonce, oneSource, 5) || nodes[1].take(ctx, nonce, oneSource, 5) {
		t.Error("the nonce is not usable after the race")
	}
}

// awayStore is a store whose writes do not arrive.
type awayStore struct{ store.Store }

func (awayStore) Put(context.Context, string, []byte, store.Version, time.Duration) (store.Version, error) {
	return 0, errors.Join(errors.New("no route"), store.ErrAway)
}

// With the store away, phones register on, and this node's memory sees replays.
func TestNoncesWithStoreAway(t *testing.T) {
	s, err := store.OpenBolt(t.TempDir(), rig.Quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	n, err := openNonces(ctx, s, time.Minute, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	n.store = awayStore{s}
	nonce := n.issue(oneSource)
	if !n.take(ctx, nonce, oneSource, 1) || n.take(ctx, nonce, oneSource, 1) || !n.take(ctx, nonce, oneSource, 2) {
		t.Error("the memory does not decide")
	}
	if _, err := openNonces(ctx, awayStore{freshStore(t)}, time.Minute, time.Now); !errors.Is(err, store.ErrAway) {
		t.Errorf("start without a store: %v", err)
	}
}

func freshStore(t *testing.T) store.Store {
	s, err := store.OpenBolt(t.TempDir(), rig.Quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
