package browser

import (
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"ringsplash/internal/throttle"
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
	mu       sync.Mutex // an attempt is paid from all buckets or none
	sources  *throttle.Buckets[throttle.Source]
	accounts *throttle.Buckets[string]
	firsts   *throttle.Buckets[visit] // looked at when the account's is empty
	familiar *throttle.Table[visit, struct{}]
}

type visit struct {
	account string
	source  throttle.Source
}

const maxBuckets = 10000

// A source may try 20 times at once and 10 times a minute; strangers together
// may try one account 10 times at once and 20 times a minute.
var (
	sourceLimit  = throttle.Limit{Burst: 20, Refill: 6 * time.Second}
	accountLimit = throttle.Limit{Burst: 10, Refill: 3 * time.Second}
	firstLimit   = throttle.Limit{Burst: 1, Refill: 30 * time.Second}
)

func newSlow() *slow {
	return &slow{
		sources:  throttle.NewBuckets[throttle.Source](sourceLimit, maxBuckets),
		accounts: throttle.NewBuckets[string](accountLimit, maxBuckets),
		firsts:   throttle.NewBuckets[visit](firstLimit, maxBuckets),
		familiar: throttle.NewTable[visit, struct{}](2 * maxBuckets),
	}
}

// sourceOf is where a request comes from. What has no address is one source.
func sourceOf(c echo.Context) throttle.Source {
	addr, _ := netip.ParseAddr(c.RealIP())
	return throttle.SourceOf(addr)
}

// take pays for one attempt. When a bucket is empty it returns how long until
// the next attempt is possible.
func (s *slow) take(account string, source throttle.Source, now time.Time) (wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if wait = s.sources.Wait(source, now); wait > 0 {
		return wait
	}
	v := visit{account, source}
	if _, known := s.familiar.Get(v); !known {
		wait = s.accounts.Wait(account, now)
		if wait > 0 && s.firsts.Wait(v, now) > 0 {
			return wait
		}
		s.firsts.Pay(v, now)
		if wait == 0 {
			s.accounts.Pay(account, now)
		}
	}
	s.sources.Pay(source, now)
	return 0
}

// right gives the attempt back and remembers the source as the account's own.
func (s *slow) right(account string, source throttle.Source, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sources.Refund(source, now)
	v := visit{account, source}
	if _, known := s.familiar.Get(v); !known {
		s.accounts.Refund(account, now)
	}
	s.familiar.Put(v, struct{}{})
}
