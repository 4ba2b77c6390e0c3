package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"ringsplash/test/rig"
)

// newTestLanes are the lanes of a socket; 127.0.0.2 is a regular's address.
func newTestLanes(t *testing.T) (l *lanes, regular, stranger func(text string)) {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	l = newLanes(c)
	l.begin(func(ip netip.Addr) bool { return ip.Unmap() == netip.MustParseAddr("127.0.0.2") }, nil)
	done := make(chan struct{})
	go func() { defer close(done); l.fill() }()
	t.Cleanup(func() { _ = l.Close(); <-done })
	from := func(ip string) func(string) {
		peer, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.ParseIP(ip)}, c.LocalAddr().(*net.UDPAddr))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = peer.Close() })
		return func(text string) {
			if _, err := peer.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return l, from("127.0.0.2"), from("127.0.0.3")
}

// However many strangers wait, a regular's message is read next, and none of
// his is dropped.
func TestRegularsGoFirst(t *testing.T) {
	l, regular, stranger := newTestLanes(t)
	for i := range 2 * strangerLane {
		stranger(fmt.Sprint("stranger ", i))
	}
	rig.Until(t, 30*time.Second, "strangers filled no lane", func() bool {
		stranger("one more") // the kernel may have dropped some
		return l.crowded.Load() > 0
	})
	long := strings.Repeat("x", 2*smallDatagram)
	regular("regular")
	regular(long)
	rig.Until(t, 30*time.Second, "the regular's messages did not come", func() bool { return len(l.regulars) == 2 })
	buf := make([]byte, maxDatagram)
	for _, want := range []string{"regular", long, "stranger 0", "stranger 1"} {
		n, _, err := l.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(buf[:n]); got != want {
			t.Fatalf("got %.20q, want %.20q", got, want)
		}
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
