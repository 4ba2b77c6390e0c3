package directory

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
	"ringsplash/test/storetest"
)

// What a user sets is in force at once on every node, and outlives the next
// start, for users of the configuration file too.
func TestDoNotDisturb(t *testing.T) {
	server := storetest.StartRedis(t)
	stores := map[string]func() (a, b store.Store){
		"bolt":  func() (store.Store, store.Store) { s := openStore(t); return s, s },
		"redis": func() (store.Store, store.Store) { return openRedis(t, server), openRedis(t, server) },
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			sa, sb := open()
			a, b := openNode(t, sa), openNode(t, sb)
			require.NoError(t, a.Sync(t.Context(), []NewUser{alice()}))
			require.NoError(t, a.Put(t.Context(), bob()))
			for _, user := range []string{"alice", "bob"} {
				quiet, _, err := b.DoNotDisturb(t.Context(), user)
				require.NoError(t, err)
				require.False(t, quiet)
				require.NoError(t, a.SetDoNotDisturb(t.Context(), user, true))
				quiet, _, err = b.DoNotDisturb(t.Context(), user)
				require.NoError(t, err)
				require.True(t, quiet)
				u, _ := a.User(user)
				require.True(t, u.DoNotDisturb)
			}
			require.NoError(t, b.Sync(t.Context(), []NewUser{alice()}))
			quiet, _, err := a.DoNotDisturb(t.Context(), "alice")
			require.NoError(t, err)
			require.True(t, quiet, "the file says nothing about it")
			require.NoError(t, a.SetDoNotDisturb(t.Context(), "alice", false))
			quiet, _, err = b.DoNotDisturb(t.Context(), "alice")
			require.NoError(t, err)
			require.False(t, quiet)
			require.ErrorIs(t, a.SetDoNotDisturb(t.Context(), "nobody", true), ErrNotFound)
			quiet, _, err = a.DoNotDisturb(t.Context(), "nobody")
			require.NoError(t, err)
			require.False(t, quiet)
			if name == "redis" {
				server.Kill()
				_, _, err = b.DoNotDisturb(t.Context(), "alice")
				require.ErrorIs(t, err, store.ErrAway)
				server.Restart()
			}
		})
	}
}

func TestUserAt(t *testing.T) {
	d := openNode(t, openStore(t))
	named := func(name, number string) NewUser {
		return NewUser{User: User{Name: name, Number: number}, Password: "x"}
	}
	for _, u := range []NewUser{named("bob", "1002"), named("carol", "*1#3"), named("dave", "1005"), named("1005", "")} {
		require.NoError(t, d.Put(t.Context(), u))
	}
	for address, want := range map[string][2]string{
		"sip:bob@example.test":      {"bob", "1002"},
		"sips:1002@example.test":    {"bob", "1002"},
		"sip:*1%233@example.test":   {"carol", "*1#3"},
		"sip:1005@example.test":     {"1005", ""},
		"sip:dave@example.test":     {"dave", ""}, // his number is somebody's name
		"sip:Bob@example.test":      {},
		"sip:bob@sub.example.test":  {},
		"sip:bob@example.test.evil": {},
		"sip:example.test":          {},
		"tel:1002":                  {},
		"":                          {},
	} {
		name, number := d.UserAt(address)
		require.Equal(t, want, [2]string{name, number}, address)
	}
}

// The case of user parts counts, unless it is told not to.
func TestKnownFoldsCase(t *testing.T) {
	d := openBooks(t, openStore(t))
	_, err := d.AddEntry(t.Context(), "alice", EntryDraft{Addresses: []string{"Eve@example.com"}, Friend: true})
	require.NoError(t, err)
	for fold, want := range map[bool]bool{false: false, true: true} {
		friend, known, err := d.Known(t.Context(), "alice", []string{"sip:nobody@example.com", "sip:eve@example.com"}, fold)
		require.NoError(t, err)
		require.Equal(t, [2]bool{want, want}, [2]bool{friend, known})
	}
}
