package browser

import (
	"math"
	"net/netip"
	"sync"
	"time"
)

// slow makes guessing passwords slow without locking the owner out. Attempts
// are paid from two buckets that refill with time: one for the source, one for
// the account. A source from which the account's owner logged in before does
// not pay for the account, so strangers who empty that bucket do not stop him.
// A right password gets its attempt back. Accounts that do not exist are
// treated alike, and from a source that has not tried the account lately one
// attempt is let through even then: many strangers cannot stop the owner who is
// somewhere new. Counts are this node's own.
type slow struct {
	mu       sync.Mutex
	sources  buckets
	accounts buckets
	firsts   buckets // by visit, looked at when the account's is empty
	familiar map[visit]struct{}
}

type visit struct {
	account string
	source  netip.Prefix
}

const (
	maxBuckets = 10000
	// A source may try 20 times at once and 10 times a minute; strangers
	// together may try one account 10 times at once and 20 times a minute.
	sourceBurst   = 20
	sourceRefill  = 6 * time.Second
	accountBurst  = 10
	accountRefill = 3 * time.Second
	firstRefill   = 30 * time.Second
)

func newSlow() *slow {
	return &slow{
		sources:  buckets{burst: sourceBurst, refill: sourceRefill, full: map[string]time.Time{}},
		accounts: buckets{burst: accountBurst, refill: accountRefill, full: map[string]time.Time{}},
		firsts:   buckets{burst: 1, refill: firstRefill, full: map[string]time.Time{}},
		familiar: map[visit]struct{}{},
	}
}

// sourceOf is what counts as one source: an IPv4 address, or the /64 that one
// IPv6 customer has at least.
func sourceOf(ip string) netip.Prefix {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.Prefix{}
	}
	addr = addr.Unmap().WithZone("")
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}

// take pays for one attempt. When a bucket is empty it returns how long until
// the next attempt is possible.
func (s *slow) take(account string, source netip.Prefix, now time.Time) (wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if wait = s.sources.wait(source.String(), now); wait > 0 {
		return wait
	}
	if _, known := s.familiar[visit{account, source}]; !known {
		first := account + " " + source.String()
		wait = s.accounts.wait(account, now)
		if wait > 0 && s.firsts.wait(first, now) > 0 {
			return wait
		}
		s.firsts.pay(first, now)
		if wait == 0 {
			s.accounts.pay(account, now)
		}
	}
	s.sources.pay(source.String(), now)
	return 0
}

// right gives the attempt back and remembers the source as the account's own.
func (s *slow) right(account string, source netip.Prefix, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sources.refund(source.String(), now)
	v := visit{account, source}
	if _, known := s.familiar[v]; !known {
		s.accounts.refund(account, now)
	}
	if len(s.familiar) >= maxBuckets {
		for other := range s.familiar { // any one: it only has to stay bounded
			delete(s.familiar, other)
			break
		}
	}
	s.familiar[v] = struct{}{}
}

// buckets are leaky buckets by key. full is when the bucket will be full
// again; a bucket that is not there is full.
type buckets struct {
	burst  int
	refill time.Duration // one attempt comes back
	full   map[string]time.Time
}

func (b *buckets) wait(key string, now time.Time) time.Duration {
	full, there := b.full[key]
	if !there {
		return 0
	}
	return max(0, full.Sub(now)-time.Duration(b.burst-1)*b.refill)
}

func (b *buckets) pay(key string, now time.Time) {
	if _, there := b.full[key]; !there && len(b.full) >= maxBuckets {
		b.makeRoom(now)
	}
	full := b.full[key]
	if full.Before(now) {
		full = now
	}
	b.full[key] = full.Add(b.refill)
}

func (b *buckets) refund(key string, now time.Time) {
	full, there := b.full[key]
	if !there {
		return
	}
	if full = full.Add(-b.refill); full.After(now) {
		b.full[key] = full
		return
	}
	delete(b.full, key)
}

// makeRoom drops a tenth of the buckets at least, so that it is rarely called:
// those that are full again first, then those that lack one attempt, so that a
// flood of strangers does not wash out the bucket they empty, then any.
func (b *buckets) makeRoom(now time.Time) {
	enough := maxBuckets - maxBuckets/10
	for _, lacking := range []time.Duration{0, b.refill, math.MaxInt64} {
		for key, full := range b.full {
			if len(b.full) <= enough {
				return
			}
			if full.Sub(now) <= lacking {
				delete(b.full, key)
			}
		}
	}
}
