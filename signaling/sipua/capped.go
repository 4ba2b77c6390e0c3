package sipua

import (
	"net"
	"net/netip"
	"sync"
)

const (
	maxStreams          = 4096 // TCP connections in all
	maxStreamsPerSource = 200
)

// capped is a listener that bounds the connections of each source address;
// sipgo itself accepts without end.
type capped struct {
	net.Listener
	mu    sync.Mutex
	open  map[netip.Addr]int
	total int
}

func newCapped(l net.Listener) *capped {
	return &capped{Listener: l, open: make(map[netip.Addr]int)}
}

// Accept closes connections above the bounds at once and waits for the next.
func (c *capped) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := addrPort(conn.RemoteAddr().String()).Addr()
		if c.take(from) {
			return &cappedConn{Conn: conn, release: sync.OnceFunc(func() { c.give(from) })}, nil
		}
		_ = conn.Close()
	}
}

func (c *capped) take(from netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total >= maxStreams || c.open[from] >= maxStreamsPerSource {
		return false
	}
	c.open[from]++
	c.total++
	return true
}

func (c *capped) give(from netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.open[from]--; c.open[from] <= 0 {
		delete(c.open, from)
	}
}

type cappedConn struct {
	net.Conn
	release func()
}

func (c *cappedConn) Close() error {
	c.release()
	return c.Conn.Close()
}
