package media

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// readBuffer is the socket buffer asked for: 4 s of audio.
const readBuffer = 64 << 10

// kernelTries bounds the search for an even port when the kernel chooses.
const kernelTries = 50

// ports hands out pairs of RTP and RTCP ports.
type ports struct {
	mu        sync.Mutex
	low, high int // 0, 0: the kernel chooses
	next      int

	bound atomic.Int64 // pairs
}

// open binds an even port for RTP and the one after it for RTCP (RFC 3550 11)
// on addr. It is ErrNoPort when there is no such pair. In a range it goes
// round, so that a port rests before it is used again.
func (p *ports) open(addr netip.Addr) (rtp, rtcp *net.UDPConn, err error) {
	defer func() {
		if err == nil {
			p.bound.Add(1)
		}
	}()
	if p.low == 0 {
		return openKernel(addr)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	first := p.low + p.low&1
	pairs := (p.high + 1 - first) / 2
	for range pairs {
		if p.next < first || p.next+1 > p.high {
			p.next = first
		}
		port := p.next
		p.next += 2
		if rtp, rtcp, err = openPair(addr, port); err == nil {
			return rtp, rtcp, nil
		}
	}
	return nil, nil, fmt.Errorf("%w on %s within %d-%d: free ports or widen media.rtp_ports (%v)", ErrNoPort, addr, p.low, p.high,
		err)
}

func openKernel(addr netip.Addr) (rtp, rtcp *net.UDPConn, err error) {
	for range kernelTries {
		probe, err := bind(addr, 0)
		if err != nil {
			return nil, nil, fmt.Errorf("%w on %s: %w", ErrNoPort, addr, err)
		}
		port := int(portOf(probe))
		if port&1 == 0 {
			if rtcp, err := bind(addr, port+1); err == nil {
				return probe, rtcp, nil
			}
			probe.Close()
			continue
		}
		// Odd: perhaps its even neighbour is free.
		if rtp, err := bind(addr, port-1); err == nil {
			return rtp, probe, nil
		}
		probe.Close()
	}
	return nil, nil, fmt.Errorf("%w on %s: no free pair of ports found", ErrNoPort, addr)
}

// close frees a pair that open gave.
func (p *ports) close(rtp, rtcp *net.UDPConn) {
	_ = rtp.Close()
	_ = rtcp.Close()
	p.bound.Add(-1)
}

func openPair(addr netip.Addr, port int) (rtp, rtcp *net.UDPConn, err error) {
	if rtp, err = bind(addr, port); err != nil {
		return nil, nil, err
	}
	if rtcp, err = bind(addr, port+1); err != nil {
		rtp.Close()
		return nil, nil, err
	}
	return rtp, rtcp, nil
}

func bind(addr netip.Addr, port int) (*net.UDPConn, error) {
	network := "udp6"
	if addr.Is4() {
		network = "udp4"
	}
	c, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, uint16(port))))
	if err != nil {
		return nil, err
	}
	// Smaller buffers than asked for still work.
	_ = c.SetReadBuffer(readBuffer)
	_ = c.SetWriteBuffer(readBuffer)
	return c, nil
}

func portOf(c *net.UDPConn) uint16 {
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}
