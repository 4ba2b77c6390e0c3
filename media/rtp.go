package media

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"ringsplash/media/sdp"
)

// RTPEnd is the end of a phone or trunk: plain RTP and RTCP on a pair of ports,
// described by SDP.
type RTPEnd struct {
	*End
	options RTPOptions
	sockets atomic.Pointer[sockets] // replaced under out.mu
	peer    atomic.Pointer[peer]

	mu      sync.Mutex
	nego    *sdp.Negotiation
	offered netip.AddrPort    // in our last offer
	takes   []sdp.PayloadType // of the far side, by the last agreement
}

// sockets are the pair of ports of an RTP end. They belong to the address
// family of its far side's media, which need not be that of the signalling.
type sockets struct {
	addr      netip.AddrPort // as written in SDP
	rtp, rtcp *net.UDPConn
}

// NewRTPEnd opens a pair of ports for a leg whose signalling peer is o.Peer.
// It is ErrNoPort when none is free, ErrClosed when the loop is.
func (l *Loop) NewRTPEnd(o RTPOptions) (*RTPEnd, error) {
	o.Peer = o.Peer.Unmap().WithZone("")
	o.MediaFrom = slices.Clone(o.MediaFrom)
	family := o.Peer
	if family.IsValid() && !l.listens(family) {
		family = l.cfg.Listen[0].Unmap() // its media may still be of ours
	}
	own, err := l.openSockets(family, o.Peer)
	if err != nil {
		return nil, err
	}
	r := &RTPEnd{options: o}
	r.nego = sdp.NewNegotiation(r.reachable)
	r.sockets.Store(own)
	if r.End, err = newEnd(l, r, o.Shut); err != nil {
		l.ports.close(own.rtp, own.rtcp)
		return nil, err
	}
	if !r.start(own) {
		r.Close()
		return nil, ErrClosed
	}
	return r, nil
}

// openSockets opens a pair of ports of the family of an address, to be reached
// by the peer.
func (l *Loop) openSockets(family, peer netip.Addr) (*sockets, error) {
	bind, write, err := l.addressFor(family, peer)
	if err != nil {
		return nil, err
	}
	own := &sockets{}
	if own.rtp, own.rtcp, err = l.ports.open(bind); err != nil {
		return nil, err
	}
	own.addr = netip.AddrPortFrom(write, portOf(own.rtp))
	return own, nil
}

// start reads from sockets until they are closed; false when the loop is.
func (r *RTPEnd) start(own *sockets) bool {
	return r.loop.run("rtp", func() { r.read(own.rtp, r.receiveRTP) }) &&
		r.loop.run("rtcp", func() { r.read(own.rtcp, r.receiveControl) })
}

// socketsFor are those from which to can be reached: the present ones, or new
// ones of its family.
func (r *RTPEnd) socketsFor(to netip.AddrPort) (*sockets, error) {
	own := r.sockets.Load()
	if to.Addr().IsUnspecified() || to.Addr().Is4() == own.addr.Addr().Is4() {
		return own, nil
	}
	return r.loop.openSockets(to.Addr(), to.Addr())
}

// use makes own the sockets of the end, in place of the others.
func (r *RTPEnd) use(own *sockets) error {
	if own == r.sockets.Load() {
		return nil
	}
	r.out.mu.Lock()
	old := own
	if !r.closed.Load() {
		old = r.sockets.Swap(own)
	}
	r.out.mu.Unlock()
	r.loop.ports.close(old.rtp, old.rtcp)
	if old == own || !r.start(own) {
		return ErrClosed
	}
	return nil
}

// unused gives back what socketsFor opened.
func (r *RTPEnd) unused(own *sockets) {
	if own != r.sockets.Load() {
		r.loop.ports.close(own.rtp, own.rtcp)
	}
}

// Addr is the address and port we write in SDP for this end's RTP.
func (r *RTPEnd) Addr() netip.AddrPort { return r.sockets.Load().addr }

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
	return table != nil && table.rx[number] != sdp.FormatNone
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
	_, err := r.sockets.Load().rtp.WriteToUDPAddrPort(b, p.to)
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
	own := r.sockets.Load()
	c := own.rtcp
	if p.mux {
		c = own.rtp
	}
	// A report that is lost is followed by another.
	_, _ = c.WriteToUDPAddrPort(b, p.rtcp)
}

// close frees the ports; the readers return.
func (r *RTPEnd) close() {
	own := r.sockets.Load()
	r.loop.ports.close(own.rtp, own.rtcp)
}

// usesMux tells whether RTCP shares the RTP port by the last offer/answer.
func (r *RTPEnd) usesMux() bool {
	p := r.peer.Load()
	return p != nil && p.mux
}

// reachable tells why no media can be sent to an address.
func (r *RTPEnd) reachable(to netip.AddrPort) error {
	switch {
	case !r.loop.listens(to.Addr()):
		return fmt.Errorf("%w: there is no address of the family of %s under media.listen", ErrFamily, to.Addr())
	case to == r.Addr():
		return sdp.Bad("%s is our own port", to)
	}
	return nil
}
