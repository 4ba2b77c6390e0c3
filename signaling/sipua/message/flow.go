package message

import (
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
