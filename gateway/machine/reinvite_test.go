package machine

import (
	"testing"

	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// lateCaller begins a call whose INVITE had no offer, to one deskphone.
func lateCaller(t *testing.T) *script {
	return newScript(t).on(Begun{
		From:   policy.Identity{Address: "sip:bob@example.test", User: "bob", Level: policy.Proven},
		Caller: Target{Leg: "a", Kind: PhoneLeg, Device: "bobdesk"}, To: "sip:alice@example.test",
		Callee: Party{User: "alice"}, Offered: EveryCodec(), Late: true,
		Targets: []Target{{Leg: "d1", Kind: PhoneLeg, Device: "desk"}, {Leg: "t1", Kind: TabLeg, Tab: "tab1"}},
	})
}

// Our 200 offers what the called phone chose; the ACK brings the answer.
func TestLateOffer(t *testing.T) {
	s := lateCaller(t).wants(Invite{
		Target: Target{Leg: "d1", Kind: PhoneLeg, Device: "desk"}, Codecs: EveryCodec(),
		Direction: sdp.SendRecv,
	})
	// Early media cannot reach a caller who has agreed on nothing.
	s.sound(Rang{LegID: "d1", Status: 183, SDP: []byte("v=0")}, pcm, sdp.SendRecv).wants(Ring{"a"}).not(RingEarly{})
	s.sound(Answered{LegID: "d1"}, pcm[1:], sdp.SendRecv).phase(Established).
		wants(AcceptLate{"a", []sdp.Codec{sdp.PCMA, sdp.PCMU}, sdp.SendRecv})
	s.sound(Reoffered{LegID: "a", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).phase(Established).not(Release{})
	if l := s.state.Leg("a"); l.Late || l.Reoffering || l.Codecs[0] != sdp.PCMU {
		t.Fatalf("the caller's leg: %+v", l)
	}
}

// A tab adapts to what the late answer says.
func TestLateOfferToTab(t *testing.T) {
	s := lateCaller(t).on(press("alice", "tab1", "answer", "browser"))
	s.phase(Established)
	s.sound(Reoffered{LegID: "a", Status: 200, SDP: []byte("v=0")}, pcm[1:], sdp.SendRecv)
	if got := s.state.Leg("t1").Codecs[0]; got != sdp.PCMA {
		t.Fatalf("the tab is to send %s", got)
	}
}

func TestLateOfferRefused(t *testing.T) {
	s := lateCaller(t).sound(Answered{LegID: "d1"}, pcm, sdp.SendRecv)
	s.on(Reoffered{LegID: "a", Status: 488}).phase(Terminated).wants(Release{"d1", CauseNoCodec}, Release{"a", CauseNoCodec})
}

// A phone whose gate is shut and that asks for our offer is asked not to send.
func TestLateReofferWhileShut(t *testing.T) {
	s := clicked(t)
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).phase(Established)
	s.on(Offered{LegID: "auto"}).wants(AcceptLate{"auto", pcm[:1], sdp.SendOnly})
	s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).not(OpenGate{})
}

// What our offer was to bring about is offered again, unless the phone's own
// offer has done it.
func TestStaleOffer(t *testing.T) {
	stale := Reoffered{LegID: "auto", Status: 491, Stale: true}
	wanted := func() *script {
		s := clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly)
		return s.on(press("alice", "tab1", "unmute", "")).wants(Reoffer{"auto", pcm[:1], sdp.SendRecv})
	}
	s := wanted().sound(Offered{LegID: "auto", SDP: []byte("v=0")}, pcm[:1], sdp.RecvOnly).not(OpenGate{})
	s.on(stale).wants(Reoffer{"auto", pcm[:1], sdp.SendRecv}).not(OpenGate{})
	if s.state.Notes[Callee].Text == Words["note.press_phone"] {
		t.Fatal("the phone is said to have refused, which was not asked")
	}
	s = wanted().sound(Offered{LegID: "auto", SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).wants(OpenGate{"auto"})
	s.on(stale).not(Reoffer{}).not(Release{})

	// An offer that was under way when the leg changed its call is no match for
	// the new far end.
	s = talks(t)
	s.state.Leg("d1").Codecs, s.state.Leg("d1").Reoffering = []sdp.Codec{sdp.G722}, true
	s.sound(Reoffered{LegID: "d1", Status: 200, SDP: []byte("v=0")}, []sdp.Codec{sdp.G722},
		sdp.SendRecv).wants(Reoffer{"d1", pcm, sdp.SendRecv})

	// Two phones without a common codec: the offer that was to help is repeated.
	s = talks(t)
	s.state.Leg("d1").Codecs, s.state.Leg("d1").Reoffering = []sdp.Codec{sdp.G722}, true
	stale.LegID = "d1"
	s.on(stale).phase(Established).wants(Reoffer{"d1", pcm, sdp.SendRecv})
}
