package chat

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringsplash/directory"
	"ringsplash/policy"
)

// Peers have the names of the user's directory at once when it changes, but for
// who only says that he is one of them.
func TestNamesOfPeers(t *testing.T) {
	drivers(t, func(t *testing.T, h *house) {
		sip := &post{}
		b := h.open("a", func(c *Config) { c.FromOutside = FromEveryone })
		b.Serve(sip, sip)
		mine := follow(t, b, "alice")
		called := func(names ...string) func([]Conversation) bool {
			return func(list []Conversation) bool {
				if len(list) != len(names) {
					return false
				}
				for i, name := range names {
					if list[i].With.Display != name {
						return false
					}
				}
				return true
			}
		}
		send(t, b, "alice", carol, "Hello")
		send(t, b, "bob", "alice", "Hello")
		bobs, _ := h.people.User("bob")
		mine(called(bobs.Display, "carol"))
		_, err := h.people.AddEntry(t.Context(), "alice", directory.EntryDraft{Display: "Carol Cook", Addresses: []string{carol}})
		require.NoError(t, err)
		mine(called(bobs.Display, "Carol Cook"))
		e, err := h.people.AddEntry(t.Context(), "alice", directory.EntryDraft{Display: "Bobby", Addresses: []string{bob}})
		require.NoError(t, err)
		mine(called("Bobby", "Carol Cook"))
		found, err := b.Search(t.Context(), "alice", "hello", 10)
		require.NoError(t, err)
		require.Equal(t, "Bobby", found[0].With.Display)
		require.NoError(t, h.people.RemoveEntry(t.Context(), "alice", e.ID, e.Version))
		mine(called(bobs.Display, "Carol Cook"))

		claims := policy.Identity{Address: carol, Display: "Carol Cook, really"}
		require.NoError(t, b.Receive(t.Context(), Incoming{From: claims, To: alice, ID: "1", Text: "Your password, please"}))
		mine(called("Carol Cook, really", bobs.Display))
	})
}
