package registrar

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/address"
	"ringsplash/signaling/sipua/message"
)

// canonicalURI is the one way we write an address of record: scheme, user and
// host, without port, parameters, password and headers; a tel URI without
// separators, with the parameters that make it another number (RFC 3966 3). It
// reads "" when there is no host or number. It is as address.Canonical has it
// where that can read the URI, and something to be shown where not.
func canonicalURI(u sip.Uri) string {
	switch u.Scheme {
	case "tel":
		if number, err := address.Canonical("tel:" + u.Raw()); err == nil {
			return number
		}
		number, params, has := strings.Cut(u.Raw(), ";")
		if number = "tel:" + plainNumber(number); has {
			number += ";" + params
		}
		return number
	case "sip", "sips", "":
	default:
		return ""
	}
	host := message.Host(u.Host)
	if host == "" {
		return ""
	}
	scheme := "sip:"
	if u.Scheme == "sips" {
		scheme = "sips:"
	}
	if user := canonicalUser(u.User); user != "" {
		return scheme + user + "@" + host
	}
	return scheme + host
}

// canonicalUser decodes the escapes of unreserved characters (RFC 3261 25.1)
// and writes the others in upper case, so that one user has one spelling.
func canonicalUser(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' || i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
			b.WriteByte(s[i])
			continue
		}
		if c := byte(unhex(s[i+1])<<4 | unhex(s[i+2])); unreserved(c) {
			b.WriteByte(c)
		} else {
			b.WriteString(strings.ToUpper(s[i : i+3]))
		}
		i += 2
	}
	return b.String()
}

// unhex is the value of a hexadecimal digit, -1 for anything else.
func unhex(c byte) int {
	if c >= 'A' && c <= 'F' {
		c |= 0x20
	}
	return strings.IndexByte("0123456789abcdef", c)
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()", c) >= 0
}

// plainNumber removes the visual separators of a telephone number (RFC 3966 5.1.1).
func plainNumber(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.() ", r) {
			return -1
		}
		return r
	}, s)
}
