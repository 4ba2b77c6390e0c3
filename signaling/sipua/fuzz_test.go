package sipua

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
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
	parser := message.NewParser()
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parser.ParseSIP(b)
		if err != nil {
			return
		}
		_, _ = message.SDP(m)
		_ = message.RetryAfter(message.Header(m, "Retry-After"))
		_ = answerMode(m)
		_ = message.Tokens(m, "Require")
		switch m := m.(type) {
		case *sip.Request:
			if no := message.Check(m, extensions); no != nil {
				_ = no.Response(m).String()
				return
			}
			id := fromIdentity(m)
			_ = cancelCause(m)
			if message.CleanText(id.Address) != id.Address || message.CleanText(id.Display) != id.Display {
				t.Fatalf("not clean: %+v", id)
			}
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
