package trunk

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

// lookWait is how long the start waits for the first look-ups.
const lookWait = 2 * time.Second

// Agent is the user agent whose trunks they are.
type Agent struct {
	Wire *wire.Sockets
	Log  *slog.Logger
	// Domain is ours.
	Domain string
	// Allow is the Allow header of our requests as it is now.
	Allow func() string
	// Registered is told when a trunk's registration begins to work (nil) or
	// fails. It must not block. nil: only the log tells.
	Registered func(trunk string, err error)
	// LookEvery is how often a trunk's name is looked up; 0 means 30 s.
	LookEvery time.Duration
}

// Trunks are those of one user agent. Their methods may be called from any
// goroutine.
type Trunks struct {
	list []*Trunk // in the order of the configuration
	log  *slog.Logger
	work sync.WaitGroup // every goroutine of ours
}

// Open checks the configuration and reads the trunks' CAs. An error says what to
// change where.
func Open(list []Config, a Agent) (*Trunks, error) {
	ts := &Trunks{log: a.Log}
	if a.LookEvery == 0 {
		a.LookEvery = lookEvery
	}
	for _, c := range list {
		if c.Name == "" || ts.Named(c.Name) != nil {
			return nil, fmt.Errorf("sipua: trunk name %q is empty or used twice: give each trunk its own name", c.Name)
		}
		t, err := newTrunk(c, a)
		if err != nil {
			return nil, fmt.Errorf("sipua: trunk %s: %w", c.Name, err)
		}
		ts.list = append(ts.list, t)
	}
	return ts, nil
}

// Serve looks after the trunks until ctx ends, when registrations are given
// back; Wait waits for that. It may block for the names of the trunks, lookWait at
// most, so that a start in good order has its trunks at once.
func (ts *Trunks) Serve(ctx context.Context) {
	for _, t := range ts.list {
		for _, run := range []func(context.Context){t.follow, t.register, t.watch} {
			ts.work.Go(func() {
				defer ts.recovered()
				run(ctx)
			})
		}
	}
	late := time.NewTimer(lookWait)
	defer late.Stop()
	for _, t := range ts.list {
		select {
		case <-t.looked:
		case <-late.C:
			return
		}
	}
}

// Wait waits until nothing of the trunks runs any more.
func (ts *Trunks) Wait() { ts.work.Wait() }

func (ts *Trunks) recovered() {
	if p := recover(); p != nil {
		ts.log.Error("sip: a trunk is not looked after any more, by a fault of ours", "panic", p, "stack", string(debug.Stack()))
	}
}

// Named is the trunk of that name, nil for none.
func (ts *Trunks) Named(name string) *Trunk {
	return ts.find(func(t *Trunk) bool { return t.Name == name })
}

// From is the trunk that sends what comes from there, nil for none.
func (ts *Trunks) From(from message.Flow) *Trunk {
	return ts.find(func(t *Trunk) bool { return t.sends(from) })
}

func (ts *Trunks) find(is func(*Trunk) bool) *Trunk {
	if i := slices.IndexFunc(ts.list, is); i >= 0 {
		return ts.list[i]
	}
	return nil
}

// States are the states of the trunks, in the order of the configuration.
func (ts *Trunks) States() []State {
	out := make([]State, len(ts.list))
	for i, t := range ts.list {
		out[i] = t.health.state(t.Name)
		out[i].Found = t.places.found()
	}
	return out
}

// Up tells whether the trunk of that name is up; false for one that there is not.
func (ts *Trunks) Up(name string) bool {
	t := ts.Named(name)
	return t != nil && t.health.state(name).Up
}

// Addrs are the addresses of the trunk of that name, the one that requests go to
// first; nil while none is known and for a trunk that there is not.
func (ts *Trunks) Addrs(name string) []netip.Addr {
	t := ts.Named(name)
	if t == nil {
		return nil
	}
	var out []netip.Addr
	all, _ := t.places.all()
	for _, at := range all {
		out = append(out, at.Addr())
	}
	return out
}
