package sipua

import (
	"bytes"
	"net"
	"net/netip"

	"github.com/emiago/sipgo/sip"
)

// messageMax is the size from which on a datagram is not read. sipgo reads
// that much and no more, so a datagram of just this size may be cut.
const messageMax = 32768

// firstLineMax is how far a datagram's first line is looked for.
const firstLineMax = 8192

// Filter is the read filter of sipgo's transport layer: it gets a datagram or a
// stream's whole message and returns it to go on, nil to drop. It never returns an error, which would end the listener.
// What it drops costs no memory: neither log line nor allocation.
func (a *Access) Filter(info sip.TransportReadProps, data []byte) ([]byte, error) {
	ip, datagram := remoteIP(info.RemoteAddr)
	if datagram {
		if isKeepAlive(data) {
			return nil, nil
		}
		if !looksLikeSIP(data) {
			a.answerSTUN(info, ip, data)
			return nil, nil
		}
	}
	if !a.maySend(info, ip) {
		a.count.throttled.Add(1)
		return nil, nil
	}
	if datagram && len(data) >= messageMax {
		a.count.oversized.Add(1)
		if a.cfg.Reply != nil {
			if answer := tooLarge(data); answer != nil {
				a.cfg.Reply(info.LocalAddr, info.RemoteAddr, answer)
			}
		}
		return nil, nil
	}
	return data, nil
}

// answerSTUN answers a keep-alive by STUN and counts what is none.
func (a *Access) answerSTUN(info sip.TransportReadProps, ip netip.Addr, data []byte) {
	if len(data) < 20 || data[0] > 3 || a.cfg.Reply == nil {
		a.count.notSIP.Add(1)
		return
	}
	if !a.maySend(info, ip) {
		a.count.throttled.Add(1)
		return
	}
	if answer := stunAnswer(data, info.RemoteAddr); answer != nil {
		a.cfg.Reply(info.LocalAddr, info.RemoteAddr, answer)
		return
	}
	a.count.notSIP.Add(1)
}

// maySend counts a message of a source, which may send far more when it proved
// who it is or is a trunk.
func (a *Access) maySend(info sip.TransportReadProps, ip netip.Addr) bool {
	known := a.regulars.has(ip)
	if !known && a.cfg.Trunk != nil {
		if _, known = a.cfg.Trunk(remotePort(info.RemoteAddr), sip.NetworkToLower(info.Transport)); known {
			a.regulars.add(ip)
		}
	}
	if known {
		return a.rates.admit(sourceIP(ip), a.cfg.Now())
	}
	return a.others.admit(sourceIP(ip), a.cfg.Now())
}

// remotePort is the address and port of a peer.
func remotePort(addr net.Addr) netip.AddrPort {
	var at netip.AddrPort
	switch addr := addr.(type) {
	case *net.UDPAddr:
		at = addr.AddrPort()
	case *net.TCPAddr:
		at = addr.AddrPort()
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

func remoteIP(addr net.Addr) (ip netip.Addr, datagram bool) {
	switch addr := addr.(type) {
	case *net.UDPAddr:
		return addr.AddrPort().Addr(), true
	case *net.TCPAddr:
		return addr.AddrPort().Addr(), false
	}
	return netip.Addr{}, false
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
