package registrar

import (
	"testing"
	"time"

	"ringsplash/store"
	"ringsplash/test/rig"
	"ringsplash/test/storetest"
)

// While Redis hangs, a REGISTER waits for it once for all its calls, and the
// next one not at all.
func TestRegisterWhileRedisHangs(t *testing.T) {
	server := storetest.StartRedis(t)
	s, err := store.OpenRedis(t.Context(), server.URL(), rig.Quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f := openFront(t, func(c *Config) { c.Store = s })
	f.Places.FailWith(func(write string) error {
		_, err := s.Put(t.Context(), "binding/alice", []byte(write), store.AnyVersion, time.Minute)
		return err
	})
	p := f.peer(t)
	uri, aor := "sip:"+rig.Domain, rig.Alice.Address()
	register := func(challenge string, want int) time.Duration {
		t.Helper()
		proof := rig.Authorize(t, challenge, "", "REGISTER", uri, "alice", rig.Alice.SIPPassword("desk"), 1)
		began := time.Now()
		res := p.raw(p.message("REGISTER", uri, aor, aor, proof, "Contact: <sip:alice@SELF>"))
		if status(res) != want {
			t.Fatalf("%s, want %d", res, want)
		}
		return time.Since(began)
	}
	challenge := func() string { return p.raw(p.message("REGISTER", uri, aor, aor)) }
	register(challenge(), 200)
	first, later := time.Hour, time.Hour
	for range 3 { // a loaded machine may be late once, a missing bound is always
		one, two := challenge(), challenge()
		server.Freeze()
		first = min(first, register(one, 500))
		later = min(later, register(two, 500))
		server.Thaw()
		rig.Until(t, rig.Patience, "Redis is back", func() bool {
			_, err := s.Put(t.Context(), "binding/bob", nil, store.AnyVersion, time.Minute)
			return err == nil
		})
		register(challenge(), 200)
	}
	t.Logf("first %v, later %v", first, later)
	if first > 300*time.Millisecond || later > 20*time.Millisecond {
		t.Errorf("the first took %v, the next %v", first, later)
	}
}
