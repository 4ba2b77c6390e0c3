package sipua

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ringsplash/location"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

// statusFlowFailed is what an edge proxy says when the connection to the phone
// is gone (RFC 5626 11.5).
const statusFlowFailed = 430

// flowOfBinding is the connection a binding came by.
func flowOfBinding(b location.Binding) message.Flow {
	return message.Flow{Transport: strings.ToLower(b.Transport), Peer: message.ParseAddr(b.Source)}
}

// asideWait bounds what runs beside the requests.
const asideWait = 5 * time.Second

// aside runs what may block for the store beside the caller.
func (u *UA) aside(run func(context.Context)) {
	if !u.enter() {
		return
	}
	go func() {
		defer u.leave()
		defer u.recovered("registration")
		ctx, cancel := context.WithTimeout(u.stop, asideWait)
		defer cancel()
		run(ctx)
	}()
}

// flowGone is told when a connection has closed.
func (u *UA) flowGone(k message.Flow) {
	if u.access != nil && u.leaving.Err() == nil { // else the phones find us again after a restart
		u.aside(func(ctx context.Context) { u.access.FlowEnded(ctx, k.Transport, k.Peer.String()) })
	}
}

// alive tells whether requests can go over the flow of b.
func (u *UA) alive(b location.Binding) bool {
	k := flowOfBinding(b)
	return k.Transport == "udp" || u.wire.Connected(k)
}

// flowFor chooses how to reach the phone of b (RFC 5626 5.3): its flow; when
// that is closed, another flow of the same instance; for a phone that did not
// bind a flow, a connection to its Contact.
func (u *UA) flowFor(b location.Binding) (location.Binding, wire.Hop, error) {
	k := flowOfBinding(b)
	switch k.Transport {
	case "udp", "tcp", "tls":
	default:
		return b, wire.Hop{}, errors.New("no way to a phone over " + message.CleanText(b.Transport))
	}
	if !k.Peer.IsValid() {
		return b, wire.Hop{}, errors.New("no way to a phone at " + message.CleanText(b.Source))
	}
	h := wire.Hop{Transport: k.Transport, Addr: k.Peer, Sock: u.wire.SocketFor(k.Transport, b.Local, k.Peer.Addr())}
	if u.alive(b) {
		return b, h, nil
	}
	if b.RegID > 0 {
		if next, found := u.otherFlow(b); found {
			return u.flowFor(next)
		}
		return b, wire.Hop{}, wire.ErrFlowGone
	}
	target, err := message.ParseURI(b.Contact)
	if err != nil {
		return b, wire.Hop{}, err
	}
	ip, err := netip.ParseAddr(strings.Trim(target.Host, "[]"))
	if err != nil || behindNAT(target, h) {
		return b, wire.Hop{}, wire.ErrFlowGone // a name would be the phone's own word for where it is
	}
	h.Addr, h.Host = netip.AddrPortFrom(ip.Unmap(), message.Port(k.Transport, target.Port)), target.Host
	return b, h, nil
}

// otherFlow gives up the flow of dead and finds another one of its instance,
// the newest.
func (u *UA) otherFlow(dead location.Binding) (location.Binding, bool) {
	if u.access != nil {
		u.aside(func(ctx context.Context) { u.access.FlowFailed(ctx, dead) })
	}
	return u.binding(dead.User, func(b location.Binding) bool {
		return b.Instance == dead.Instance && b.RegID > 0 && b.RegID != dead.RegID && u.alive(b)
	})
}

// binding is the first of the user's bindings that is wanted.
func (u *UA) binding(user string, wanted func(location.Binding) bool) (b location.Binding, found bool) {
	if user == "" || u.access == nil {
		return b, false
	}
	all := u.access.Bindings(user)
	i := slices.IndexFunc(all, wanted)
	if i < 0 {
		return b, false
	}
	return all[i], true
}

// nextFlow sends the INVITE over another flow of the phone after a 430. A
// trigger is not sent twice: whether the first was heard is not known.
func (l *leg) nextFlow(status int) bool {
	in := l.out.asked
	if status != statusFlowFailed || in.Binding == nil || in.Binding.RegID == 0 || l.state != legCalling || l.out.cancel != "" {
		return false
	}
	next, found := l.u.otherFlow(*in.Binding)
	if !found || len(in.Headers) > 0 || l.out.tries >= maxTries {
		return false
	}
	l.out.tries++
	in.Binding = &next
	if _, err := l.aim(in); err != nil {
		return false
	}
	l.sendInvite(l.writeInvite(in))
	return true
}

// renewFlow moves a dialog with a phone whose connection is closed to the one
// the phone has registered by since.
func (l *leg) renewFlow(d *dialog) {
	b := l.out.asked.Binding
	if b == nil || d.hop.Transport == "udp" || l.u.wire.Connected(d.hop.Flow()) {
		return
	}
	now, found := l.u.binding(b.User, func(now location.Binding) bool { return now.Instance == b.Instance && l.u.alive(now) })
	if found {
		k := flowOfBinding(now)
		d.hop = wire.Hop{Transport: k.Transport, Addr: k.Peer, Sock: l.u.wire.SocketFor(k.Transport, now.Local, k.Peer.Addr())}
	}
}
