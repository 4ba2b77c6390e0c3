package sipua

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

// leadsHere tells whether requests to uri would come to one of our sockets, as
// far as its host says without the DNS: see connect for the rest.
func (u *UA) leadsHere(uri sip.Uri) bool {
	transport := "udp"
	if t, err := message.Transport(uri, transport); err == nil {
		transport = t
	}
	port := message.Port(transport, uri.Port)
	ip, err := netip.ParseAddr(strings.Trim(uri.Host, "[]"))
	at, host := netip.AddrPortFrom(ip.Unmap(), port), message.Host(uri.Host)
	own := host == "localhost" || strings.HasSuffix(host, ".localhost") || // RFC 6761 6.3
		host == message.Host(u.cfg.Domain) || u.access != nil && u.access.ours(host)
	return slices.ContainsFunc(u.socks, func(s *socket) bool {
		if err != nil {
			return own && s.addr.Port() == port
		}
		return u.reaches(s, at)
	})
}

// reaches tells whether what is sent to the address at comes to the port of s.
func (u *UA) reaches(s *socket, at netip.AddrPort) bool {
	if s.addr.Port() != at.Port() {
		return false
	}
	mine, ip := s.addr.Addr().Unmap(), at.Addr()
	return mine == ip || u.cfg.Public[s.addr.Addr()] == ip || ip.IsUnspecified() ||
		mine.IsUnspecified() && (ip.IsLoopback() || routeTo(ip) == ip) // an address of this machine
}
