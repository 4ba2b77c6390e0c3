package sipua

import (
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// flowKey names a connection by its far end.
type flowKey struct {
	transport string // tcp or tls
	peer      netip.AddrPort
}

// flowFrom is where req came from.
func flowFrom(req *sip.Request) flowKey {
	return flowKey{strings.ToLower(req.Transport()), addrPort(req.Source())}
}
