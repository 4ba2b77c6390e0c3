package sipua

import (
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/throttle"
	"ringsplash/location"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/trunk"
)

// maxOrigins bounds how many origins of one dialog are remembered.
const maxOrigins = 16

// origins are where a dialog lives: the far ends from which its requests count.
// A tag and a Call-ID are read by everybody on the way, and are in logs; they
// alone must not end a call, turn it to another address or transfer it.
//
// A dialog lives at the address that it began with, where we send its requests,
// and at the addresses that its messages name (Contact, and the last proxy of
// Record-Route). Over TCP and TLS that is one connection. A trunk's dialog lives
// at all addresses of the trunk, a phone's also where the phone has proved
// itself by digest: it is asked to when it is over UDP and sends by TCP.
//
// It is asked by the goroutines of requests and written by the leg's.
type origins struct {
	mu    sync.Mutex
	known []message.Flow // the first is where the dialog began
	trunk *trunk.Trunk
	// user and device are those of our own phone, "" for others.
	user, device string
}

// add makes what comes from k count. The oldest but the first is forgotten for
// it when there are too many.
func (o *origins) add(k message.Flow) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !k.Peer.IsValid() || slices.Contains(o.known, k) {
		return
	}
	if len(o.known) == maxOrigins {
		o.known = slices.Delete(o.known, 1, 2)
	}
	o.known = append(o.known, k)
}

// ofTrunk makes what comes from t count.
func (o *origins) ofTrunk(t *trunk.Trunk) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.trunk = t
}

// ofPhone makes what comes from the phone count, when it proves itself.
func (o *origins) ofPhone(user, device string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.user, o.device = user, device
}

func (o *origins) phone() (user, device string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.user, o.device
}

func (o *origins) has(k message.Flow) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Contains(o.known, k) || o.trunk != nil && o.trunk.Speaks(k)
}

// settles notes where the dialog d of the leg lives, as far as its messages say.
// Names count when a request went to their address.
func (l *leg) settles(d *dialog) {
	l.origins.add(d.hop.Flow())
	named := []sip.Uri{d.target}
	if len(d.routes) > 0 {
		named = append(named, d.routes[0])
	}
	for _, uri := range named {
		transport, err := message.Transport(uri, d.hop.Transport)
		if err != nil {
			continue
		}
		if ip, err := netip.ParseAddr(strings.Trim(uri.Host, "[]")); err == nil {
			l.origins.add(message.Flow{Transport: transport, Peer: netip.AddrPortFrom(ip.Unmap(), message.Port(transport, uri.Port))})
		}
	}
}

// retarget takes the Contact of a message of the dialog (RFC 3261 12.2.1.2).
func (l *leg) retarget(c *sip.ContactHeader) {
	before := l.d.target.String()
	l.d.refresh(c)
	l.settles(&l.d)
	if l.state == legUp && l.d.target.String() != before {
		l.keep()
	}
}

// uses tells whether the far end sends datagrams from ip.
func (o *origins) uses(ip netip.Addr) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(o.known, func(k message.Flow) bool { return k.Transport == "udp" && k.Peer.Addr() == ip })
}

// livesAt tells whether what comes from k counts for l without more proof than
// the registrations that we have.
func (u *UA) livesAt(l *leg, k message.Flow) bool {
	if l.origins.has(k) {
		return true
	}
	user, device := l.origins.phone()
	_, found := u.binding(user, func(b location.Binding) bool { return b.Device == device && flowOfBinding(b) == k })
	return found
}

// stray refuses a request without a digest that comes from elsewhere than where
// the dialog of l lives, as if there were no such dialog (RFC 3261 12.2.2).
//
// A phone over UDP sends what is large by TCP (RFC 3261 18.1.1). It is asked for
// a digest: its IP address is also that of all others behind its NAT.
func (u *UA) stray(l *leg, req *sip.Request) *message.Refusal {
	user, _ := l.origins.phone()
	if k := message.FlowFrom(req); user != "" && u.access != nil && k.Transport == "tcp" && l.origins.uses(k.Peer.Addr()) {
		return u.access.Challenge(req, sip.StatusProxyAuthRequired, false)
	}
	return noDialog
}

// foreign refuses a request of a dialog that comes from elsewhere than where the
// dialog lives; nil lets it in. A phone whose address has changed is let in with
// a digest of its user. It may block for the store.
func (u *UA) foreign(l *leg, req *sip.Request) *message.Refusal {
	k := message.FlowFrom(req)
	if u.livesAt(l, k) {
		return nil
	}
	user, device := l.origins.phone()
	if user == "" || u.access == nil || !u.access.CarriesDigest(req) {
		return u.stray(l, req)
	}
	switch ok, again := u.access.IsPhone(u.stop, req, user, device); {
	case again != nil:
		return again
	case !ok:
		return noDialog
	}
	l.origins.add(k)
	return nil
}

// mayCancel tells whether a CANCEL from k can be that of an INVITE from began. It
// takes the way of its INVITE (RFC 3261 9.1): over TCP and TLS the same
// connection, or one of the same trunk. The port of a datagram may change on the
// way.
func (u *UA) mayCancel(began, k message.Flow) bool {
	switch {
	case began == k:
		return true
	case began.Transport == "udp":
		return throttle.SourceOf(began.Peer.Addr()) == throttle.SourceOf(k.Peer.Addr())
	}
	theirs := u.trunks.From(began)
	return theirs != nil && theirs == u.trunks.From(k)
}
