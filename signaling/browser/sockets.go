package browser

import (
	"bufio"
	"errors"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ringsplash/gateway/machine"
)

// sockets knows every open socket and the inbox of every tab of this node.
type sockets struct {
	perUser int

	mu      sync.Mutex
	over    bool // no new sockets
	open    map[*socket]struct{}
	tabs    map[machine.TabID]*socket // the socket a tab has now
	inboxes map[machine.TabID]*inbox

	live   sync.WaitGroup // open sockets
	queues sync.WaitGroup // running command queues; only open sockets start one
}

// maxInboxes bounds the inboxes kept for tabs without a socket.
const maxInboxes = 16384

func newSockets(perUser int) *sockets {
	tabs, inboxes := map[machine.TabID]*socket{}, map[machine.TabID]*inbox{}
	return &sockets{perUser: perUser, open: map[*socket]struct{}{}, tabs: tabs, inboxes: inboxes}
}

// add counts a socket in before it is upgraded; remove must follow.
func (ss *sockets) add(s *socket) error {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.over {
		return shuttingDown()
	}
	if err := ss.room(s, s.login); err != nil {
		return err
	}
	ss.open[s] = struct{}{}
	ss.live.Add(1)
	return nil
}

func shuttingDown() *problem {
	return refuse(http.StatusServiceUnavailable, "shutting_down", "problem.shutting_down").after(30 * time.Second)
}

// maxUnnamed bounds the sockets that have not said yet whose they are.
const maxUnnamed = 1024

// room refuses one socket too many of a user, or of a source while it is not
// known whose they are. Under mu.
func (ss *sockets) room(s *socket, l login) error {
	same, unnamed := 0, 0
	for other := range ss.open {
		if other == s || other.login.User != l.User {
			continue
		}
		unnamed++
		if l.User != "" || other.source == s.source {
			same++
		}
	}
	if same >= ss.perUser || l.User == "" && unnamed >= maxUnnamed {
		return refuse(http.StatusTooManyRequests, "too_many_tabs", "problem.too_many_tabs").after(10 * time.Second)
	}
	return nil
}

// adopt gives an open socket the log-in its hello brought.
func (ss *sockets) adopt(s *socket, l login) error {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if err := ss.room(s, l); err != nil {
		return err
	}
	s.login = l
	return nil
}

func (ss *sockets) remove(s *socket) {
	ss.mu.Lock()
	delete(ss.open, s)
	ss.mu.Unlock()
	ss.live.Done()
}

// attach gives a tab's socket its inbox, the former one when the tab was
// resumed, and ends a former socket that the new one replaces.
func (ss *sockets) attach(s *socket, tab Tab, fresh func() *inbox) *inbox {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	in := ss.inboxes[tab.ID()]
	if in == nil {
		in = fresh()
		ss.inboxes[tab.ID()] = in
	}
	if in.expiry != nil {
		in.expiry.Stop()
		in.expiry = nil
	}
	in.mu.Lock()
	in.tab = tab
	in.mu.Unlock()
	if former := ss.tabs[tab.ID()]; former != nil {
		former.end(codeTaken)
	}
	ss.tabs[tab.ID()] = s
	return in
}

// detach takes the socket off its tab. The inbox is kept as long as its
// replies may be asked for.
func (ss *sockets) detach(s *socket, tab machine.TabID) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.tabs[tab] != s {
		return
	}
	delete(ss.tabs, tab)
	in := ss.inboxes[tab]
	if in.empty() || ss.over || len(ss.inboxes) > maxInboxes {
		delete(ss.inboxes, tab)
		return
	}
	in.expiry = time.AfterFunc(remember, func() { ss.drop(tab, in) })
}

func (ss *sockets) drop(tab machine.TabID, in *inbox) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.inboxes[tab] == in && ss.tabs[tab] == nil {
		delete(ss.inboxes, tab)
	}
}

// holder is the socket that has the tab now, or nil.
func (ss *sockets) holder(tab machine.TabID) *socket {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return ss.tabs[tab]
}

// logins are the log-ins of all open sockets, each once.
func (ss *sockets) logins() []string {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	all := map[string]bool{}
	for s := range ss.open {
		all[s.login.hash] = true
	}
	delete(all, "")
	return slices.Collect(maps.Keys(all))
}

// endLogin closes the sockets of a log-in that is over.
func (ss *sockets) endLogin(hash string) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for s := range ss.open {
		if s.login.hash == hash {
			s.end(codeNotLoggedIn)
		}
	}
}

// shut ends every socket and lets no new one in. The channel closes when all
// sockets are gone.
func (ss *sockets) shut() <-chan struct{} {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.over = true
	for s := range ss.open {
		s.end(codeShutdown)
	}
	for _, in := range ss.inboxes {
		if in.expiry != nil {
			in.expiry.Stop()
		}
	}
	gone := make(chan struct{})
	go func() {
		ss.live.Wait()
		close(gone)
	}()
	return gone
}

// idle waits until no command queue runs, at most for d, once all sockets are
// gone.
func (ss *sockets) idle(d time.Duration) bool {
	done := make(chan struct{})
	go func() {
		ss.queues.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-time.After(d):
		return false
	}
}

// cut breaks the connections of the sockets that are still there.
func (ss *sockets) cut() {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for s := range ss.open {
		s.cut()
	}
}

func (ss *sockets) closing() bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return ss.over
}

func (ss *sockets) count() int {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return len(ss.open)
}

// hijacked keeps the connection that an upgrade takes over.
type hijacked struct {
	http.ResponseWriter
	conn *wire
}

// Hijack implements http.Hijacker.
func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = &wire{Conn: conn}
	return h.conn, rw, nil
}

// maxAfterEnd is what is read of a socket that we close, while the other side's
// half of the closing handshake may still come.
const maxAfterEnd = 1 << 20

// wire is the connection of a socket. Once it is ending it is read only so far:
// the library throws away what comes before the other side's close frame,
// however much that is.
type wire struct {
	net.Conn
	ending atomic.Bool
	left   atomic.Int64
}

// end bounds what is read from now on.
func (w *wire) end() {
	w.left.Store(maxAfterEnd)
	w.ending.Store(true)
}

// Read implements net.Conn.
func (w *wire) Read(b []byte) (int, error) {
	if w.ending.Load() && w.left.Load() <= 0 {
		return 0, errTooMuch
	}
	n, err := w.Conn.Read(b)
	w.left.Add(-int64(n))
	return n, err
}

var errTooMuch = errors.New("browser: the other side sends on instead of closing")
