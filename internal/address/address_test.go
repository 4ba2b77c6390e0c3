package address_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringsplash/internal/address"
)

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		"sip:bob@example.com":  "sip:bob@example.com",
		"SIP:bob@EXAMPLE.Com.": "sip:bob@example.com",
		"sip:Bob@example.com":  "sip:Bob@example.com", // RFC 3261 19.1.4
		"sip:bob:secret@example.com:5070;transport=tcp?Subject": "sip:bob@example.com",
		"sip:b%6Fb%2b@example.com":                              "sip:bob%2B@example.com",
		"sip:jürgen@example.com":                                "sip:j%C3%BCrgen@example.com",
		"sip:bob@BÜCHER.example":                                "sip:bob@xn--bcher-kva.example",
		"sip:bob@XN--BCHER-KVA.example":                         "sip:bob@xn--bcher-kva.example",
		"sip:bob@bücher。example":                                "sip:bob@xn--bcher-kva.example",
		"sips:example.com":                                      "sips:example.com",
		"sip:bob@192.0.2.1:5060":                                "sip:bob@192.0.2.1",
		"sip:bob@[2001:DB8:0::1]:5060":                          "sip:bob@[2001:db8::1]",
		"sip:bob@2001:db8::1":                                   "sip:bob@[2001:db8::1]",
		"sip:bob@[::ffff:192.0.2.1]":                            "sip:bob@192.0.2.1",
		"sip:bob@[fe80::1%25eth0]":                              "sip:bob@[fe80::1]",
		"tel:+1-555.(12) 34":                                    "tel:+15551234",
		"TEL:+1555;ext=1-2":                                     "tel:+1555;ext=12",
		"tel:10-AF;phone-context=EXAMPLE.com":                   "tel:10af;phone-context=example.com",
		"tel:1001;phone-context=+1-555":                         "tel:1001;phone-context=+1555",
		"tel:+1555;isub=1;ext=2":                                "tel:+1555;ext=2;isub=1",
	} {
		got, err := address.Canonical(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got)
		again, err := address.Canonical(got)
		require.NoError(t, err, got)
		require.Equal(t, got, again)
	}
	for _, in := range []string{
		"", "sip:", "sip:@example.com", "bob@example.com", "mailto:bob@example.com", "sip:bob@", "sip:a@b@example.com",
		"sip:bob@exa mple.com", "sip:b ob@example.com", "sip:bob@example..com", "sip:bob@-a.example", "sip:bob@example.com:x",
		"sip:bob@192.0.2.300", "sip:bob@1.2.3", "sip:bob@0x7f000001", "sip:bob@[192.0.2.1]", "sip:bob@[::1", "sip:bob@[::1]x",
		"sip:%zz@example.com", "sip:%4@example.com", "sip:<bob>@example.com", "sip:bob@xn--a.example",
		"sip:bob@" + strings.Repeat("a", 64) + ".example",
		"tel:", "tel:+", "tel:+12x", "tel:1001", "tel:+1555;ext=1;ext=2", "tel:+1555;phone-context=example.com",
		"tel:1001;phone-context=+", "tel:1;",
		"sip:" + strings.Repeat("a", address.Max) + "@example.com", "sip:bob\r\nX: y@example.com",
	} {
		got, err := address.Canonical(in)
		require.Error(t, err, "%q became %q", in, got)
	}
}

// What is canonical stays as it is, and is plain text.
func FuzzCanonical(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := address.Canonical(text)
		if err != nil {
			return
		}
		again, err := address.Canonical(c)
		if err != nil || again != c {
			t.Fatalf("%q is canonical for %q but becomes %q, %v", c, text, again, err)
		}
		if strings.ContainsFunc(c, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q is no plain text", c)
		}
	})
}

// What was written plainly once stays so.
func FuzzPlain(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, plain := range map[string]func(string) string{
			"user": address.PlainUser, "number": address.PlainNumber, "digits": address.Digits,
		} {
			if once := plain(text); name != "user" && plain(once) != once {
				t.Fatalf("%s %q becomes %q, then %q", name, text, once, plain(once))
			}
		}
		if user, err := address.User(text); err == nil {
			if again, err := address.User(user); err != nil || again != user || address.PlainUser(user) != user {
				t.Fatalf("user %q of %q becomes %q, %v", user, text, again, err)
			}
		}
	})
}

var seeds = []string{
	"sip:bob@example.com", "*.example.com", "+1 555", "tel:7;phone-context=a.example", "[2001:db8::1%25x]:5", "sips:%41%zz@xn--a.b",
	"bob@bücher。example", "::ffff:1.2.3.4", "sip:a;b=c?d@e.f;g?h", "*.*", "\x00", "sip:tel:+1@x", "<sip:+44 (1) 2@[::1]:5060;x>",
	"b%6Fb%2b#", "192.0.2.1:5060", "Example.COM.", "tel:+1555;isub=1;ext=2", "SIPS:x:y@h", "100%", "%4", "fe80::1%eth0",
}
