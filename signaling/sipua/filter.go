package sipua

import (
	"ringsplash/signaling/sipua/message"

	"net"
	"net/netip"
	"sync/atomic"

	"github.com/emiago/sipgo/sip"
)

// Dropped counts messages that were dropped before anything read them.
type Dropped struct {
	NotSIP, Oversized, Throttled uint64
	// Crowded are datagrams that found too many others waiting.
	Crowded uint64
}

type dropCount struct{ notSIP, oversized, throttled atomic.Uint64 }

// Dropped reads the counters.
func (u *UA) Dropped() Dropped {
	d := Dropped{NotSIP: u.drops.notSIP.Load(), Oversized: u.drops.oversized.Load(), Throttled: u.drops.throttled.Load()}
	for _, s := range u.socks {
		if s.packet != nil {
			d.Crowded += s.packet.crowded.Load()
		}
	}
	return d
}

// mayPass tells whether a datagram, or a stream's whole message, is read at all.
// What it drops costs no memory: neither log line nor allocation.
func (u *UA) mayPass(info sip.TransportReadProps, b []byte) bool {
	source, datagram := remotePort(info.RemoteAddr)
	transport := sip.NetworkToLower(info.Transport)
	stun := datagram && !message.LooksLikeSIP(b)
	switch {
	case datagram && message.IsKeepAlive(b):
	case stun && (len(b) < 20 || b[0] > 3):
		u.drops.notSIP.Add(1)
	case !u.access.maySend(source, transport):
		u.drops.throttled.Add(1)
	case stun:
		if answer := message.AnswerSTUN(b, info.RemoteAddr); answer != nil {
			u.reply(info.LocalAddr, info.RemoteAddr, answer)
		} else {
			u.drops.notSIP.Add(1)
		}
	case datagram && len(b) >= message.MaxSize:
		u.drops.oversized.Add(1)
		if answer := message.AnswerTooLarge(b); answer != nil {
			u.reply(info.LocalAddr, info.RemoteAddr, answer)
		}
	default:
		return true
	}
	return false
}

// remotePort is the address and port of a peer, and whether it sent a datagram.
func remotePort(addr net.Addr) (at netip.AddrPort, datagram bool) {
	switch addr := addr.(type) {
	case *net.UDPAddr:
		at, datagram = addr.AddrPort(), true
	case *net.TCPAddr:
		at = addr.AddrPort()
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), datagram
}
