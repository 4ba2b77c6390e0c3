package event

import (
	"cmp"
	"container/heap"
	"context"
	"hash/maphash"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/internal/mailbox"
	"ringsplash/presence"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/registrar"
	"ringsplash/signaling/sipua/wire"
)

const (
	// batch is how many subscriptions are looked after before others get the table.
	batch = 64
	// closeWait is how long Close waits for the answers to the last NOTIFYs.
	closeWait = time.Second
)

// NotifierConfig of a Notifier. Zero values mean the defaults named beside them.
type NotifierConfig struct {
	// Least and Longest are how long a subscription may be asked for: less than
	// Least is refused with 423, more than Longest is cut; 60 s and 1 h.
	Least, Longest time.Duration
	// Coalesce is the least time between two NOTIFYs of a subscription that tell
	// of changes; 150 ms, so that none is told later than after 200.
	Coalesce time.Duration
	// PerDevice bounds the subscriptions of one phone, All those of all; 100 and
	// 50,000. A list of friends counts as ten.
	PerDevice, All int
}

func (c NotifierConfig) withDefaults() NotifierConfig {
	c.Least = cmp.Or(c.Least, time.Minute)
	c.Longest = cmp.Or(c.Longest, time.Hour)
	c.Coalesce = cmp.Or(c.Coalesce, 150*time.Millisecond)
	c.PerDevice = cmp.Or(c.PerDevice, 100)
	c.All = cmp.Or(c.All, 50000)
	return c
}

// Agent is what a Notifier needs of the user agent around it.
type Agent struct {
	Wire   *wire.Sockets
	Access *registrar.Access
	// Way is how a phone is reached now that was reached by last: the flow it
	// registered over. false: there is none now.
	Way func(user, device string, last wire.Hop) (wire.Hop, bool)
	// Answer refuses a request.
	Answer func(*sip.Request, sip.ServerTransaction, *message.Refusal)
	// Domain is ours.
	Domain string
	// LeadsHere tells whether requests to a URI would come back to us.
	LeadsHere func(sip.Uri) bool
	// Dialog is a leg's dialog as its far end sees it.
	Dialog func(machine.LegID) (Dialog, bool)
}

// Dialog names a dialog with one of our phones as RFC 4235 4.1 does: Local is the
// phone's tag, Remote ours.
type Dialog struct{ CallID, Local, Remote string }

// Shown is what can be subscribed to. What blocks says so; nothing calls the Notifier.
type Shown struct {
	// Lamp is what becomes of a user's calls.
	Lamp func(user string) machine.Lamp
	// Seen is a user's presence, false where the watcher may not see it.
	Seen func(watcher, user string) (presence.View, bool)
	// Friends are a user's friends who are users here, at most most of them. They
	// are known from Follow on, which may block for the store, until the function it
	// returns is called; a Touch of the user says that they are others.
	Friends func(user string, most int) []presence.Friend
	Follow  func(ctx context.Context, user string) (stop func())
	// MayPickUp tells whether a user may see who calls another and take that call.
	MayPickUp func(watcher, user string) bool
	// DND tells whether a user wants no calls, SetDND changes that. It may block.
	DND    func(user string) bool
	SetDND func(ctx context.Context, user string, on bool) error
	// Publish takes what a phone says of its user's presence. It may block.
	Publish func(ctx context.Context, user, device string, p presence.Publication) error
}

// Notifier tells phones what they subscribed to (RFC 6665). All subscriptions are
// in one table, which one goroutine looks after: a subscription is an entry with
// the time when something is due for it.
//
// The table is in memory. After a restart a refresh gets 481, and the phone
// subscribes again; versions begin at a number made of the time, so that they are
// higher than those before.
type Notifier struct {
	cfg    NotifierConfig
	to     Agent
	log    *slog.Logger
	parser *sip.Parser
	seed   maphash.Seed
	served atomic.Pointer[Shown] // nil before Serve
	writes [writers]chan write

	wake chan struct{}
	stop context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	changing sync.Mutex
	changed  map[string]struct{} // users whose state may look different now

	mu       sync.Mutex
	closing  bool
	known    map[dialogKey]*subscription
	weight   int                      // of all those
	flights  map[string]*subscription // by the branch of the NOTIFY
	watchers map[string]map[*subscription]struct{}
	devices  map[deviceKey][]*subscription
	// publications are what phones published last.
	publications map[deviceKey]publication
	opening      int // connections that are being made
	due          dueHeap
}

// dialogKey finds a subscription: the Call-ID and our tag.
type dialogKey struct{ callID, tag string }

// deviceKey is one phone of a user of ours.
type deviceKey struct{ user, device string }

// OpenNotifier makes a Notifier that takes nothing before Serve.
func OpenNotifier(cfg NotifierConfig, to Agent, log *slog.Logger) *Notifier {
	n := &Notifier{
		cfg: cfg.withDefaults(), to: to, log: log, parser: message.NewParser(), seed: maphash.MakeSeed(),
		wake: make(chan struct{}, 1), changed: make(map[string]struct{}), known: make(map[dialogKey]*subscription),
		flights: make(map[string]*subscription), watchers: make(map[string]map[*subscription]struct{}),
		devices: make(map[deviceKey][]*subscription), publications: make(map[deviceKey]publication),
	}
	n.stop, n.end = context.WithCancel(context.Background())
	return n
}

// Serve begins to take subscriptions, once.
func (n *Notifier) Serve(shown Shown) {
	for i := range n.writes {
		n.writes[i] = make(chan write, writesMax)
		n.work.Go(func() { n.writeAll(n.writes[i]) })
	}
	n.work.Go(n.run)
	n.served.Store(&shown)
}

// Serving tells whether subscriptions are taken.
func (n *Notifier) Serving() bool { return n != nil && n.served.Load() != nil }

// Subscriptions is how many there are.
func (n *Notifier) Subscriptions() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.known)
}

// Touch says that a user's state may look different now. It never blocks.
func (n *Notifier) Touch(user string) {
	n.changing.Lock()
	n.changed[user] = struct{}{}
	n.changing.Unlock()
	mailbox.Wake(n.wake)
}

// Close ends every subscription with `deactivated`, so that the phones subscribe
// again (RFC 6665 4.1.3), waits up to 1 s for their answers and for every
// goroutine. It must come before the sockets close.
func (n *Notifier) Close() {
	n.mu.Lock()
	n.closing = true
	for _, s := range n.known {
		n.over(s, "deactivated")
	}
	n.mu.Unlock()
	if n.Serving() {
		mailbox.Wake(n.wake)
		deadline := time.Now().Add(closeWait)
		for tick := time.NewTicker(10 * time.Millisecond); ; <-tick.C {
			n.mu.Lock()
			left := len(n.known)
			n.mu.Unlock()
			if left == 0 || time.Now().After(deadline) {
				tick.Stop()
				break
			}
		}
	}
	n.end()
	n.work.Wait()
}

// run looks after the table.
func (n *Notifier) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		n.take()
		timer.Reset(n.lookAfter())
		select {
		case <-n.stop.Done():
			return
		case <-n.wake:
		case <-timer.C:
		}
	}
}

// take marks the subscriptions to users who changed.
func (n *Notifier) take() {
	n.changing.Lock()
	users := n.changed
	n.changed = make(map[string]struct{})
	n.changing.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	for user := range users {
		for s := range n.watchers[user] {
			if s.dirty = true; s.list != nil {
				s.list.touch(user)
			}
			n.schedule(s)
		}
	}
}

// lookAfter does what is due and says when to look again.
func (n *Notifier) lookAfter() time.Duration {
	for {
		n.mu.Lock()
		for range batch {
			now := time.Now()
			if len(n.due) == 0 {
				n.mu.Unlock()
				return time.Hour
			}
			if wait := n.due[0].due.Sub(now); wait > 0 {
				n.mu.Unlock()
				return wait
			}
			n.attend(n.due[0], now)
		}
		n.mu.Unlock() // others want the table too
	}
}

// attend does what is due for s. A panic costs that subscription. Under mu.
func (n *Notifier) attend(s *subscription, now time.Time) {
	defer func() {
		if p := recover(); p != nil {
			n.log.Error("sip: a subscription failed by a fault of ours; it was dropped", "panic", p, "stack", string(debug.Stack()))
			n.drop(s)
		}
	}()
	if f := s.flight; f != nil {
		switch {
		case !now.Before(f.since.Add(64 * sip.T1)):
			n.log.Debug("sip: a subscription ends, its NOTIFY was not answered", "user", s.watcher, "device", s.device)
			n.drop(s)
			return
		case !now.Before(f.next):
			n.resend(s, now)
		}
	}
	switch {
	case s.ending == "" && !now.Before(s.expires):
		n.over(s, "timeout")
		n.notify(s, now)
	case s.dirty && s.listens() && !now.Before(s.mayTell(n.cfg.Coalesce)):
		n.tell(s, now)
	}
	n.schedule(s)
}

// schedule puts s where its next time is. Under mu.
func (n *Notifier) schedule(s *subscription) {
	if s.dropped {
		return
	}
	due := s.expires
	if s.ending != "" {
		due = time.Now().Add(64 * sip.T1)
	}
	if s.dirty && s.listens() {
		due = earlier(due, s.mayTell(n.cfg.Coalesce))
	}
	if f := s.flight; f != nil {
		due = earlier(due, earlier(f.next, f.since.Add(64*sip.T1)))
	}
	s.due = due
	if s.index < 0 {
		heap.Push(&n.due, s)
	} else {
		heap.Fix(&n.due, s.index)
	}
	if s.index == 0 {
		mailbox.Wake(n.wake)
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// dueHeap has the subscription with the earliest time first.
type dueHeap []*subscription

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push appends a subscription.
func (h *dueHeap) Push(x any) {
	s, _ := x.(*subscription)
	s.index = len(*h)
	*h = append(*h, s)
}

// Pop takes the last one off.
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	s.index = -1
	return s
}
