package machine

import (
	"testing"

	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// The policy's word on one phone says nothing of another that was named
// meanwhile.
func TestDecisionIsForOnePhone(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "desk"))
	first := s.state.Automatic.Target.Leg
	s.on(press("alice", "tab1", "answer", "browser")).phase(Established).wants(Reply{9, errAnswered})
	s.target = deskTarget("other")
	s.target.Device, s.target.Binding.Instance = "desk-2", "i-two"
	s.on(press("alice", "tab1", "move", "desk-2"))
	late := allow
	late.Leg = first
	s.on(late).not(Invite{})
	s.on(deny).not(Invite{})
}

// Who asked for an automatic answer hears ringing like anybody else, also when
// the phone is asked before any device rings.
func TestRequesterHearsRinging(t *testing.T) {
	s := thirdParty(t, false).on(press("alice", "tab1", "ringing", "")).wants(Ring{"a"})
	s.on(deny).on(Rang{LegID: "again", Status: 180}).not(Ring{})
	thirdParty(t, false).on(deny).on(Rang{LegID: "again", Status: 180}).wants(Ring{"a"})
}

// A call rings on while a phone is being asked, even if every other device
// has refused; it ends when that phone is out of it too.
func TestAskedPhoneKeepsTheCall(t *testing.T) {
	alone := func() *script {
		s := clickable(t)
		return s.on(press("alice", "tab1", "answer", "desk")).on(allow).
			on(Refused{LegID: "d2", Status: 486}).on(TabGone{"tab1"}).phase(Answering)
	}
	s := alone().on(Refused{LegID: "d1", Status: 487}).wants(autoInvite(alone()))
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).phase(Established)
	wish := thirdParty(t, false).on(TabGone{"tab1"}).phase(Answering)
	wish.on(deny).phase(Ringing)
	// Denied, and nothing is left.
	s = clickable(t).on(press("alice", "tab1", "answer", "desk"))
	s.on(Refused{LegID: "d1", Status: 486}).on(Refused{LegID: "d2", Status: 486}).on(TabGone{"tab1"}).phase(Answering)
	s.on(deny).phase(Terminated).wants(Reject{"a", CauseBusy})
}

// A leg that fails on our side while its phone is asked ends the asking.
func TestAskedLegFails(t *testing.T) {
	s := clicked(t).on(Ended{LegID: "auto", Cause: CauseFault}).phase(Ringing)
	if s.state.Automatic != nil {
		t.Fatal("the phone is still being asked")
	}
	s = clickable(t).on(press("alice", "tab1", "answer", "browser")).on(press("alice", "tab1", "move", "desk")).on(allow)
	s.on(Ended{LegID: "auto", Cause: CauseFault}).phase(Established)
	if s.state.Automatic != nil {
		t.Fatal("no phone can be asked any more")
	}
}

// Early media of a branch that is over makes room for that of another. The
// caller has his answer already: he is not given a second one, and hears
// ringing in between.
func TestSecondEarlyMedia(t *testing.T) {
	s := bobCallsAlice(t).sound(Rang{LegID: "d1", Status: 183, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).phase(Early)
	s.on(Refused{LegID: "d1", Status: 486}).phase(Ringing)
	if got := Routes(&s.state)["a"]; got != (Heard{Tone: ToneRingback}) {
		t.Fatalf("in between the caller hears %+v", got)
	}
	s.sound(Rang{LegID: "d2", Status: 183, SDP: []byte("v=0")}, []sdp.Codec{sdp.G722}, sdp.SendRecv).phase(Ringing)
	s.sound(Rang{LegID: "d2", Status: 183, SDP: []byte("v=0")}, pcm[1:], sdp.SendRecv).phase(Early).not(RingEarly{})
	if got := Routes(&s.state)["a"]; got != (Heard{Leg: "d2"}) {
		t.Fatalf("the caller hears %+v", got)
	}
	s.sound(Answered{LegID: "d2"}, pcm[1:], sdp.SendRecv).wants(Accept{LegID: "a", Codecs: pcm[:1], Direction: sdp.SendRecv})
}

// Who was transferred into a call that rings has no INVITE left to answer, and
// hears ringing.
func TestTransferredIntoRinging(t *testing.T) {
	s := bobCallsAlice(t)
	in := bobsLeg
	in.Leg.Inbound, in.Replace = true, "a"
	in.By = "bob"
	s.on(in).phase(Ringing)
	if got := Routes(&s.state)["b"]; got != (Heard{Tone: ToneRingback}) {
		t.Fatalf("who waits hears %+v", got)
	}
	s.sound(Rang{LegID: "d1", Status: 183, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).phase(Early).not(RingEarly{}).not(Ring{})
	if got := Routes(&s.state)["b"]; got != (Heard{Leg: "d1"}) {
		t.Fatalf("who waits hears %+v", got)
	}
	s.sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv).phase(Established).not(Accept{})
}

// A phone that changes its codec in a talk with a tab is sent the new one.
func TestTabFollowsReinvite(t *testing.T) {
	wide := []sdp.Codec{sdp.G722}
	s := bobCallsAlice(t).on(press("alice", "tab1", "answer", "browser"))
	s.state.Leg("a").Codecs = wide
	s.state.Leg("t1").Codecs = []sdp.Codec{sdp.G722, sdp.PCMU}
	s.sound(Offered{LegID: "a", SDP: []byte("v=0")}, pcm[:1],
		sdp.SendRecv).wants(Accept{LegID: "a", Codecs: pcm[:1], Direction: sdp.SendRecv})
	if got := s.state.Leg("t1").Codecs[0]; got != sdp.PCMU {
		t.Fatalf("the tab is to send %s", got)
	}
	s.sound(Reoffered{LegID: "a", Status: 200, SDP: []byte("v=0")}, wide, sdp.SendRecv)
	if got := s.state.Leg("t1").Codecs[0]; got != sdp.G722 {
		t.Fatalf("the tab is to send %s", got)
	}
}

// What a phone says is not what an outside line says.
func TestPhoneWithoutService(t *testing.T) {
	phone := func(status int) *script {
		return newScript(t).on(Begun{
			From:   policy.Identity{Address: "sip:bob@example.test", User: "bob", Level: policy.Proven},
			Caller: Target{Leg: "a", Kind: PhoneLeg}, Callee: Party{User: "alice"}, Offered: pcm,
			Targets: []Target{{Leg: "d1", Kind: PhoneLeg, Device: "desk"}},
		}).on(Refused{LegID: "d1", Status: status})
	}
	phone(503).phase(Terminated).wants(Reject{"a", CauseUnreachable})
	phone(500).phase(Terminated).wants(Reject{"a", CauseRefused})
}

// A trunk that is down is followed by the next one, up to the last.
func TestNextTrunk(t *testing.T) {
	trunkCall := func() *script {
		return newScript(t).on(Begun{
			From:   policy.Identity{Address: "sip:bob@example.test", User: "bob", Level: policy.Proven},
			Caller: Target{Leg: "a", Kind: PhoneLeg}, To: "tel:030", Offered: pcm,
			Targets: []Target{{Leg: "t1", Kind: TrunkLeg, Trunk: "first"}, {Leg: "t2", Kind: TrunkLeg, Trunk: "second"}},
		})
	}
	second := Invite{Target: Target{Leg: "t2", Kind: TrunkLeg, Trunk: "second"}, Codecs: pcm, Direction: sdp.SendRecv}
	if legs := trunkCall().state.Legs; len(legs) != 2 { // the caller and one trunk
		t.Fatalf("%d legs", len(legs))
	}
	for status, next := range map[int]bool{503: true, 408: true, 486: false, 404: false, 603: false, 500: false} {
		s := trunkCall().on(Refused{LegID: "t1", Status: status})
		if !next {
			s.phase(Terminated)
			continue
		}
		s.phase(Ringing).wants(second)
		s.on(Refused{LegID: "t2", Status: 503}).phase(Terminated).wants(Reject{"a", CauseTrunkDown})
	}
	trunkCall().on(Refused{LegID: "t1", Status: 503}).on(Ended{LegID: "a", Cause: CauseCallerGone}).phase(Terminated).wants(
		Release{"t2", CauseCallerGone})
}

// The command of a tab that saw another caller answers nothing.
func TestStaleAnswer(t *testing.T) {
	s := bobCallsAlice(t)
	s.state, s.out = Next(s.state, Input{Event: press("alice", "tab1", "answer", "browser"), Stale: true, Now: s.clock}, Limits{})
	s.phase(Ringing).wants(Reply{9, errStale})
}
