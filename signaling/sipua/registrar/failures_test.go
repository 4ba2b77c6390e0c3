package registrar

import (
	"net/netip"
	"testing"
	"time"
)

func TestFailuresWait(t *testing.T) {
	f := newFailures(3, 6, 10*time.Second)
	now := time.Unix(1e9, 0)
	ip, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	f.succeeded(ip, "old")
	for range 100 { // more failures do not make the wait longer
		f.failed(ip, "alice", now)
	}
	check := func(what string, ip netip.Addr, account string, want time.Duration) {
		t.Helper()
		if got := f.wait(ip, account, now); got != want {
			t.Errorf("%s: wait %v, want %v", what, got, want)
		}
	}
	check("the account", ip, "alice", 10*time.Second)
	check("another account from a source with many failures", ip, "bob", time.Second)
	check("an account known from there", ip, "old", 0)
	check("another source", other, "alice", 0)
	now = now.Add(time.Second)
	check("another account, a second later", ip, "bob", 0)
	check("the account, a second later", ip, "alice", 9*time.Second)
	now = now.Add(9 * time.Second)
	check("the account, ten seconds later", ip, "alice", 0)
	f.failed(ip, "alice", now)
	check("again", ip, "alice", 10*time.Second)
	f.succeeded(ip, "alice")
	check("after the right password", ip, "alice", 0)
}

// Where the owner logged in before, others may fail more often before he waits,
// and he waits a second, not ten.
func TestFailuresWhereTheOwnerLoggedIn(t *testing.T) {
	f := newFailures(5, 50, 10*time.Second)
	now, ip := time.Unix(1e9, 0), netip.MustParseAddr("192.0.2.1")
	f.succeeded(ip, "alice")
	for range 19 {
		f.failed(ip, "alice", now)
	}
	if w := f.wait(ip, "alice", now); w != 0 {
		t.Errorf("after 19 the owner waits %v", w)
	}
	tried := 0
	for range 600 { // a minute
		if f.wait(ip, "alice", now) == 0 {
			f.failed(ip, "alice", now)
			tried++
		}
		if w := f.wait(ip, "alice", now); w > time.Second {
			t.Fatalf("the owner waits %v", w)
		}
		now = now.Add(100 * time.Millisecond)
	}
	if tried < 55 || tried > 62 {
		t.Errorf("%d guesses in a minute", tried)
	}
}

// However many sources guess the password of one account, few guesses are
// tried, and its owner gets in: where he was before after any number of
// failures of others, and elsewhere at his first try.
func TestFailuresOfAnAccount(t *testing.T) {
	f := newFailures(5, 50, 10*time.Second)
	now := time.Unix(1e9, 0)
	home, away := netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("198.51.100.2")
	f.succeeded(home, "alice")
	tried := func(rounds int) (n int) {
		for range rounds {
			for i := range 250 {
				ip := netip.AddrFrom4([4]byte{203, 0, 113, byte(i)})
				if f.wait(ip, "alice", now) == 0 {
					f.failed(ip, "alice", now)
					n++
				}
			}
		}
		return n
	}
	if n := tried(20); n < 250 || n > 300 { // 1250 with 5 each
		t.Errorf("%d guesses at once", n)
	}
	for _, at := range []netip.Addr{home, away} {
		if w := f.wait(at, "alice", now); w != 0 {
			t.Errorf("the owner at %s waits %v", at, w)
		}
	}
	f.failed(home, "alice", now) // he mistypes
	if w := f.wait(home, "alice", now); w != 0 {
		t.Errorf("the owner waits %v after one mistake at home", w)
	}
	all := 0
	for range 60 {
		now = now.Add(time.Second)
		all += tried(1)
	}
	if all > 300 { // 1500 without
		t.Errorf("%d guesses in a minute", all)
	}
	if w := f.wait(away, "alice", now); w != 0 {
		t.Errorf("the owner elsewhere waits %v", w)
	}
	if w := f.wait(away, "bob", now); w != 0 {
		t.Errorf("another account waits %v", w)
	}
}
