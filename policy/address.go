package policy

import (
	"errors"
	"strings"
)

// addressMax bounds an address from outside, in bytes.
const addressMax = 512

var (
	errScheme    = errors.New("it begins with neither sip: nor sips: nor tel")
	errLong      = errors.New("it is longer than 512 bytes")
	errNoUser    = errors.New("there is nothing before the @")
	errTwoAts    = errors.New("there is more than one @")
	errEscape    = errors.New("after a % there must be two hexadecimal digits")
	errCharacter = errors.New("it has spaces, quotes, angle brackets or characters that cannot be shown")
)

// address is an address of record or a telephone number in the one form it is
// compared in: RFC 3261 URIs without port, parameters, password and headers,
// escapes of unreserved characters undone, host in lower case; RFC 3966 numbers
// without visual separators.
type address struct {
	scheme string // sip, sips or tel
	user   string // "" for a whole domain
	host   host
	number string // of tel, with its parameters: "+15551234;ext=12"
}

func (a address) String() string {
	switch {
	case a.scheme == "tel":
		return "tel:" + a.number
	case a.user == "":
		return a.scheme + ":" + a.host.String()
	}
	return a.scheme + ":" + a.user + "@" + a.host.String()
}

// Canonical is the one way to write an address of record ("sip:bob@example.com")
// or a telephone number ("tel:+15551234"), for keys and for comparing. The user
// part keeps its case (RFC 3261 19.1.4). The error says what is wrong.
func Canonical(text string) (string, error) {
	a, err := parseAddress(text)
	if err != nil {
		return "", err
	}
	return a.String(), nil
}

// parseAddress reads a sip, sips or tel URI.
func parseAddress(text string) (address, error) {
	if len(text) > addressMax {
		return address{}, errLong
	}
	scheme, rest, _ := strings.Cut(text, ":")
	switch scheme = strings.ToLower(scheme); scheme {
	case "sip", "sips":
		return parseSIP(scheme, rest)
	case "tel":
		number, err := parseNumber(rest)
		return address{scheme: scheme, number: number}, err
	}
	return address{}, errScheme
}

// parseSIP reads what follows the scheme (RFC 3261 19.1.1). An @ inside the
// user part, a parameter or a header must be escaped, so there is one at most.
func parseSIP(scheme, rest string) (address, error) {
	a := address{scheme: scheme}
	if userinfo, after, ok := strings.Cut(rest, "@"); ok {
		if strings.Contains(after, "@") {
			return address{}, errTwoAts
		}
		user, _, _ := strings.Cut(userinfo, ":") // then comes the password
		var err error
		if a.user, err = canonicalUser(user); err != nil {
			return address{}, err
		}
		if a.user == "" {
			return address{}, errNoUser
		}
		rest = after
	}
	if i := strings.IndexAny(rest, ";?"); i >= 0 {
		rest = rest[:i]
	}
	var err error
	a.host, err = parseHost(rest)
	if err != nil {
		return address{}, err
	}
	return a, nil
}

// canonicalUser gives one user one spelling: escapes of unreserved characters
// are undone, what may not stand there as it is is escaped, in upper case
// (RFC 3261 19.1.2, 19.1.4).
func canonicalUser(text string) (string, error) {
	plain := true
	for i := range len(text) {
		plain = plain && allowedInUser(text[i])
	}
	if plain {
		return text, nil
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case allowedInUser(c):
			b.WriteByte(c)
		case c == '%':
			if i+2 >= len(text) || unhex(text[i+1]) < 0 || unhex(text[i+2]) < 0 {
				return "", errEscape
			}
			if d := byte(unhex(text[i+1])<<4 | unhex(text[i+2])); unreserved(d) {
				b.WriteByte(d)
			} else {
				escape(&b, d)
			}
			i += 2
		case c <= ' ' || c == 0x7f || strings.IndexByte(`"<>`, c) >= 0:
			return "", errCharacter
		default:
			escape(&b, c)
		}
	}
	return b.String(), nil
}

func escape(b *strings.Builder, c byte) {
	const digits = "0123456789ABCDEF"
	b.Write([]byte{'%', digits[c>>4], digits[c&15]})
}

// unhex is the value of a hexadecimal digit, -1 for anything else.
func unhex(c byte) int {
	if c >= 'A' && c <= 'F' {
		c |= 0x20
	}
	return strings.IndexByte("0123456789abcdef", c)
}

// allowedInUser: unreserved and user-unreserved (RFC 3261 25.1).
func allowedInUser(c byte) bool { return unreserved(c) || strings.IndexByte("&=+$,;?/", c) >= 0 }

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()", c) >= 0
}
