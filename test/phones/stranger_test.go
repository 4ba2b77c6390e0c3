package phones

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringsplash/test/rig"
)

// offer is an SDP offer with one audio m-line; formats are "0 PCMU/8000".
func offer(addr string, formats ...string) string {
	var types, maps string
	for _, f := range formats {
		pt, name, _ := strings.Cut(f, " ")
		types += " " + pt
		maps += fmt.Sprintf("a=rtpmap:%s %s\r\n", pt, name)
	}
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio 40000 RTP/AVP%s\r\n%s", addr, addr, types,
		maps)
}

// Wrong passwords and unknown users get the same answers, so that nobody
// learns who exists.
func TestRegisterRefused(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	g.NewPhone(t, rig.PhoneOptions{User: rig.Alice, Password: "wrong"}).RegisterFails()
	ask := func(user, password string) rig.Response {
		aor := "sip:" + user + "@" + rig.Domain
		return g.NewProbe(t).Ask(rig.Request{Method: "REGISTER", From: aor, To: aor, User: user, Password: password})
	}
	known, unknown := ask("alice", "wrong"), ask("nobody", "wrong")
	if known.Status != unknown.Status || known.Phrase != unknown.Phrase || known.Status < 400 {
		t.Errorf("a known user gets %v, an unknown one %v: want the same refusal", known, unknown)
	}
	if resp := ask("alice", rig.Alice.SIPPassword("desk")); resp.Status != 200 {
		t.Errorf("the right password gets %v", resp)
	}
}

// Who may call: design's answers for each kind of caller.
func TestInviteRefused(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	phone(t, g, rig.PhoneOptions{User: rig.Alice})
	secret := rig.Bob.SIPPassword("desk")
	tests := []struct {
		name string
		r    rig.Request
		want int
	}{
		{"our domain without credentials", rig.Request{From: rig.Bob.Address()}, 407},
		{"wrong password", rig.Request{From: rig.Bob.Address(), User: "bob", Password: "wrong"}, 403},
		{"unknown user of ours", rig.Request{From: "sip:nobody@" + rig.Domain, User: "nobody", Password: "wrong"}, 403},
		{"From is somebody else", rig.Request{From: rig.Carol.Address(), User: "bob", Password: secret}, 403},
		{"unknown callee", rig.Request{URI: "sip:nobody@" + rig.Domain, From: rig.Bob.Address(), User: "bob", Password: secret}, 404},
		{"foreign domain", rig.Request{URI: "sip:x@elsewhere.test", From: rig.Bob.Address(), User: "bob", Password: secret}, 404},
		{"a stranger's foreign domain", rig.Request{URI: "sip:x@elsewhere.test", From: "sip:eve@elsewhere.test"}, 404},
		{"no common codec", rig.Request{
			From: rig.Bob.Address(), User: "bob", Password: secret,
			Body: offer("127.0.0.1", "18 G729/8000", "97 speex/8000"),
		}, 488},
		{"no audio at all", rig.Request{
			From: rig.Bob.Address(), User: "bob", Password: secret,
			Body: "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 40000 RTP/AVP 99\r\na=rtpmap:99 " +
				"VP8/90000\r\n",
		}, 488},
		{"SDP that is none", rig.Request{From: rig.Bob.Address(), User: "bob", Password: secret, Body: "hello, world"}, 488},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.r.Method = "INVITE"
			if tt.r.URI == "" {
				tt.r.URI = rig.Alice.Address()
			}
			if tt.r.Body == "" {
				tt.r.Body = offer("127.0.0.1", "0 PCMU/8000")
			}
			resp := g.NewProbe(t).Ask(tt.r)
			if resp.Status != tt.want && !(tt.want == 404 && resp.Status == 403) {
				t.Errorf("%v, want %d", resp, tt.want)
			}
			if resp.Phrase == "" {
				t.Error("the answer has no phrase that says what is wrong")
			}
		})
	}
}

// Phones that share no codec: the caller is told with 488.
func TestPhonesWithoutCommonCodec(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Codec: "G722/16000/1"})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Codec: "PCMU"})
	bob.Dial("alice")
	bob.WaitClosed("488")
	if alice.Saw("CALL_ESTABLISHED") {
		t.Error("the phones were connected without a common codec")
	}
}

// Bytes that are not SIP, or not quite, neither end the process nor disturb a
// call that runs meanwhile.
func TestNoiseDisturbsNothing(t *testing.T) {
	g := rig.Start(t, rig.Options{Everywhere: rig.NewCA(t)})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})
	connect(t, bob, alice, "alice")
	before := alice.Received().Duration()

	slow := g.SlowStreams(t, 500)
	for _, transport := range []string{"tcp", "tls"} {
		if got := g.Oversized(t, transport, 60000); got != 513 {
			t.Errorf("60 kB of headers over %s: got %d, want 513", transport, got)
		}
	}
	probe := g.NewProbe(t)
	for _, noise := range [][]byte{
		{},
		{0},
		[]byte("\r\n\r\n"),
		[]byte("hello"),
		bytes.Repeat([]byte{0xff}, 1400),
		bytes.Repeat([]byte("A"), 60000),
		[]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		[]byte("INVITE sip:alice@" + rig.Domain + " SIP/2.0\r\n\r\n"),
		[]byte("INVITE sip:alice@" + rig.Domain + " SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n"),
		[]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nCSeq: 1 INVITE\r\n\r\n"),
		[]byte("BYE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP " + probe.Addr +
			";branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n" +
			"Call-ID: none\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n"),
	} {
		probe.Send(noise)
		if resp := probe.Options(); resp.Status == 0 {
			t.Fatalf("no sign of life after %.40q", noise)
		}
	}
	torture := exec.Command("python3", filepath.Join(rig.Root(), "test/peers/torture/torture.py"),
		g.SIP.String(), "--wait", "0.15", "--alive", "sip:"+rig.Domain)
	out, err := torture.CombinedOutput()
	t.Logf("RFC 4475:\n%s", out)
	if err != nil {
		t.Fatalf("the gateway did not outlive the torture messages: %v", err)
	}
	if open := slow(); open > 0 {
		t.Errorf("%d of 500 connections with half a message are still open", open)
	}
	if !g.Alive() {
		t.Fatal("the gateway has ended")
	}

	alice.Hears(callerTone)
	bob.Hears(calleeTone)
	meanwhile := alice.Received().From(before)
	if heard := meanwhile.Heard(callerTone); heard < meanwhile.Duration()*95/100-time.Second/10 {
		t.Errorf("the call was disturbed: the tone was there for %v of %v", heard, meanwhile.Duration())
	}
	bob.Hangup()
	alice.WaitEvent("CALL_CLOSED")
}
