package directory

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSetPresence(t *testing.T) {
	s := openStore(t)
	a, b := openBooks(t, s), openNode(t, s)
	change := func(p PresencePatch) {
		t.Helper()
		require.NoError(t, a.SetPresence(t.Context(), "alice", p))
	}
	is := func(want Presence) {
		t.Helper()
		u, _ := a.User("alice")
		require.Equal(t, want, u.Presence)
	}
	busy, dnd, none, friends := SetBusy, SetDND, "", VisibleFriends
	note, until := " Writing\u202e ", time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	change(PresencePatch{Set: &busy, Note: &note, Until: &until, Visible: &friends})
	is(Presence{Set: SetBusy, Note: "Writing", Until: until, Visible: VisibleFriends})
	change(PresencePatch{Set: &dnd})
	is(Presence{Set: SetDND, Note: "Writing", Visible: VisibleFriends})
	on, err := b.DND(t.Context(), "alice")
	require.NoError(t, err)
	require.True(t, on, "on every node at once")
	change(PresencePatch{Set: &none, Note: &none, Visible: &none})
	is(Presence{})
	on, err = b.DND(t.Context(), "alice")
	require.NoError(t, err)
	require.False(t, on)

	past, long, odd := time.Now(), strings.Repeat("x", 201), "a\nb"
	for name, bad := range map[string]PresencePatch{
		"set": {Set: &note}, "visible": {Visible: &note}, "until": {Set: &busy, Until: &past},
		"long": {Note: &long}, "odd": {Note: &odd},
	} {
		require.ErrorIs(t, a.SetPresence(t.Context(), "alice", bad), ErrInvalid, name)
	}
	is(Presence{})
	require.ErrorIs(t, a.SetPresence(t.Context(), "nobody", PresencePatch{Set: &busy}), ErrNotFound)
}

// The configuration file has no say in what a user sets.
func TestPresenceOutlivesASync(t *testing.T) {
	d := openBooks(t, openStore(t))
	busy := SetBusy
	require.NoError(t, d.SetPresence(t.Context(), "alice", PresencePatch{Set: &busy}))
	require.NoError(t, d.Sync(t.Context(), []NewUser{alice()}))
	u, _ := d.User("alice")
	require.Equal(t, Presence{Set: SetBusy}, u.Presence)
}
