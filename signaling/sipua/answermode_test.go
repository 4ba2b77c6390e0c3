package sipua

import (
	"testing"

	"ringsplash/gateway"
	"ringsplash/signaling/sipua/message"
)

// RFC 5373 4.3: names and values have no case, unknown ones are ignored, and
// beside Answer-Mode the privileged header, which is never let in, is absent.
func TestAnswerMode(t *testing.T) {
	for headers, want := range map[string]gateway.AnswerMode{
		"":                                    {},
		"Answer-Mode: Auto":                   {Auto: true},
		"ANSWER-MODE:auto ; Require":          {Auto: true, Require: true},
		"Answer-Mode: Auto;x=require;require": {Auto: true, Require: true},
		"Answer-Mode: Auto;x=require":         {Auto: true},
		"Answer-Mode:\r\n Auto":               {Auto: true},
		"Answer-Mode: Manual;require":         {},
		"Answer-Mode: Automatic":              {},
		"Priv-Answer-Mode: Auto":              {Priv: true},
		"Priv-Answer-Mode: Auto;require":      {Priv: true, Require: true},
		"Priv-Answer-Mode: Auto;require\r\nAnswer-Mode: Auto":           {Auto: true, Priv: true},
		"Priv-Answer-Mode: Auto\r\nAnswer-Mode: Auto;require":           {Auto: true, Priv: true, Require: true},
		"Priv-Answer-Mode: Auto;require\r\nAnswer-Mode: Manual;require": {Priv: true, Require: true},
	} {
		if headers != "" {
			headers += "\r\n"
		}
		m, err := message.NewParser().ParseSIP(
			[]byte("INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@c>\r\n" +
				"Call-ID: 1\r\nCSeq: 1 INVITE\r\n" + headers + "Content-Length: 0\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := answerMode(m); got != want {
			t.Errorf("%q: %+v, want %+v", headers, got, want)
		}
	}
}
