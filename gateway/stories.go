package gateway

import (
	"context"
	"slices"
	"sync"
	"time"

	"ringsplash/gateway/machine"
)

// retold asks a call for its story so far.
type retold struct{ reply chan<- Story }

// Story is what happened in a call that runs or ended within the last hour:
// all of it for an administrator, else what happened on the user's own side.
// False when there is no such call, or it is none of his. It blocks until the
// call has told its counters, a second at most.
func (g *Gateway) Story(ctx context.Context, user string, admin bool, id machine.CallID) (Story, bool) {
	if c, running := g.call(id); running {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		reply := make(chan Story, 1)
		if c.box.Post(retold{reply}) {
			select {
			case now := <-reply:
				g.stories.renew(now)
			case <-ctx.Done(): // it has just ended, or is very busy: what is known is told
			}
		}
	}
	return g.stories.read(id, user, admin)
}

// Stories are the newest calls, the running ones first, without their events.
func (g *Gateway) Stories(limit int) []Story { return g.stories.list(limit) }

// Trace takes a SIP message of a leg for the story of its call. It does not
// block.
func (g *Gateway) Trace(leg machine.LegID, m Message) { g.stories.message(leg, m) }

// retell is the call's story as it stands, with the counters of its legs.
func (c *Call) retell() Story {
	out := storyOf(&c.state)
	for i, l := range out.Legs {
		if end := c.end(l.ID); end != nil {
			out.Legs[i].Media = countersOf(end.Stats())
		}
	}
	return out
}

// stories remembers what happened in calls, those that are over for a while.
// Calls and signaling write to it from any goroutine.
type stories struct {
	mu   sync.Mutex
	all  map[machine.CallID]*tale // of calls that run or ended lately
	legs map[machine.LegID]*tale
	// ended are those that ended lately, oldest first: the last messages of
	// their legs are still to come.
	ended   []*tale
	archive archive
}

// tale is one call's story while it is written. Under stories.mu.
type tale struct {
	Story
	users [2]string
	sides map[machine.LegID]machine.Side
	bytes int
}

func newStories() *stories {
	return &stories{
		all: map[machine.CallID]*tale{}, legs: map[machine.LegID]*tale{},
		archive: archive{of: map[machine.CallID]archived{}},
	}
}

// begin opens the story of a call whose first leg, if any, is leg.
func (s *stories) begin(id machine.CallID, leg machine.LegID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &tale{
		Story: Story{ID: id, State: "ringing", Began: time.Now(), Legs: []StoryLeg{}, Events: []StoryEvent{}},
		sides: map[machine.LegID]machine.Side{},
	}
	s.all[id] = t
	if leg != "" {
		s.legs[leg], t.sides[leg] = t, machine.Caller
	}
}

// tell writes what a step made of the call.
func (s *stories) tell(state *machine.State, at time.Time, changes []machine.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.all[state.ID]
	if t == nil || len(changes) == 0 {
		return
	}
	s.write(t, storyOf(state))
	for i := range t.users {
		t.users[i] = state.Parties[i].User
	}
	for _, l := range state.Legs {
		s.legs[l.ID], t.sides[l.ID] = t, l.Side
	}
	for _, c := range changes {
		s.add(t, StoryEvent{At: at, Kind: c.Kind, Leg: c.Leg, Text: c.Text, side: c.Side})
	}
}

// add appends an event within the bounds. Under mu.
func (s *stories) add(t *tale, e StoryEvent) {
	n := e.size()
	if len(t.Events) >= storyEvents || t.bytes+n > storyBytes {
		t.LeftOut++
		return
	}
	t.Events = append(t.Events, e)
	t.bytes += n
}

// message adds a SIP message to the story its leg belongs to; messages after
// the end still count.
func (s *stories) message(leg machine.LegID, m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.legs[leg]; t != nil {
		s.add(t, m.event(leg, machine.AudienceOf(t.sides[leg])))
	}
}

// end closes the story and makes room for it.
func (s *stories) end(last Story) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.all[last.ID]
	if t == nil {
		return
	}
	now := time.Now()
	s.write(t, last)
	t.Ended = &now
	s.ended = append(s.ended, t)
	s.prune(now)
}

// renew brings what is told of a running call up to date.
func (s *stories) renew(now Story) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.all[now.ID]; t != nil && t.Ended == nil {
		s.write(t, now)
	}
}

// write replaces everything in the story but its events. Under mu.
func (s *stories) write(t *tale, now Story) {
	now.Events, now.LeftOut = t.Events, t.LeftOut
	if now.Began.IsZero() {
		now.Began = t.Began
	}
	t.Story = now
}

// prune puts away what ended a while ago and forgets the oldest. Under mu.
func (s *stories) prune(now time.Time) {
	for len(s.ended) > 0 && (len(s.ended) > storiesLate || now.Sub(*s.ended[0].Ended) > storyLate) {
		oldest := s.ended[0]
		s.ended[0] = nil
		s.ended = s.ended[1:]
		s.archive.put(oldest)
		delete(s.all, oldest.ID)
		for leg := range oldest.sides {
			delete(s.legs, leg)
		}
	}
	s.archive.prune(now)
}

// read returns what a user may see of a story: all of it for the administrator
// (admin), else what happened to his own side. False when there is no such
// call, or it is none of his.
func (s *stories) read(id machine.CallID, user string, admin bool) (Story, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prune(time.Now())
	t := s.all[id]
	if t == nil {
		t = s.archive.get(id)
	}
	if t == nil || !admin && (user == "" || !slices.Contains(t.users[:], user)) {
		return Story{}, false
	}
	out := t.Story
	out.Events, out.Legs = slices.Clone(t.Events), slices.Clone(t.Legs)
	if admin {
		return out, true
	}
	sees := func(a machine.Audience) bool {
		return a == machine.Both || a == machine.CallerOnly && t.users[machine.Caller] == user || a == machine.CalleeOnly &&
			t.users[machine.Callee] == user
	}
	out.Events = slices.DeleteFunc(out.Events, func(e StoryEvent) bool { return !sees(e.side) })
	out.Legs = ownLegs(out.Legs, t, user)
	return out, true
}

// ownLegs are the legs of the user's own side.
func ownLegs(legs []StoryLeg, t *tale, user string) []StoryLeg {
	return slices.DeleteFunc(legs, func(l StoryLeg) bool {
		side := machine.Caller
		if l.Side == machine.Callee.String() {
			side = machine.Callee
		}
		return t.users[side] != user
	})
}

// list returns the heads of the newest stories, running calls first, at most
// limit of them.
func (s *stories) list(limit int) []Story {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prune(time.Now())
	var out []Story
	for _, t := range s.all {
		if t.Ended == nil {
			out = append(out, t.Story)
		}
	}
	slices.SortFunc(out, func(a, b Story) int { return b.Began.Compare(a.Began) })
	for _, t := range slices.Backward(s.ended) {
		if len(out) >= limit {
			break
		}
		out = append(out, t.Story)
	}
	out = append(out, s.archive.newest(limit-len(out))...)
	out = out[:min(len(out), limit)]
	for i := range out {
		out[i].Events, out[i].Legs = nil, nil
	}
	return out
}
