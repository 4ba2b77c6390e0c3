package throttle

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func TestSource(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := SourceOf(netip.MustParseAddr(in)).String(); got != want {
			t.Errorf("%s counts as %s, want %s", in, got, want)
		}
	}
	SourceOf(netip.Addr{}) // an unknown source does not panic
}

func TestBuckets(t *testing.T) {
	r := NewBuckets[netip.Addr](PerSecond(10, 5), 100)
	now := time.Unix(1e9, 0)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	admitted := func(ip netip.Addr, n int) (got int) {
		for range n {
			if r.Admit(ip, now) {
				got++
			}
		}
		return got
	}
	if got := admitted(a, 20); got != 5 {
		t.Errorf("a burst of %d", got)
	}
	if got := admitted(b, 3); got != 3 {
		t.Errorf("another source is held back: %d", got)
	}
	now = now.Add(300 * time.Millisecond)
	if got := admitted(a, 20); got != 3 {
		t.Errorf("%d after 300 ms at 10/s", got)
	}
	now = now.Add(-time.Hour) // a clock set back neither helps nor hurts
	if got := admitted(a, 20); got != 0 {
		t.Errorf("%d after the clock was set back", got)
	}
}

func TestTable(t *testing.T) {
	r := NewTable[string, int](100)
	r.Put("kept", 1)
	for i := range 10000 {
		r.Put(fmt.Sprint(i), i)
		if v, ok := r.Get("kept"); !ok || v != 1 {
			t.Fatalf("what is read often is forgotten after %d", i)
		}
		if n := len(r.young) + len(r.old); n > 101 {
			t.Fatalf("%d entries, the limit is 100", n)
		}
	}
	if _, ok := r.Get("9999"); !ok {
		t.Error("the newest is forgotten")
	}
	if _, ok := r.Get("1"); ok {
		t.Error("the oldest is kept")
	}
}

// The table stays bounded, and a flood of others, most of which send once, does
// not wash a full bucket out.
func TestBucketsAreBounded(t *testing.T) {
	const size = 100
	b := NewBuckets[int](Limit{Burst: 2, Refill: time.Second}, size)
	now := time.Unix(1e9, 0)
	for b.Admit(-1, now) {
	}
	for i := range 100 * size {
		b.Pay(i, now)
		if i%50 == 0 {
			b.Pay(i, now)
			b.Refund(i, now)
		}
		if len(b.full) > size {
			t.Fatalf("%d buckets", len(b.full))
		}
	}
	if b.Admit(-1, now) {
		t.Error("the flood emptied a bucket")
	}
	for i := range 100 * size { // all of them full: somebody must go
		b.Pay(i, now)
		b.Pay(i, now)
	}
	if len(b.full) > size {
		t.Errorf("%d full buckets", len(b.full))
	}
}

// What is paid is waited for, and what is given back is not.
func TestRefund(t *testing.T) {
	b := NewBuckets[string](Limit{Burst: 2, Refill: 3 * time.Second}, 10)
	now := time.Unix(1e9, 0)
	check := func(what string, want time.Duration) {
		t.Helper()
		if got := b.Wait("x", now); got != want {
			t.Errorf("%s: wait %v, not %v", what, got, want)
		}
	}
	b.Refund("x", now)
	check("a refund for nothing", 0)
	b.Pay("x", now)
	check("one", 0)
	b.Pay("x", now)
	check("two", 3*time.Second)
	b.Pay("x", now)
	check("one too many", 6*time.Second)
	now = now.Add(time.Second)
	check("a second later", 5*time.Second)
	b.Refund("x", now)
	check("one given back", 2*time.Second)
	b.Refund("x", now)
	b.Refund("x", now)
	if len(b.full) != 0 {
		t.Error("an empty bucket is kept")
	}
}
