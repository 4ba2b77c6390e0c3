package policy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringsplash/internal/address"
)

// goodEntries are what people write, and what is kept of it.
var goodEntries = map[string]string{
	"bob@Example.com":          "bob@example.com",
	" sip:bob@example.com ":    "bob@example.com",
	"SIPS:bob@example.com":     "sips:bob@example.com",
	"EXAMPLE.com.":             "example.com",
	"sip:example.com":          "example.com",
	"*.Example.com":            "*.example.com",
	"sips:*.example.com":       "sips:*.example.com",
	"192.0.2.1":                "192.0.2.1",
	"::ffff:192.0.2.1":         "192.0.2.1",
	"2001:DB8::1":              "2001:db8::1",
	"[2001:db8:0::1]":          "2001:db8::1",
	"bob@[2001:db8::1]":        "bob@[2001:db8::1]",
	"sips:[2001:db8::1]":       "sips:[2001:db8::1]",
	"+1 (555) 12-34":           "tel:+15551234",
	"tel:+15551234":            "tel:+15551234",
	"+1555@example.com":        "+1555@example.com",
	"bob@example.com:5070;x=1": "bob@example.com",
	"pbx":                      "pbx",
	"*.bücher.example":         "*.xn--bcher-kva.example",
}

// badEntries are what is refused, and a word of the reason.
var badEntries = map[string]string{
	"":                          "empty",
	"Bob <sip:bob@example.com>": "write the address alone",
	"*":                         "star",
	"*@example.com":             "star",
	"bob@*.example.com":         "star",
	"*.*.example.com":           "star",
	"*.192.0.2.1":               "star",
	"bob*.example.com":          "characters",
	"mailto:bob@example.com":    "colon",
	"bob:pw@example.com":        "colon",
	"1001":                      "begin with a letter",
	"192.0.2.300":               "begin with a letter",
	"tel:1001":                  "with +",
	"bob@":                      "empty parts",
	"@example.com":              "before the @",
	"a b@example.com":           "spaces",
	"anonymous.invalid":         "names nobody",
	"bob@anonymous.invalid":     "names nobody",
	"http://example.com":        "port",
	"+":                         "telephone number",
}

func TestEntries(t *testing.T) {
	for in, want := range goodEntries {
		e, err := parseEntry(in)
		require.NoError(t, err, in)
		require.Equal(t, want, e.String())
		again, err := parseEntry(want)
		require.NoError(t, err, want)
		require.Equal(t, e, again)
	}
	for in, says := range badEntries {
		e, err := parseEntry(in)
		require.Error(t, err, "%q became %q", in, e)
		require.Contains(t, err.Error(), says, in)
	}
	_, err := Grants{Addresses: []string{"ok.example", "bob@", strings.Repeat("x y", 99)}}.canonical()
	var bad *MalformedError
	require.ErrorAs(t, err, &bad)
	require.Len(t, bad.Addresses, 2)
	require.Equal(t, []any{1, "bob@"}, []any{bad.Addresses[0].Index, bad.Addresses[0].Entry})
	_, err = Grants{Addresses: make([]string, addressesMax+1)}.canonical()
	require.ErrorIs(t, err, ErrTooMany)
}

func TestMatches(t *testing.T) {
	cases := map[string]struct{ yes, no []string }{
		"bob@example.com": {
			[]string{"sip:bob@example.com", "sips:bob@example.com", "sip:%62ob@EXAMPLE.com;x"},
			[]string{
				"sip:Bob@example.com", "sip:bob@a.example.com", "sip:bob@evilexample.com", "sip:example.com", "sip:bobby@example.com",
				"sip:%2562ob@example.com",
			},
		},
		"sips:bob@example.com": {[]string{"sips:bob@example.com"}, []string{"sip:bob@example.com"}},
		"example.com": {
			[]string{"sip:bob@example.com", "sip:example.com", "sips:x@example.com"},
			[]string{
				"sip:bob@a.example.com", "sip:bob@evilexample.com", "sip:bob@example.com.evil.test", "sip:bob@com", "tel:+1555",
				"tel:1;phone-context=example.com", "sip:example.com@evil.test",
			},
		},
		"*.example.com": {
			[]string{"sip:bob@a.example.com", "sip:bob@b.a.example.com"},
			[]string{"sip:bob@example.com", "sip:bob@evilexample.com", "sip:bob@a.example.com.evil.test"},
		},
		"192.0.2.1": {
			[]string{"sip:bob@192.0.2.1", "sip:bob@[::ffff:192.0.2.1]", "sip:192.0.2.1:5060"},
			[]string{"sip:bob@192.0.2.10", "sip:bob@[::192.0.2.1]", "sip:192.0.2.1@example.com"},
		},
		"2001:db8::1": {
			[]string{"sip:bob@[2001:DB8:0:0::1]", "sip:bob@[2001:db8::1%25eth0]"},
			[]string{"sip:bob@[2001:db8::2]"},
		},
		"+1-555": {
			[]string{"tel:+1555", "tel:+1.5.5.5"},
			[]string{"tel:+15551", "tel:+1555;ext=1", "sip:+1555@example.com", "tel:1555;phone-context=+1"},
		},
		"tel:+1555;ext=1": {[]string{"tel:+1555;EXT=1"}, []string{"tel:+1555", "tel:+1555;ext=2"}},
		"tel:7;phone-context=+1": {
			[]string{"tel:7;phone-context=+1"},
			[]string{"tel:7;phone-context=+2", "tel:7;phone-context=a.example", "tel:+17"},
		},
		"bücher.example": {[]string{"sip:x@XN--bcher-kva.example"}, []string{"sip:x@bucher.example"}},
	}
	for text, c := range cases {
		e, err := parseEntry(text)
		require.NoError(t, err, text)
		for _, id := range c.yes {
			a, err := address.Parse(id)
			require.NoError(t, err, id)
			require.True(t, e.matches(a, false), "%s names %s", text, id)
		}
		for _, id := range c.no {
			a, err := address.Parse(id)
			require.NoError(t, err, id)
			require.False(t, e.matches(a, false), "%s does not name %s", text, id)
		}
	}
	e, err := parseEntry("Bob@example.com")
	require.NoError(t, err)
	require.True(t, e.matches(address.Address{Scheme: "sip", User: "bob", Host: address.Host{Name: "example.com"}}, true))
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{
		"sip:bob@example.com", "*.example.com", "+1 555", "tel:7;phone-context=a.example", "[2001:db8::1%25x]:5", "sips:%41%zz@xn--a.b",
		"bob@bücher。example", "::ffff:1.2.3.4", "sip:a;b=c?d@e.f;g?h", "*.*", "\x00", "sip:tel:+1@x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseEntry(text)
		if err != nil {
			return
		}
		again, err := parseEntry(e.String())
		if err != nil || again != e {
			t.Fatalf("entry %q of %q becomes %q, %v", e, text, again, err)
		}
		for _, stranger := range []string{"sip:eve@evil" + e.Host.Name, "sip:" + e.Host.Name + "@evil.test", "sip:eve@" + e.Host.Name +
			".evil.test"} {
			if a, err := address.Parse(stranger); err == nil && !e.any && e.Host.Name != "" && e.matches(a, false) {
				t.Fatalf("%q names %q", e, stranger)
			}
		}
	})
}
