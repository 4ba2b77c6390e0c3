package chat

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Who was away for an hour has everything at once when he comes back, on another
// node as well.
func TestAwayForAnHour(t *testing.T) {
	drivers(t, func(t *testing.T, h *house) {
		a, b := h.open("a", nil), h.open("b", nil)
		mine := follow(t, a, "alice")
		first := send(t, a, "alice", "bob", "one")
		h.later(time.Hour)
		last := send(t, a, "alice", "bob", "two")
		his := follow(t, b, "bob")
		list, n := b.Conversations("bob")
		require.Len(t, list, 1)
		require.Equal(t, []any{last, 2, 2}, []any{list[0].Last.ID, list[0].Unread, n})
		require.Less(t, first, last)
		require.NoError(t, b.Read(t.Context(), "bob", alice, last))
		mine(stated(Read)) // at the other node
		send(t, a, "alice", "bob", "three")
		his(func(list []Conversation) bool { return list[0].Unread == 1 })
		require.NoError(t, a.Type(t.Context(), "alice", "bob", true))
		his(func(list []Conversation) bool { return list[0].Typing })
		require.NoError(t, a.Type(t.Context(), "alice", "bob", false))
		his(func(list []Conversation) bool { return !list[0].Typing })
		require.NoError(t, a.Type(t.Context(), "alice", "bob", true))
		his(func(list []Conversation) bool { return list[0].Typing })
		send(t, a, "alice", "bob", "four")
		his(func(list []Conversation) bool { return list[0].Unread == 2 && !list[0].Typing })
	})
}

// Searching finds all words in any order, whatever their case and accents, in old
// messages and new ones, and nothing of others or of what was deleted.
func TestSearch(t *testing.T) {
	drivers(t, func(t *testing.T, h *house) {
		b := h.open("a", nil)
		hers := follow(t, b, "alice")
		found := func(q string) (out []string) {
			t.Helper()
			hits, err := b.Search(t.Context(), "alice", q, 10)
			require.NoError(t, err)
			for _, f := range hits {
				out = append(out, f.Text)
			}
			return out
		}
		send(t, b, "alice", "bob", "Das Café ÖFFNET um acht.")
		send(t, b, "bob", "alice", "cafe, offnet, acht; later")
		require.Equal(t, []string{"cafe, offnet, acht; later", "Das Café ÖFFNET um acht."}, found("offnet CAFÉ"))
		id := send(t, b, "bob", "alice", "A new one about the café.")
		hers(func(list []Conversation) bool { return list[0].Last.ID == id })
		require.Equal(t, []string{"A new one about the café."}, found("new"))
		require.NoError(t, b.Forget(t.Context(), "alice", bob))
		require.Empty(t, found("cafe"))
		require.Len(t, texts(t, b, "bob", "alice"), 3) // his own copies stay
		hers(func(list []Conversation) bool { return len(list) == 0 })
	})
}

// What is older than it is kept goes, and the marks with the last of it.
func TestRetention(t *testing.T) {
	drivers(t, func(t *testing.T, h *house) {
		b := h.open("a", func(c *Config) { c.Keep = 24 * time.Hour })
		hers := follow(t, b, "alice")
		send(t, b, "bob", "alice", "old")
		h.later(23 * time.Hour)
		send(t, b, "bob", "alice", "young")
		hers(func(list []Conversation) bool { return len(list) == 1 && list[0].Unread == 2 })
		h.later(2 * time.Hour)
		require.NoError(t, b.sweep(t.Context()))
		require.Equal(t, []string{"young"}, texts(t, b, "alice", "bob"))
		hers(func(list []Conversation) bool { return list[0].Unread == 1 })
		h.later(48 * time.Hour)
		require.NoError(t, b.sweep(t.Context()))
		hers(func(list []Conversation) bool { return len(list) == 0 })
		for _, space := range []string{"message/", "read/"} {
			left, err := h.store.Scan(t.Context(), space, "", 10)
			require.NoError(t, err)
			require.Empty(t, left)
		}
	})
}

// What is too long, too fast or to oneself is refused with a sentence.
func TestBounds(t *testing.T) {
	h := bolt(t)
	b := h.open("a", nil)
	refused := func(to, text string) string {
		t.Helper()
		_, err := b.Send(t.Context(), Draft{User: "alice", To: to, Text: text})
		if err == nil {
			return ""
		}
		return err.(*Refusal).Code
	}
	require.Equal(t, "too_long", refused("bob", strings.Repeat("x", TextMax+1)))
	require.Equal(t, "bad_request", refused("bob", " \n"))
	require.Equal(t, "forbidden", refused("alice", "x"))
	require.Equal(t, "not_available", refused("+4930123", "x")) // nothing brings it out
	for range perMinute {
		require.Empty(t, refused("bob", strings.Repeat("ä", TextMax/2)))
	}
	require.Equal(t, "overload", refused("bob", "x"))
	h.later(2 * time.Second)
	require.Empty(t, refused("bob", "bidi \u202e and \x01 are text"))
	require.Equal(t, "bidi \u202e and \x01 are text", texts(t, b, "bob", "alice")[0])
}

// A user who is removed takes his conversations with him; the others keep theirs.
func TestRemovedUser(t *testing.T) {
	h := bolt(t)
	b := h.open("a", nil)
	send(t, b, "alice", "bob", "hello")
	require.NoError(t, h.people.Remove(t.Context(), "bob"))
	left, err := h.store.Scan(t.Context(), "message/bob/", "", 10)
	require.NoError(t, err)
	require.Empty(t, left)
	require.Equal(t, []string{"hello"}, texts(t, b, "alice", bob))
}
