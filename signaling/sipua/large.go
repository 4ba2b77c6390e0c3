package sipua

import (
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

const (
	// datagramMax is the size from which on a request goes by TCP (RFC 3261
	// 18.1.1: the path MTU is unknown).
	datagramMax = 1300
	// viaSize is about what stamp adds to a request.
	viaSize = 150
	// tcpAgain is for how long a peer that took no TCP connection is sent large
	// requests by UDP.
	tcpAgain = 10 * time.Minute
)

// deaf remembers who took no TCP connection, so that each large request does
// not wait for it again.
type deaf struct {
	mu    sync.Mutex
	peers *recent[netip.AddrPort, time.Time]
}

func newDeaf() *deaf { return &deaf{peers: newRecent[netip.AddrPort, time.Time](4096)} }

func (d *deaf) is(peer netip.AddrPort, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	since, found := d.peers.get(peer)
	return found && now.Sub(since) < tcpAgain
}

func (d *deaf) add(peer netip.AddrPort, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.peers.put(peer, now)
}

// fitting is the hop for a request that has no Via yet: TCP instead of UDP when
// it is large, its URI allows TCP and the peer takes a connection; else IP
// fragments it. It may block for the connection, dialTimeout at most.
func (u *UA) fitting(h hop, req *sip.Request) hop {
	if h.transport != "udp" || len(req.String())+viaSize <= datagramMax || !allowsTCP(req, h) {
		return h
	}
	now := time.Now()
	if u.deaf.is(h.addr, now) {
		return h
	}
	big := h
	big.transport, big.sock = "tcp", u.socketFor("tcp", "", h.addr.Addr())
	if big.host == "" {
		big.host = h.addr.Addr().String()
	}
	if err := u.connect(big); err != nil {
		u.log.Debug("sip: a large request goes by UDP", "peer", h.addr, "error", err)
		u.deaf.add(h.addr, now)
		return h
	}
	return big
}

// allowsTCP tells whether the URI that says where req goes leaves the transport
// open and leads to h itself: behind a NAT only the flow leads to the phone.
func allowsTCP(req *sip.Request, h hop) bool {
	next := req.Recipient
	if route := req.Route(); route != nil {
		next = route.Address
	}
	if next.UriParams.Has("transport") {
		return false
	}
	ip, err := netip.ParseAddr(strings.Trim(next.Host, "[]"))
	return err != nil || netip.AddrPortFrom(ip.Unmap(), message.Port("udp", next.Port)) == h.addr
}
