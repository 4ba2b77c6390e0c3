package sipua

import (
	"sync/atomic"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/location"
	"ringsplash/signaling/sipua/event"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

// openEvents makes what takes SUBSCRIBE; only who can prove himself may send it.
func (u *UA) openEvents() {
	if u.access == nil {
		return
	}
	u.events = event.OpenNotifier(u.cfg.Events, event.Agent{
		Wire: u.wire, Access: u.access, Domain: u.cfg.Domain, Way: u.wayTo, LeadsHere: u.leadsHere, Dialog: u.dialogOf,
		Answer: u.answer,
	}, u.log)
}

// Events tells phones what they subscribed to; nil without Access.
func (u *UA) Events() *event.Notifier { return u.events }

// onSubscribe takes a SUBSCRIBE, in its dialog or outside.
func (u *UA) onSubscribe(req *sip.Request, tx sip.ServerTransaction) {
	if !u.events.Serving() {
		u.onInside(req, tx)
		return
	}
	u.events.Take(req, tx)
}

// onPublish takes what a phone says of its user.
func (u *UA) onPublish(req *sip.Request, tx sip.ServerTransaction) {
	if !u.events.Serving() || message.Tag(req.To()) != "" {
		u.onInside(req, tx)
		return
	}
	u.events.TakePublish(req, tx)
}

// wayTo is how requests reach a phone that was reached by last: by that, while it
// is one of its registrations or the phone has none; else by its newest one.
func (u *UA) wayTo(user, device string, last wire.Hop) (wire.Hop, bool) {
	var found *location.Binding
	for _, b := range u.access.Bindings(user) {
		if b.Device != device || !u.alive(b) {
			continue
		}
		if flowOfBinding(b) == last.Flow() {
			return last, true
		}
		if found == nil {
			found = &b
		}
	}
	if found == nil {
		return last, last.Transport == "udp" || u.wire.Connected(last.Flow())
	}
	k := flowOfBinding(*found)
	return wire.Hop{Transport: k.Transport, Addr: k.Peer, Sock: u.wire.SocketFor(k.Transport, found.Local, k.Peer.Addr())}, true
}

// face is how a leg's dialog looks from its far end, for who does not own the leg.
type face struct {
	callID, ours string
	theirs       atomic.Pointer[string] // nil while they have not answered
}

// show notes the far end's tag.
func (f *face) show(tag string) { f.theirs.Store(&tag) }

// dialogOf is the dialog of a leg as its far end sees it.
func (u *UA) dialogOf(id machine.LegID) (event.Dialog, bool) {
	u.mu.Lock()
	l := u.byID[id]
	u.mu.Unlock()
	if l == nil {
		return event.Dialog{}, false
	}
	theirs := l.face.theirs.Load()
	if theirs == nil {
		return event.Dialog{}, false
	}
	return event.Dialog{CallID: l.face.callID, Local: *theirs, Remote: l.face.ours}, true
}

// allowEvents tells which packages there are, where there are some.
func (u *UA) allowEvents() []sip.Header {
	if !u.events.Serving() {
		return nil
	}
	return []sip.Header{sip.NewHeader("Allow-Events", event.AllowEvents)}
}

// badEvent makes a phone stop asking for what there is not (RFC 6665 4.1.3).
func (u *UA) badEvent() *message.Refusal {
	if u.events.Serving() {
		return event.BadEvent()
	}
	return &message.Refusal{Status: 489, Phrase: "Bad Event", Headers: []sip.Header{sip.NewHeader("Allow-Events", "")}}
}
