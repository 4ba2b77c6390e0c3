package sipua

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// FuzzReferTo: whatever a REFER names, only its URI and its Replaces get
// through, and both can be written again.
func FuzzReferTo(f *testing.F) {
	for _, s := range []string{
		"<sip:carol@example.test>", `"C" <sip:c@h;method=INVITE?Answer-Mode=Auto>`, "<tel:+44123>",
		"<sip:c@h?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2%3Bearly-only&Call-Info=x>", "<sip:c@h?Replaces=%zz>", "sip:c@h?replaces=",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		to, err := parseReferTo(s)
		if err != nil {
			return
		}
		if strings.ContainsAny(to.uri, "?<> \r\n") {
			t.Fatalf("%q names %q", s, to.uri)
		}
		again, err := parseReferTo("<" + to.uri + ">")
		if err != nil || again.uri != to.uri || again.attended {
			t.Fatalf("%q becomes %+v, %v", to.uri, again, err)
		}
		if r := to.replaces; to.attended {
			value := r.callID + ";to-tag=" + r.local + ";from-tag=" + r.remote
			back, ok := parseReplaces(value)
			if ok && (back.callID != r.callID || back.local != r.local || back.remote != r.remote) {
				t.Fatalf("%q becomes %+v", value, back)
			}
			_, _ = parseReferTo("<sip:a@b?Replaces=" + url.QueryEscape(value) + ">")
		}
	})
}

// FuzzNumbers reads the headers that count: session timers and PRACK.
func FuzzNumbers(f *testing.F) {
	for _, s := range []string{
		"1800;refresher=uac", "90 ; refresher = UAS;x", "0", "99999999999", "776656 1 INVITE", "1  2  BYE",
		"17 (lunch);duration=3",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if se, ok := parseSessionExpires(s); ok && (se.interval < time.Second || se.interval > maxInterval || se.refresher != "" &&
			se.refresher != refresherUAC && se.refresher != refresherUAS) {
			t.Fatalf("%q: %+v", s, se)
		}
		if _, _, ok := parseRAck(s); ok && !strings.Contains(s, "INVITE") {
			t.Fatalf("%q was taken for a RAck", s)
		}
		req := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", Host: "h"})
		req.AppendHeader(sip.NewHeader("Min-SE", s))
		if d := minSE(req); d < 0 || d > maxInterval {
			t.Fatalf("%q: %s", s, d)
		}
	})
}
