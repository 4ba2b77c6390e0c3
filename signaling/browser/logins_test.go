package browser

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"ringsplash/store"
)

// awayStore is a store that can be told to be away.
type awayStore struct {
	store.Store
	away chan struct{} // closed: away
}

func (s awayStore) gone() bool {
	select {
	case <-s.away:
		return true
	default:
		return false
	}
}

func (s awayStore) Get(ctx context.Context, key string) (store.Item, error) {
	if s.gone() {
		return store.Item{}, fmt.Errorf("get: %w", store.ErrAway)
	}
	return s.Store.Get(ctx, key)
}

func (s awayStore) Put(ctx context.Context, key string, value []byte, v store.Version, ttl time.Duration) (store.Version, error) {
	if s.gone() {
		return 0, fmt.Errorf("put: %w", store.ErrAway)
	}
	return s.Store.Put(ctx, key, value, v, ttl)
}

func TestStoreAway(t *testing.T) {
	t.Parallel()
	away := make(chan struct{})
	r := newRig(t, func(c *Config) { c.Store = awayStore{c.Store, away}; c.LoginCheck = time.Millisecond })
	b := r.loggedIn("alice", alicePassword)
	p, _ := b.open(nil)
	if a := b.send("GET", "/readyz", nil); a.status != http.StatusOK {
		t.Errorf("ready: %d %s", a.status, a.body)
	}
	close(away)
	if a := b.send("GET", "/readyz", nil); a.status != http.StatusServiceUnavailable || a.code() != "store_away" {
		t.Errorf("ready without a store: %d %s", a.status, a.body)
	}
	if a := b.send("GET", "/healthz", nil); a.status != http.StatusOK {
		t.Errorf("healthy: %d", a.status)
	}
	// Who works goes on working and can reconnect; nobody new gets in.
	if a := b.send("GET", "/api/v1/me", nil); a.status != http.StatusOK {
		t.Errorf("me: %d %s", a.status, a.body)
	}
	b.open(nil)
	if a := r.browser().send("POST", "/api/v1/login", credentials("bob", bobPassword)); a.status != http.StatusServiceUnavailable ||
		a.header.Get("Retry-After") == "" {
		t.Errorf("log-in: %d %s", a.status, a.body)
	}
	r.gw.tab(t).show(func(s *snapshot) { s.Counters.Missed = 1 })
	if m := p.read(); m.Counts == nil || m.Counts.Missed != 1 {
		t.Errorf("the socket does not go on: %s", m.raw)
	}
}

func TestLoginEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.LoginCheck = 5 * time.Millisecond; c.LoginMax = time.Hour })
	b := r.loggedIn("alice", alicePassword)
	p, _ := b.open(nil)
	items, err := r.store.Scan(t.Context(), "login/", "", 2)
	if err != nil || len(items) != 1 {
		t.Fatal(items, err)
	}
	// Another node ended it, or its time ran out.
	if err := r.store.Delete(t.Context(), items[0].Key, store.AnyVersion); err != nil {
		t.Fatal(err)
	}
	if code := p.closed(); code != 4401 {
		t.Errorf("closed with %d", code)
	}
	// Too old, however lately used.
	b = r.loggedIn("alice", alicePassword)
	p, _ = b.open(nil)
	items, _ = r.store.Scan(t.Context(), "login/", "", 2)
	old := encode(login{V: 1, User: "alice", Made: time.Now().Add(-2 * time.Hour), Renewed: time.Now()})
	if _, err := r.store.Put(t.Context(), items[0].Key, old, store.AnyVersion, time.Hour); err != nil {
		t.Fatal(err)
	}
	if code := p.closed(); code != 4401 {
		t.Errorf("closed with %d", code)
	}
	// The user was removed.
	b = r.loggedIn("bob", bobPassword)
	p, _ = b.open(nil)
	if err := r.people.Remove(t.Context(), "bob"); err != nil {
		t.Fatal(err)
	}
	if code := p.closed(); code != 4401 {
		t.Errorf("closed with %d", code)
	}
	if a := b.send("GET", "/api/v1/me", nil); a.status != http.StatusUnauthorized {
		t.Errorf("a removed user: %d", a.status)
	}
}

// A log-in slides: use prolongs it, and so does an open socket.
func TestLoginIsProlonged(t *testing.T) {
	const idle = 1500 * time.Millisecond
	r := newRig(t, func(c *Config) { c.LoginIdle = idle; c.LoginCheck = 10 * time.Millisecond })
	b := r.loggedIn("alice", alicePassword)
	p, _ := b.open(nil)
	tab := r.gw.tab(t)
	start := time.Now()
	eventually(t, "three idle times passed", func() bool { return time.Since(start) > 3*idle })
	tab.show(func(s *snapshot) { s.Counters.Missed = 1 })
	if m := p.read(); m.Type != typeState {
		t.Errorf("no state but %s", m.raw)
	}
	_ = p.conn.CloseNow()
	wait(t, tab.detached)
	eventually(t, "the log-in ends by itself", func() bool {
		items, err := r.store.Scan(t.Context(), "login/", "", 2)
		return err == nil && len(items) == 0
	})
	if a := b.send("GET", "/api/v1/me", nil); a.status != http.StatusUnauthorized {
		t.Errorf("still logged in: %d", a.status)
	}
}
