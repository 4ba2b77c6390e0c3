package browser

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"ringsplash/internal/throttle"
)

func TestSlowedLogIns(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.browser()
	refused := 0
	for range int(sourceLimit.Burst) + 1 {
		a := b.send("POST", "/api/v1/login", credentials("alice", "guess"))
		if a.status == http.StatusTooManyRequests {
			refused++
			if a.header.Get("Retry-After") == "" || a.header.Get("Retry-After") == "0" {
				t.Errorf("Retry-After: %q", a.header.Get("Retry-After"))
			}
		}
	}
	if refused == 0 {
		t.Error("guessing was never slowed")
	}
}

// aSlow is a slow at a moment that the test moves.
type aSlow struct {
	*slow
	now time.Time
}

// newASlow is one whom alice's owner told a right password from 192.0.2.1.
func newASlow() *aSlow {
	s := &aSlow{newSlow(), time.Unix(1e9, 0)}
	s.try("alice", "192.0.2.1")
	s.got("alice", "192.0.2.1")
	return s
}

func (s *aSlow) try(account, ip string) time.Duration {
	return s.take(account, throttle.SourceOf(netip.MustParseAddr(ip)), s.now)
}

func (s *aSlow) got(account, ip string) {
	s.right(account, throttle.SourceOf(netip.MustParseAddr(ip)), s.now)
}

// strangers from 50 places guess alice's password, each 20 times, and answers
// how many attempts they had.
func (s *aSlow) strangers() (allowed int) {
	for i := range 1000 {
		if s.try("alice", fmt.Sprintf("198.51.100.%d", i%50)) == 0 {
			allowed++
		}
	}
	return allowed
}

// Ten attempts at once for all strangers, and one more for each who comes after.
func TestSlow(t *testing.T) {
	t.Parallel()
	s := newASlow()
	if allowed := s.strangers(); allowed != 50 {
		t.Errorf("50 strangers had %d attempts at once, not one each", allowed)
	}
	if wait := s.try("alice", "203.0.113.8"); wait != 0 {
		t.Errorf("the owner somewhere new is locked out for %v", wait)
	}
	s.got("alice", "203.0.113.8")
	s.try("alice", "203.0.113.9")
	if wait := s.try("alice", "192.0.2.1"); wait != 0 {
		t.Errorf("the owner is locked out for %v", wait)
	}
	if wait := s.try("bob", "203.0.113.9"); wait != 0 {
		t.Errorf("another account is slowed by %v", wait)
	}
	if wait := s.try("alice", "203.0.113.9"); wait <= 0 || wait > accountLimit.Refill {
		t.Errorf("a stranger waits %v", wait)
	}
	s.now = s.now.Add(accountLimit.Refill)
	if wait := s.try("alice", "203.0.113.9"); wait != 0 {
		t.Errorf("a stranger still waits %v", wait)
	}
}

// One source guesses many accounts; its /64 is one source. Right passwords cost
// nothing.
func TestSlowSource(t *testing.T) {
	t.Parallel()
	s, allowed := newASlow(), 0
	for i := range 1000 {
		if s.try(fmt.Sprint("user", i), fmt.Sprintf("2001:db8::%x", i)) == 0 {
			allowed++
		}
	}
	if allowed != int(sourceLimit.Burst) {
		t.Errorf("one source had %d attempts at once, not %v", allowed, sourceLimit.Burst)
	}
	for range 100 {
		if s.try("carol", "192.0.2.77") != 0 {
			t.Fatal("right passwords are slowed")
		}
		s.got("carol", "192.0.2.77")
	}
}

// A flood, which fills the tables several times, does not wash the bucket out
// that strangers emptied. That the tables stay bounded is tested with them.
func TestSlowInAFlood(t *testing.T) {
	t.Parallel()
	s := newASlow()
	s.strangers()
	for i := range 3 * maxBuckets {
		account, ip := fmt.Sprint("n", i), fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)
		s.try(account, ip)
		if i%10 == 0 {
			s.got(account, ip)
		}
	}
	if s.try("alice", "203.0.113.9"); s.try("alice", "203.0.113.9") <= 0 {
		t.Error("the flood gave strangers new attempts at alice's account")
	}
	if wait := s.try("alice", "192.0.2.1"); wait != 0 {
		t.Errorf("the flood locked the owner out for %v", wait)
	}
}
