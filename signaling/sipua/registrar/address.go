package registrar

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/address"
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
		if number = "tel:" + address.PlainNumber(number); has {
			number += ";" + params
		}
		return number
	case "sip", "sips", "":
	default:
		return ""
	}
	host := address.PlainHost(u.Host)
	if host == "" {
		return ""
	}
	scheme := "sip:"
	if u.Scheme == "sips" {
		scheme = "sips:"
	}
	if user := address.PlainUser(u.User); user != "" {
		return scheme + user + "@" + host
	}
	return scheme + host
}
