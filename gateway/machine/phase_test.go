package machine

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/gateway/profile"
	"ringsplash/media/sdp"
)

// phases are calls of bob's with alice, in the order of the rows below; leg is
// the one that the events concern.
var phases = []struct {
	name  string
	phase Phase
	leg   LegID
	call  func(t *testing.T) *script
}{
	{"initial", Initial, "d2", newScript},
	{"ringing", Ringing, "d2", bobCallsAlice},
	{"early", Early, "d2", func(t *testing.T) *script {
		return bobCallsAlice(t).sound(Rang{LegID: "d2", Status: 183, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv)
	}},
	{"policy decides", Answering, "d1", func(t *testing.T) *script {
		return clickable(t).on(press("alice", "tab1", "answer", "desk"))
	}},
	{"the phone stops ringing", Answering, "d1", func(t *testing.T) *script {
		return clickable(t).on(press("alice", "tab1", "answer", "desk")).on(allow)
	}},
	{"the phone is asked", Answering, "auto", clicked},
	{"alice talks", Established, "d2", func(t *testing.T) *script {
		return bobCallsAlice(t).sound(Answered{LegID: "d2"}, pcm[:1], sdp.SendRecv)
	}},
	{"the splash sounds", Established, "auto", func(t *testing.T) *script { return muted(t, profile.MuteSDP) }},
	{"her phone is muted", Established, "auto", func(t *testing.T) *script {
		return muted(t, profile.MuteSDP).on(SplashOver{"auto"})
	}},
	{"she transfers bob", Established, "d1", referring},
	{"carol's waits for bob", Ringing, "k", waiting},
	{"terminated", Terminated, "d2", func(t *testing.T) *script { return bobCallsAlice(t).on(ShutDown{}) }},
}

// eventRows say what each event does in each of these calls: + it is handled, .
// it is ignored.
var eventRows = []struct {
	event func(LegID) Event
	want  string
}{
	{func(LegID) Event { return Begun{Caller: Target{Leg: "a", Kind: PhoneLeg}} }, "+..........."},
	{func(LegID) Event { return Asked{ID: 9, User: "alice", Tab: "tab1", Command: HangUp{}} }, "++++++++++++"},
	{func(LegID) Event { return Named{Callee, "sip:bob@example.test", "My Bob"} }, "+++++++++++."},
	{func(LegID) Event { return TabCame{User: "alice", Tab: "tab2", Leg: "t2"} }, ".+++++......"},
	{func(LegID) Event { return TabGone{"tab1"} }, ".+++++......"},
	{func(LegID) Event { return TabMedia{"tab1"} }, "............"},
	{func(LegID) Event { return TabSilent{Tab: "tab1"} }, "............"},
	{func(LegID) Event { return Expired{RingTimer} }, "++++++....+."},
	{func(LegID) Event { return Expired{CancelTimer} }, "....+......."},
	{func(LegID) Event { return Expired{AutoTimer} }, ".....+......"},
	{func(LegID) Event { return Expired{Callee.Timer(UnmuteTimer)} }, "............"},
	{func(LegID) Event { return Expired{WatchTimer} }, "......++++.."},
	{func(LegID) Event { return Expired{MutedTimer} }, "+++++++++++."},
	{func(l LegID) Event { return Faulted{l, CauseFault} }, ".++++++++++."},
	{func(LegID) Event { return allow }, "...+........"},
	{func(l LegID) Event { return SplashOver{l} }, ".......+...."},
	{func(l LegID) Event { return Keyed{l} }, "............"},
	{func(l LegID) Event { return Pressed{l} }, "........+..."},
	{func(LegID) Event { return ShutDown{} }, "+++++++++++."},
	{func(l LegID) Event { return Rang{LegID: l, Status: 180} }, ".+...+......"},
	{func(l LegID) Event { return Answered{LegID: l} }, "++++++++++++"},
	{func(l LegID) Event { return Refused{LegID: l, Status: 486} }, ".++++++++++."},
	{func(l LegID) Event { return Ended{LegID: l} }, ".++++++++++."},
	{func(l LegID) Event { return Offered{LegID: l, SDP: []byte("v=0")} }, "++++++++++++"},
	{func(l LegID) Event { return Reoffered{LegID: l, Status: 200, SDP: []byte("v=0")} }, "......+..+.."},
	{func(l LegID) Event { return Referred{LegID: l, To: "sip:carol@example.test"} }, "......++++.."},
	{func(l LegID) Event { return RefreshDue{l} }, "......++++.."},
	{func(l LegID) Event { return Kept{LegID: l} }, "............"},
	{func(l LegID) Event { return Digit{l, '*'} }, "........+..."},
	{func(LegID) Event { return JoinAsked{From: "c9", User: "alice"} }, "++++++++++++"},
	{func(LegID) Event { return JoinRang{"c3"} }, ".........+.."},
	{func(LegID) Event { return JoinReady{Call: "c3", Codecs: pcm} }, "++++++++++++"},
	{func(LegID) Event { return JoinFailed{"c3", CauseBusy} }, ".........+.."},
	{func(LegID) Event { return JoinOver{"c1", CauseCallerGone} }, "..........+."},
	{func(LegID) Event { return Joined{From: "c9", By: "alice", Leg: bobsLeg.Leg} }, "++++++++++++"},
}

func TestEveryEventInEveryPhase(t *testing.T) {
	rowOf := map[string]bool{}
	for _, row := range eventRows {
		got := ""
		for _, p := range phases {
			s := p.call(t).phase(p.phase)
			s.keys = "*"
			before := asJSON(t, s.state)
			s.sound(row.event(p.leg), pcm[:1], sdp.RecvOnly)
			if asJSON(t, s.state) == before && len(s.out) == 0 {
				got += "."
			} else {
				got += "+"
			}
		}
		event := row.event("d2")
		rowOf[reflect.TypeOf(event).Name()] = true
		if got != row.want {
			t.Errorf("%T %v: %q, want %q", event, event, got, row.want)
		}
	}
	for _, name := range declaredEvents(t) {
		if !rowOf[name] {
			t.Errorf("the event %s has no row", name)
		}
	}
}

// declaredEvents are the types of the groups whose comment begins with Events.
func declaredEvents(t *testing.T) (names []string) {
	for _, file := range []string{"event.go", "transfer.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok || !strings.HasPrefix(group.Doc.Text(), "Events") {
				continue
			}
			for _, spec := range group.Specs {
				names = append(names, spec.(*ast.TypeSpec).Name.Name)
			}
		}
	}
	if len(names) < 20 {
		t.Fatalf("only the events %v were found", names)
	}
	return names
}

func asJSON(t *testing.T, s State) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The form a leg is stored in does not depend on how its state is parted.
func TestFormOfALeg(t *testing.T) {
	text, err := json.Marshal(LegState{
		Inbound: true, Negotiation: Negotiation{Late: true, Codecs: pcm, Remote: sdp.SendRecv, Reoffering: true, Unplaced: true},
		AutoAnswer: AutoAnswer{
			Triggered: true, Mute: profile.MuteSDP, Splash: profile.SplashMedia, Talks: true, Told: true, SplashDue: true,
			Announcing: true,
		},
		Unmuting: Unmuting{
			ResumeUnmutes: true, UnmuteDue: true, UnmuteKey: "*", KeyNamed: true, KeyAt: time.Unix(1, 0).UTC(), Resumes: true, HeldAt: 7,
		},
	})
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"","side":0,"kind":"","stage":"","inbound":true,"late":true,"codecs":["PCMU","PCMA"],
		"remote":"sendrecv","reoffering":true,"triggered":true,"mute":"sdp+gate","splash":"media","resumeUnmutes":true,
		"talks":true,"told":true,"unplaced":true,"splashDue":true,"unmuteDue":true,"announcing":true,"unmuteKey":"*",
		"keyNamed":true,"keyAt":"1970-01-01T00:00:01Z","resumes":true,"heldAt":7}`, string(text))
}
