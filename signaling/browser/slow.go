package browser

import (
	"net/netip"
	"sync"
	"time"
)

// slow makes guessing passwords slow without locking the owner out. Attempts
// are paid from two buckets that refill with time: one for the source, one for
// the account. A source from which the account's owner logged in before does
// not pay for the account, so strangers who empty that bucket do not stop him.
// A right password gets its attempt back. Accounts that do not exist are
// treated alike. Counts are this node's own.
type slow struct {
	mu       sync.Mutex
	sources  buckets
	accounts buckets
	familiar map[visit]time.Time
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
)

func newSlow() *slow {
	return &slow{
		sources:  buckets{burst: sourceBurst, refill: sourceRefill, full: map[string]time.Time{}},
		accounts: buckets{burst: accountBurst, refill: accountRefill, full: map[string]time.Time{}},
		familiar: map[visit]time.Time{},
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
	_, known := s.familiar[visit{account, source}]
	if !known {
		if wait = s.accounts.wait(account, now); wait > 0 {
			return wait
		}
		s.accounts.pay(account, now)
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
		oldest, at := v, now
		for other, t := range s.familiar {
			if t.Before(at) {
				oldest, at = other, t
			}
		}
		delete(s.familiar, oldest)
	}
	s.familiar[v] = now
}

// buckets are leaky buckets by key. full is when the bucket will be full
// again; a bucket that is not there is full.
type buckets struct {
	burst  int
	refill time.Duration // one attempt comes back
	full   map[string]time.Time
}

func (b *buckets) wait(key string, now time.Time) time.Duration {
	missing := b.full[key].Sub(now)
	return max(0, missing-time.Duration(b.burst-1)*b.refill)
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

// makeRoom drops the buckets that are full again, else the fullest.
func (b *buckets) makeRoom(now time.Time) {
	fullest, at := "", time.Time{}
	for key, full := range b.full {
		if !full.After(now) {
			delete(b.full, key)
		} else if at.IsZero() || full.Before(at) {
			fullest, at = key, full
		}
	}
	if len(b.full) >= maxBuckets {
		delete(b.full, fullest)
	}
}
