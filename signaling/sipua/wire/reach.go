package wire

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/address"
	"ringsplash/signaling/sipua/message"
)

// LeadsHere tells whether requests to uri would come to one of our sockets, as
// far as its host says without the DNS: see Connect for the rest. ours tells
// whether a name, as address.PlainHost writes it, means us.
func (w *Sockets) LeadsHere(uri sip.Uri, ours func(host string) bool) bool {
	transport := "udp"
	if t, err := message.Transport(uri, transport); err == nil {
		transport = t
	}
	port := message.Port(transport, uri.Port)
	ip, err := netip.ParseAddr(strings.Trim(uri.Host, "[]"))
	at, host := netip.AddrPortFrom(ip.Unmap(), port), address.PlainHost(uri.Host)
	own := host == "localhost" || strings.HasSuffix(host, ".localhost") || ours(host) // RFC 6761 6.3
	return slices.ContainsFunc(w.socks, func(s *Socket) bool {
		if err != nil {
			return own && s.Addr.Port() == port
		}
		return w.reaches(s, at)
	})
}

// reaches tells whether what is sent to the address at comes to the port of s.
func (w *Sockets) reaches(s *Socket, at netip.AddrPort) bool {
	if s.Addr.Port() != at.Port() {
		return false
	}
	mine, ip := s.Addr.Addr().Unmap(), at.Addr()
	return mine == ip || w.cfg.Public[s.Addr.Addr()] == ip || ip.IsUnspecified() ||
		mine.IsUnspecified() && (ip.IsLoopback() || routeTo(ip) == ip) // an address of this machine
}
