package message

import (
	"bytes"
	"strings"
	"testing"
)

func TestLooksLikeSIP(t *testing.T) {
	for in, want := range map[string]bool{
		"OPTIONS sip:x SIP/2.0\r\n":                       true,
		"SIP/2.0 200 OK\r\nVia: x":                        true,
		"SIP/2.0 200 \r\n":                                true,
		"M-SEARCH! * SIP/2.0\r\n":                         true, // what is wrong with it is answered
		"INVITE sip:x SIP/2.0\n":                          true,
		"INVITE  sip:x  SIP/2.0  \r\n":                    true,
		"INVITE sip:x SIP/7.0\r\n":                        true,
		"INVITE sip:x sip/2.0\r\n":                        true,
		"INVITE sip:x ip/2.0\r\n":                         false,
		"INVITE sip:x SIP/2.0":                            false,
		"GET / HTTP/1.1\r\n":                              false,
		"SIP/2.0\r\n":                                     false,
		"SIP/2.0 20\r\n":                                  false,
		"INVITE SIP/2.0\r\n":                              true,
		" sip:x SIP/2.0\r\n":                              true,
		"IN(VITE sip:x SIP/2.0\r\n":                       true,
		"\x00\x01\x00\x00\x21\x12\xa4\x42":                false, // STUN
		"":                                                false,
		"\r\n":                                            false,
		strings.Repeat("A", 60) + " sip:x SIP/2.0\r\n":    true,
		"A sip:" + strings.Repeat("x", 9000) + " SIP/2.0": false,
	} {
		if got := LooksLikeSIP([]byte(in)); got != want {
			t.Errorf("%.40q: %v, want %v", in, got, want)
		}
	}
}

func TestTooLarge(t *testing.T) {
	const good = "INVITE sip:x SIP/2.0\r\nv: SIP/2.0/UDP a;branch=1\r\nVia: SIP/2.0/UDP b\r\nf: <sip:a>;tag=1\r\nT: " +
		"<sip:b>;tag=2\r\ni: id\r\nCSeq:\r\n 1 INVITE\r\nX: y\r\n\r\nbody"
	const want = "SIP/2.0 513 Message Too Large\r\nVia: SIP/2.0/UDP a;branch=1\r\nVia: SIP/2.0/UDP b\r\nFrom: " +
		"<sip:a>;tag=1\r\nTo: <sip:b>;tag=2\r\nCall-ID: id\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
	if got := string(AnswerTooLarge([]byte(good))); got != want {
		t.Errorf("got %q", got)
	}
	if cut := AnswerTooLarge([]byte(strings.TrimSuffix(good, "\r\n\r\n") + "\r\nZ")); cut == nil {
		t.Error("no answer to a message that was read up to the middle of a line")
	}
	for name, bad := range map[string]string{
		"no Call-ID": strings.Replace(good, "i: id\r\n", "", 1), "two Tos": strings.Replace(good, "f:", "To: x\r\nf:", 1),
		"response": strings.Replace(good, "INVITE sip:x SIP/2.0", "SIP/2.0 200 OK", 1),
		"no colon": strings.Replace(good, "X: y", "Xy", 1),
		"long":     strings.Replace(good, "i: id", "i: "+strings.Repeat("x", replyMax), 1),
	} {
		if got := AnswerTooLarge([]byte(bad)); got != nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func FuzzTooLarge(f *testing.F) {
	f.Add([]byte("INVITE sip:x SIP/2.0\r\nv: a\r\nf: b\r\nt: c\r\ni: d\r\nCSeq: 1 INVITE\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		LooksLikeSIP(b)
		got := AnswerTooLarge(b)
		if len(got) > replyMax+200 {
			t.Errorf("%d bytes", len(got))
		}
		if got != nil && bytes.Count(got, []byte("\r\n\r\n")) != 1 {
			t.Errorf("%q", got)
		}
	})
}

// FuzzCounts reads the headers that count: Retry-After and Content-Length.
func FuzzCounts(f *testing.F) {
	f.Add("1800")
	f.Add("99999999999")
	f.Add("17 (lunch);duration=3")
	f.Fuzz(func(t *testing.T, s string) {
		if d := RetryAfter(s); d < 0 {
			t.Fatalf("%q: %s", s, d)
		}
		if n, ok := BodyLength([]byte("A b SIP/2.0\r\nl:" + s + "\r\n\r\n")); ok && n < 0 {
			t.Fatalf("%q: a body of %d bytes", s, n)
		}
	})
}
