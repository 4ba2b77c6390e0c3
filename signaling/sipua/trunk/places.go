package trunk

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// lookEvery is how often a trunk's name is looked up. The DNS says for how
	// long an answer holds, but not through the system's resolver.
	lookEvery = 30 * time.Second
	// lookSooner is when it is looked up again after a failure, at most.
	lookSooner = 5 * time.Second
)

// places are the addresses that a trunk's name leads to (RFC 3263 4.2), the
// preferred one first. A look-up that fails takes none of them away.
type places struct {
	mu      sync.Mutex
	known   []netip.AddrPort
	current int   // of known, where requests go now
	err     error // of the last look-up
	moved   chan struct{}
}

func newPlaces(known ...netip.AddrPort) *places {
	return &places{known: known, moved: make(chan struct{})}
}

var errNotLookedUp = errors.New("its name has not been looked up yet")

// all are the addresses in the order in which to try them: the current one,
// then the others. Without any the error says why.
func (p *places) all() ([]netip.AddrPort, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) == 0 {
		if p.err == nil {
			return nil, errNotLookedUp
		}
		return nil, p.err
	}
	out := []netip.AddrPort{p.known[p.current]}
	for i, at := range p.known {
		if i != p.current {
			out = append(out, at)
		}
	}
	return out, nil
}

// better are the addresses preferred to the current one.
func (p *places) better() []netip.AddrPort {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.known[:p.current])
}

// has tells whether ok takes one of the addresses.
func (p *places) has(ok func(netip.AddrPort) bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.known, ok)
}

// took takes the answer of a look-up, and tells whether the addresses changed
// and what is wrong with the answer. One with an error is second best: it counts
// where there is no other.
func (p *places) took(found []netip.AddrPort, err error) (changed bool, wrong error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	same := sameSet(found, p.known) // records of one rank come in any order
	if len(found) > 0 && (same || len(p.known) == 0) {
		err = nil
	}
	p.err = err
	if same || err != nil {
		return false, err
	}
	old := p.known
	now := 0
	if len(old) > 0 {
		now = max(0, slices.Index(found, old[p.current])) // do not move for nothing
	}
	p.known = found
	p.current = now
	if len(old) == 0 || !slices.Contains(old, found[now]) {
		p.tellMoved()
	}
	return true, nil
}

// use makes at the current address.
func (p *places) use(at netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.known, at); i >= 0 && i != p.current {
		p.current = i
		p.tellMoved()
	}
}

// pass goes to the next address, when at is the current one and takes nothing.
func (p *places) pass(at netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) > 1 && p.known[p.current] == at {
		p.current = (p.current + 1) % len(p.known)
		p.tellMoved()
	}
}

// found tells whether the last look-up went well.
func (p *places) found() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err == nil && len(p.known) > 0
}

// change is closed when the current address becomes another.
func (p *places) change() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.moved
}

// tellMoved runs under mu.
func (p *places) tellMoved() {
	close(p.moved)
	p.moved = make(chan struct{})
}

func sameSet(a, b []netip.AddrPort) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(at netip.AddrPort) bool { return !slices.Contains(b, at) })
}

// follow looks the trunk's name up until ctx ends.
func (t *Trunk) follow(ctx context.Context) {
	if !t.named {
		return
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for first, failing := true, false; ; first = false {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		found, err := t.agent.Wire.Locate(ctx, t.Transport, t.uri)
		if ctx.Err() != nil {
			return
		}
		changed, err := t.places.took(found, err)
		all, missing := t.places.all()
		t.tellLookUp(failing, err, missing != nil)
		if failing = err != nil; changed {
			t.log.Info("sip: trunk's addresses", "at", all)
		}
		t.is(&t.health.found, missing)
		if first {
			close(t.looked)
		}
		wait := t.agent.LookEvery
		if failing {
			wait = min(wait, lookSooner)
		}
		timer.Reset(wait)
	}
}

// tellLookUp writes one line when look-ups begin to fail, and one when they do
// so no more.
func (t *Trunk) tellLookUp(failed bool, err error, missing bool) {
	switch {
	case err != nil && !failed && missing:
		t.log.Warn("sip: trunk cannot be used until its name is found; it is looked up again", "why", err)
	case err != nil && !failed:
		t.log.Warn("sip: trunk's name is not found any more; its last address stays in use", "why", err)
	case err == nil && failed:
		t.log.Info("sip: trunk's name is found again")
	}
}
