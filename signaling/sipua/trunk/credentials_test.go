package trunk

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func FuzzChallenge(f *testing.F) {
	f.Add(`Digest realm="a", nonce="b", algorithm=MD5, qop="auth-int, auth"`)
	f.Add(`Digest realm="a\", nonce=`)
	f.Fuzz(func(t *testing.T, s string) {
		p := newCredentials(Credentials{User: "u", Password: "top-secret"})
		req := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", Host: "h"})
		res := sip.NewResponse(401, "x")
		res.AppendHeader(sip.NewHeader("WWW-Authenticate", s))
		again, err := p.authorise(req, res)
		if err == nil && strings.Contains(again.String(), "top-secret") {
			t.Fatal("the password was sent")
		}
	})
}
