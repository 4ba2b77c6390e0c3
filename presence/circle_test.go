package presence

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"ringsplash/directory"
)

// shown are the users in a list with their states.
func (h house) shown(user string) map[string]State {
	h.Helper()
	synctest.Wait()
	out := map[string]State{}
	for _, p := range h.List(user) {
		require.Equal(h, "sip:"+p.User+"@"+domain, p.Address)
		out[p.User] = p.State
	}
	return out
}

// told are all whom Lists names now, in their order.
func (h house) told(lists <-chan string) []string {
	h.Helper()
	var names []string
	for {
		synctest.Wait()
		select {
		case name := <-lists:
			names = append(names, name)
		default:
			slices.Sort(names)
			return names
		}
	}
}

func TestListShowsWhomAUserKnows(t *testing.T) {
	inHouse(t, "", func(h house) {
		h.knows("alice", "carol", false)
		h.knows("alice", "1002", true)
		h.knows("alice", "alice", true)
		h.knows("alice", "sip:nobody@"+domain, true)
		h.Here("bob", Live{Tabs: 1})
		require.Empty(t, h.List("alice"), "nobody watches")
		defer h.Watch("alice")()
		require.Equal(t, map[string]State{"bob": Available, "carol": Offline}, h.shown("alice"))
		list := h.List("alice")
		require.Equal(t, "bob", list[0].User, "friends come first")
		require.Equal(t, "My 1002", list[0].Display)

		defer h.Watch("carol")()
		h.Met("carol", []string{"sip:bob@" + domain, "tel:+15551234"})
		require.Equal(t, map[string]State{"bob": Available}, h.shown("carol"), "whom she has a conversation with")
		require.Equal(t, "bob's", h.List("carol")[0].Display)
	})
}

func TestOnlyThoseWhoShowAUserAreTold(t *testing.T) {
	inHouse(t, "", func(h house) {
		h.knows("alice", "bob", false)
		defer h.Watch("alice")()
		stop := h.Watch("carol")
		synctest.Wait()
		stop()
		lists, end := h.Lists()
		defer end()
		h.Here("carol", Live{Tabs: 1})
		require.Equal(t, []string{"carol"}, h.told(lists), "who is always told of himself")
		h.Here("bob", Live{Tabs: 1})
		require.Equal(t, []string{"alice", "bob"}, h.told(lists))
		h.knows("alice", "carol", false)
		require.Equal(t, []string{"alice"}, h.told(lists))
		require.Equal(t, map[string]State{"bob": Available, "carol": Available}, h.shown("alice"))
		h.Here("carol", Live{})
		require.Equal(t, []string{"alice", "carol"}, h.told(lists))
		h.Here("carol", Live{})
		require.Empty(t, h.told(lists), "nothing changed")
	})
}

func TestFriends(t *testing.T) {
	inHouse(t, "", func(h house) {
		bob := h.knows("alice", "1002", true)
		h.knows("alice", "alice", true)
		require.Empty(t, h.Friends("alice", 10), "nobody watches")
		stop := h.Watch("alice")
		require.NoError(t, h.Know(t.Context(), "alice"))
		require.Equal(t, []Friend{{"bob", "My 1002"}}, h.Friends("alice", 10), "known at once")
		changed, end := h.Changed()
		defer end()
		h.knows("alice", "carol", true)
		require.Contains(t, h.told(changed), "alice")
		require.Equal(t, []Friend{{"bob", "My 1002"}, {"carol", "My carol"}}, h.Friends("alice", 10))
		require.Len(t, h.Friends("alice", 1), 1)
		require.NoError(t, h.people.RemoveEntry(t.Context(), "alice", bob.ID, bob.Version))
		require.Contains(t, h.told(changed), "alice")
		require.Len(t, h.Friends("alice", 10), 1)
		stop()
		require.Empty(t, h.Friends("alice", 10))
	})
}

func TestWhoMaySeeAUser(t *testing.T) {
	for _, row := range []struct {
		everybody, own    string
		friend, colleague bool
	}{
		{"", "", true, true},
		{directory.VisibleDomain, directory.VisibleFriends, true, false},
		{directory.VisibleDomain, directory.VisibleNobody, false, false},
		{directory.VisibleFriends, "", true, false},
		{directory.VisibleFriends, directory.VisibleDomain, true, false},
		{directory.VisibleFriends, directory.VisibleNobody, false, false},
		{directory.VisibleNobody, directory.VisibleDomain, false, false},
	} {
		inHouse(t, row.everybody, func(h house) {
			h.sets("bob", directory.PresencePatch{Visible: &row.own})
			h.knows("bob", "alice", true)
			h.knows("bob", "carol", false)
			h.knows("alice", "bob", false)
			defer h.Watch("alice")()
			defer h.Watch("carol")()
			h.Met("carol", []string{"sip:bob@" + domain})
			h.Here("bob", Live{Tabs: 1, Calls: 1, Phones: 1})
			for watcher, may := range map[string]bool{"alice": row.friend, "carol": row.colleague, "bob": true} {
				h.Seen(watcher, "bob") // may have to read first who bob's friends are
				synctest.Wait()
				v, seen := h.Seen(watcher, "bob")
				require.Equal(t, may, seen, "%v %s", row, watcher)
				if !may {
					require.Equal(t, View{User: "bob", State: Offline}, v)
				}
				if watcher == "bob" {
					continue
				}
				if want := (map[string]State{"bob": Offline}); may {
					want["bob"] = Call
					require.Equal(t, want, h.shown(watcher))
				} else {
					require.Equal(t, want, h.shown(watcher))
					require.Equal(t, View{User: "bob", State: Offline}, h.List(watcher)[0].View)
				}
			}
		})
	}
}

func TestAFormerFriendSeesNothingAtOnce(t *testing.T) {
	inHouse(t, "", func(h house) {
		friends := directory.VisibleFriends
		h.sets("bob", directory.PresencePatch{Visible: &friends})
		e := h.knows("bob", "alice", true)
		h.Here("bob", Live{Tabs: 1})
		h.Seen("alice", "bob")
		synctest.Wait()
		_, seen := h.Seen("alice", "bob")
		require.True(t, seen)
		h.knows("alice", "bob", false)
		defer h.Watch("alice")()
		synctest.Wait()
		lists, end := h.Lists()
		defer end()

		require.NoError(t, h.people.RemoveEntry(t.Context(), "bob", e.ID, e.Version))
		_, seen = h.Seen("alice", "bob")
		require.False(t, seen, "before his friends are read again")
		require.Contains(t, h.told(lists), "alice")
		require.Equal(t, map[string]State{"bob": Offline}, h.shown("alice"))
		h.Here("bob", Live{})
		require.Equal(t, []string{"bob"}, h.told(lists), "nobody who may not see it")
	})
}
