package wire

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	// regularLane and strangerLane are how many datagrams wait to be handled.
	// What a stranger sends waits for milliseconds or not at all: kept for
	// longer it would be answered when its sender has long repeated it.
	regularLane, strangerLane = 2048, 256
	// smallDatagram is what nearly all SIP messages fit in.
	smallDatagram = 2048
)

// datagram is one that waits to be handled.
type datagram struct {
	data []byte
	from *net.UDPAddr
}

// lanes is a UDP socket whose datagrams wait in two queues. Those of addresses
// that proved who they are go first, so that a flood of strangers costs our
// users neither messages nor time: it fills its own lane and is dropped there.
type lanes struct {
	*net.UDPConn
	regular func(netip.Addr) bool

	regulars, others chan datagram
	interrupted      chan struct{}
	closed           chan struct{}
	crowded          atomic.Uint64 // datagrams dropped, for a lane was full
	small            sync.Pool     // of *[smallDatagram]byte

	// pool is where sipgo finds the socket that a request leaves by. Its own
	// entry goes with its reader, when that is interrupted or panics; ours, of
	// the same socket, stays. known is closed when it is there.
	pool  *sip.ConnectionPool
	own   *sip.UDPConnection
	fresh bool // sipgo's reader has not read yet
	known chan struct{}
}

// newLanes makes the lanes of c. After begin somebody must run fill until c is
// closed.
func newLanes(c *net.UDPConn) *lanes {
	l := &lanes{
		UDPConn:  c,
		regulars: make(chan datagram, regularLane), others: make(chan datagram, strangerLane),
		interrupted: make(chan struct{}, 1), closed: make(chan struct{}),
		small: sync.Pool{New: func() any { return new([smallDatagram]byte) }},
		known: make(chan struct{}),
	}
	l.own = &sip.UDPConnection{PacketConn: l, PacketAddr: c.LocalAddr().String(), Listener: true}
	return l
}

// begin says who is regular, and which pool of sipgo must know the socket.
func (l *lanes) begin(regular func(netip.Addr) bool, pool *sip.ConnectionPool) {
	l.regular, l.pool = regular, pool
}

// register puts our entry in place of that which sipgo has just made.
func (l *lanes) register() {
	l.pool.Add(l.own.PacketAddr, l.own)
	select {
	case <-l.known:
	default:
		close(l.known)
	}
	l.fresh = false
}

// fill reads the socket until it is closed.
func (l *lanes) fill() {
	defer close(l.closed)
	for buf := make([]byte, maxDatagram); ; {
		n, from, err := l.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // the kernel is short of something
			time.Sleep(10 * time.Millisecond)
			continue
		}
		lane := l.others
		if l.regular(from.Addr()) {
			lane = l.regulars
		}
		if len(lane) == cap(lane) { // nobody else fills it
			l.crowded.Add(1)
			continue
		}
		lane <- datagram{l.copied(buf[:n]), net.UDPAddrFromAddrPort(from)}
	}
}

func (l *lanes) copied(b []byte) []byte {
	if len(b) > smallDatagram {
		return append([]byte(nil), b...)
	}
	kept := l.small.Get().(*[smallDatagram]byte)
	return kept[:copy(kept[:], b)]
}

// ReadFrom waits for the next datagram, until the socket is closed or the
// reader is interrupted.
func (l *lanes) ReadFrom(b []byte) (int, net.Addr, error) {
	if l.fresh {
		l.register()
	}
	select {
	case d := <-l.regulars:
		return l.hand(d, b)
	default:
	}
	select {
	case d := <-l.regulars:
		return l.hand(d, b)
	case d := <-l.others:
		return l.hand(d, b)
	case <-l.interrupted:
		return 0, nil, os.ErrDeadlineExceeded
	case <-l.closed:
		return 0, nil, net.ErrClosed
	}
}

func (l *lanes) hand(d datagram, b []byte) (int, net.Addr, error) {
	n := copy(b, d.data)
	if cap(d.data) == smallDatagram {
		l.small.Put((*[smallDatagram]byte)(d.data[:smallDatagram]))
	}
	return n, d.from, nil
}

// interrupt has the reader return without a datagram, now or at its next call.
func (l *lanes) interrupt() {
	select {
	case l.interrupted <- struct{}{}:
	default:
	}
}
