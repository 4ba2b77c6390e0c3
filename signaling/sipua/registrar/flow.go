package registrar

import (
	"context"
	"sync"

	"ringsplash/location"
)

// flow names a TCP or TLS connection as bindings do.
type flow struct{ transport, source string }

// flowUsers tells whose bindings ride on a connection, so that its end takes
// them away (RFC 5626 6: the binding is to the flow).
type flowUsers struct {
	mu    sync.Mutex
	users map[flow]map[string]struct{}
}

func newFlowUsers() *flowUsers { return &flowUsers{users: make(map[flow]map[string]struct{})} }

func (f *flowUsers) add(k flow, user string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.users[k] == nil {
		f.users[k] = make(map[string]struct{})
	}
	f.users[k][user] = struct{}{}
}

func (f *flowUsers) take(k flow) map[string]struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	users := f.users[k]
	delete(f.users, k)
	return users
}

// FlowEnded removes the bindings of a connection that is closed, as far as they
// are bound to it; source is its far end. A phone without RFC 5626 may be
// reached by its Contact yet. It blocks for the store.
func (a *Access) FlowEnded(ctx context.Context, transport, source string) {
	k := flow{transport, source}
	for user := range a.flows.take(k) {
		lock := a.locks.of(user)
		lock.Lock()
		for _, b := range a.cfg.Locations.Of(user) {
			if b.RegID > 0 && (flow{b.Transport, b.Source}) == k {
				a.dropFlow(ctx, b, "its connection is closed")
			}
		}
		lock.Unlock()
	}
}

// FlowFailed removes a binding whose flow turned out to be dead, unless the
// phone has bound it anew meanwhile. It blocks for the store.
func (a *Access) FlowFailed(ctx context.Context, dead location.Binding) {
	lock := a.locks.of(dead.User)
	lock.Lock()
	defer lock.Unlock()
	for _, b := range a.cfg.Locations.Of(dead.User) {
		if sameKey(b, dead) && b.Source == dead.Source && b.CallID == dead.CallID && b.CSeq == dead.CSeq {
			a.dropFlow(ctx, b, "its flow failed")
		}
	}
}

func (a *Access) dropFlow(ctx context.Context, b location.Binding, why string) {
	if err := a.cfg.Locations.Remove(ctx, b.User, b.Instance, b.RegID); err != nil {
		a.log.Warn("binding not removed", "user", b.User, "instance", b.Instance, "err", err)
	}
	a.count.unregistered.Add(1)
	a.log.Info("phone unregistered", "user", b.User, "device", b.Device, "instance", b.Instance, "regId", b.RegID, "why", why)
}
