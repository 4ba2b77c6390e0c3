package sdp

import (
	"fmt"
	"net/netip"
	"strings"
)

// TabAnswer is what an answer to a browser is written from.
type TabAnswer struct {
	Session         uint64 // o= session id, one for each PeerConnection
	Version         uint64
	Ufrag, Password string
	Fingerprint     string
	Candidates      []string // as Candidate writes them
	SSRC            uint32
	Types           []PayloadType // of the audio, as TabOffer.Choose chose them
}

// Write writes the answer to o. We write it and not the PeerConnection, because
// the PeerConnection keeps the codecs of its first offer for ever and knows one
// address of a listener only. The audio m-line is answered in our order of
// codecs; video m-lines stay alive, inactive, for a later offer to use; anything
// else is refused (RFC 3264 6, RFC 8829 5.3.1).
func (a *TabAnswer) Write(o *TabOffer) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("v=0")
	line("o=- %d %d IN IP4 0.0.0.0", a.Session, a.Version)
	line("s=-")
	line("t=0 0")
	line("a=ice-lite")
	line("a=msid-semantic: WMS *")
	line("a=fingerprint:%s", a.Fingerprint)
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
			for _, c := range a.Candidates {
				line("a=%s", c)
			}
			line("a=end-of-candidates")
			first = false
		}
	}
	return b.String()
}

// accepted: the audio m-line, and video m-lines beside it on the same transport.
func (s *tabSection) accepted(o *TabOffer) bool {
	if s == o.audio {
		return true
	}
	return s.kind == "video" && !s.rejected && s.bundled && o.audio.bundled && s.vp8() != ""
}

func (a *TabAnswer) section(s *tabSection, o *TabOffer, line func(string, ...any)) {
	fmts, ours := []string{s.vp8()}, Inactive
	if s == o.audio {
		fmts, ours = numbers(a.Types), s.direction.reply(SendRecv)
	}
	line("m=%s 9 %s %s", s.kind, s.proto, strings.Join(fmts, " "))
	line("c=IN IP4 0.0.0.0")
	line("a=mid:%s", s.mid)
	line("a=rtcp-mux")
	line("a=ice-ufrag:%s", a.Ufrag)
	line("a=ice-pwd:%s", a.Password)
	line("a=setup:passive")
	line("a=%s", ours)
	if s != o.audio {
		line("a=rtpmap:%s VP8/90000", fmts[0])
		return
	}
	for _, t := range a.Types {
		f := formats[t.Format]
		line("a=rtpmap:%d %s", t.Number, f.encoding)
		if f.parameters != "" {
			line("a=fmtp:%d %s", t.Number, f.parameters)
		}
	}
	// The page plays what comes with this SSRC as a track of this stream.
	line("a=msid:ringsplash audio")
	line("a=ssrc:%d cname:ringsplash", a.SSRC)
	line("a=ssrc:%d msid:ringsplash audio", a.SSRC)
}

// Candidate is a host candidate of an ICE-lite agent as the value of a line
// (RFC 8839 5.1, RFC 6544 4.5), the less preferred the higher its rank.
func Candidate(a netip.AddrPort, rank int, tcp bool) string {
	// RFC 8445 5.1.2.1; RFC 6544 4.2 for TCP, behind every UDP candidate.
	if tcp {
		priority := 90<<24 | (4<<13|(8191-rank))<<8 | 255
		return fmt.Sprintf("candidate:t%d 1 tcp %d %s %d typ host tcptype passive", rank, priority, a.Addr(), a.Port())
	}
	priority := 126<<24 | (65535-rank)<<8 | 255
	return fmt.Sprintf("candidate:u%d 1 udp %d %s %d typ host", rank, priority, a.Addr(), a.Port())
}
