package policy

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
)

// What let a requester in is taken back, nothing else, and the very next
// decision says no.
func TestRevoke(t *testing.T) {
	all := Grants{AllowPublic: true, AllowFriends: true, AllowDirectory: true, AllowAddresses: true, Addresses: []string{
		"bob@example.test", "example.test", "*.example.test", "carol@example.test", "192.0.2.1",
	}}
	cases := []struct {
		grant Group
		who   Identity
		gone  []string
		want  func(*Grants)
	}{
		{Addresses, bob(), []string{"bob@example.test", "example.test"}, func(g *Grants) {
			g.Addresses = []string{"*.example.test", "carol@example.test", "192.0.2.1"}
		}},
		{Addresses, Identity{Address: "sip:x@192.0.2.1", Level: Asserted, Trunk: "pbx"}, []string{"192.0.2.1"}, func(g *Grants) {
			g.Addresses = g.Addresses[:4]
		}},
		{Friends, bob(), nil, func(g *Grants) { g.AllowFriends = false }},
		{Directory, bob(), nil, func(g *Grants) { g.AllowDirectory = false }},
		{Public, bob(), nil, func(g *Grants) { g.AllowPublic = false }},
	}
	for _, tt := range cases {
		t.Run(string(tt.grant)+" "+tt.who.Address, func(t *testing.T) {
			b := openBook(t, openStore(t), &cast{}, nil)
			was, err := b.Put(t.Context(), "alice", "alice", all)
			require.NoError(t, err)
			r, err := b.Revoke(t.Context(), "alice", string(tt.grant), tt.who)
			require.NoError(t, err)
			require.Equal(t, tt.gone, r.Addresses)
			want := was
			tt.want(&want)
			now, err := b.Get(t.Context(), "alice")
			require.NoError(t, err)
			require.Equal(t, r.Grants, now)
			require.Greater(t, now.Version, was.Version)
			want.Version = now.Version
			require.Equal(t, want, now)
			// The audit file had it before Revoke returned.
			last := lines(t, b)[1]
			require.Equal(t, []any{eventGrants, "alice", "alice"}, []any{last.Event, last.Owner, last.By})
			require.Equal(t, now.Addresses, last.Grants.Addresses)
			require.NoError(t, VerifyAudit(filepath.Join(b.cfg.AuditDir, AuditName)))
			// Once more there is nothing to do, and nothing is written.
			again, err := b.Revoke(t.Context(), "alice", string(tt.grant), tt.who)
			require.NoError(t, err)
			require.Equal(t, Revocation{Grants: now}, again)
			require.Len(t, lines(t, b), 2)
		})
	}
}

// The same request that was let in is refused after the owner took its grant
// back, on another node as well.
func TestRevokeIsInForce(t *testing.T) {
	s := openStore(t)
	b, other := openBook(t, s, &cast{}, nil), openBook(t, s, &cast{}, nil)
	_, err := b.Put(t.Context(), "alice", "alice", Grants{AllowAddresses: true, Addresses: []string{"example.test"}})
	require.NoError(t, err)
	d := other.Decide(t.Context(), fromBob())
	require.True(t, d.Allow, d.Reason)
	r, err := b.Revoke(t.Context(), "alice", d.Grant, fromBob().Requester)
	require.NoError(t, err)
	require.Contains(t, r.Sentence().Text, "example.test")
	require.False(t, other.Decide(t.Context(), fromBob()).Allow)
}

func TestRevokeRefused(t *testing.T) {
	b := openBook(t, openStore(t), &cast{}, nil)
	_, err := b.Revoke(t.Context(), "alice", grantSelf, click().Requester)
	require.ErrorIs(t, err, ErrOwnGrant)
	_, err = b.Revoke(t.Context(), "alice", "", bob())
	require.Error(t, err)
	text, err := os.ReadFile(filepath.Join(b.cfg.AuditDir, AuditName))
	require.NoError(t, err)
	require.Empty(t, text)
}

// crowd is a store in which somebody else changes the grants between our read
// and our write, once.
type crowd struct {
	store.Store
	between func()
}

func (c *crowd) Put(ctx context.Context, key string, value []byte, ifVersion store.Version, ttl time.Duration) (store.Version,
	error,
) {
	if !strings.HasPrefix(key, "policy/") {
		return c.Store.Put(ctx, key, value, ifVersion, ttl)
	}
	if f := c.between; f != nil {
		c.between = nil
		f()
	}
	return c.Store.Put(ctx, key, value, ifVersion, ttl)
}

// A change that was made meanwhile is kept, and the revocation is made on top.
func TestRevokeMeetsAnotherChange(t *testing.T) {
	s := &crowd{Store: openStore(t)}
	b := openBook(t, s, &cast{}, nil)
	g, err := b.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
	require.NoError(t, err)
	s.between = func() {
		g.AllowFriends = true
		_, err := b.Put(t.Context(), "alice", "alice", g)
		require.NoError(t, err)
	}
	r, err := b.Revoke(t.Context(), "alice", string(Public), bob())
	require.NoError(t, err)
	require.True(t, r.Grants.AllowFriends)
	require.False(t, r.Grants.AllowPublic)
}
