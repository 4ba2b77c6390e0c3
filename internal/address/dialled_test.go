package address_test

import (
	"strings"
	"testing"

	"ringsplash/internal/address"
)

// FuzzDialled reads what people dial and what phones put into a Request-URI.
func FuzzDialled(f *testing.F) {
	for _, s := range []string{
		"bob", "1002", "sip:bob@example.test:5060;x=y?h=v", `"B" <sip:bob@[::1]:5060>`, "tel:+44 (0)20-7", "sips:%62ob:pw@h", "sip:@",
		"<", "a@b@c", "sip:%zz@h",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		scheme, user, host := address.Cut(s)
		if scheme != "sip" && scheme != "sips" && scheme != "tel" {
			t.Fatalf("%q has the scheme %q", s, scheme)
		}
		if strings.ContainsAny(host, ";?") {
			t.Fatalf("%q has the host %q", s, host)
		}
		_ = address.HostOf(s)
		if digits := address.Digits(user); digits != user && strings.Trim(digits, "0123456789+*#") != "" {
			t.Fatalf("%q is dialled as %q", s, digits)
		}
	})
}
