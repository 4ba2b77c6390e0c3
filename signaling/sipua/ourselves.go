package sipua

import (
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// contactOurs refuses a Contact that leads back here: what is sent to it
// would come to us as somebody else's.
var contactOurs = &Refusal{Status: sip.StatusBadRequest, Phrase: "Contact Leads To This Gateway"}

// leadsHere tells whether requests to uri would come to one of our sockets.
func (u *UA) leadsHere(uri sip.Uri) bool {
	transport := "udp"
	if t, err := transportOf(uri, transport); err == nil {
		transport = t
	}
	ip, err := netip.ParseAddr(strings.Trim(uri.Host, "[]"))
	ip = ip.Unmap()
	for _, s := range u.socks {
		if s.addr.Port() != orPort(transport, uri.Port) {
			continue
		}
		mine := s.addr.Addr().Unmap()
		switch {
		case err != nil:
			if host := hostName(uri.Host); host == hostName(u.cfg.Domain) || u.access != nil && u.access.ours(host) {
				return true
			}
		case mine == ip, u.cfg.Public[s.addr.Addr()] == ip, ip.IsUnspecified():
			return true
		case mine.IsUnspecified() && (ip.IsLoopback() || routeTo(ip) == ip): // an address of this machine
			return true
		}
	}
	return false
}
