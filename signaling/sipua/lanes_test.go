package sipua

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
)

// newTestLanes are the lanes of a socket; 127.0.0.2 is a regular's address.
func newTestLanes(t *testing.T) (*lanes, *wire, *wire) {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	l := newLanes(c, func(ip netip.Addr) bool { return ip.Unmap() == netip.MustParseAddr("127.0.0.2") })
	done := make(chan struct{})
	go func() { defer close(done); l.fill() }()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l, newWire(t, "127.0.0.2"), newWire(t, "127.0.0.3")
}

// However many strangers wait, a regular's message is read next, and none of
// his is dropped.
func TestRegularsGoFirst(t *testing.T) {
	l, regular, stranger := newTestLanes(t)
	at := l.LocalAddr().String()
	for i := range 2 * strangerLane {
		stranger.send(at, fmt.Sprint("stranger ", i))
	}
	until(t, "strangers filled no lane", func() bool { return l.crowded.Load() > 0 })
	long := strings.Repeat("x", 2*smallDatagram)
	regular.send(at, "regular")
	regular.send(at, long)
	until(t, "the regular's messages did not come", func() bool { return len(l.regulars) == 2 })
	buf := make([]byte, maxDatagram)
	for _, want := range []string{"regular", long, "stranger 0", "stranger 1"} {
		n, _, err := l.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "datagram", string(buf[:n]), want)
	}
}

func TestLanesEnd(t *testing.T) {
	l, _, _ := newTestLanes(t)
	l.interrupt()
	l.interrupt() // twice is once
	buf := make([]byte, 100)
	if _, _, err := l.ReadFrom(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("interrupted:", err)
	}
	_ = l.Close()
	if _, _, err := l.ReadFrom(buf); !errors.Is(err, net.ErrClosed) {
		t.Error("closed:", err)
	}
}
