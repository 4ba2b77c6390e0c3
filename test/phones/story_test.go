package phones

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"ringsplash/test/rig"
)

// story is what GET /calls/{id} tells.
type story struct {
	State, Reason string
	Legs          []struct {
		Side, Device, Stage string
		Media               *struct{ Received, Sent uint64 }
	}
	Events []struct {
		Kind, Text, Leg, SDP string
		Headers              []string
	}
}

// has tells whether an event's text and headers hold each of the words.
func (s story) has(words ...string) bool {
	for _, e := range s.Events {
		all := true
		for _, w := range words {
			all = all && strings.Contains(e.Kind+" "+e.Text+" "+e.SDP+" "+strings.Join(e.Headers, "\n"), w)
		}
		if all {
			return true
		}
	}
	return false
}

// toldOfACall are words that stand in one event each of an administrator's story.
var toldOfACall = [][]string{
	{"sip INVITE sip:", "User-Agent: baresip", "audio PCMU at 127.0.0.1:", "Proxy-Authorization: (left out)"},
	{"sip INVITE sip:", "User-Agent: Ringsplash"},
	{"sip SIP/2.0 180"},
	{"sip SIP/2.0 200", "audio PCMU"},
	{"sip ACK"},
	{"leg phone desk: up"},
	{"call connected"},
	{"call ended by the caller"},
}

// A call between two phones, as its owner and the administrator can read it
// while it runs and afterwards; secrets are nowhere in it.
func TestStoryOfACall(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	root := rig.User{Name: "root"}
	g.Program(root.Password()+"\n", "user", "add", "root", "--admin", "--password-stdin")
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone, Codec: "PCMU"})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone, Codec: "PCMU"})
	admin, caller := g.LogIn(t, root), g.LogIn(t, rig.Bob)
	connect(t, bob, alice, "alice")
	var list struct {
		Calls []struct{ ID, State string }
	}
	if status := admin.Do(http.MethodGet, "/api/v1/calls", nil, &list); status != 200 || len(list.Calls) != 1 ||
		list.Calls[0].State != "connected" {
		t.Fatalf("the administrator's list: %d %+v", status, list)
	}
	path := "/api/v1/calls/" + list.Calls[0].ID
	var running story
	caller.Do(http.MethodGet, path, nil, &running)
	if len(running.Legs) != 1 || running.Legs[0].Stage != "up" || running.Legs[0].Media == nil ||
		running.Legs[0].Media.Received == 0 || running.Legs[0].Media.Sent == 0 {
		t.Errorf("the caller's own leg while the call runs: %+v", running.Legs)
	}
	if status := g.LogIn(t, rig.Carol).Do(http.MethodGet, path, nil, nil); status != 404 {
		t.Errorf("somebody else gets %d", status)
	}
	bob.Hangup()
	alice.WaitEvent("CALL_CLOSED")

	var all, own story
	rig.Until(t, rig.Patience, "the story tells of both BYEs", func() bool {
		all = story{}
		admin.Do(http.MethodGet, path, nil, &all)
		return all.State == "ended" && all.has("sip BYE", "User-Agent: Ringsplash") && all.has("sip BYE", "User-Agent: baresip") &&
			all.has("sip SIP/2.0 200 OK", "BYE")
	})
	for _, words := range toldOfACall {
		if !all.has(words...) {
			t.Errorf("the administrator's story has no event with %q:\n%+v", words, all.Events)
		}
	}
	if len(all.Legs) != 2 || all.Legs[0].Media == nil || all.Legs[1].Media == nil || all.Legs[1].Media.Received == 0 {
		t.Errorf("the legs afterwards: %+v", all.Legs)
	}
	caller.Do(http.MethodGet, path, nil, &own)
	if own.has("leg phone desk: alerting") || !own.has("call ended") {
		t.Errorf("the caller's story tells of the other side's phones, or not of the end: %+v", own.Events)
	}
	if all.has("Digest ") || all.has("response=") || all.has("nonce=") {
		t.Error("the story holds credentials")
	}
	logged := regexp.MustCompile(`msg="leg state" call=c_\w+ leg=\w+ kind=phone device=desk from=\w+ to=up`)
	if n := len(logged.FindAllString(g.Log(), -1)); n != 2 {
		t.Errorf("%d log lines say that a leg is up, want 2", n)
	}
}
