package node

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/config"
	"ringsplash/directory"
	"ringsplash/presence"
	"ringsplash/store"
	"ringsplash/test/rig"
)

// Who calls a user, and that call, are for those who may see him and, by the
// configuration, pick up: everybody, his friends or nobody.
func TestWhoMayPickUp(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	s, err := store.OpenBolt(t.TempDir(), quiet)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	people, err := directory.Open(t.Context(), s, rig.Domain, quiet)
	require.NoError(t, err)
	defer func() { require.NoError(t, people.Close()) }()
	var users []directory.NewUser
	for _, name := range []string{"alice", "bob", "carol"} {
		users = append(users, directory.NewUser{User: directory.User{Name: name}, Password: "secret-secret"})
	}
	require.NoError(t, people.Sync(t.Context(), users))
	_, err = people.AddEntry(t.Context(), "alice", directory.EntryDraft{Display: "Bob", Addresses: []string{"bob"}, Friend: true})
	require.NoError(t, err)
	book, err := presence.New(presence.Config{Directory: people, Log: quiet})
	require.NoError(t, err)
	defer book.Close()
	n := &Node{directory: people, presence: book, log: quiet}
	for _, row := range []struct {
		visible, pickup   string
		friend, colleague bool
	}{
		{"domain", "domain", true, true},
		{"domain", "friends", true, false},
		{"domain", "nobody", false, false},
		{"friends", "domain", true, false},
		{"friends", "friends", true, false},
		{"nobody", "domain", false, false},
		{"nobody", "friends", false, false},
	} {
		n.cfg = config.Config{Presence: config.Presence{Pickup: row.pickup}}
		require.NoError(t, people.SetPresence(t.Context(), "alice", directory.PresencePatch{Visible: &row.visible}))
		stop := n.followFriends(t.Context(), "alice")
		require.Eventually(t, func() bool { return book.Friend("bob", "alice") }, 5*time.Second, time.Millisecond)
		require.Equal(t, row.friend, n.mayPickUp("bob", "alice"), "a friend, %+v", row)
		require.Equal(t, row.colleague, n.mayPickUp("carol", "alice"), "a colleague, %+v", row)
		stop()
	}
}
