package media

import (
	"net/netip"
	"slices"
)

// peer is where an RTP end's device is. It never changes once stored.
type peer struct {
	told netip.AddrPort // as described
	from netip.AddrPort // whose RTP is taken; meaningless until fixed
	to   netip.AddrPort // where RTP is sent; the zero value is nowhere
	rtcp netip.AddrPort // where RTCP is sent, likewise
	mux  bool
	// fixed: from is settled until the next offer/answer. Before that the
	// first packet from told or from behind settles it.
	fixed  bool
	behind netip.Addr
}

// carrierNAT is the shared address space of RFC 6598.
var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

// private tells whether an address means something only near its owner.
func private(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || carrierNAT.Contains(a)
}

// setPeer takes the address of a completed offer/answer. The end latches only
// when the described address is private and not where the signalling comes
// from: a phone behind NAT that describes itself.
func (r *RTPEnd) setPeer(told netip.AddrPort, rtcpPort int, mux bool) {
	p := &peer{told: told, from: told, to: told, mux: mux, fixed: true}
	a, signalling := told.Addr(), r.options.Peer
	if a.IsUnspecified() {
		// On hold without an address: it keeps the one it had for receiving.
		p.to = netip.AddrPort{}
		if old := r.peer.Load(); old != nil && old.fixed {
			p.from = old.from
		}
	} else if !r.options.Trunk && signalling.IsValid() && private(a) && a != signalling {
		p.fixed, p.behind = false, signalling
		if !private(signalling) || a.IsLoopback() {
			// Not its address from here. Nothing is sent to a stranger's
			// choice of our own network.
			p.to = netip.AddrPort{}
		}
		if old := r.peer.Load(); old != nil && old.told == told && old.to.IsValid() {
			p.to = old.to // go on where it was until its next packet
		}
	}
	if p.to == told && !a.IsUnspecified() {
		p.rtcp = rtcpOf(told, rtcpPort, mux)
	}
	r.peer.Store(p)
}

// rtcpOf is where RTCP goes: the port of RTP, the one described, or the next
// (RFC 3605, RFC 5761).
func rtcpOf(rtp netip.AddrPort, described int, mux bool) netip.AddrPort {
	switch {
	case mux:
		return rtp
	case described != 0:
		return netip.AddrPortFrom(rtp.Addr(), uint16(described))
	case rtp.Port() == 65535:
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(rtp.Addr(), rtp.Port()+1)
}

// admits tells whether RTP from src is the device's, and latches.
func (r *RTPEnd) admits(src netip.AddrPort) bool {
	p := r.peer.Load()
	if p == nil {
		return false
	}
	if p.fixed {
		return src == p.from || r.options.Trunk && r.mediaFrom(src.Addr())
	}
	if src != p.told && src.Addr() != p.behind {
		return false
	}
	q := *p
	q.fixed, q.from, q.to = true, src, src
	switch {
	case q.mux:
		q.rtcp = src
	case src != p.told:
		q.rtcp = netip.AddrPort{} // the NAT's port for it is not known
	default:
		q.rtcp = rtcpOf(src, 0, false)
	}
	// Lost to a new offer/answer: that one decides, from the next packet on.
	r.peer.CompareAndSwap(p, &q)
	return true
}

// admitsRTCP goes by the address alone: the port of RTCP is often not the one
// described.
func (r *RTPEnd) admitsRTCP(src netip.Addr) bool {
	p := r.peer.Load()
	if p == nil {
		return false
	}
	return src == p.told.Addr() || p.fixed && src == p.from.Addr() || r.options.Trunk && r.mediaFrom(src)
}

func (r *RTPEnd) mediaFrom(a netip.Addr) bool {
	return slices.ContainsFunc(r.options.MediaFrom, func(n netip.Prefix) bool { return n.Contains(a) })
}
