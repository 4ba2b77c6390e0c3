package sipua

import (
	"bytes"
	"net"
	"net/netip"
	"sync/atomic"

	"ringsplash/signaling/sipua/message"

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
	return Dropped{
		NotSIP: u.drops.notSIP.Load(), Oversized: u.drops.oversized.Load(), Throttled: u.drops.throttled.Load(),
		Crowded: u.wire.Crowded(),
	}
}

// mayPass tells whether a datagram, or a stream's whole message, is read at all.
// What it drops costs no memory: neither log line nor allocation.
func (u *UA) mayPass(info sip.TransportReadProps, b []byte) bool {
	source, datagram := message.PeerOf(info.RemoteAddr)
	transport := sip.NetworkToLower(info.Transport)
	stun := datagram && !message.LooksLikeSIP(b)
	switch {
	case datagram && message.IsKeepAlive(b):
	case stun && (len(b) < 20 || b[0] > 3):
		u.drops.notSIP.Add(1)
	case !u.access.MaySend(source, transport):
		u.drops.throttled.Add(1)
	case stun:
		if answer := message.AnswerSTUN(b, info.RemoteAddr); answer != nil {
			u.wire.Reply(info.LocalAddr, info.RemoteAddr, answer)
		} else {
			u.drops.notSIP.Add(1)
		}
	case datagram && len(b) >= message.MaxSize:
		u.drops.oversized.Add(1)
		if answer := message.AnswerTooLarge(b); answer != nil {
			u.wire.Reply(info.LocalAddr, info.RemoteAddr, answer)
		}
	default:
		return true
	}
	return false
}

// filter is what sipgo gives every message to before it parses it. It refuses
// strangers; sipgo's reader has no recover of its own.
func (u *UA) filter(info sip.TransportReadProps, b []byte) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			u.log.Error("sip: read filter failed", "panic", p, "source", info.RemoteAddr.String())
			out, err = nil, nil
		}
	}()
	b = bytes.TrimLeft(b, "\r\n") // RFC 3261 7.5
	if u.access != nil && !u.mayPass(info, b) || len(b) == 0 {
		return nil, nil
	}
	_, datagram := info.RemoteAddr.(*net.UDPAddr)
	if b = message.Mend(b, datagram); !u.first(info, b) {
		return nil, nil
	}
	return b, nil
}

// isRegular tells whether the messages of an address are read before those of
// strangers; all are when there is no access control.
func (u *UA) isRegular(ip netip.Addr) bool { return u.access == nil || u.access.Knows(ip) }
