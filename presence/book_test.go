package presence

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/directory"
	"ringsplash/store"
)

const domain = "example.test"

// house has alice, bob and carol, and a book of their presence.
type house struct {
	*testing.T
	*Book
	people *directory.Directory
}

// inHouse runs a test with its own clock, which jumps when everybody waits.
func inHouse(t *testing.T, visible string, test func(h house)) {
	synctest.Test(t, func(t *testing.T) {
		s, err := store.OpenBolt(t.TempDir(), slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		people, err := directory.Open(t.Context(), s, domain, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		defer func() { require.NoError(t, people.Close()) }()
		var users []directory.NewUser
		for name, number := range map[string]string{"alice": "1001", "bob": "1002", "carol": "1003"} {
			users = append(users, directory.NewUser{
				User: directory.User{Name: name, Number: number, Display: name + "'s"}, Password: "secret-secret",
				Devices: []directory.NewDevice{{ID: "desk", SIPPassword: "secret"}},
			})
		}
		require.NoError(t, people.Sync(t.Context(), users))
		b, err := New(Config{Directory: people, Visible: visible, Log: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		defer b.Close()
		test(house{t, b, people})
	})
}

// knows puts somebody into the user's directory.
func (h house) knows(user, address string, friend bool) directory.Entry {
	h.Helper()
	draft := directory.EntryDraft{Display: "My " + address, Addresses: []string{address}, Friend: friend}
	e, err := h.people.AddEntry(h.Context(), user, draft)
	require.NoError(h, err)
	synctest.Wait()
	return e
}

func (h house) sets(user string, p directory.PresencePatch) {
	h.Helper()
	require.NoError(h, h.people.SetPresence(h.Context(), user, p))
	synctest.Wait()
}

func (h house) is(user string, want State) {
	h.Helper()
	require.Equal(h, want, h.Of(user).State)
}

func TestAwayAfterTenMinutesWithoutAHand(t *testing.T) {
	inHouse(t, "", func(h house) {
		changed, end := h.Changed()
		defer end()
		start := time.Now()
		h.Here("bob", Live{Tabs: 1})
		require.Equal(t, "bob", <-changed)
		require.Equal(t, View{User: "bob", State: Available, Since: start, Browser: true}, h.Of("bob"))

		time.Sleep(time.Hour)
		h.is("bob", Available)
		h.Here("bob", Live{Tabs: 1, Idle: time.Now().Add(-time.Minute)})
		require.Equal(t, "bob", <-changed) // nobody looks in between
		require.Equal(t, start.Add(time.Hour+9*time.Minute), time.Now())
		require.Equal(t, View{User: "bob", State: Away, Since: time.Now(), Browser: true}, h.Of("bob"))

		h.Here("bob", Live{Tabs: 1})
		require.Equal(t, "bob", <-changed)
		h.is("bob", Available)
		h.Here("bob", Live{Phones: 1})
		h.is("bob", Phone)
		h.Here("bob", Live{})
		require.Equal(t, View{User: "bob", State: Offline}, h.Of("bob"))
	})
}

func TestWhatIsSetEndsByItself(t *testing.T) {
	inHouse(t, "", func(h house) {
		changed, end := h.Changed()
		defer end()
		busy, note, until := directory.SetBusy, "Writing", time.Now().Add(2*time.Hour)
		h.sets("alice", directory.PresencePatch{Set: &busy, Note: &note, Until: &until})
		require.Equal(t, "alice", <-changed)
		require.Equal(t, View{User: "alice", State: Busy, Note: note, Since: time.Now()}, h.Of("alice"))
		require.Equal(t, "alice", <-changed)
		require.Equal(t, until, time.Now())
		h.is("alice", Offline)
	})
}

func TestWhatAPhonePublishesEndsByItself(t *testing.T) {
	inHouse(t, "", func(h house) {
		h.Here("alice", Live{Phones: 1})
		publish := func(p Publication) { require.NoError(t, h.Published(t.Context(), "alice", "desk", p)) }
		publish(Publication{State: Call, Until: time.Now().Add(time.Hour)})
		h.is("alice", Call)
		publish(Publication{})
		h.is("alice", Phone)
		publish(Publication{State: Busy, Until: time.Now().Add(time.Hour)})
		changed, end := h.Changed()
		defer end()
		require.Equal(t, "alice", <-changed)
		h.is("alice", Phone)
		require.ErrorIs(t, h.Published(t.Context(), "alice", "lab", Publication{State: Busy}), ErrNoDevice)
		require.ErrorIs(t, h.Published(t.Context(), "mallory", "desk", Publication{State: Busy}), ErrNoDevice)
	})
}

func TestARemovedUserIsNobody(t *testing.T) {
	inHouse(t, "", func(h house) {
		h.Here("mallory", Live{Tabs: 1})
		require.Equal(t, View{User: "mallory", State: Offline}, h.Of("mallory"))
		_, seen := h.Seen("alice", "mallory")
		require.False(t, seen)
		_, seen = h.Seen("mallory", "alice")
		require.False(t, seen, "by nobody we know")
	})
}
