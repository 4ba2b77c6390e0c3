package machine

import (
	"testing"
	"time"

	"ringsplash/gateway/profile"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// refers gives an event with what the edge adds to a transfer.
func (s *script) refers(e Event) *script {
	s.state, s.out = Next(s.state, Input{Event: e, Other: "c2", Fresh: "c3", Now: s.clock}, Limits{})
	return s
}

// talks is bob's phone in a talk with alice's phone d1.
func talks(t *testing.T) *script {
	return bobCallsAlice(t).sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv).phase(Established)
}

func referring(t *testing.T) *script {
	return talks(t).refers(Referred{LegID: "d1", To: "sip:carol@example.test"}).phase(Established).
		wants(Report{"d1", 100, "Trying"}, Consult{ID: "c3", Side: Callee, To: "sip:carol@example.test", Offered: pcm})
}

// given is the one give among the commands.
func (s *script) given() Give {
	s.t.Helper()
	for _, c := range s.out {
		if g, ok := c.(Give); ok {
			return g
		}
	}
	s.t.Fatalf("nothing was given away: %#v", s.out)
	return Give{}
}

func TestBlindTransfer(t *testing.T) {
	s := referring(t).on(JoinRang{"c3"}).wants(Report{"d1", 180, "Ringing"})
	s.on(JoinRang{"other"}).not(Report{})
	s.on(JoinReady{"c3", pcm}).phase(Terminated).wants(Report{"d1", 200, "OK"}, Release{"d1", CauseTransferred})
	g := s.given()
	if g.To != "c3" || g.Leg.ID != "a" || g.Party.User != "bob" || g.Party.Direction != "out" {
		t.Fatalf("given: %+v", g)
	}
	for _, c := range s.out {
		if h, ok := c.(Release); ok && h.LegID == "a" {
			t.Fatal("the party that stays was hung up")
		}
	}
	if s.state.Cause != CauseTransferred {
		t.Fatalf("cause %s", s.state.Cause)
	}
}

func TestTransferFails(t *testing.T) {
	s := referring(t).on(JoinFailed{"c3", CauseBusy}).phase(Established).wants(Report{"d1", 486, "Busy Here"}).not(Release{})
	s.refers(Referred{LegID: "d1", To: "sip:dave@example.test"}).wants(Report{"d1", 100, "Trying"}) // it may try again
	s.refers(Referred{LegID: "d1", To: "sip:eve@example.test"}).wants(Report{"d1", 480, "Not Now"}).not(Consult{})
}

// Who transfers may hang up before it is done; the other hears ringing.
func TestTransferrerLeaves(t *testing.T) {
	s := referring(t).on(Ended{LegID: "d1", Cause: CauseHangUp}).phase(Established).not(Release{})
	if got := Routes(&s.state)["a"]; got != (Heard{Tone: ToneRingback}) {
		t.Fatalf("the party that stays hears %+v", got)
	}
	s.on(JoinReady{"c3", pcm}).phase(Terminated)
	s.given()
	s = referring(t).on(Ended{LegID: "d1", Cause: CauseHangUp})
	s.on(JoinFailed{"c3", CauseNoAnswer}).phase(Terminated).wants(Release{"a", CauseNoAnswer})
}

func TestTransferredHangsUp(t *testing.T) {
	s := referring(t).on(Ended{LegID: "a", Cause: CauseHangUp}).phase(Terminated)
	s.wants(Tell{"c3", JoinOver{"c", CauseCallerGone}}, Release{"d1", CauseHangUp})
	s.on(JoinReady{"c3", pcm}).wants(Tell{"c3", JoinOver{"c", CauseCallerGone}}).not(Give{})
}

// Only a user's phone that is in the talk transfers it.
func TestTransferNotAllowed(t *testing.T) {
	s := newScript(t).on(Begun{
		From: policy.Identity{Address: "sip:eve@elsewhere.test"}, Caller: Target{Leg: "out", Kind: URILeg},
		Callee: Party{User: "alice"}, Offered: pcm, Targets: []Target{{Leg: "d1", Kind: PhoneLeg, Device: "desk"}},
	})
	s.refers(Referred{LegID: "d1", To: "sip:x@y"}).not(Report{}) // not answered yet
	s.sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv)
	s.refers(Referred{LegID: "out", To: "sip:carol@example.test"}).wants(Report{"out", 403, "Only Phones Of Users Transfer"}).not(
		Consult{})
	s.refers(Referred{LegID: "out", Attended: true, Replaces: "x"}).not(Tell{})
}

// waiting is the second call of a blind transfer, whose target's phone rings.
func waiting(t *testing.T) *script {
	s := newScript(t).on(Begun{
		From: policy.Identity{Address: "sip:bob@example.test", User: "bob", Display: "Bob"}, Waits: "c1", Offered: pcm,
		Callee: Party{User: "carol"}, Targets: []Target{{Leg: "k", Kind: PhoneLeg}, {Leg: "t", Kind: TabLeg, Tab: "tabc"}},
	}).phase(Ringing)
	if s.state.Parties[Caller].User != "" || s.state.Parties[Caller].Who.Display != "Bob" {
		t.Fatalf("the caller: %+v", s.state.Parties[Caller])
	}
	return s.on(Rang{LegID: "k", Status: 180}).wants(Tell{"c1", JoinRang{"c"}})
}

var bobsLeg = Joined{
	From: "c1", Party: Party{User: "bob", Who: policy.Identity{Address: "sip:bob@example.test"}, Direction: "out"},
	Leg: LegState{ID: "b", Kind: PhoneLeg, Stage: Up, Negotiation: Negotiation{Codecs: pcm[:1], Remote: sdp.SendRecv}},
}

func TestTransferTarget(t *testing.T) {
	s := waiting(t).sound(Answered{LegID: "k"}, pcm[1:], sdp.SendRecv).phase(Established).wants(
		Tell{"c1", JoinReady{"c", pcm[1:]}})
	s.on(bobsLeg).not(Reoffer{}).not(Release{})
	got := Routes(&s.state)
	if got["b"] != (Heard{Leg: "k"}) || got["k"] != (Heard{Leg: "b"}) {
		t.Fatalf("routes: %v", got)
	}
	if v := View(&s.state, Callee); v.Peer.Address != "sip:bob@example.test" || v.Direction != "in" {
		t.Fatalf("the target sees %+v", v)
	}
	s.on(Ended{LegID: "k", Cause: CauseHangUp}).phase(Terminated).wants(Release{"b", CauseHangUp}).not(Tell{})
}

func TestTransferTargetRefuses(t *testing.T) {
	s := waiting(t).on(press("carol", "tabc", "decline", "")).phase(Terminated).wants(Tell{"c1", JoinFailed{"c", CauseDeclined}})
	s.on(bobsLeg).wants(Release{"b", CauseTransferred}) // too late
	waiting(t).on(JoinOver{"c1", CauseCallerGone}).phase(Terminated).wants(Release{"k", CauseCallerGone}).not(Tell{})
	waiting(t).on(JoinOver{"c9", CauseCallerGone}).phase(Ringing)
}

func TestAttendedTransfer(t *testing.T) {
	s := talks(t).refers(Referred{LegID: "d1", Attended: true, Replaces: "second"})
	s.wants(Report{"d1", 100, "Trying"}, Tell{"c2", JoinAsked{From: "c", User: "alice", Replace: "second"}})
	s.on(JoinReady{"c2", pcm}).phase(Terminated)
	if g := s.given(); g.Replace != "second" || g.By != "alice" || g.Leg.ID != "a" {
		t.Fatalf("given %+v", g)
	}
	// A call that is not there, or that says no.
	s = talks(t)
	s.state, s.out = Next(s.state, Input{Event: Referred{LegID: "d1", Attended: true}}, Limits{})
	s.phase(Established).wants(Report{"d1", 481, "Dialog Lost"}).not(Tell{})
	s.refers(Referred{LegID: "d1", Attended: true, Replaces: "x"}).on(JoinFailed{"c2", CauseForbidden}).phase(Established).wants(
		Report{"d1", 403, "Not Allowed"})
}

// The second call: whose leg it is may be replaced, nobody else's.
func TestJoin(t *testing.T) {
	s := talks(t)
	s.on(JoinAsked{From: "c1", User: "alice", Replace: "d1"}).wants(Tell{"c1", JoinReady{"c", pcm[:1]}})
	s.on(JoinAsked{From: "c1", User: "alice"}).wants(Tell{"c1", JoinReady{"c", pcm[:1]}})
	no := Tell{"c1", JoinFailed{"c", CauseForbidden}}
	s.on(JoinAsked{From: "c1", User: "alice", Replace: "a"}).wants(no)
	s.on(JoinAsked{From: "c1", User: "eve", Replace: "d1"}).wants(no)
	s.on(JoinAsked{From: "c1", Trunk: "pbx", Replace: "d1"}).wants(no)
	s.on(JoinAsked{From: "c", User: "alice"}).wants(Tell{"c", JoinFailed{"c", CauseForbidden}})
	carol := bobsLeg
	carol.Party.User, carol.By, carol.Replace = "carol", "alice", "d1"
	stranger := carol
	stranger.By = "eve"
	s.on(stranger).wants(Release{"b", CauseTransferred}).phase(Established)
	s.on(carol).phase(Established).wants(Release{"d1", CauseTransferred})
	if got := Routes(&s.state); got["a"] != (Heard{Leg: "b"}) {
		t.Fatalf("routes: %v", got)
	}
	// The caller of a call that rings may be replaced as well: a transfer
	// before the answer.
	s = bobCallsAlice(t).on(JoinAsked{From: "c1", User: "bob", Replace: "a"}).wants(Tell{"c1", JoinReady{"c", pcm}})
	carol.By, carol.Replace = "bob", "a"
	s.on(carol).phase(Ringing).wants(Reject{"a", CauseTransferred})
	s.sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv).phase(Established).not(Accept{})
	if got := Routes(&s.state); got["b"] != (Heard{Leg: "d1"}) {
		t.Fatalf("routes: %v", got)
	}
}

// The newer leg adapts to the codec of the other.
func TestJoinAdaptsCodec(t *testing.T) {
	s := talks(t)
	carol := bobsLeg
	carol.By, carol.Leg.Codecs = "alice", []sdp.Codec{sdp.G722}
	s.on(carol).wants(Reoffer{"b", pcm, sdp.SendRecv})
	s.on(Reoffered{LegID: "b", Status: 488}).phase(Terminated)
}

// A leg takes its shut gate along; no transfer opens it, whoever did it.
func TestTransferKeepsGateShut(t *testing.T) {
	s := talks(t)
	shut := bobsLeg
	shut.By, shut.Leg.Gate, shut.Leg.Mute, shut.Leg.Triggered = "alice", GateShut, profile.MuteSDP, true
	shut.Party.MutedUntil = s.clock
	s.on(shut).wants(StartTimer{MutedTimer, 0}).not(OpenGate{}).not(WantGate{})
	if got := Routes(&s.state); got["a"] != (Heard{Tone: ToneSilence}) {
		t.Fatalf("routes: %v", got)
	}
	if v := View(&s.state, Callee); v.Microphone != "shut" {
		t.Fatalf("microphone %s", v.Microphone)
	}
	s.sound(Offered{LegID: "b", SDP: []byte("v=0")}, pcm[:1],
		sdp.SendRecv).not(OpenGate{}).wants(Accept{"b", pcm[:1], sdp.SendOnly})
	// Nor does the REFER of a phone that answered by itself.
	s = clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).phase(Established)
	s.refers(Referred{LegID: "auto", To: "sip:carol@example.test"}).not(OpenGate{}).not(WantGate{}).not(Invite{})
	s.on(JoinFailed{"c3", CauseBusy}).not(OpenGate{})
	if s.state.Leg("auto").Gate != GateShut {
		t.Fatal("the gate is open")
	}
}

// A phone that somebody else made answer does not stay muted for longer by a
// transfer, at whichever side it then is, and whatever answers at the other.
func TestTransferKeepsMutedLimit(t *testing.T) {
	muted := func() *script {
		return thirdParty(t, false).on(allow).sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).phase(Established)
	}
	transferred := func(s *script) (*script, Give) {
		s.refers(Referred{LegID: "a", To: "sip:carol@example.test"}).on(JoinReady{"c3", pcm}).phase(Terminated)
		g := s.given()
		second := waiting(t).sound(Answered{LegID: "k"}, pcm[:1], sdp.SendRecv)
		second.clock = s.clock
		g.From = "c1"
		return second, g
	}
	s, g := transferred(muted())
	if g.Party.Auto == nil || g.Party.Auto.Kind != policy.ThirdParty {
		t.Fatalf("given: %+v", g.Party)
	}
	limit := g.Party.MutedUntil
	g.Party.MutedUntil = s.clock.Add(10 * time.Second)
	s.on(g.Joined).wants(StartTimer{MutedTimer, 9990 * time.Millisecond})
	s.on(Expired{MutedTimer}).phase(Established).wants(StartTimer{MutedTimer, 9980 * time.Millisecond}) // the one of before
	s.state.Parties[Caller].MutedUntil = limit
	s.on(Expired{MutedTimer}).phase(Terminated)
	if v := View(&s.state, Caller); v.Reason != CauseMutedLimit.Sentence(Callee).Text {
		t.Fatalf("the phone's owner reads %q", v.Reason)
	}
	if v := View(&s.state, Callee); v.Reason != CauseMutedLimit.Sentence(Caller).Text {
		t.Fatalf("the other side reads %q", v.Reason)
	}
	// Both phones answered by themselves: each has its own limit.
	s, g = transferred(muted())
	s.state.Parties[Callee].Auto = &Authorization{Kind: policy.Click}
	s.on(g.Joined)
	if View(&s.state, Caller).Auto.Kind != policy.ThirdParty || View(&s.state, Callee).Auto.Kind != policy.Click {
		t.Fatal("one automatic answer hides the other")
	}
	s.on(Expired{MutedTimer}).phase(Terminated)
	// Un-muted once, then muted by its owner: no limit any more.
	s = muted().on(press("alice", "tab1", "unmute", "")).sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1],
		sdp.SendRecv)
	s, g = transferred(s.wants(OpenGate{"auto"}).on(press("alice", "tab1", "mute", "")))
	s.on(g.Joined).on(Expired{MutedTimer}).phase(Established)
}

func TestTabTransfers(t *testing.T) {
	ask := func(to string, with CallID) Asked {
		return Asked{ID: 9, User: "alice", Tab: "tab1", Command: Transfer{To: to, With: with}}
	}
	s := talks(t).refers(ask("carol", "")).wants(Reply{9, nil}, Consult{ID: "c3", Side: Callee, To: "carol", Offered: pcm})
	if got := Routes(&s.state); got["a"] != (Heard{Tone: ToneMusic}) {
		t.Fatalf("the other hears %v", got)
	}
	if v := View(&s.state, Callee); v.ReasonSentence.Code != "note.transferring" {
		t.Fatalf("reason %q", v.Reason)
	}
	s.on(JoinFailed{"c3", CauseBusy}).phase(Established)
	if v := View(&s.state, Callee); v.HeldBy != "" ||
		v.Reason != Words.Say("note.transfer_back", "reason", CauseBusy.Sentence(Caller)).Text {
		t.Fatalf("view %+v", v)
	}
	s.refers(ask("", "c2")).wants(Reply{9, nil}, Tell{"c2", JoinAsked{From: "c", User: "alice"}})
	s.on(press("alice", "tab1", "hangup", "")).phase(Established).wants(Release{"d1", CauseHangUp})
	s.on(press("alice", "tab1", "hangup", "")).phase(Terminated)
	talks(t).refers(ask("carol", "c2")).not(Consult{}).not(Tell{})
	talks(t).refers(ask("", "")).not(Consult{}).not(Tell{})
	own := ask("", "c2") // which is the other call of the edge
	s = talks(t)
	s.state.ID = "c2"
	s.refers(own).not(Tell{})
	if got := Routes(&s.state); got["a"] != (Heard{Leg: "d1"}) || s.state.Notes[Callee].Text == Words["note.transferring"] {
		t.Fatalf("a transfer to itself holds the call: %v, %q", got, s.state.Notes[Callee].Text)
	}
	bobCallsAlice(t).refers(ask("carol", "")).wants(Reply{9, ErrWrongState})
}

// An INVITE with Replaces: answered when the other call takes its caller.
func TestInviteReplaces(t *testing.T) {
	begun := func() *script {
		return newScript(t).on(Begun{
			From:    policy.Identity{Address: "sip:alice@example.test", User: "alice"},
			Caller:  Target{Leg: "lab", Kind: PhoneLeg, Device: "lab"},
			Offered: pcm, Replaces: "d1", Other: "c2",
		}).wants(Tell{"c2", JoinAsked{From: "c", User: "alice", Replace: "d1"}}).not(Invite{}).not(Accept{})
	}
	s := begun().on(JoinReady{"c2", pcm[1:]}).phase(Terminated).wants(Accept{"lab", pcm[1:], sdp.SendRecv})
	if g := s.given(); g.Leg.ID != "lab" || g.Leg.Stage != Up || g.By != "alice" || g.Replace != "d1" {
		t.Fatalf("given %+v", g)
	}
	begun().on(JoinFailed{"c2", CauseForbidden}).phase(Terminated).wants(Reject{"lab", CauseForbidden}).not(Give{})
	begun().on(JoinReady{"c2", []sdp.Codec{sdp.G722}}).phase(Terminated).wants(Reject{"lab", CauseNoCodec}).not(Give{})
	begun().on(Ended{LegID: "lab", Cause: CauseCallerGone}).phase(Terminated).wants(Tell{"c2", JoinOver{"c", CauseCallerGone}})
}
