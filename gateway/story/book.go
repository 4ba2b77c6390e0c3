package story

import (
	"slices"
	"sync"
	"time"

	"ringsplash/gateway/machine"
)

// Book remembers what happened in calls, those that are over for a while.
// Calls and signaling write to it from any goroutine.
type Book struct {
	mu   sync.Mutex
	all  map[machine.CallID]*draft // of calls that run or ended lately
	legs map[machine.LegID]*draft
	// ended are those that ended lately, oldest first: the last messages of
	// their legs are still to come.
	ended   []*draft
	archive archive
}

// draft is one call's story while it is written. Under Book.mu.
type draft struct {
	Story
	users [2]string
	sides map[machine.LegID]machine.Side
	bytes int
}

// New makes an empty Book.
func New() *Book {
	past := archive{of: map[machine.CallID]archived{}}
	return &Book{all: map[machine.CallID]*draft{}, legs: map[machine.LegID]*draft{}, archive: past}
}

// Begin opens the story of a call whose first leg, if any, is leg.
func (b *Book) Begin(id machine.CallID, leg machine.LegID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := &draft{sides: map[machine.LegID]machine.Side{}}
	t.Story = Story{ID: id, State: "ringing", Began: time.Now(), Legs: []Leg{}, Events: []Event{}}
	b.all[id] = t
	if leg != "" {
		b.legs[leg], t.sides[leg] = t, machine.Caller
	}
}

// Tell writes what a step made of the call.
func (b *Book) Tell(state *machine.State, at time.Time, changes []machine.Change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.all[state.ID]
	if t == nil || len(changes) == 0 {
		return
	}
	b.write(t, Of(state))
	for i := range t.users {
		t.users[i] = state.Parties[i].User
	}
	for _, l := range state.Legs {
		b.legs[l.ID], t.sides[l.ID] = t, l.Side
	}
	for _, c := range changes {
		b.add(t, Event{At: at, Kind: c.Kind, Leg: c.Leg, Text: c.Text, side: c.Side})
	}
}

// add appends an event within the bounds. Under mu.
func (b *Book) add(t *draft, e Event) {
	n := e.size()
	if len(t.Events) >= maxEvents || t.bytes+n > maxBytes {
		t.LeftOut++
		return
	}
	t.Events = append(t.Events, e)
	t.bytes += n
}

// Message adds a SIP message to the story its leg belongs to; messages after
// the end still count.
func (b *Book) Message(leg machine.LegID, m Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.legs[leg]; t != nil {
		b.add(t, m.event(leg, machine.AudienceOf(t.sides[leg])))
	}
}

// End closes the story and makes room for it.
func (b *Book) End(last Story) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.all[last.ID]
	if t == nil {
		return
	}
	now := time.Now()
	b.write(t, last)
	t.Ended = &now
	b.ended = append(b.ended, t)
	b.prune(now)
}

// Renew brings what is told of a running call up to date.
func (b *Book) Renew(now Story) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.all[now.ID]; t != nil && t.Ended == nil {
		b.write(t, now)
	}
}

// write replaces everything in the story but its events. Under mu.
func (b *Book) write(t *draft, now Story) {
	now.Events, now.LeftOut = t.Events, t.LeftOut
	if now.Began.IsZero() {
		now.Began = t.Began
	}
	t.Story = now
}

// prune puts away what ended a while ago and forgets the oldest. Under mu.
func (b *Book) prune(now time.Time) {
	for len(b.ended) > 0 && (len(b.ended) > maxLate || now.Sub(*b.ended[0].Ended) > lateFor) {
		oldest := b.ended[0]
		b.ended[0] = nil
		b.ended = b.ended[1:]
		b.archive.put(oldest)
		delete(b.all, oldest.ID)
		for leg := range oldest.sides {
			delete(b.legs, leg)
		}
	}
	b.archive.prune(now)
}

// Read returns what a user may see of a story: all of it for the administrator
// (admin), else what happened to his own side. False when there is no such
// call, or it is none of his.
func (b *Book) Read(id machine.CallID, user string, admin bool) (Story, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prune(time.Now())
	t := b.all[id]
	if t == nil {
		t = b.archive.get(id)
	}
	if t == nil || !admin && (user == "" || !slices.Contains(t.users[:], user)) {
		return Story{}, false
	}
	out := t.Story
	out.Events, out.Legs = slices.Clone(t.Events), slices.Clone(t.Legs)
	if admin {
		return out, true
	}
	caller, callee := t.users[machine.Caller] == user, t.users[machine.Callee] == user
	sees := func(a machine.Audience) bool {
		return a == machine.Both || a == machine.CallerOnly && caller || a == machine.CalleeOnly && callee
	}
	out.Events = slices.DeleteFunc(out.Events, func(e Event) bool { return !sees(e.side) })
	out.Legs = slices.DeleteFunc(out.Legs, func(l Leg) bool {
		return !caller && l.Side == machine.Caller.String() || !callee && l.Side == machine.Callee.String()
	})
	return out, true
}

// List returns the heads of the newest stories, running calls first, at most
// limit of them.
func (b *Book) List(limit int) []Story {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prune(time.Now())
	var out []Story
	for _, t := range b.all {
		if t.Ended == nil {
			out = append(out, t.Story)
		}
	}
	slices.SortFunc(out, func(a, b Story) int { return b.Began.Compare(a.Began) })
	for _, t := range slices.Backward(b.ended) {
		if len(out) >= limit {
			break
		}
		out = append(out, t.Story)
	}
	out = append(out, b.archive.newest(limit-len(out))...)
	out = out[:min(len(out), limit)]
	for i := range out {
		out[i].Events, out[i].Legs = nil, nil
	}
	return out
}
