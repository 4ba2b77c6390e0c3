package media

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"
)

func TestKindOfPackets(t *testing.T) {
	for first, want := range map[byte]packetKind{
		0: kindSTUN, 3: kindSTUN, 4: kindOther, 19: kindOther, 20: kindDTLS, 63: kindDTLS,
		64: kindOther, 127: kindOther, 128: kindRTP, 191: kindRTP, 192: kindOther, 255: kindOther,
	} {
		if got := kindOf([]byte{first, 111, 0, 0}); got != want {
			t.Errorf("first byte %d is kind %d, want %d", first, got, want)
		}
	}
	for second, want := range map[byte]packetKind{
		0: kindRTP, 191: kindRTP, 192: kindRTCP, 200: kindRTCP, 223: kindRTCP,
		224: kindRTP,
	} {
		if got := kindOf([]byte{128, second, 0, 0}); got != want {
			t.Errorf("second byte %d is kind %d, want %d", second, got, want)
		}
	}
	if kindOf([]byte{128}) != kindOther || kindOf(nil) != kindOther {
		t.Error("a stump of a packet has a kind")
	}
}

func FuzzStunUfrag(f *testing.F) {
	f.Add([]byte("\x00\x01\x00\x0c\x21\x12\xa4\x42abcdefghijkl\x00\x06\x00\x05me:ab\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if u := stunUfrag(b); len(u) > len(b) {
			t.Fatal("longer than the packet")
		}
	})
}

// fakeConn is a connection of a tab that has no PeerConnection.
func fakeConn(t *testing.T, l *Loop, ufrag string, tcp bool) *iceConn {
	t.Helper()
	tab, _ := newTab(t, l)
	c, err := (&iceMux{port: l.tabs.port, peer: &tabPeer{tab: tab}}).conn(ufrag, localhost, tcp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*iceConn)
}

// An address stays with the tab that proved it as long as that tab goes on.
func TestAddressClaimedByAnother(t *testing.T) {
	l := newLoop(t, Config{})
	s := l.tabs.port.sockets[0]
	mine, other := fakeConn(t, l, "mine", false), fakeConn(t, l, "other", false)
	at := netip.MustParseAddrPort("192.0.2.1:5000")
	s.prove(mine, at)
	s.prove(other, at)
	if s.routed(at) != mine {
		t.Fatal("another tab took the address at once")
	}
	s.mu.Lock()
	s.routes[at].seen = time.Now().Add(-routeKeep - time.Second)
	s.mu.Unlock()
	s.prove(other, at)
	if s.routed(at) != other {
		t.Fatal("the address stays with a tab that fell silent")
	}
	l.tabs.port.forget(mine.peer)
	if s.routed(at) != other {
		t.Fatal("the former owner took the address with it")
	}
	for i := range 5 * routesPerPeer {
		s.prove(other, netip.AddrPortFrom(at.Addr(), uint16(6000+i)))
	}
	s.mu.RLock()
	n := len(s.routes)
	s.mu.RUnlock()
	if n != routesPerPeer || s.routed(netip.AddrPortFrom(at.Addr(), uint16(6000+5*routesPerPeer-1))) != other {
		t.Errorf("%d addresses are kept, want the newest %d", n, routesPerPeer)
	}
	_ = other.Close()
	l.tabs.port.forget(other.peer)
	s.prove(other, at)
	if s.routed(at) != nil {
		t.Error("a closed connection proves an address")
	}
}

// Only checks are taken from an address nobody proved, and only those that
// name an agent; too many of those are dropped.
func TestStrangersOfThePort(t *testing.T) {
	l := newLoop(t, Config{})
	s := l.tabs.port.sockets[0]
	c := fakeConn(t, l, "mine", false)
	at := netip.MustParseAddrPort("192.0.2.1:5000")
	check := binary.BigEndian.AppendUint32([]byte{0, 1, 0, 12}, stunCookie)
	check = append(append(check, make([]byte, 12)...), 0, 6, 0, 6)
	mine, yours := append(check, "mine:x\x00\x00"...), append(check[:len(check):len(check)], "your:x\x00\x00"...)
	for _, pkt := range [][]byte{
		nil,
		{1},
		yours,
		mine[:28],
		{0, 1, 0, 0},
		append([]byte{1, 1}, mine[2:]...),
		append([]byte{22}, make([]byte, 50)...),
		append([]byte{128, 0}, make([]byte, 50)...),
		append([]byte{128, 200}, make([]byte, 50)...),
	} {
		s.datagram(pkt, at)
	}
	if n := len(c.inbox); n != 0 {
		t.Fatalf("%d packets of a stranger reached the agent", n)
	}
	if n := testing.AllocsPerRun(100, func() { s.datagram(yours, at) }); n != 0 {
		t.Errorf("a check for nobody costs %.0f allocations", n)
	}
	for range 10 * inboxSize {
		s.datagram(mine, at)
	}
	if n := len(c.inbox); n != inboxSize {
		t.Errorf("%d checks wait, want %d", n, inboxSize)
	}
}

// Of a loop for its own computer, what another address sends is not even read.
func TestOwnComputerOnly(t *testing.T) {
	l := newLoop(t, Config{OwnComputer: true})
	c := fakeConn(t, l, "mine", false)
	check := binary.BigEndian.AppendUint32([]byte{0, 1, 0, 12}, stunCookie)
	check = append(append(check, make([]byte, 12)...), "\x00\x06\x00\x06mine:x\x00\x00"...)
	to := net.UDPAddrFromAddrPort(l.WebRTCAddr())
	for _, from := range []string{"127.0.0.2", "127.0.0.1"} { // in this order: the second tells that the first is past
		conn, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.ParseIP(from)}, to)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = conn.Write(check); err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
	}
	_, from, err := c.ReadFrom(make([]byte, maxPacket))
	if err != nil || !addrPortOf(from).Addr().IsLoopback() || addrPortOf(from).Addr() != localhost {
		t.Errorf("a check of %v was taken: %v", from, err)
	}
	other := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.2")}, Timeout: patience}
	conn, err := other.Dial("tcp4", l.WebRTCAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = conn.Write(append([]byte{0, byte(len(check))}, check...))
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err = conn.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("a connection from elsewhere stays: %v", err)
	}
}

func dialTCP(t *testing.T, l *Loop) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp4", l.WebRTCAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestTCPClosesWhatIsNoCheck(t *testing.T) {
	l := newLoop(t, Config{})
	for name, bytes := range map[string]string{
		"HTTP": "GET / HTTP/1.1\r\nHost: x\r\n\r\n" + string(make([]byte, 30000)), "empty": "\x00\x00",
		"DTLS": "\x00\x05\x16\x00\x00\x00\x00", "too long": "\xff\xff" + string(make([]byte, 2000)),
	} {
		conn := dialTCP(t, l)
		_, _ = io.WriteString(conn, bytes)
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := conn.Read(make([]byte, 1)); err == nil || isTimeout(err) {
			t.Errorf("%s: the connection stays: %v", name, err)
		}
	}
	s := l.tabs.port.sockets[0]
	eventually(t, "no connection is kept", func() bool { s.mu.RLock(); defer s.mu.RUnlock(); return len(s.links) == 0 })
}

func isTimeout(err error) bool { n, ok := err.(net.Error); return ok && n.Timeout() }

func TestTCPConnectionsAreBounded(t *testing.T) {
	l := newLoop(t, Config{})
	s := l.tabs.port.sockets[0]
	for range tcpLinksPerIP {
		dialTCP(t, l)
	}
	eventually(t, "all are in", func() bool { s.mu.RLock(); defer s.mu.RUnlock(); return len(s.links) == tcpLinksPerIP })
	conn := dialTCP(t, l)
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := conn.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("one too many stays: %v", err)
	}
}

// A browser that does not read must not hold up who sends to it, and finds
// whole packets when it reads again.
func TestTCPSendNeverWaits(t *testing.T) {
	l := newLoop(t, Config{})
	s := l.tabs.port.sockets[0]
	conn := dialTCP(t, l)
	at := addrPortOf(conn.LocalAddr())
	eventually(t, "the connection is in", func() bool { return s.link(at) != nil })
	link := s.link(at)
	pkt := make([]byte, 1200)
	began := time.Now()
	dropped := false
	for i := 0; !dropped; i++ {
		binary.BigEndian.PutUint32(pkt, uint32(i))
		if err := link.send(pkt); err != nil {
			t.Fatal(err)
		}
		link.mu.Lock()
		dropped = len(link.left) > 0
		link.mu.Unlock()
		if time.Since(began) > patience {
			t.Fatal("the kernel took everything: nothing was tested")
		}
	}
	in := bufio.NewReader(conn)
	buf := make([]byte, maxPacket)
	for want := range uint32(100) {
		got, err := readFrame(in, buf)
		if err != nil || len(got) != len(pkt) || binary.BigEndian.Uint32(got) != want {
			t.Fatalf("packet %d: %v, %d bytes", want, err, len(got))
		}
	}
	// There is room again: the half packet is finished before the next one.
	go func() { _, _ = io.Copy(io.Discard, in) }()
	eventually(t, "what was left is sent", func() bool {
		_ = link.send(pkt)
		link.mu.Lock()
		defer link.mu.Unlock()
		return len(link.left) == 0
	})
}
