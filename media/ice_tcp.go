package media

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// tcpLinks bounds the TCP connections of one socket, tcpLinksPerIP those
	// of one address (an office behind one NAT address).
	tcpLinks      = 2048
	tcpLinksPerIP = 256
	// tcpFirst is how long a connection may take to send its first check,
	// tcpIdle how long it may be silent afterwards; browsers check each 2.5 s.
	tcpFirst = 5 * time.Second
	tcpIdle  = 30 * time.Second
)

// tcpLink is one TCP connection of a browser (RFC 6544): packets with a two
// byte length before each (RFC 4571 2).
type tcpLink struct {
	socket *browserSocket
	from   netip.AddrPort
	tcp    *net.TCPConn
	raw    syscall.RawConn
	// conn is the agent that proved this connection, nil before.
	conn atomic.Pointer[iceConn]

	mu   sync.Mutex
	out  [2 + maxPacket]byte // being written
	left []byte              // the part of out the kernel has not taken yet
	try  func(fd uintptr) bool
	err  error
}

func (s *browserSocket) acceptTCP() {
	for {
		conn, err := s.tcp.AcceptTCP()
		if err != nil {
			s.mu.RLock()
			closed := s.closed
			s.mu.RUnlock()
			if closed {
				return
			}
			time.Sleep(10 * time.Millisecond) // out of file descriptors: do not spin
			continue
		}
		l := newTCPLink(s, conn)
		if l == nil || s.stranger(l.from.Addr()) || !s.admit(l) || !s.port.loop.run("a browser's TCP connection", l.read) {
			_ = conn.Close()
		}
	}
}

func newTCPLink(s *browserSocket, conn *net.TCPConn) *tcpLink {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	return &tcpLink{socket: s, tcp: conn, raw: raw, from: addrPortOf(conn.RemoteAddr())}
}

// admit counts the connection in, unless there are too many.
func (s *browserSocket) admit(l *tcpLink) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	same := 0
	for from := range s.links {
		if from.Addr() == l.from.Addr() {
			same++
		}
	}
	if s.closed || len(s.links) >= tcpLinks || same >= tcpLinksPerIP {
		return false
	}
	s.links[l.from] = l
	return true
}

// link is the connection from addr, nil if it is gone.
func (s *browserSocket) link(addr netip.AddrPort) *tcpLink {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.links[addr]
}

// prove notes that conn's agent found a valid check on this connection. The
// first owner keeps it: nobody else can speak on it.
func (l *tcpLink) prove(conn *iceConn) {
	if old := l.conn.Load(); old == nil || old.peer.tab == conn.peer.tab {
		l.conn.Store(conn)
	}
	if conn.peer.over.Load() {
		l.close() // forget may have come before
	}
}

func (l *tcpLink) close() { _ = l.tcp.Close() }

// read runs until the connection ends.
func (l *tcpLink) read() {
	defer func() {
		l.close()
		l.socket.mu.Lock()
		delete(l.socket.links, l.from)
		l.socket.mu.Unlock()
	}()
	in := bufio.NewReaderSize(l.tcp, 4096)
	var buf [maxPacket]byte
	var deadline time.Time
	wait := tcpFirst
	for {
		if now := time.Now(); deadline.Sub(now) < wait/2 {
			deadline = now.Add(wait)
			_ = l.tcp.SetReadDeadline(deadline)
		}
		pkt, err := readFrame(in, buf[:])
		if err != nil {
			return
		}
		if l.conn.Load() == nil && l.socket.requested(pkt, true) == nil {
			return // not a check for anybody here
		}
		wait = tcpIdle
		l.frame(pkt)
	}
}

// readFrame reads one packet into buf. One that does not fit is an error, as
// nobody we serve sends it.
func readFrame(in *bufio.Reader, buf []byte) ([]byte, error) {
	head, err := in.Peek(2)
	if err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint16(head))
	if _, err = in.Discard(2); err != nil {
		return nil, err
	}
	if size > len(buf) {
		return nil, io.ErrShortBuffer
	}
	_, err = io.ReadFull(in, buf[:size])
	return buf[:size], err
}

// frame handles one packet, as datagram does.
func (l *tcpLink) frame(pkt []byte) {
	defer l.socket.port.loop.recovered("a packet from a browser")
	kind := kindOf(pkt)
	if kind == kindSTUN {
		if conn := l.socket.requested(pkt, true); conn != nil {
			conn.deliver(pkt, l.from)
			return
		}
	}
	conn := l.conn.Load()
	if conn == nil {
		return
	}
	switch kind {
	case kindRTP:
		conn.peer.receiveRTP(pkt)
	case kindRTCP:
		conn.peer.receiveRTCP(pkt)
	case kindDTLS:
		conn.peer.receiveDTLS(conn, pkt, l.from)
	case kindSTUN:
		conn.deliver(pkt, l.from)
	}
}

// send writes one packet if the kernel takes it now, and drops it otherwise:
// who sends must not wait for a slow browser. Only a packet that went half is
// finished before the next.
func (l *tcpLink) send(pkt []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.flush(); l.err != nil || len(l.left) > 0 {
		return l.err
	}
	if len(pkt) > maxPacket {
		return io.ErrShortBuffer
	}
	binary.BigEndian.PutUint16(l.out[:], uint16(len(pkt)))
	l.left = l.out[:2+copy(l.out[2:], pkt)]
	whole := len(l.left)
	if l.flush(); len(l.left) == whole {
		l.left = nil
	}
	return l.err
}
