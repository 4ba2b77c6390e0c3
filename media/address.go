package media

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// addressFor chooses the address to bind for a peer and the one to write in SDP
// for it: inside LocalNets, or from a loopback peer, the listen address, else
// its public one. Asking the kernel for a route sends nothing.
func (l *Loop) addressFor(peer netip.Addr) (bind, write netip.Addr, err error) {
	var candidates []netip.Addr
	for _, a := range l.cfg.Listen {
		if !peer.IsValid() || a.Unmap().Is4() == peer.Unmap().Is4() {
			candidates = append(candidates, a.Unmap())
		}
	}
	if len(candidates) == 0 {
		return bind, write, fmt.Errorf("media: no listen address of the family of %s: add one to media.listen", peer)
	}
	listen := candidates[0]
	bind = listen
	if peer.IsValid() && (len(candidates) > 1 || listen.IsUnspecified()) {
		if routed, ok := routeTo(peer); ok {
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

func (l *Loop) local(a netip.Addr) bool {
	for _, n := range l.cfg.LocalNets {
		if n.Contains(a.Unmap()) {
			return true
		}
	}
	return false
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
