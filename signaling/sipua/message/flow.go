package message

import (
	"net"
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Flow names a connection, or where datagrams come from, by its far end.
type Flow struct {
	Transport string // udp, tcp or tls
	Peer      netip.AddrPort
}

// FlowFrom is where req came from.
func FlowFrom(req *sip.Request) Flow {
	return Flow{strings.ToLower(req.Transport()), ParseAddr(req.Source())}
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
