package message

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/emiago/sipgo/sip"

	"ringsplash/directory"
)

func FuzzTarget(f *testing.F) {
	for _, s := range []string{
		"sip:a@b", "sips:a@b:5061;transport=tcp", "tel:+441;phone-context=x", "sip:[::1]:5060;lr",
		"sip:a@b?Route=x", "sip:a b@c", "sip:a@b\r\nX: y", "*", "sip:a:b@c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURI(s)
		if err != nil {
			return
		}
		if strings.ContainsAny(u.String(), " \r\n") {
			t.Fatalf("request line with %q", u.String())
		}
		if again, err := ParseURI(u.String()); err != nil || again.String() != u.String() {
			t.Fatalf("%q is written as %q, which reads as %q, %v", s, u.String(), again.String(), err)
		}
		_, _ = Transport(u, "udp")
	})
}

func FuzzText(f *testing.F) {
	f.Add("Bob", "5")
	f.Add("a\r\nVia: x", "Signal=*\r\nDuration=1")
	f.Add(`"\`, "Signal=10")
	f.Add("\u202eenotS\u200b boB\u0085", "")
	f.Add(strings.Repeat("ä", 400), "")
	f.Fuzz(func(t *testing.T, s, body string) {
		mustBeText(t, CleanText(s))
		mustBeText(t, UnquoteDisplay(s))
		if got := UnquoteDisplay(QuoteDisplay(s)); got != CleanText(s) {
			t.Fatalf("%q comes back as %q", CleanText(s), got)
		}
		from := sip.FromHeader{DisplayName: QuoteDisplay(s), Address: sip.Uri{Scheme: "sip", User: EscapeUser(s), Host: "h"}}
		m, err := NewParser().ParseSIP([]byte("OPTIONS sip:x SIP/2.0\r\nFrom: " + from.Value() + "\r\n\r\n"))
		if err != nil {
			t.Fatalf("From of %q cannot be read: %v", s, err)
		}
		if got := UnquoteDisplay(m.From().DisplayName); got != strings.TrimSpace(CleanText(s)) && got != CleanText(s) {
			t.Fatalf("display %q is read as %q", CleanText(s), got)
		}
		for _, kind := range []string{"application/dtmf-relay", "application/dtmf"} {
			if d, ok := Digit(kind, []byte(body)); ok && !strings.ContainsRune("0123456789*#ABCD", rune(d)) {
				t.Fatalf("digit %q", d)
			}
		}
		_, _ = sdpIn(s, []byte(body))
	})
}

func mustBeText(t *testing.T, s string) {
	if !utf8.ValidString(s) || len(s) > maxText || strings.ContainsAny(s, "\r\n\x00\x7f") || directory.Legible(s) != s {
		t.Fatalf("not clean: %q", s)
	}
}
