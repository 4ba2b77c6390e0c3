package message

import (
	"crypto/x509"
	"net/netip"
	"strings"

	"ringsplash/internal/address"
)

// ValidHost tells whether host is an IP address or looks like a host name (RFC
// 3261 25.1; underscores are tolerated).
func ValidHost(host string) bool {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	for i := range len(host) {
		c := host[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_') {
			return false
		}
	}
	return host != "" && len(host) <= 255
}

// Domains reads the domains a certificate stands for: its SIP URIs without a
// user part, else its DNS names; wildcards stand for none (RFC 5922 7.1, 7.2).
func Domains(c *x509.Certificate) []string {
	var out []string
	for _, uri := range c.URIs {
		if uri.Scheme != "sip" {
			continue
		}
		if target, err := ParseURI(uri.String()); err == nil && target.User == "" {
			out = append(out, address.PlainHost(target.Host))
		}
	}
	if out != nil {
		return out
	}
	for _, name := range c.DNSNames {
		if ValidHost(name) {
			out = append(out, address.PlainHost(name))
		}
	}
	return out
}
