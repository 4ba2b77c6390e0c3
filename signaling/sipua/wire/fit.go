package wire

import (
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/throttle"
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

// noTCP remembers who took no TCP connection, so that each large request does
// not wait for it again.
type noTCP struct {
	mu    sync.Mutex
	peers *throttle.Table[netip.AddrPort, time.Time]
}

// maxNoTCP is how many peers are remembered.
const maxNoTCP = 4096

func newNoTCP() *noTCP {
	return &noTCP{peers: throttle.NewTable[netip.AddrPort, time.Time](maxNoTCP)}
}

func (n *noTCP) has(peer netip.AddrPort, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	since, found := n.peers.Get(peer)
	return found && now.Sub(since) < tcpAgain
}

func (n *noTCP) add(peer netip.AddrPort, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.peers.Put(peer, now)
}

// Fitting is the hop for a request that has no Via yet: TCP instead of UDP when
// it is large, its URI allows TCP and the peer takes a connection; else IP
// fragments it. It may block for the connection, dialTimeout at most.
func (w *Sockets) Fitting(h Hop, req *sip.Request) Hop {
	if len(req.String())+viaSize <= datagramMax {
		return h
	}
	if big, may := w.Stream(h, req); may && w.Open(big) {
		return big
	}
	return h
}

// Stream is the TCP hop to the same place for a request that would go by UDP, and
// has no Via yet; false where its URI does not allow TCP, or the peer took no
// connection lately. It does not block.
func (w *Sockets) Stream(h Hop, req *sip.Request) (Hop, bool) {
	if h.Transport != "udp" || !allowsTCP(req, h) || w.noTCP.has(h.Addr, time.Now()) {
		return h, false
	}
	h.Transport, h.Sock = "tcp", w.SocketFor("tcp", "", h.Addr.Addr())
	if h.Host == "" {
		h.Host = h.Addr.Addr().String()
	}
	return h, true
}

// Open makes the connection of a hop from Stream. That there is none to be had is
// remembered. It blocks for dialTimeout at most.
func (w *Sockets) Open(h Hop) bool {
	if err := w.Connect(h); err != nil {
		w.log.Debug("sip: a large request goes by UDP", "peer", h.Addr, "err", err)
		w.Shun(h)
		return false
	}
	return true
}

// Shun remembers that the peer of a hop from Stream is not to be sent requests by
// TCP.
func (w *Sockets) Shun(h Hop) { w.noTCP.add(h.Addr, time.Now()) }

// allowsTCP tells whether the URI that says where req goes leaves the transport
// open and leads to h itself: behind a NAT only the flow leads to the phone.
func allowsTCP(req *sip.Request, h Hop) bool {
	next := req.Recipient
	if route := req.Route(); route != nil {
		next = route.Address
	}
	if next.UriParams.Has("transport") {
		return false
	}
	ip, err := netip.ParseAddr(strings.Trim(next.Host, "[]"))
	return err != nil || netip.AddrPortFrom(ip.Unmap(), message.Port("udp", next.Port)) == h.Addr
}
