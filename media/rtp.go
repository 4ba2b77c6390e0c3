package media

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// RTPEnd is the end of a phone or trunk: plain RTP and RTCP on a pair of ports,
// described by SDP.
type RTPEnd struct {
	*End
	options RTPOptions
	addr    netip.AddrPort // as written in SDP
	rtp     *net.UDPConn
	rtcp    *net.UDPConn
	peer    atomic.Pointer[peer]

	mu   sync.Mutex
	nego negotiation
}

// NewRTPEnd opens a pair of ports for a leg whose signalling peer is o.Peer.
// It is ErrNoPort when none is free, ErrClosed when the loop is.
func (l *Loop) NewRTPEnd(o RTPOptions) (*RTPEnd, error) {
	o.Peer = o.Peer.Unmap().WithZone("")
	o.MediaFrom = slices.Clone(o.MediaFrom)
	bind, write, err := l.addressFor(o.Peer)
	if err != nil {
		return nil, err
	}
	r := &RTPEnd{options: o, nego: newNegotiation()}
	if r.rtp, r.rtcp, err = l.ports.open(bind); err != nil {
		return nil, err
	}
	r.addr = netip.AddrPortFrom(write, portOf(r.rtp))
	if r.End, err = newEnd(l, r, o.Shut); err != nil {
		l.ports.close(r.rtp, r.rtcp)
		return nil, err
	}
	if !l.run("rtp", func() { r.read(r.rtp, r.receiveRTP) }) || !l.run("rtcp", func() { r.read(r.rtcp, r.receiveControl) }) {
		r.Close()
		return nil, ErrClosed
	}
	return r, nil
}

// Addr is the address and port we write in SDP for this end's RTP.
func (r *RTPEnd) Addr() netip.AddrPort { return r.addr }

// read hands every datagram of c to take until c is closed.
func (r *RTPEnd) read(c *net.UDPConn, take func([]byte, netip.AddrPort)) {
	buf := make([]byte, maxPacket+1)
	for {
		n, src, err := c.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(time.Millisecond) // short of memory, perhaps: do not spin
		case n > maxPacket:
			r.counters.droppedBad.Add(1)
		default:
			take(buf[:n], netip.AddrPortFrom(src.Addr().Unmap(), src.Port()))
		}
	}
}

// receiveRTP takes a datagram from the RTP port.
func (r *RTPEnd) receiveRTP(b []byte, src netip.AddrPort) {
	defer r.loop.recovered("rtp")
	if isRTCP(b) {
		r.receiveControl(b, src)
		return
	}
	var p packet
	if !p.parse(b) || !r.expects(p.payloadType) {
		r.counters.droppedBad.Add(1)
		return
	}
	if !r.admits(src) {
		r.counters.droppedStranger.Add(1)
		return
	}
	r.receive(&p)
}

// expects tells whether a payload type was negotiated, before a packet of it
// may latch.
func (r *RTPEnd) expects(number uint8) bool {
	table := r.payloads.Load()
	return table != nil && table.rx[number] != formatNone
}

// receiveControl takes an RTCP datagram.
func (r *RTPEnd) receiveControl(b []byte, src netip.AddrPort) {
	defer r.loop.recovered("rtcp")
	if !r.admitsRTCP(src.Addr()) {
		r.counters.droppedStranger.Add(1)
		return
	}
	r.receiveRTCP(b)
}

func (r *RTPEnd) sendRTP(b []byte) bool {
	p := r.peer.Load()
	if p == nil || !p.to.IsValid() {
		return false
	}
	_, err := r.rtp.WriteToUDPAddrPort(b, p.to)
	return err == nil
}

func (r *RTPEnd) sendRTCP(packets []rtcp.Packet) {
	p := r.peer.Load()
	if p == nil || !p.rtcp.IsValid() {
		return
	}
	b, err := rtcp.Marshal(packets)
	if err != nil {
		return
	}
	c := r.rtcp
	if p.mux {
		c = r.rtp
	}
	// A report that is lost is followed by another.
	_, _ = c.WriteToUDPAddrPort(b, p.rtcp)
}

// close frees the ports; the readers return.
func (r *RTPEnd) close() { r.loop.ports.close(r.rtp, r.rtcp) }

// usesMux tells whether RTCP shares the RTP port by the last offer/answer.
func (r *RTPEnd) usesMux() bool {
	p := r.peer.Load()
	return p != nil && p.mux
}

// reachable is the address of the far side's m-line, checked against our own.
func (r *RTPEnd) reachable(line *mediaLine) (netip.AddrPort, error) {
	to, err := line.address()
	switch {
	case err != nil:
		return to, err
	case to.Addr().IsUnspecified():
		return to, nil
	case to.Addr().Is4() != r.addr.Addr().Is4():
		return to, badSDP("%s is not of the address family of this leg (%s)", to.Addr(), r.addr.Addr())
	case to == r.addr:
		return to, badSDP("%s is our own port", to)
	}
	return to, nil
}
