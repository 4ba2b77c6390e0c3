// Package address reads addresses of record and telephone numbers, and writes
// them in the one form they are compared in. The forms are keys in the store,
// so they never change. What begins with Plain refuses nothing.
package address

import (
	"strings"
)

// Max bounds an address from outside, in bytes.
const Max = 512

var (
	errScheme    = Words.Say("address.no_scheme")
	errLong      = Words.Say("address.too_long")
	errNoUser    = Words.Say("address.no_user")
	errTwoAts    = Words.Say("address.two_ats")
	errEscape    = Words.Say("address.bad_escape")
	errCharacter = Words.Say("address.bad_text")
)

// Address is an address of record or a telephone number in the one form it is
// compared in: RFC 3261 URIs without port, parameters, password and headers,
// escapes of unreserved characters undone, host in lower case; RFC 3966 numbers
// without visual separators.
type Address struct {
	Scheme string // sip, sips or tel
	User   string // "" for a whole domain
	Host   Host
	Number string // of tel, with its parameters: "+15551234;ext=12"
}

func (a Address) String() string {
	switch {
	case a.Scheme == "tel":
		return "tel:" + a.Number
	case a.User == "":
		return a.Scheme + ":" + a.Host.String()
	}
	return a.Scheme + ":" + a.User + "@" + a.Host.String()
}

// Canonical is the one way to write an address of record ("sip:bob@example.com")
// or a telephone number ("tel:+15551234"), for keys and for comparing. The user
// part keeps its case (RFC 3261 19.1.4). The error says what is wrong.
func Canonical(text string) (string, error) {
	a, err := Parse(text)
	if err != nil {
		return "", err
	}
	return a.String(), nil
}

// Parse reads a sip, sips or tel URI.
func Parse(text string) (Address, error) {
	if len(text) > Max {
		return Address{}, errLong
	}
	scheme, rest, _ := strings.Cut(text, ":")
	switch scheme = strings.ToLower(scheme); scheme {
	case "sip", "sips":
		return parseSIP(scheme, rest)
	case "tel":
		number, err := Number(rest)
		return Address{Scheme: scheme, Number: number}, err
	}
	return Address{}, errScheme
}

// parseSIP reads what follows the scheme (RFC 3261 19.1.1). An @ inside the
// user part, a parameter or a header must be escaped, so there is one at most.
func parseSIP(scheme, rest string) (Address, error) {
	a := Address{Scheme: scheme}
	if userinfo, after, ok := strings.Cut(rest, "@"); ok {
		if strings.Contains(after, "@") {
			return Address{}, errTwoAts
		}
		user, _, _ := strings.Cut(userinfo, ":") // then comes the password
		var err error
		if a.User, err = User(user); err != nil {
			return Address{}, err
		}
		if a.User == "" {
			return Address{}, errNoUser
		}
		rest = after
	}
	if i := strings.IndexAny(rest, ";?"); i >= 0 {
		rest = rest[:i]
	}
	var err error
	a.Host, err = ParseHost(rest)
	if err != nil {
		return Address{}, err
	}
	return a, nil
}
