package policy

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
	"ringsplash/test/storetest"
)

// Grants that somebody wrote into Redis open no phone, and are on record.
func TestForeignGrantsOpenNothing(t *testing.T) {
	raw := openRedis(t, storetest.StartRedis(t))
	sealed, err := store.NewSealed(raw, bytes.Repeat([]byte{7}, store.SealKeyBytes))
	require.NoError(t, err)
	b := openBook(t, sealed, &cast{}, nil)
	sealed.Watch(b.Foreign)
	_, err = raw.Put(t.Context(), grantsKey("alice"), []byte(`{"v":1,"epoch":99999999999999,"allowPublic":true}`), 0, 0)
	require.NoError(t, err)
	require.False(t, b.Decide(t.Context(), fromBob()).Allow)
	kept, err := b.Put(t.Context(), "alice", "alice", Grants{AllowPublic: true})
	require.NoError(t, err, "the owner's own take their place")
	require.True(t, b.Decide(t.Context(), fromBob()).Allow)
	require.True(t, kept.AllowPublic)
	require.NoError(t, b.Close())
	require.True(t, slices.ContainsFunc(lines(t, b),
		func(r Record) bool { return r.Event == eventForeign && r.Key == grantsKey("alice") }))
}
