package gateway

import (
	"maps"
	"slices"
	"sync"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/media/sdp"
)

// board is what the tabs show: each user's calls and tabs. Calls write to it,
// tabs read from it when they are woken.
type board struct {
	keep time.Duration // how long an ended call stays
	// tell is told of each new state of a user's call; nil for nobody. It must
	// not block.
	tell func(user string, v machine.CallView)
	// lit is told whose lamp may have changed; nil for nobody. It must not block.
	lit func(user string)
	// moved is told that a user's tabs, calls or phones may be others. It must
	// not block.
	moved func(user string)

	mu     sync.Mutex
	places map[string]*place
	tabs   map[machine.TabID]*Tab
	ended  map[string]*time.Timer // by user/call, of all users when that is ""
	closed bool
}

// place is one user's part of the board.
type place struct {
	tabs    []machine.TabID
	idle    map[machine.TabID]time.Time // when a hand last moved in those in which none does
	watches []*Tab                      // that are on no board
	entries []*entry
	// history grows with the user's call list; missed are the rows of unanswered
	// calls that came into it since he last looked.
	history uint64
	missed  int
}

// entry is one call as one of its parties sees it.
type entry struct {
	call  *Call
	side  machine.Side
	view  machine.CallView
	auto  *machine.Authorization        // how the call was answered, when by itself
	audio machine.TabID                 // the tab that carries the party's audio
	want  map[machine.TabID][]sdp.Codec // what each of the party's tabs should offer
	lamp  machine.Lamp
}

// Lamp is what a lamp key shows of the user's calls now.
func (g *Gateway) Lamp(user string) machine.Lamp { return g.board.lampOf(user) }

func (b *board) lampOf(user string) (shown machine.Lamp) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.places[user]
	if p == nil {
		return shown
	}
	for _, e := range p.entries {
		if shown.State != machine.LampRings && e.lamp.State != machine.LampDark {
			shown = e.lamp
		}
	}
	return shown
}

// litAll tells whose lamps may have changed.
func (b *board) litAll(users []string) {
	if b.lit == nil {
		return
	}
	for _, user := range users {
		b.lit(user)
	}
}

// rings tells whether the call rings the user: it is there by nothing he did.
func (e *entry) rings() bool {
	return e.view.Direction == "in" && (e.view.State == "ringing" || e.view.State == "early")
}

func newBoard(keep time.Duration) *board {
	return &board{keep: keep, places: map[string]*place{}, tabs: map[machine.TabID]*Tab{}, ended: map[string]*time.Timer{}}
}

// close takes all tabs down and stops the timers.
func (b *board) close() {
	b.mu.Lock()
	b.closed = true
	for _, t := range b.ended {
		t.Stop()
	}
	tabs := slices.Collect(maps.Values(b.tabs))
	b.mu.Unlock()
	for _, t := range tabs {
		t.remove()
	}
}

// place returns the user's place, made when there is none. Under mu.
func (b *board) place(user string) *place {
	p := b.places[user]
	if p == nil {
		p = &place{idle: map[machine.TabID]time.Time{}}
		b.places[user] = p
	}
	return p
}

// publish shows a call to the users among its parties.
func (b *board) publish(c *Call, s *machine.State, views [2]machine.CallView, version uint64) {
	var told []change
	b.mu.Lock()
	for side, party := range s.Parties {
		if party.User == "" {
			continue
		}
		e := b.entry(party.User, c, machine.Side(side))
		was := e.view.State
		e.view, e.auto = views[side], party.Auto
		e.view.Version = version
		if e.view.State != was {
			told = append(told, change{party.User, e.view})
		}
		if e.view.State == "ended" {
			b.places[party.User].tidy(e)
		}
	}
	b.mu.Unlock()
	b.tellAll(told)
	b.needs(c, s)
}

// change is a new state of a user's call.
type change struct {
	user string
	view machine.CallView
}

func (b *board) tellAll(changes []change) {
	if b.tell == nil {
		return
	}
	for _, c := range changes {
		b.tell(c.user, c.view)
	}
}

// needs notes what media each tab of the call should have, and wakes the tabs.
func (b *board) needs(c *Call, s *machine.State) {
	var lit []string
	b.mu.Lock()
	for side, party := range s.Parties {
		if party.User == "" {
			continue
		}
		e := b.place(party.User).entry(c, machine.Side(side))
		if e == nil {
			continue // it ended, and is not shown any more
		}
		if lamp := machine.LampOf(s, machine.Side(side), &e.view); lamp != e.lamp {
			e.lamp = lamp
			lit = append(lit, party.User)
		}
		e.audio, e.want = "", map[machine.TabID][]sdp.Codec{}
		for _, l := range s.Legs {
			if l.Side != machine.Side(side) || l.Kind != machine.TabLeg || l.Stage == machine.Gone {
				continue
			}
			e.want[l.Tab] = append([]sdp.Codec{}, l.Codecs...)
			if party.Leg == l.ID {
				e.audio = l.Tab
			}
		}
	}
	b.mu.Unlock()
	b.litAll(lit)
	for _, party := range s.Parties {
		if party.User != "" {
			b.wake(party.User)
		}
	}
}

// entry finds or makes the entry. Under mu.
func (b *board) entry(user string, c *Call, side machine.Side) *entry {
	p := b.place(user)
	e := p.entry(c, side)
	if e == nil {
		e = &entry{call: c, side: side}
		p.entries = append(p.entries, e)
	}
	return e
}

// entry is the call as it is on this side, nil when it is not shown.
func (p *place) entry(c *Call, side machine.Side) *entry {
	for _, e := range p.entries {
		if e.call == c && e.side == side {
			return e
		}
	}
	return nil
}

// maxEnded is how many ended calls a user's tabs show.
const maxEnded = 20

// tidy makes room for a call that has just ended: those that ended first go,
// and one that the same stranger made in vain before.
func (p *place) tidy(last *entry) {
	ended := 0
	var oldest *entry
	p.entries = slices.DeleteFunc(p.entries, func(e *entry) bool {
		switch {
		case e == last || e.view.State != "ended":
			return false
		case e.inVain() && last.inVain() && e.call.stranger == last.call.stranger:
			return true
		}
		if ended++; oldest == nil || e.view.Since.Before(oldest.view.Since) {
			oldest = e
		}
		return false
	})
	if ended >= maxEnded {
		p.entries = slices.DeleteFunc(p.entries, func(e *entry) bool { return e == oldest })
	}
}

// inVain tells whether a stranger called the user and was not answered.
func (e *entry) inVain() bool {
	return e.call.stranger != "" && e.view.Direction == "in" && e.view.Answered == nil
}

// over keeps an ended call on the screens for a while.
func (b *board) over(id machine.CallID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keepFor("", id)
}

// keepFor takes the call off the user's board later. Under mu.
func (b *board) keepFor(user string, id machine.CallID) {
	if !b.closed {
		b.ended[user+"/"+string(id)] = time.AfterFunc(b.keep, func() { b.drop(user, id) })
	}
}

// left shows a user that the call is over for him, while it goes on.
func (b *board) left(user string, c *Call, side machine.Side, v machine.CallView) {
	b.mu.Lock()
	e := b.entry(user, c, side)
	v.Version = e.view.Version + 1
	e.view, e.audio, e.want, e.lamp = v, "", nil, machine.Lamp{}
	b.places[user].tidy(e)
	b.keepFor(user, c.id)
	b.mu.Unlock()
	b.tellAll([]change{{user, v}})
	b.litAll([]string{user})
	b.wake(user)
}

// drop takes a call off the user's board, or off everyone's (user "").
func (b *board) drop(user string, id machine.CallID) {
	b.mu.Lock()
	var woken []string
	for name, p := range b.places {
		if user != "" && name != user {
			continue
		}
		before := len(p.entries)
		p.entries = slices.DeleteFunc(p.entries, func(e *entry) bool { return e.call.id == id })
		if len(p.entries) != before {
			woken = append(woken, name)
		}
	}
	delete(b.ended, user+"/"+string(id))
	b.mu.Unlock()
	for _, name := range woken {
		b.wake(name)
	}
}

// wake tells the user's tabs to look again, for what is his own changed.
func (b *board) wake(user string) {
	b.moved(user)
	b.nudge(user)
}

// nudge tells the user's tabs to look again.
func (b *board) nudge(user string) {
	b.mu.Lock()
	var tabs []*Tab
	if p := b.places[user]; p != nil {
		tabs = slices.Clone(p.watches)
		for _, id := range p.tabs {
			tabs = append(tabs, b.tabs[id])
		}
	}
	b.mu.Unlock()
	for _, t := range tabs {
		t.nudge()
	}
}

func (b *board) wakeAll() {
	b.mu.Lock()
	tabs := slices.Collect(maps.Values(b.tabs))
	for _, p := range b.places {
		tabs = append(tabs, p.watches...)
	}
	b.mu.Unlock()
	for _, t := range tabs {
		t.nudge()
	}
}

// HasTab tells whether a tab of the user is there now.
func (g *Gateway) HasTab(user string) bool { return len(g.board.tabsOf(user)) > 0 }

func (b *board) tab(id machine.TabID) *Tab {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tabs[id]
}

// tabsOf lists the user's tabs, oldest first.
func (b *board) tabsOf(user string) []machine.TabID {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.places[user]; p != nil {
		return slices.Clone(p.tabs)
	}
	return nil
}

func (b *board) addTab(t *Tab) {
	b.mu.Lock()
	b.tabs[t.id] = t
	p := b.place(t.user)
	p.tabs = append(p.tabs, t.id)
	b.mu.Unlock()
	b.wake(t.user)
}

// removeTab reports whether the tab was there.
func (b *board) removeTab(t *Tab) bool {
	b.mu.Lock()
	_, there := b.tabs[t.id]
	delete(b.tabs, t.id)
	p := b.place(t.user)
	p.tabs = slices.DeleteFunc(p.tabs, func(id machine.TabID) bool { return id == t.id })
	delete(p.idle, t.id)
	b.mu.Unlock()
	b.wake(t.user)
	return there
}

func (b *board) watch(t *Tab) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.place(t.user)
	p.watches = append(p.watches, t)
}

func (b *board) unwatch(t *Tab) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.place(t.user)
	p.watches = slices.DeleteFunc(p.watches, func(o *Tab) bool { return o == t })
}
