package wire

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

const (
	// resolveTimeout bounds the DNS look-ups for one request.
	resolveTimeout = 5 * time.Second
	// MaxRecords is how many SRV records and how many addresses of one name are
	// taken.
	MaxRecords = 8
)

// Hop is where a request goes next and the socket it leaves by.
type Hop struct {
	Transport string // udp, tcp or tls
	Addr      netip.AddrPort
	Sock      *Socket // nil: TCP or TLS without a listener of ours
	// Host is what the certificate of a TLS peer must name, roots who may have
	// signed it (nil: the system's). Without a host the TCP or TLS connection
	// there is will be used, and no other be made.
	Host  string
	Roots *x509.CertPool
}

// Flow names the connection that the hop uses.
func (h Hop) Flow() message.Flow { return message.Flow{Transport: h.Transport, Peer: h.Addr} }

// Resolve finds the first address of a URI's host, see locate.
func (w *Sockets) Resolve(ctx context.Context, transport string, uri sip.Uri) (netip.AddrPort, error) {
	found, err := w.Locate(ctx, transport, uri)
	if len(found) == 0 {
		return netip.AddrPort{}, err
	}
	return found[0], nil
}

// Locate finds the addresses of a URI's host, the preferred one first (RFC 3263,
// without NAPTR: SRV when no port is given, then A and AAAA, IPv4 before IPv6).
// It blocks for the DNS, resolveTimeout at most; a literal address costs nothing.
// Addresses with an error are those of the host itself while it could not be
// found out whether SRV records name others.
func (w *Sockets) Locate(ctx context.Context, transport string, uri sip.Uri) ([]netip.AddrPort, error) {
	host := strings.Trim(uri.Host, "[]")
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(ip.Unmap(), message.Port(transport, uri.Port))}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	var doubt error
	if uri.Port == 0 && !strings.HasSuffix(host, "localhost") {
		_, records, err := w.cfg.Resolver.LookupSRV(ctx, srvService(transport), srvProtocol(transport), host)
		if doubt = doubtOf(err); err == nil {
			found, err := w.lookUpRecords(ctx, records)
			if len(found) > 0 {
				return found, nil
			}
			return nil, fmt.Errorf("no server of the host %q can be found: %w", host, err)
		}
	}
	found, err := w.lookUpHost(ctx, host, message.Port(transport, uri.Port))
	if err != nil {
		return nil, fmt.Errorf("the host %q cannot be found: %w", host, err)
	}
	return found, doubt
}

// lookUpRecords are the addresses of SRV records, which come sorted (RFC 2782).
func (w *Sockets) lookUpRecords(ctx context.Context, records []*net.SRV) (found []netip.AddrPort, last error) {
	for _, r := range records[:min(len(records), MaxRecords)] {
		some, err := w.lookUpHost(ctx, strings.TrimSuffix(r.Target, "."), r.Port)
		if err != nil {
			last = err
			continue
		}
		found = append(found, some...)
	}
	return found[:min(len(found), MaxRecords)], last
}

func (w *Sockets) lookUpHost(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
	ips, err := w.cfg.Resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(ips, func(a, b netip.Addr) int { return a.Unmap().BitLen() - b.Unmap().BitLen() })
	out := make([]netip.AddrPort, 0, len(ips))
	for _, ip := range ips[:min(len(ips), MaxRecords)] {
		out = append(out, netip.AddrPortFrom(ip.Unmap(), port))
	}
	return out, nil
}

// doubtOf is nil when the DNS says that there is no such record.
func doubtOf(err error) error {
	var known *net.DNSError
	if errors.As(err, &known) && known.IsNotFound {
		return nil
	}
	return err
}

// srvService and srvProtocol name the SRV record of a transport (RFC 3263 4.1).
func srvService(transport string) string {
	if transport == "tls" {
		return "sips"
	}
	return "sip"
}

func srvProtocol(transport string) string {
	if transport == "tls" {
		return "tcp"
	}
	return transport
}

// SocketFor chooses the socket that requests to ip leave by: the given local
// address when it is one of ours; else, among those of the transport and family,
// the one the kernel would send from, or the first.
func (w *Sockets) SocketFor(transport, local string, ip netip.Addr) *Socket {
	var fitting []*Socket
	for _, s := range w.socks {
		if s.Network != transport {
			continue
		}
		if s.Addr.String() == local {
			return s
		}
		if mine := s.Addr.Addr(); mine.Is4() == ip.Is4() || mine == netip.IPv6Unspecified() {
			fitting = append(fitting, s)
		}
	}
	if len(fitting) == 0 {
		return nil
	}
	if len(fitting) > 1 {
		from := routeTo(ip)
		for _, s := range fitting {
			if s.Addr.Addr() == from {
				return s
			}
		}
	}
	return fitting[0]
}

// advertise is the address of s that a peer at ip can reach: the listen address
// inside LocalNets, else its public one.
func (w *Sockets) advertise(s *Socket, ip netip.Addr) netip.AddrPort {
	if s == nil {
		return netip.AddrPortFrom(routeTo(ip), message.Port("udp", 0))
	}
	mine := s.Addr.Addr()
	if mine.IsUnspecified() {
		mine = routeTo(ip)
	}
	for _, n := range w.cfg.LocalNets {
		if n.Contains(ip) {
			return netip.AddrPortFrom(mine, s.Addr.Port())
		}
	}
	for _, key := range []netip.Addr{mine, s.Addr.Addr()} {
		if public, ok := w.cfg.Public[key]; ok {
			return netip.AddrPortFrom(public, s.Addr.Port())
		}
	}
	return netip.AddrPortFrom(mine, s.Addr.Port())
}

// routeTo is the address of this machine that packets to ip leave from. No
// packet is sent.
func routeTo(ip netip.Addr) netip.Addr {
	c, err := net.Dial("udp", netip.AddrPortFrom(ip, 9).String())
	if err != nil {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	defer func() { _ = c.Close() }()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}

// ContactURI is the URI at which a peer at ip reaches us for user.
func (w *Sockets) ContactURI(user string, h Hop) sip.Uri {
	at := w.advertise(h.Sock, h.Addr.Addr())
	uri := sip.Uri{Scheme: "sip", User: message.EscapeUser(user), Host: at.Addr().String(), Port: int(at.Port())}
	if h.Transport != "udp" {
		uri.UriParams = sip.HeaderParams{{K: "transport", V: h.Transport}}
	}
	return uri
}
