package gateway

import (
	"iter"
	"slices"

	"ringsplash/gateway/machine"
	"ringsplash/media/sdp"
)

// entries are the calls on the user's board. Under mu.
func (b *board) entries(user string) []*entry {
	if p := b.places[user]; p != nil {
		return p.entries
	}
	return nil
}

// running are the user's running calls that are such.
func (b *board) running(user string, such func(*entry) bool) []*Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []*Call
	for _, e := range b.entries(user) {
		if e.view.State != "ended" && such(e) && !slices.Contains(found, e.call) {
			found = append(found, e.call)
		}
	}
	return found
}

func (b *board) callsOf(user string) []*Call {
	return b.running(user, func(*entry) bool { return true })
}

// busy tells whether the user has as many calls as he may have beside one more
// of a caller with that standing.
func (b *board) busy(user string, caller standing, limit int) bool {
	return len(b.running(user, func(e *entry) bool { return !e.rings() || e.call.standing >= caller })) >= limit
}

// engaged is how many calls the user has by his own doing: those he began, and
// those he answered.
func (b *board) engaged(user string) int {
	return len(b.running(user, func(e *entry) bool { return !e.rings() }))
}

func (b *board) rings(user string) bool { return len(b.running(user, (*entry).rings)) > 0 }

func (b *board) find(user string, id machine.CallID) *Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries(user) {
		if e.call.id == id {
			return e.call
		}
	}
	return nil
}

// othersIn lists the calls whose audio is in the tab, without one of them.
func (b *board) othersIn(t *Tab, without machine.CallID) []*Call {
	return b.running(t.user, func(e *entry) bool {
		return e.audio == t.id && e.call.id != without && e.view.State == "connected"
	})
}

// callsOn are the calls the user's phone is active in, without one of them,
// and whether all of them can be held: one that rings out cannot.
func (b *board) callsOn(user, device string, without machine.CallID) (calls []*Call, holdable bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	holdable = true
	for e := range b.on(user, device, without) {
		if e.view.HeldBy != "me" {
			calls = append(calls, e.call)
			holdable = holdable && (e.view.State == "connected" || e.view.State == "held")
		}
	}
	return calls, holdable
}

// alone tells whether the user's phone has a part in no call but this one.
func (b *board) alone(user, device string, in machine.CallID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.on(user, device, in) {
		return false
	}
	return true
}

// on yields the calls that the user's phone has a part in, on hold or not,
// without one of them. It is used under mu.
func (b *board) on(user, device string, without machine.CallID) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for _, e := range b.entries(user) {
			on := e.view.On
			if on != nil && *on == device && e.call.id != without && e.view.State != "ended" && !yield(e) {
				return
			}
		}
	}
}

// autoOf is the automatic answer of the user's call, nil when it had none.
func (b *board) autoOf(user string, c *Call) *machine.Authorization {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries(user) {
		if e.call == c && e.auto != nil {
			return e.auto
		}
	}
	return nil
}

// shownTo returns what one tab sees of its user's calls, and what media it needs.
func (b *board) shownTo(t *Tab) (calls []machine.CallView, want []sdp.Codec, counters CountersView, tabs int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.place(t.user)
	calls = []machine.CallView{}
	best := 0
	for _, e := range p.entries {
		v := e.view
		v.Here = t.id != "" && e.audio == t.id && v.On != nil && *v.On == "browser"
		calls = append(calls, v)
		if rank := e.mediaRank(t.id); rank > 0 && rank >= best {
			best, want = rank, e.want[t.id]
		}
	}
	return calls, want, CountersView{Missed: p.missed, History: p.history}, len(p.tabs)
}

// mediaRank orders the calls by how much they need the tab's PeerConnection:
// the one talked in, one on hold here, one that rings.
func (e *entry) mediaRank(tab machine.TabID) int {
	switch {
	case e.view.State == "ended" || e.want[tab] == nil:
		return 0
	case e.audio == tab && e.view.HeldBy != "me":
		return 3
	case e.audio == tab:
		return 2
	}
	return 1
}

// historyGrew tells the user's tabs of a row in his list, which was there before
// unless it is fresh.
func (b *board) historyGrew(user string, missed, fresh bool) {
	b.mu.Lock()
	p := b.place(user)
	p.history++
	switch {
	case missed && fresh:
		p.missed++
	case missed:
		p.missed = max(p.missed, 1)
	}
	b.mu.Unlock()
	b.wake(user)
}

// seen notes that the user has looked at his list of calls.
func (b *board) seen(user string) {
	b.mu.Lock()
	p := b.place(user)
	news := p.missed > 0
	p.missed = 0
	b.mu.Unlock()
	if news {
		b.wake(user)
	}
}
