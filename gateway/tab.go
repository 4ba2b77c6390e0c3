package gateway

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"sync"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/media"
	"ringsplash/store"
)

// Resume is how a page-load chain proves that it is the tab it says.
type Resume struct {
	Tab    machine.TabID `json:"tab"`
	Secret string        `json:"secret"`
	// Page is a value the page made when it was loaded: a socket of the same
	// page replaces the tab's live one, another page gets a tab of its own.
	Page string `json:"page,omitempty"`
}

// Tab is one page-load chain of a user's softphone: a remote control, and a
// leg only while it carries media. Its methods may be called from any goroutine.
type Tab struct {
	id     machine.TabID
	secret string
	user   string
	gw     *Gateway

	offering sync.Mutex // one offer at a time

	mu         sync.Mutex
	wake       func()
	page       string
	attached   uint64 // counts sockets; 0 while none is live
	sockets    uint64
	end        *media.TabEnd
	pc         string // the page's name for the PeerConnection of end
	generation uint64
	focus      machine.CallID // the call whose audio the tab's end has
	path       media.TabState // of end, "" before it told one
	outages    int            // how often path was up
	gone       *time.Timer
	idle       *time.Timer
	silence    *time.Timer // runs while a PeerConnection is missed
	unlist     func()      // ends the watch over those its list shows
	closing    sync.WaitGroup
	unfollow   func() // ends the following of conversations
}

// Socket is a tab with the one WebSocket that serves it now.
type Socket struct {
	*Tab
	number uint64
}

// OpenTab gives a socket its tab: the one it resumes (true), or a new one.
// wake says that Snapshot changed; it must not block. OpenTab blocks for the store,
// a second at most, when it is the first of a user.
func (g *Gateway) OpenTab(user string, r Resume, wake func()) (*Socket, bool, error) {
	if _, ok := g.cfg.Directory.User(user); !ok {
		return nil, false, denied("forbidden", "command.user_gone")
	}
	if t := g.board.tab(r.Tab); t != nil && t.user == user && subtle.ConstantTimeCompare([]byte(t.secret), []byte(r.Secret)) == 1 {
		if s := t.attach(r.Page, wake); s != nil {
			g.tabCame(t)
			return s, true, nil
		}
	}
	t := &Tab{id: machine.TabID(randomID("t")), secret: randomID("s"), user: user, gw: g, generation: 1}
	s := t.attach(r.Page, wake)
	t.unfollow = g.follow(user)
	t.unlist = g.cfg.Presence.Watch(user)
	g.met(user)
	g.board.addTab(t)
	g.tabCame(t)
	g.later("tab record", func(ctx context.Context) error {
		text, err := json.Marshal(map[string]any{"v": 1, "node": g.cfg.Node})
		if err != nil {
			return err
		}
		_, err = g.cfg.Store.Put(ctx, t.key(), text, store.AnyVersion, 24*time.Hour)
		return err
	})
	return s, false, nil
}

func (t *Tab) key() string { return "tab/" + t.user + "/" + string(t.id) }

// tabCame lets the user's ringing calls ring in the tab.
func (g *Gateway) tabCame(t *Tab) {
	for _, c := range g.board.callsOf(t.user) {
		c.post(machine.TabCame{User: t.user, Tab: t.id, Leg: newLegID()})
	}
}

// attach makes a socket the live one, unless another page holds the tab.
func (t *Tab) attach(page string, wake func()) *Socket {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.attached != 0 && (page == "" || page != t.page) {
		return nil
	}
	stop(t.gone)
	t.gone = nil
	t.sockets++
	t.attached, t.page, t.wake = t.sockets, page, wake
	return &Socket{Tab: t, number: t.sockets}
}

// ID is what the page keeps, with Secret, to resume.
func (t *Tab) ID() machine.TabID { return t.id }

// Secret proves that a page is the one that had the tab.
func (t *Tab) Secret() string { return t.secret }

// Detach says that the socket is gone. The tab has Timers.TabGone to return.
func (s *Socket) Detach() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attached != s.number {
		return
	}
	s.attached, s.wake = 0, nil
	s.gone = time.AfterFunc(s.gw.cfg.Timers.TabGone, s.Tab.remove)
}

// remove takes the tab down for good: its ringing stops, a call in it ends.
func (t *Tab) remove() {
	t.mu.Lock()
	end := t.end
	t.end = nil
	stop(t.gone)
	stop(t.idle)
	t.heard()
	t.mu.Unlock()
	calls := t.gw.board.callsOf(t.user)
	if !t.gw.board.removeTab(t) {
		return
	}
	t.unfollow()
	t.unlist()
	for _, c := range calls {
		c.post(machine.TabGone{Tab: t.id})
	}
	if end != nil {
		end.Close()
	}
	t.closing.Wait()
}

func (t *Tab) nudge() {
	t.mu.Lock()
	wake := t.wake
	t.mu.Unlock()
	if wake != nil {
		wake()
	}
}

// Watch sees what a user's tabs show, without being one: nothing rings in it,
// it has no sound and is not counted.
type Watch struct{ tab *Tab }

// Watch begins to watch. wake says that Snapshot changed; it must not block.
// Close ends it.
func (g *Gateway) Watch(user string, wake func()) (*Watch, error) {
	if _, ok := g.cfg.Directory.User(user); !ok {
		return nil, denied("forbidden", "command.user_gone")
	}
	w := &Watch{g.noTab(user)}
	w.tab.wake, w.tab.unfollow, w.tab.unlist = wake, g.follow(user), g.cfg.Presence.Watch(user)
	g.met(user)
	g.board.watch(w.tab)
	return w, nil
}

// Snapshot is all parts; Media asks for nothing.
func (w *Watch) Snapshot() Snapshot { return w.tab.Snapshot() }

// Close ends it. A wake that is under way may still come.
func (w *Watch) Close() {
	w.tab.gw.board.unwatch(w.tab)
	w.tab.unlist()
	w.tab.unfollow()
}

// follow keeps a user's conversations in memory while a tab or watch shows them.
func (g *Gateway) follow(user string) (stop func()) {
	if g.cfg.Chat == nil {
		return func() {}
	}
	return g.cfg.Chat.Follow(user, func() {
		g.met(user)
		g.board.nudge(user)
	})
}
