package message

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestMended(t *testing.T) {
	const good = "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nl: 3\r\n\r\na\nb"
	bare := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
	const sdp = "INVITE sip:x SIP/2.0\r\nv: SIP/2.0/UDP a;branch=z9hG4bK1\r\nl: 10\r\n\r\nv=0\r\ns=-\r\n"
	for name, row := range map[string]struct{ in, want string }{
		"good":           {good, good},
		"LF alone":       {bare(good), good},
		"LF alone, body": {bare(sdp), sdp},
		"mixed":          {strings.Replace(bare(good), "l: 3", "l: 3\r", 1), strings.Replace(bare(good), "l: 3", "l: 3\r", 1)},
		"no empty line":  {"OPTIONS sip:x SIP/2.0\r\nX: branch\r\n", "OPTIONS sip:x SIP/2.0\r\nX: branch\r\n\r\n"},
		"response":       {"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a\r\n\r\n", "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a\r\n\r\n"},
		"tag, no branch": {
			"BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nFrom: <sip:b>;tag=1\r\n\r\n",
			"BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nFrom: <sip:b>;tag=1\r\n\r\n",
		},
		"cut in a header": {"BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a;bran", "BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a;bran"},
	} {
		in := []byte(row.in)
		if got := string(Mend(in, true)); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
		if string(in) != row.in {
			t.Errorf("%s: what came was changed", name)
		}
	}
	old := "INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a, SIP/2.0/UDP b\r\nVia: SIP/2.0/UDP c\r\nTo: <sip:x>\r\nFrom: " +
		"<sip:b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n"
	got := string(Mend([]byte(old), true))
	ack := string(Mend([]byte(strings.ReplaceAll(old, "INVITE", "ACK")), true))
	via := regexp.MustCompile(`\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK\w+, SIP/2.0/UDP b\r\nVia: SIP/2.0/UDP c\r\n`)
	if !via.MatchString(got) {
		t.Errorf("the branch is not in the first Via: %q", got)
	}
	if via.FindString(ack) != via.FindString(got) {
		t.Errorf("the ACK has another branch: %q", ack)
	}
}

func FuzzMended(f *testing.F) {
	f.Add([]byte("INVITE sip:x SIP/2.0\nVia: SIP/2.0/UDP a\nFrom: b\nl: 10\n\nv=0\n"), true)
	f.Add([]byte("INVITE sip:x SIP/2.0\r\nVia: a, b\r\nFrom: b\r\n"), false)
	f.Fuzz(func(t *testing.T, b []byte, datagram bool) {
		before := bytes.Clone(b)
		got := Mend(b, datagram)
		if !bytes.Equal(b, before) {
			t.Error("what came was changed")
		}
		if len(got) > 2*len(b)+64 {
			t.Errorf("%d bytes from %d", len(got), len(b))
		}
		_ = FirstLine(got)
		if answer := NewOwnKey().Unreadable(got, BadRequest("X")); answer != nil && bytes.Count(answer, []byte("\r\n\r\n")) != 1 {
			t.Errorf("%q", answer)
		}
	})
}
