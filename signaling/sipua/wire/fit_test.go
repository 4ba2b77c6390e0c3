package wire

import (
	"net/netip"
	"testing"
	"time"
)

func TestNoTCP(t *testing.T) {
	n, peer, now := newNoTCP(), netip.MustParseAddrPort("192.0.2.1:5060"), time.Now()
	before := n.has(peer, now)
	n.add(peer, now)
	if before || !n.has(peer, now.Add(tcpAgain-1)) || n.has(peer, now.Add(tcpAgain)) {
		t.Error("a peer without TCP is not remembered for that long")
	}
}
