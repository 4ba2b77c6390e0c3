package registrar

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/location"
	"ringsplash/signaling/sipua/message"
)

// change is one step of step 7 of RFC 3261 10.3: put or remove.
type change struct {
	binding location.Binding
	was     *location.Binding // what is there now
	remove  bool
}

// bind applies the registration, all of it or nothing, and returns the user's
// bindings after it, newest first.
func (a *Access) bind(ctx context.Context, reg registration) ([]location.Binding, *message.Refusal) {
	now := a.cfg.Now()
	live := slices.DeleteFunc(slices.Clone(a.cfg.Locations.Of(reg.user)),
		func(b location.Binding) bool { return !b.Expires.After(now) })
	changes, r := a.plan(reg, live, now)
	if r != nil {
		return nil, r
	}
	if n := len(outcome(live, changes)); n > a.cfg.MaxBindings && n > len(live) {
		return nil, &message.Refusal{
			Status: sip.StatusForbidden, Phrase: fmt.Sprintf("Too Many Phones, the Limit Is %d", a.cfg.MaxBindings),
			Why: fmt.Sprintf("%s has %d phones registered, the limit: %s from %s was refused", reg.user, len(live), reg.userAgent,
				reg.source),
		}
	}
	err := a.pair(ctx, reg, changes)
	if err == nil {
		err = a.apply(ctx, changes)
	}
	if err != nil {
		return nil, storeAway(err)
	}
	a.note(reg, changes)
	return outcome(live, changes), nil
}

// pair finds the device of each phone that registers.
func (a *Access) pair(ctx context.Context, reg registration, changes []change) error {
	for i := range changes {
		b := &changes[i].binding
		if changes[i].remove {
			continue
		}
		device, err := a.cfg.Users.Pair(ctx, b.User, a.deviceFor(reg.login, b.Instance), b.Instance, b.UserAgent)
		if err != nil {
			return err
		}
		b.Device = device.ID
	}
	return nil
}

// plan turns the contacts into changes of what is live.
func (a *Access) plan(reg registration, live []location.Binding, now time.Time) ([]change, *message.Refusal) {
	var changes []change
	for _, b := range live {
		c := contact{}
		if i := slices.IndexFunc(reg.list, func(c contact) bool { return reg.means(c, b) }); i >= 0 {
			c = reg.list[i]
		} else if !reg.all {
			continue
		}
		if b.CallID == reg.callID && reg.cseq <= b.CSeq {
			return nil, &message.Refusal{Status: sip.StatusInternalServerError, Phrase: "CSeq Is Older Than the Last"}
		}
		if reg.all || c.expires == 0 || c.instance != b.Instance || c.regID != b.RegID {
			changes = append(changes, change{binding: b, was: &b, remove: true})
		}
	}
	for _, c := range reg.list {
		if c.expires == 0 {
			continue
		}
		put := change{binding: location.Binding{
			User: reg.user, Instance: c.instance, RegID: c.regID,
			Contact: c.uri, Path: reg.path, Transport: reg.transport, Source: reg.source.String(), Local: reg.local,
			UserAgent: reg.userAgent, CallID: reg.callID, CSeq: reg.cseq,
			Expires: now.Add(c.expires), Refreshed: now, Node: a.cfg.Node, V: 1,
		}}
		if i := slices.IndexFunc(live, func(b location.Binding) bool { return sameKey(b, put.binding) }); i >= 0 {
			put.was = &live[i]
		}
		changes = append(changes, put)
	}
	return changes, nil
}

// means tells whether contact c of the request is the binding b: the same
// instance and flow, or the same address from the same source.
func (r registration) means(c contact, b location.Binding) bool {
	return c.instance == b.Instance && c.regID == b.RegID || c.uri == b.Contact && r.source.String() == b.Source
}

func sameKey(a, b location.Binding) bool { return a.Instance == b.Instance && a.RegID == b.RegID }

// deviceFor chooses among the devices with the password that was used: the one
// this instance is paired with, else one that waits for its phone.
func (a *Access) deviceFor(l login, instance string) string {
	chosen := ""
	for _, id := range l.devices {
		switch d, ok := a.cfg.Users.Device(l.user, id); {
		case ok && d.Instance == instance:
			return id
		case ok && d.Instance == "" && chosen == "":
			chosen = id
		}
	}
	if chosen == "" {
		chosen = l.devices[0]
	}
	return chosen
}

// outcome is what the changes make of live, newest first.
func outcome(live []location.Binding, changes []change) []location.Binding {
	after := slices.Clone(live)
	for _, ch := range changes {
		after = slices.DeleteFunc(after, func(b location.Binding) bool { return sameKey(b, ch.binding) })
		if !ch.remove {
			after = append(after, ch.binding)
		}
	}
	slices.SortStableFunc(after, func(a, b location.Binding) int { return b.Refreshed.Compare(a.Refreshed) })
	return after
}

// apply writes the changes; when one fails, those before it are taken back.
func (a *Access) apply(ctx context.Context, changes []change) error {
	for i, ch := range changes {
		var err error
		if ch.remove {
			err = a.cfg.Locations.Remove(ctx, ch.binding.User, ch.binding.Instance, ch.binding.RegID)
		} else {
			err = a.cfg.Locations.Put(ctx, ch.binding)
		}
		if err == nil {
			continue
		}
		// The time for the request may be over.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bindWait)
		defer cancel()
		for _, done := range changes[:i] {
			if done.was != nil {
				_ = a.cfg.Locations.Put(ctx, *done.was)
			} else {
				_ = a.cfg.Locations.Remove(ctx, done.binding.User, done.binding.Instance, done.binding.RegID)
			}
		}
		return err
	}
	return nil
}

// note counts the changes and logs those that are more than a refresh.
func (a *Access) note(reg registration, changes []change) {
	for _, ch := range changes {
		b := ch.binding
		if !ch.remove && b.RegID > 0 && b.Transport != "udp" {
			a.flows.add(flow{b.Transport, b.Source}, b.User)
		}
		switch {
		case ch.remove:
			a.count.unregistered.Add(1)
			a.log.Info("phone unregistered", "user", b.User, "device", b.Device, "instance", b.Instance, "source", reg.source)
		case ch.was == nil || ch.was.Contact != b.Contact || ch.was.Source != b.Source:
			a.count.registered.Add(1)
			a.log.Info("phone registered", "user", b.User, "device", b.Device, "instance", b.Instance,
				"contact", b.Contact, "source", b.Source, "agent", b.UserAgent, "expires", b.Expires)
		default:
			a.count.registered.Add(1)
		}
	}
}
