package presence

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/directory"
)

// everything is a user of whom every row of the order holds; each row takes
// away what makes the one before it hold.
func everything(now time.Time) sources {
	return sources{
		set:  directory.Presence{Set: directory.SetInvisible, Note: "Back at four", Until: now.Add(time.Hour)},
		live: Live{Tabs: 2, Calls: 1, Phones: 1},
		published: map[string]Publication{
			"desk": {State: Busy, Note: "From the phone", Until: now.Add(time.Hour)},
			"lab":  {State: Call, Until: now.Add(time.Hour)},
		},
	}
}

func TestOrderOfComposition(t *testing.T) {
	now := time.Date(2026, 1, 31, 9, 30, 0, 0, time.UTC)
	s := everything(now)
	note := "Back at four"
	for _, row := range []struct {
		name   string
		change func()
		state  State
		note   string
	}{
		{"invisible", func() {}, Offline, ""},
		{"do not disturb", func() { s.set.Set = directory.SetDND }, DND, note},
		{"in a call, whatever else is set", func() { s.set.Set = directory.SetBusy }, Call, note},
		{"in a call that only a phone knows", func() { s.live.Calls = 0 }, Call, note},
		{"set busy", func() { delete(s.published, "lab") }, Busy, note},
		{"set away", func() { s.set.Set = directory.SetAway }, Away, note},
		{"set available goes before what a phone says", func() { s.set.Set = directory.SetAvailable }, Available, note},
		{"a phone says busy", func() { s.set.Set = "" }, Busy, note},
		{"with its note, where the user wrote none", func() { s.set.Note = "" }, Busy, "From the phone"},
		{"a phone says away", func() { s.published["desk"] = Publication{State: Away, Until: s.set.Until} }, Away, ""},
		{"a tab", func() { clear(s.published) }, Available, ""},
		{"idle tabs and a phone", func() { s.live.Idle = now.Add(-time.Hour) }, Available, ""},
		{"idle tabs and no phone", func() { s.live.Phones = 0 }, Away, ""},
		{"tabs that are not idle for long", func() { s.live.Idle = now.Add(-9 * time.Minute) }, Available, ""},
		{"only a phone", func() { s.live = Live{Phones: 1} }, Phone, ""},
		{"set available with a phone alone", func() { s.set.Set = directory.SetAvailable }, Available, ""},
		{"set available with nothing there", func() { s.live = Live{} }, Offline, ""},
		{"set busy with nothing there", func() { s.set.Set, s.set.Note = directory.SetBusy, note }, Busy, note},
		{"until is over", func() { s.set.Until = now }, Offline, ""},
		{"a note alone says nothing of who is offline", func() { s.set = directory.Presence{Note: note} }, Offline, ""},
	} {
		row.change()
		state, note := s.compose(now)
		require.Equal(t, row.state, state, row.name)
		require.Equal(t, row.note, note, row.name)
	}
}
