package sipua

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/emiago/sipgo/sip"

	"ringsplash/directory"
	"ringsplash/test/rig"
)

// FuzzMessage runs what a stranger may send through parsing, checks and every
// reader of this package.
func FuzzMessage(f *testing.F) {
	found, _ := filepath.Glob(filepath.Join(rig.Root(), "test/peers/torture/dat/*.dat"))
	if len(found) == 0 {
		f.Fatal("the torture messages are gone")
	}
	for _, name := range found {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("INVITE sip:a@b SIP/2.0\r\nf: <sip:a@b>;tag=1\r\nt: b <sip:b@c>\r\ni: 1\r\nCSeq: 1 INVITE\r\nm: <sip:a@b>\r\nk: " +
		"x\r\nRecord-Route: <sip:r>, <sip:s;lr>\r\nAnswer-Mode: Auto;require\r\nReason: SIP;cause=200\r\nRetry-After: 5\r\nc: " +
		"multipart/mixed;boundary=x\r\n\r\n--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x--"))
	f.Add([]byte("BYE sip:a@b SIP/2.0\r\nFrom: <sip:\na@b>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\n\r\n"))
	parser := newParser()
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parser.ParseSIP(b)
		if err != nil {
			return
		}
		_, _ = sdpOf(m)
		_ = retryAfter(headerValue(m, "Retry-After"))
		_ = answerMode(m)
		_ = tokens(m, "Require")
		switch m := m.(type) {
		case *sip.Request:
			if no := check(m); no != nil {
				_ = no.Response(m).String()
				return
			}
			id := fromIdentity(m)
			_ = cancelCause(m)
			mustBeText(t, id.Address)
			mustBeText(t, id.Display)
			d := dialog{remote: *sip.HeaderClone(m.From()).(*sip.FromHeader), target: sip.Uri{Scheme: "sip", Host: "invalid"}}
			d.accept(m)
			mustBeOneRequest(t, d.newRequest(sip.BYE, d.next()))
		case *sip.Response:
			d := dialog{target: sip.Uri{Scheme: "sip", Host: "invalid"}}
			d.confirm(m)
			mustBeOneRequest(t, d.newRequest(sip.BYE, d.next()))
		}
	})
}

// mustBeOneRequest checks that nothing that was received could break out of
// the place where we write it.
func mustBeOneRequest(t *testing.T, req *sip.Request) {
	req.SetBody(nil)
	text := req.String()
	first, _, _ := strings.Cut(text, "\r\n")
	if strings.Count(first, " ") != 2 || !strings.HasSuffix(first, " SIP/2.0") {
		t.Fatalf("request line %q", first)
	}
	if lines := strings.Count(text, "\n"); lines != len(req.Headers())+2 || strings.Count(text, "\r") != lines {
		t.Fatalf("%d lines for %d headers: %q", lines, len(req.Headers()), text)
	}
}

func mustBeText(t *testing.T, s string) {
	if !utf8.ValidString(s) || len(s) > maxText || strings.ContainsAny(s, "\r\n\x00\x7f") || directory.Legible(s) != s {
		t.Fatalf("not clean: %q", s)
	}
}

func FuzzTarget(f *testing.F) {
	for _, s := range []string{
		"sip:a@b", "sips:a@b:5061;transport=tcp", "tel:+441;phone-context=x", "sip:[::1]:5060;lr",
		"sip:a@b?Route=x", "sip:a b@c", "sip:a@b\r\nX: y", "*", "sip:a:b@c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := parseTarget(s)
		if err != nil {
			return
		}
		req := sip.NewRequest(sip.INVITE, u)
		mustBeOneRequest(t, req)
		if again, err := parseTarget(u.String()); err != nil || again.String() != u.String() {
			t.Fatalf("%q is written as %q, which reads as %q, %v", s, u.String(), again.String(), err)
		}
		_, _ = transportOf(u, "udp")
	})
}

func FuzzText(f *testing.F) {
	f.Add("Bob", "5")
	f.Add("a\r\nVia: x", "Signal=*\r\nDuration=1")
	f.Add(`"\`, "Signal=10")
	f.Add("\u202eenotS\u200b boB\u0085", "")
	f.Add(strings.Repeat("ä", 400), "")
	f.Fuzz(func(t *testing.T, s, body string) {
		mustBeText(t, cleanText(s))
		mustBeText(t, unquoteDisplay(s))
		if got := unquoteDisplay(quoteDisplay(s)); got != cleanText(s) {
			t.Fatalf("%q comes back as %q", cleanText(s), got)
		}
		from := sip.FromHeader{DisplayName: quoteDisplay(s), Address: sip.Uri{Scheme: "sip", User: escapeUser(s), Host: "h"}}
		m, err := newParser().ParseSIP([]byte("OPTIONS sip:x SIP/2.0\r\nFrom: " + from.Value() + "\r\n\r\n"))
		if err != nil {
			t.Fatalf("From of %q cannot be read: %v", s, err)
		}
		if got := unquoteDisplay(m.From().DisplayName); got != strings.TrimSpace(cleanText(s)) && got != cleanText(s) {
			t.Fatalf("display %q is read as %q", cleanText(s), got)
		}
		for _, kind := range []string{"application/dtmf-relay", "application/dtmf"} {
			if d, ok := dtmfDigit(kind, []byte(body)); ok && !strings.ContainsRune("0123456789*#ABCD", rune(d)) {
				t.Fatalf("digit %q", d)
			}
		}
		_, _ = sdpIn(s, []byte(body))
	})
}

func FuzzChallenge(f *testing.F) {
	f.Add(`Digest realm="a", nonce="b", algorithm=MD5, qop="auth-int, auth"`)
	f.Add(`Digest realm="a\", nonce=`)
	f.Fuzz(func(t *testing.T, s string) {
		p := newPurse(Credentials{User: "u", Password: "top-secret"})
		req := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", Host: "h"})
		res := sip.NewResponse(401, "x")
		res.AppendHeader(sip.NewHeader("WWW-Authenticate", s))
		again, err := p.authorise(req, res)
		if err == nil && strings.Contains(again.String(), "top-secret") {
			t.Fatal("the password was sent")
		}
	})
}
