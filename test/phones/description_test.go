package phones

import (
	"fmt"
	"strings"
	"testing"

	"ringsplash/test/rig"
)

// Each offer that cannot be used is refused with a sentence and a warn-code of
// its own (RFC 3261 20.43), and a good one is not.
func TestUnusableOffers(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice})
	const good = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
	told := map[string]string{}
	for _, row := range []struct{ name, old, new, code string }{
		{"no common codec", "AVP 0", "AVP 3", "305"},
		{"SRTP only", "RTP/AVP", "RTP/SAVP", "302"},
		{"not RTP", "RTP/AVP", "UDP/BFCP", "302"},
		{"another family", "c=IN IP4 127.0.0.1", "c=IN IP6 2001:db8::1", "301"},
		{"host name", "c=IN IP4 127.0.0.1", "c=IN IP4 phone.example.test", "301"},
		{"multicast", "c=IN IP4 127.0.0.1", "c=IN IP4 224.2.1.1/127", "330"},
		{"no audio", "m=audio", "m=video", "304"},
		{"not readable", "m=audio 40000", "m=audio many", "399"},
	} {
		resp := g.NewProbe(t).Ask(rig.Request{
			Method: "INVITE", URI: "sip:alice@" + rig.Domain, From: "sip:eve@elsewhere.test",
			Body: strings.Replace(good, row.old, row.new, 1),
		})
		warning := resp.Header.Get("Warning")
		code, text, _ := strings.Cut(warning, " "+rig.Domain+" ")
		if resp.Status != 488 || code != row.code || len(text) < 20 {
			t.Errorf("%s: %v, Warning: %s, want 488 and %s", row.name, resp, warning, row.code)
		}
		if same := told[text]; same != "" {
			t.Errorf("%s is told the same as %s: %s", row.name, same, text)
		}
		told[text] = row.name
	}
	if alice.Saw("CALL_INCOMING") {
		t.Error("alice's phone rang for an offer that cannot be used")
	}
}

// Phones whose media are of another address family than their signalling, or
// that offer a line for each family, call and are heard.
func TestMediaOfTheOtherFamily(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{Everywhere: rig.NewCA(t)})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone, Codec: "PCMU"})
	for _, row := range []struct {
		name, media string
		six         bool // its signalling
	}{
		{"signals over IPv4", "::1", false},
		{"signals over IPv6", rig.NewAddr(), true},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := rig.SippOptions{Six: row.six, Args: []string{
				"-mi", row.media, "-s", "alice", "-d", "2500", "-key", "fuser", "eve", "-key", "fdomain", "elsewhere.test",
			}}
			caller := g.StartSipp(t, "uac_call", o)
			alice.WaitEvent("CALL_INCOMING")
			alice.Accept()
			alice.WaitEvent("CALL_ESTABLISHED")
			alice.Hears(700) // the tone of uac_call
			alice.WaitEvent("CALL_CLOSED")
			caller.OK()
			family := map[bool]string{true: "IP4 127.0.0.1", false: "IP6 ::1"}[row.six]
			if want := fmt.Sprintf("c=IN %s\r\n", family); !strings.Contains(caller.Messages(), want) {
				t.Errorf("the answer has no %q", want)
			}
		})
	}
}
