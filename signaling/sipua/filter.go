package sipua

import (
	"bytes"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/emiago/sipgo/sip"
)

// messageMax is the size from which on a datagram is not read. sipgo reads
// that much and no more, so a datagram of just this size may be cut.
const messageMax = 32768

// firstLineMax is how far a datagram's first line is looked for.
const firstLineMax = 8192

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
	stun := datagram && !looksLikeSIP(b)
	switch {
	case datagram && isKeepAlive(b):
	case stun && (len(b) < 20 || b[0] > 3):
		u.drops.notSIP.Add(1)
	case !u.access.maySend(source, transport):
		u.drops.throttled.Add(1)
	case stun:
		if answer := stunAnswer(b, info.RemoteAddr); answer != nil {
			u.reply(info.LocalAddr, info.RemoteAddr, answer)
		} else {
			u.drops.notSIP.Add(1)
		}
	case datagram && len(b) >= messageMax:
		u.drops.oversized.Add(1)
		if answer := tooLarge(b); answer != nil {
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

// isKeepAlive recognises what phones send to keep a NAT open (RFC 5626 3.5.1):
// over UDP nobody answers it.
func isKeepAlive(data []byte) bool {
	return len(data) <= 4 && len(bytes.Trim(data, "\r\n\x00")) == 0
}

// looksLikeSIP checks the first line: "METHOD URI SIP/2.0" or "SIP/2.0 status
// phrase" (RFC 3261 7.1 and 7.2), or what is meant to be one.
func looksLikeSIP(data []byte) bool {
	end := bytes.IndexByte(data[:min(len(data), firstLineMax)], '\n')
	if end < 1 {
		return false
	}
	line := bytes.TrimSuffix(data[:end], []byte("\r"))
	if bytes.HasPrefix(line, []byte("SIP/")) {
		return bytes.HasPrefix(line, []byte("SIP/2.0 ")) && len(line) >= len("SIP/2.0 100")
	}
	return namesSIP(line)
}
