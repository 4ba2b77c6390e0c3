package policy

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/test/storetest"
)

func TestLimits(t *testing.T) {
	var mu sync.Mutex
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	clock := func(c *Config) {
		c.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	}
	s := openStore(t)
	b, other := openBook(t, s, &cast{}, clock), openBook(t, s, &cast{}, clock)
	_, err := b.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
	require.NoError(t, err)
	from := func(name string) Question {
		q := fromBob()
		q.Requester = Identity{Address: "sip:" + name + "@example.test", Level: Proven, How: "digest", User: name}
		return q
	}
	for i := range requesterMax {
		require.True(t, []*Book{b, other}[i%2].Decide(t.Context(), from("bob")).Allow)
	}
	d := b.Decide(t.Context(), from("bob"))
	require.False(t, d.Allow)
	require.Contains(t, d.Reason.Text, "10 times")
	for _, spelled := range []string{"sip:BOB@example.test", "sips:bob@Example.Test", "sip:b%6fb@example.test:5070;x=y"} {
		q := fromBob()
		q.Requester = Identity{Address: spelled, Level: Proven, How: "signed by example.test", FoldCase: true}
		require.Contains(t, b.Decide(t.Context(), q).Reason.Text, "10 times", spelled)
	}
	require.False(t, b.Simulate(t.Context(), "sip:bob@example.test", "alice", "desk").Allow)
	for i := range ownerMax - requesterMax {
		require.True(t, b.Decide(t.Context(), from([]string{"carol", "dave"}[i%2])).Allow)
	}
	require.Contains(t, other.Decide(t.Context(), from("erin")).Reason.Text, "30 times")
	require.True(t, b.Decide(t.Context(), click()).Allow, "the owner himself is not limited")
	mu.Lock()
	now = now.Add(tallyLife + time.Millisecond)
	mu.Unlock()
	require.True(t, b.Decide(t.Context(), from("bob")).Allow)
}

// The limit is that of what was proved: a stranger gets no new one with every
// name that he claims, and uses up nobody's whose name it is.
func TestLimitOfStrangers(t *testing.T) {
	b := openBook(t, openStore(t), &cast{}, nil)
	_, err := b.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
	require.NoError(t, err)
	claims := func(who Identity) Question {
		q := fromBob()
		q.Requester = who
		return q
	}
	for i := range requesterMax {
		name := fmt.Sprintf("sip:eve%d@evil.example", i)
		require.True(t, b.Decide(t.Context(), claims(Identity{Address: name, How: "from"})).Allow)
	}
	for _, name := range []string{"sip:new@evil.example", "sip:bob@example.test", "tel:+49301234"} {
		d := b.Decide(t.Context(), claims(Identity{Address: name, How: "from"}))
		require.Contains(t, d.Reason.Text, "did not prove who they are opened phones 10 times", name)
	}
	require.True(t, b.Decide(t.Context(),
		claims(Identity{Address: "sip:bob@example.test", Level: Proven, How: "digest", User: "bob"})).Allow)
	require.True(t, b.Decide(t.Context(), claims(Identity{Address: "sip:eve0@evil.example", How: "from", Trunk: "pbx"})).Allow,
		"the trunk's own limit")
	require.True(t, b.Decide(t.Context(),
		claims(Identity{Address: "sip:eve0@evil.example", How: "certificate", Domain: "evil.example"})).Allow, "the domain's own limit")
}

// Many at once on two nodes: the limit holds exactly.
func TestLimitsAtOnce(t *testing.T) {
	server := storetest.StartRedis(t)
	books := []*Book{openBook(t, openRedis(t, server), &cast{}, nil), openBook(t, openRedis(t, server), &cast{}, nil)}
	_, err := books[0].Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
	require.NoError(t, err)
	var mu sync.Mutex
	var allowed int
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if books[i%2].Decide(t.Context(), fromBob()).Allow {
				mu.Lock()
				allowed++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Positive(t, allowed)
	require.LessOrEqual(t, allowed, requesterMax)
}
