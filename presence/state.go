// Package presence says what others may know of a user: one state, made of his
// tabs, phones and calls, what he set, and what his phones publish; and who may
// see it.
//
// It is a node's own: what a user set is in the store and holds on every node,
// his tabs, phones and calls are those of this one.
package presence

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"ringsplash/directory"
)

// State is a user's presence in one word.
type State string

// States.
const (
	Available State = "available"
	Call      State = "call" // in a call, on whichever device
	DND       State = "dnd"
	Busy      State = "busy"
	Away      State = "away"
	Phone     State = "phone" // only a deskphone of his is there
	Offline   State = "offline"
)

// View is a user's presence. An offline one says nothing else, so that nobody
// can tell who is offline from who hides. It never says whom a call is with.
type View struct {
	User  string
	State State
	// Since is when State began, as far as this node knows; zero when offline.
	Since time.Time
	Note  string
	// Browser tells whether a tab of his is there, Phones how many deskphones.
	Browser bool
	Phones  int
}

// Live is what a node sees of a user's devices.
type Live struct {
	Tabs int
	// Idle is when a hand last moved in a tab of his, zero when one does now.
	Idle   time.Time
	Calls  int // that he is in
	Phones int // that are registered
}

// Publication is what a phone says of its user (RFC 3903).
type Publication struct {
	// State is Call, Busy or Away. Any other adds nothing: what the phone said
	// before is taken back.
	State State
	Note  string
	// Until is when it ends by itself.
	Until time.Time
}

// idleAfter is how long no hand moved in any tab of somebody who is away.
const idleAfter = 10 * time.Minute

// sources is all that is known of a user.
type sources struct {
	set       directory.Presence
	live      Live
	published map[string]Publication // by device
}

// says tells whether a phone says that state, with its note.
func (s sources) says(state State) (note string, said bool) {
	for _, device := range slices.Sorted(maps.Keys(s.published)) {
		if p := s.published[device]; p.State == state {
			return p.Note, true
		}
	}
	return "", false
}

// compose gives the first state that holds, and its note.
func (s sources) compose(now time.Time) (state State, note string) {
	set := s.set.At(now)
	note = set.Note
	reachable := s.live.Tabs > 0 || s.live.Phones > 0
	_, talks := s.says(Call)
	busyNote, busy := s.says(Busy)
	awayNote, away := s.says(Away)
	switch {
	case set.Set == directory.SetInvisible:
		return Offline, ""
	case set.Set == directory.SetDND:
		return DND, note
	case s.live.Calls > 0 || talks:
		return Call, note
	case set.Set == directory.SetBusy:
		return Busy, note
	case set.Set == directory.SetAway:
		return Away, note
	case set.Set == directory.SetAvailable && reachable:
		return Available, note
	case busy:
		return Busy, cmp.Or(note, busyNote)
	case away:
		return Away, cmp.Or(note, awayNote)
	case s.live.Tabs > 0 && (s.live.Phones > 0 || !s.idle(now)):
		return Available, note
	case s.live.Tabs > 0:
		return Away, note
	case s.live.Phones > 0:
		return Phone, note
	}
	return Offline, ""
}

// idle tells whether no hand has moved in a tab for long.
func (s sources) idle(now time.Time) bool {
	return !s.live.Idle.IsZero() && now.Sub(s.live.Idle) >= idleAfter
}

// expire drops what phones published until now.
func (s sources) expire(now time.Time) {
	maps.DeleteFunc(s.published, func(_ string, p Publication) bool { return !now.Before(p.Until) })
}

// next is when the state may change by itself, zero for never.
func (s sources) next(now time.Time) time.Time {
	moments := []time.Time{s.set.Until}
	if s.live.Tabs > 0 && !s.live.Idle.IsZero() {
		moments = append(moments, s.live.Idle.Add(idleAfter))
	}
	for _, p := range s.published {
		moments = append(moments, p.Until)
	}
	moments = slices.DeleteFunc(moments, func(t time.Time) bool { return !t.After(now) })
	if len(moments) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(moments, time.Time.Compare)
}
