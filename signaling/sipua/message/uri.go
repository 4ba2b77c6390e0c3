package message

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// ParseURI reads a URI that we are going to write into a request line, so it
// may hold nothing that would end the URI there (RFC 3261 25.1).
func ParseURI(s string) (sip.Uri, error) {
	var u sip.Uri
	if len(s) > 2048 {
		return u, fmt.Errorf("the URI has %d characters, 2048 are allowed", len(s))
	}
	for i := range len(s) {
		if c := s[i]; c <= 0x20 || c >= 0x7f || strings.IndexByte("<>\"", c) >= 0 {
			return u, fmt.Errorf("the URI %q has the character %q, which is not allowed in it", s, c)
		}
	}
	if err := sip.ParseUri(s, &u); err != nil {
		return u, fmt.Errorf("the URI %q cannot be read: %w", s, err)
	}
	switch u.Scheme {
	case "sip", "sips":
		if u.Host == "" || u.Host == "*" {
			return u, fmt.Errorf("the URI %q names no host", s)
		}
		if u.Port < 0 || u.Port > 65535 {
			return u, fmt.Errorf("the URI %q has no valid port", s)
		}
	case "tel":
	default:
		return u, fmt.Errorf("the URI %q is neither a sip: nor a tel: address", s)
	}
	var again sip.Uri
	if err := sip.ParseUri(u.String(), &again); err != nil || again.User != u.User || again.Host != u.Host {
		return u, fmt.Errorf("the URI %q can be read in two ways", s)
	}
	u.Headers = nil // headers of a URI never make it into a request of ours (RFC 3261 19.1.5)
	return u, nil
}

// Transport is the transport a URI asks for, def when it does not say.
func Transport(uri sip.Uri, def string) (string, error) {
	if uri.IsEncrypted() {
		return "tls", nil // sipgo itself would take UDP
	}
	t, ok := uri.UriParams.Get("transport")
	if !ok || t == "" {
		return def, nil
	}
	switch t = strings.ToLower(t); t {
	case "udp", "tcp", "tls":
		return t, nil
	}
	return "", fmt.Errorf("the transport %q is not supported", t)
}

// Port is the given port of a URI, or the usual one of the transport for 0.
func Port(transport string, port int) uint16 {
	switch {
	case port > 0 && port <= 65535:
		return uint16(port)
	case transport == "tls":
		return 5061
	}
	return 5060
}

// ParseAddr reads "ip:port" as sipgo writes it; the zero value when it is none.
func ParseAddr(s string) netip.AddrPort {
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// EscapeUser writes s as the user part of a URI (RFC 3261 19.1.2).
func EscapeUser(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()&=+$,;?/"
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(plain, s[i]) >= 0 {
			b.WriteByte(s[i])
		} else {
			b.WriteString("%" + strconv.FormatUint(uint64(s[i])|0x100, 16)[1:])
		}
	}
	return b.String()
}
