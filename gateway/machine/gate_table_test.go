package machine

import (
	"testing"

	"ringsplash/gateway/profile"
	"ringsplash/media/sdp"
)

// The states a gate may be in, in the order of the rows; the last is one that
// nobody knows.
var gateStates = []Gate{GateNever, GateShut, GateWanted, GateOpen, "ajar"}

// gateRows say what an act or event makes of the gate of alice's phone, which
// talks, after its splash.
var gateRows = []struct {
	name string
	mode profile.MuteMode
	do   func(*script)
	want []Gate
}{
	{
		"unmute, the phone must agree", profile.MuteSDP, func(s *script) { s.on(press("alice", "tab1", "unmute", "")) },
		[]Gate{GateNever, GateWanted, GateWanted, GateOpen, "ajar"},
	},
	{
		"unmute, the phone sends already", profile.MuteGate, func(s *script) { s.on(press("alice", "tab1", "unmute", "")) },
		[]Gate{GateNever, GateOpen, GateOpen, GateOpen, "ajar"},
	},
	{
		"unmute by the requester", profile.MuteGate, func(s *script) { s.on(press("bob", "tab9", "unmute", "")) },
		[]Gate{GateNever, GateShut, GateWanted, GateOpen, "ajar"},
	},
	{
		"mute", profile.MuteSDP, func(s *script) { s.on(press("alice", "tab1", "mute", "")) },
		[]Gate{GateNever, GateShut, GateShut, GateShut, GateShut},
	},
	{
		"the un-mute key", profile.MuteGate, func(s *script) { s.keys = "*"; s.on(Pressed{"auto"}) },
		[]Gate{GateNever, GateOpen, GateOpen, GateOpen, "ajar"},
	},
	{
		"another key", profile.MuteGate, func(s *script) { s.keys = "1"; s.on(Pressed{"auto"}) },
		[]Gate{GateNever, GateShut, GateWanted, GateOpen, "ajar"},
	},
	{"the phone agrees", profile.MuteSDP, func(s *script) {
		s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv)
	}, []Gate{GateNever, GateShut, GateOpen, GateOpen, "ajar"}},
	{"the phone only listens", profile.MuteSDP, func(s *script) {
		s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.RecvOnly)
	}, []Gate{GateNever, GateShut, GateWanted, GateOpen, "ajar"}},
	{
		"the phone refuses", profile.MuteSDP, func(s *script) { s.on(Reoffered{LegID: "auto", Status: 488}) },
		[]Gate{GateNever, GateShut, GateWanted, GateOpen, "ajar"},
	},
	{"the phone offers to send", profile.MuteSDP, func(s *script) {
		s.sound(Offered{LegID: "auto", SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv)
	}, []Gate{GateNever, GateShut, GateOpen, GateOpen, "ajar"}},
	{"the requester offers", profile.MuteSDP, func(s *script) {
		s.sound(Offered{LegID: "a", SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv)
	}, []Gate{GateNever, GateShut, GateWanted, GateOpen, "ajar"}},
	{
		"the phone never agreed", profile.MuteSDP, func(s *script) { s.on(Expired{Callee.Timer(UnmuteTimer)}) },
		[]Gate{GateNever, GateShut, GateShut, GateOpen, "ajar"},
	},
	{
		"the splash is over again", profile.MuteSDP, func(s *script) { s.on(SplashOver{"auto"}) },
		[]Gate{GateNever, GateShut, GateWanted, GateOpen, "ajar"},
	},
	{
		"a session timer", profile.MuteSDP, func(s *script) { s.on(RefreshDue{"auto"}) },
		[]Gate{GateNever, GateShut, GateWanted, GateOpen, "ajar"},
	},
}

func TestGateTable(t *testing.T) {
	for _, row := range gateRows {
		for i, gate := range gateStates {
			s := muted(t, row.mode).on(SplashOver{"auto"})
			s.state.Leg("auto").Gate = gate
			row.do(s)
			if got := s.state.Leg("auto").Gate; got != row.want[i] {
				t.Errorf("%s, %q: %q, want %q", row.name, gate, got, row.want[i])
			}
			opened := at(s.out, OpenGate{"auto"}) >= 0
			if becomes := row.want[i] == GateOpen && gate != GateOpen; opened != becomes {
				t.Errorf("%s, %q: opens %v, want %v", row.name, gate, opened, becomes)
			}
		}
	}
}

// Only a leg that was never gated and an open gate let anything through.
func TestUnknownGateIsShut(t *testing.T) {
	for i, closed := range []bool{false, true, true, false, true} {
		if g := gateStates[i]; g.Closed() != closed {
			t.Errorf("%q is closed: %v", g, g.Closed())
		}
	}
}

// The steps of an automatic answer, in the order of the rows; "" is none.
var askingSteps = []struct {
	step Step
	call func(t *testing.T) *script
}{
	{"", clickable},
	{StepDeciding, func(t *testing.T) *script { return clickable(t).on(press("alice", "tab1", "answer", "desk")) }},
	{StepTakingBack, func(t *testing.T) *script {
		return clickable(t).on(press("alice", "tab1", "answer", "desk")).on(allow)
	}},
	{StepAsking, clicked},
	{StepFailing, func(t *testing.T) *script { return clicked(t).on(Expired{AutoTimer}) }},
}

// askingRows say what step an event leads to: of d1, the phone's ringing branch,
// of auto, its auto INVITE, and of d2, another phone.
var askingRows = []struct {
	name string
	do   func(*script)
	want []Step
}{
	{
		"a click", func(s *script) { s.on(press("alice", "tab1", "answer", "desk")) },
		[]Step{StepDeciding, StepDeciding, StepTakingBack, StepAsking, StepFailing},
	},
	{"allow", func(s *script) { s.on(allow) }, []Step{"", StepTakingBack, StepTakingBack, StepAsking, StepFailing}},
	{"deny", func(s *script) { s.on(deny) }, []Step{"", "", StepTakingBack, StepAsking, StepFailing}},
	{
		"the branch ends", func(s *script) { s.on(Refused{LegID: "d1", Status: 487}) },
		[]Step{"", StepDeciding, StepAsking, StepAsking, StepFailing},
	},
	{
		"cancel_wait is over", func(s *script) { s.on(Expired{CancelTimer}) },
		[]Step{"", StepDeciding, StepAsking, StepAsking, StepFailing},
	},
	{
		"auto_answer is over", func(s *script) { s.on(Expired{AutoTimer}) },
		[]Step{"", StepDeciding, StepTakingBack, StepFailing, StepFailing},
	},
	{
		"auto rings", func(s *script) { s.on(Rang{LegID: "auto", Status: 180}) },
		[]Step{"", StepDeciding, StepTakingBack, StepAsking, StepFailing},
	},
	{
		"auto refuses", func(s *script) { s.on(Refused{LegID: "auto", Status: 486}) },
		[]Step{"", StepDeciding, StepTakingBack, "", ""},
	},
	{
		"auto answers", func(s *script) { s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly) },
		[]Step{"", StepDeciding, StepTakingBack, "", ""},
	},
	{"d2 answers", func(s *script) { s.sound(Answered{LegID: "d2"}, pcm[:1], sdp.SendRecv) }, []Step{"", "", "", "", ""}},
	{"the caller gives up", func(s *script) { s.on(Ended{LegID: "a", Cause: CauseCallerGone}) }, []Step{"", "", "", "", ""}},
}

func TestAutomaticAnswerTable(t *testing.T) {
	for _, row := range askingRows {
		for i, from := range askingSteps {
			s := from.call(t)
			row.do(s)
			var got Step
			if s.state.Automatic != nil {
				got = s.state.Automatic.Step
			}
			if got != row.want[i] {
				t.Errorf("%s, %q: %q, want %q", row.name, from.step, got, row.want[i])
			}
			if l := s.state.Leg("auto"); l != nil && l.Stage == Up && l.Gate != GateShut {
				t.Errorf("%s, %q: the gate of the phone that was asked is %q", row.name, from.step, l.Gate)
			}
		}
	}
}
