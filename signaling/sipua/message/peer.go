package message

import (
	"net"
	"net/netip"
)

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
