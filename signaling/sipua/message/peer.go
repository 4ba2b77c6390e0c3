package message

import (
	"net"
	"net/netip"
)

// Source is the address limits count: one IPv4 address, one IPv6 /64.
func Source(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

// PeerOf is the address and port of a peer, and whether it sent a datagram.
func PeerOf(addr net.Addr) (at netip.AddrPort, datagram bool) {
	switch addr := addr.(type) {
	case *net.UDPAddr:
		at, datagram = addr.AddrPort(), true
	case *net.TCPAddr:
		at = addr.AddrPort()
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), datagram
}
