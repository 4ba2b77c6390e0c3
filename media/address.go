package media

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// elsewhere stands for a peer of a family of which nothing more is known: an
// address for documentation (RFC 5737, RFC 3849), which is routed like the rest
// of the world.
var elsewhere = map[bool]netip.Addr{true: netip.MustParseAddr("192.0.2.1"), false: netip.MustParseAddr("2001:db8::1")}

// addressFor chooses the address to bind, of the family of an address or of any
// when that is not valid, and the one to write in SDP for the peer: inside
// LocalNets, or from a loopback peer, the listen address, else its public one.
// Asking the kernel for a route sends nothing.
func (l *Loop) addressFor(family, peer netip.Addr) (bind, write netip.Addr, err error) {
	var candidates []netip.Addr
	for _, a := range l.cfg.Listen {
		if !family.IsValid() || a.Unmap().Is4() == family.Unmap().Is4() {
			candidates = append(candidates, a.Unmap())
		}
	}
	if len(candidates) == 0 {
		return bind, write, fmt.Errorf("media: no listen address of the family of %s: add one to media.listen", family)
	}
	listen := candidates[0]
	bind = listen
	if peer.IsValid() && (len(candidates) > 1 || listen.IsUnspecified()) {
		toward := peer
		if peer.Unmap().Is4() != listen.Is4() {
			toward = elsewhere[listen.Is4()]
		}
		if routed, ok := routeTo(toward); ok {
			switch {
			case slices.Contains(candidates, routed):
				listen, bind = routed, routed
			case listen.IsUnspecified():
				bind = routed
			}
		}
	}
	write = bind
	if public, ok := l.cfg.Public[listen]; ok && peer.IsValid() && !peer.IsLoopback() && !l.local(peer) {
		write = public
	}
	if write.IsUnspecified() {
		return bind, write, fmt.Errorf("media: no route to %s, so no address to write for it: name one in media.listen", peer)
	}
	return bind, write, nil
}

// listens tells whether there is an address of the family of a.
func (l *Loop) listens(a netip.Addr) bool {
	return slices.ContainsFunc(l.cfg.Listen, func(own netip.Addr) bool { return own.Unmap().Is4() == a.Unmap().Is4() })
}

func (l *Loop) local(a netip.Addr) bool {
	return slices.ContainsFunc(l.cfg.LocalNets, func(n netip.Prefix) bool { return n.Contains(a.Unmap()) })
}

// routeTo is the address of ours from which the kernel would send to peer.
func routeTo(peer netip.Addr) (netip.Addr, bool) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(peer, 9)))
	if err != nil {
		return netip.Addr{}, false
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), true
}
