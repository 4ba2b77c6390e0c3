package profile

import (
	"fmt"
	"strings"
	"testing"
)

func TestProfileByUserAgent(t *testing.T) {
	p, err := Load(nil, "gw.test")
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct{ device, agent, want, headers string }{
		{"auto", "Yealink SIP-T46S 66.85.0.5", "yealink", "[{Call-Info <sip:gw.test>;answer-after=0}]"},
		{"", "PolycomVVX-VVX_411-UA/5.9", "polycom", "[{Alert-Info <http://gw.test/>;info=Auto Answer}]"},
		{"", "snomD785/10.1.54.13", "snom", "[{Alert-Info <http://gw.test/>;info=alert-autoanswer;delay=0}]"},
		{"", "Grandstream GRP2614 1.0.5", "grandstream", ""},
		{"", "Aastra 6757i/3.3.1", "mitel", ""},
		{"", "Cisco/SPA504G-7.6.2", "cisco-spa", ""},
		{"", "Cisco-CP-7841-3PCC/11.3", "cisco-mpp", ""},
		{"", "Fanvil X6U 2.4", "fanvil", ""},
		{"", "baresip v1.0.0 (x86_64/linux)", "baresip", "[{Answer-Mode Auto}]"},
		{
			"", "Nobody's phone", "unknown",
			"[{Answer-Mode Auto} {Call-Info <sip:gw.test>;answer-after=0} {Alert-Info <http://gw.test/>;info=alert-autoanswer;delay=0}]",
		},
		{"avaya", "Yealink SIP-T46S", "avaya", "[{Answer-Mode Auto}]"},
		{"no such profile", "Yealink SIP-T46S", "unknown", ""},
	}
	for _, row := range rows {
		got := p.For(row.device, row.agent)
		if got.Name != row.want || row.headers != "" && fmt.Sprint(got.Headers) != row.headers {
			t.Errorf("%q %q: %s %v", row.device, row.agent, got.Name, got.Headers)
		}
		mute := MuteSDP
		if got.Name == "baresip" { // it sends no keys where it sends no sound
			mute = MuteGate
		}
		if got.Mute != mute || got.Splash != SplashMedia {
			t.Errorf("%s: mute %s, splash %s", got.Name, got.Mute, got.Splash)
		}
	}
	if !p.For("avaya", "").FromOwner {
		t.Error("avaya is not asked in the owner's name")
	}
	for agent, want := range map[string]bool{"Linphonec/5.1": true, "baresip v1.0.0": true, "Yealink SIP-T46S": false, "": false} {
		if p.For("auto", agent).Messages != want {
			t.Errorf("%q shows messages: %v", agent, !want)
		}
	}
}

func TestOwnProfilesWin(t *testing.T) {
	p, err := Load([]byte(
		"profiles:\n  - {name: ours, match: [yealink], headers: {X-Answer: now}, mute: gate, splash: off, resume_unmutes: true}\n"),
		"gw.test")
	if err != nil {
		t.Fatal(err)
	}
	got := p.For("auto", "Yealink SIP-T46S")
	if got.Name != "ours" || got.Mute != MuteGate || got.Splash != SplashOff || !got.ResumeUnmutes ||
		got.Headers[0].Name != "X-Answer" {
		t.Fatalf("%+v", got)
	}
}

// The note of a profile of ours is a sentence with a code, one of the administrator's a text.
func TestNotes(t *testing.T) {
	p, err := Load([]byte("profiles: [{name: x, note: Press 7.}]"), "gw")
	if err != nil {
		t.Fatal(err)
	}
	if note := p.For("yealink", "").Note; note.Code != "profile.yealink" || note.Text == "" {
		t.Errorf("%+v", note)
	}
	if note := p.For("x", "").Note; note.Code != "" || note.Text != "Press 7." {
		t.Errorf("%+v", note)
	}
}

func TestBadProfiles(t *testing.T) {
	for text, want := range map[string]string{
		"profiles: [{match: [x]}]":                             "no name",
		"profiles: [{name: x, mute: loud}]":                    "mute",
		"profiles: [{name: x, splash: wet}]":                   "splash",
		"profiles: [{name: x, answer_from: me}]":               "answer_from",
		"profiles: [{name: x, unheard: of}]":                   "unheard",
		"profiles: [{name: x, headers: {\"A B\": c}}]":         "header",
		"profiles: [{name: x, headers: {A: \"b\\r\\nC: d\"}}]": "header",
	} {
		if _, err := Load([]byte(text), "gw"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
