package media

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"ringsplash/media/sdp"
)

// tabAnswer is what an answer is written from.
type tabAnswer struct {
	session         uint64 // o= session id, one for each PeerConnection
	version         uint64
	ufrag, password string
	fingerprint     string
	candidates      []string
	ssrc            uint32
	audio           answered
}

// write writes the answer to o. We write it and not the PeerConnection, because
// the PeerConnection keeps the codecs of its first offer for ever and knows one
// address of a listener only. The audio m-line is answered in our order of
// codecs; video m-lines stay alive, inactive, for a later offer to use; anything
// else is refused (RFC 3264 6, RFC 8829 5.3.1).
func (a *tabAnswer) write(o *tabOffer) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("v=0")
	line("o=- %d %d IN IP4 0.0.0.0", a.session, a.version)
	line("s=-")
	line("t=0 0")
	line("a=ice-lite")
	line("a=msid-semantic: WMS *")
	line("a=fingerprint:%s", a.fingerprint)
	var mids []string
	for i := range o.sections {
		if s := &o.sections[i]; s.bundled && s.accepted(o) {
			mids = append(mids, s.mid)
		}
	}
	if len(mids) > 0 {
		line("a=group:BUNDLE %s", strings.Join(mids, " "))
	}
	first := true
	for i := range o.sections {
		s := &o.sections[i]
		if !s.accepted(o) {
			line("m=%s 0 %s %s", s.kind, s.proto, strings.Join(s.formats, " "))
			line("c=IN IP4 0.0.0.0")
			line("a=mid:%s", s.mid)
			line("a=inactive")
			continue
		}
		a.section(s, o, line)
		if first {
			for _, c := range a.candidates {
				line("a=%s", c)
			}
			line("a=end-of-candidates")
			first = false
		}
	}
	return b.String()
}

// accepted: the audio m-line, and video m-lines beside it on the same transport.
func (s *tabSection) accepted(o *tabOffer) bool {
	if s == o.audio {
		return true
	}
	return s.kind == "video" && !s.rejected && s.bundled && o.audio.bundled && s.vp8() != ""
}

func (a *tabAnswer) section(s *tabSection, o *tabOffer, line func(string, ...any)) {
	formats, lines := []string{s.vp8()}, []string{"a=rtpmap:" + s.vp8() + " VP8/90000"}
	ours := sdp.Inactive
	if s == o.audio {
		formats, lines, ours = a.audio.numbers(), a.audio.lines, s.direction.Reply(sdp.SendRecv)
	}
	line("m=%s 9 %s %s", s.kind, s.proto, strings.Join(formats, " "))
	line("c=IN IP4 0.0.0.0")
	line("a=mid:%s", s.mid)
	line("a=rtcp-mux")
	line("a=ice-ufrag:%s", a.ufrag)
	line("a=ice-pwd:%s", a.password)
	line("a=setup:passive")
	line("a=%s", ours)
	for _, l := range lines {
		line("%s", l)
	}
	if s == o.audio {
		// The page plays what comes with this SSRC as a track of this stream.
		line("a=msid:ringsplash audio")
		line("a=ssrc:%d cname:ringsplash", a.ssrc)
		line("a=ssrc:%d msid:ringsplash audio", a.ssrc)
	}
}

func (a *answered) numbers() []string {
	var n []string
	for _, t := range a.types {
		n = append(n, fmt.Sprint(t.Number))
	}
	return n
}

// candidates are the port's addresses as candidate attributes (RFC 8839 5.1,
// RFC 6544 4.5): each listen address and the public one it is known by, UDP
// before TCP. An address that means "all" is replaced by those of the interfaces.
func (p *browserPort) candidates() []string {
	var ips []netip.AddrPort
	for _, s := range p.sockets {
		public, mapped := p.loop.cfg.Public[s.addr.Addr()]
		if own := concrete(s.addr.Addr()); !mapped || !s.addr.Addr().IsUnspecified() {
			for _, ip := range own {
				ips = append(ips, netip.AddrPortFrom(ip, s.addr.Port()))
			}
		}
		if mapped {
			ips = append(ips, netip.AddrPortFrom(public, s.addr.Port()))
		}
	}
	var lines []string
	for _, tcp := range []bool{false, true} {
		for i, ip := range ips {
			lines = append(lines, candidateLine(ip, i, tcp))
		}
	}
	return lines
}

func candidateLine(a netip.AddrPort, rank int, tcp bool) string {
	// RFC 8445 5.1.2.1; RFC 6544 4.2 for TCP, behind every UDP candidate.
	if tcp {
		priority := 90<<24 | (4<<13|(8191-rank))<<8 | 255
		return fmt.Sprintf("candidate:t%d 1 tcp %d %s %d typ host tcptype passive", rank, priority, a.Addr(), a.Port())
	}
	priority := 126<<24 | (65535-rank)<<8 | 255
	return fmt.Sprintf("candidate:u%d 1 udp %d %s %d typ host", rank, priority, a.Addr(), a.Port())
}

// concrete is a, or what an unspecified a stands for: the addresses of the
// interfaces, loopback only if there is nothing else.
func concrete(a netip.Addr) []netip.Addr {
	if !a.IsUnspecified() {
		return []netip.Addr{a}
	}
	var global, loop []netip.Addr
	all, _ := net.InterfaceAddrs()
	for _, addr := range all {
		prefix, err := netip.ParsePrefix(addr.String())
		ip := prefix.Addr().Unmap()
		if err != nil || ip.Is4() != a.Is4() {
			continue
		}
		switch {
		case ip.IsLoopback():
			loop = append(loop, ip)
		case ip.IsGlobalUnicast():
			global = append(global, ip)
		}
	}
	if len(global) == 0 {
		return loop
	}
	return global
}
