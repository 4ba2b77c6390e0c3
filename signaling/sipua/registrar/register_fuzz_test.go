package registrar

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

// FuzzRegister reads REGISTERs of all kinds: contacts, instances, expiry, Path.
func FuzzRegister(f *testing.F) {
	f.Add(`<sip:a@192.0.2.1:5060>;+sip.instance="<urn:uuid:1>";reg-id=1;expires=60`, "600", "<sip:edge;lr>")
	f.Add("*", "0", "")
	f.Add("<sip:a@b>, <sip:c@d;transport=tcp>;q=0.5", "x", "<sip:a>,<sip:b;lr>")
	parser, a := message.NewParser(), &Access{}
	f.Fuzz(func(t *testing.T, contact, expires, path string) {
		m, err := parser.ParseSIP(
			[]byte("REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:a@h>\r\nCall-ID: " +
				"1\r\nCSeq: 1 REGISTER\r\nContact: " +
				contact + "\r\nExpires: " + expires + "\r\nPath: " + path + "\r\nContent-Length: 0\r\n\r\n"))
		req, ok := m.(*sip.Request)
		if err != nil || !ok || message.Check(req, nil) != nil {
			return
		}
		for _, outbound := range []bool{false, true} {
			if _, no := a.readContacts(req, outbound); no != nil {
				_ = no.Response(req).String()
			}
		}
		_, _ = readPath(req)
	})
}
