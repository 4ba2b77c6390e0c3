package address

import (
	"net/netip"
	"net/url"
	"strings"
)

// Cut splits what a person dialled or a peer wrote, "sip:bob@host:5060;x=y",
// "tel:+44 1" or a bare name or number, into scheme, user and host. The host
// loses its port.
func Cut(text string) (scheme, user, host string) {
	text = strings.TrimSpace(text)
	if open := strings.IndexByte(text, '<'); open >= 0 {
		text = strings.TrimSuffix(text[open+1:], ">")
	}
	scheme = "sip"
	for _, s := range []string{"sips", "sip", "tel"} {
		if len(text) > len(s) && strings.EqualFold(text[:len(s)], s) && text[len(s)] == ':' {
			scheme, text = s, text[len(s)+1:]
			break
		}
	}
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		user, host = text[:at], CutHost(text[at+1:])
	} else {
		user = text
	}
	user, _, _ = strings.Cut(user, ";")
	user, _, _ = strings.Cut(user, ":") // a password, never used
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain
	}
	return scheme, user, host
}

// HostOf is the host of a SIP URI that may have no user part.
func HostOf(uri string) string {
	uri = strings.TrimPrefix(strings.TrimPrefix(uri, "sips:"), "sip:")
	if at := strings.LastIndexByte(uri, '@'); at >= 0 {
		uri = uri[at+1:]
	}
	return CutHost(uri)
}

// CutHost is what follows the @, without port, parameters, headers, brackets
// and a final dot, in lower case.
func CutHost(text string) string {
	text, _, _ = strings.Cut(text, ";")
	text, _, _ = strings.Cut(text, "?")
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().String()
	}
	if strings.HasPrefix(text, "[") {
		return strings.Trim(text, "[]")
	}
	text, _, _ = strings.Cut(text, ":")
	return strings.ToLower(strings.TrimSuffix(text, "."))
}

// Digits is what was dialled without what people write between the digits of a
// number; anything else stays as it is.
func Digits(user string) string {
	if strings.Trim(user, "0123456789+*#-. ()/") != "" {
		return user
	}
	return strings.NewReplacer("-", "", ".", "", " ", "", "(", "", ")", "", "/", "").Replace(user)
}
