package machine

import (
	"slices"
	"testing"
	"time"

	"ringsplash/gateway/profile"
	"ringsplash/internal/sentence"
	"ringsplash/location"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// deskTarget is alice's phone as the edge finds it.
func deskTarget(leg LegID) *Target {
	return &Target{
		Leg: leg, Kind: PhoneLeg, Device: "desk", Binding: &location.Binding{Instance: "i-desk", Contact: "sip:a@127.0.0.1"},
		Profile: profile.Profile{Headers: profile.Unknown("example.test").Headers, Mute: profile.MuteSDP, Splash: profile.SplashMedia},
	}
}

// clickable is bob's call to alice: two deskphones with instances and a tab.
func clickable(t *testing.T) *script {
	s := newScript(t)
	s.on(Begun{
		From:   policy.Identity{Address: "sip:bob@example.test", User: "bob", Level: policy.Proven},
		Caller: Target{Leg: "a", Kind: PhoneLeg, Device: "bobdesk"},
		Callee: Party{User: "alice", Who: policy.Identity{Address: "sip:alice@example.test"}}, Offered: pcm,
		Targets: []Target{
			{Leg: "d1", Kind: PhoneLeg, Device: "desk", Binding: &location.Binding{Instance: "i-desk"}},
			{Leg: "d2", Kind: PhoneLeg, Device: "desk-2", Binding: &location.Binding{Instance: "i-two"}},
			{Leg: "t1", Kind: TabLeg, Tab: "tab1"},
		},
	})
	s.on(Rang{LegID: "d1", Status: 180}).on(Rang{LegID: "d2", Status: 180})
	s.target = deskTarget("auto")
	return s
}

var (
	allow = Decided{Decision: policy.Decision{Allow: true, Grant: "self"}}
	deny  = Decided{Decision: policy.Decision{Reason: sentence.Sentence{Text: "Interworking is off."}}}
)

// clicked is clickable up to the auto INVITE.
func clicked(t *testing.T) *script {
	s := clickable(t)
	s.on(press("alice", "tab1", "answer", "desk")).phase(Answering).not(Invite{}).not(TakeBack{}).not(Reply{})
	s.on(allow).wants(Reply{9, nil}, ShutGate{"d1"}, TakeBack{"d1", CauseElsewhere}).not(Invite{})
	return s.on(Refused{LegID: "d1", Status: 487}).wants(autoInvite(s))
}

func autoInvite(s *script) Invite {
	return Invite{Target: *s.target, Codecs: sdp.Offerable(pcm), Direction: sdp.SendOnly, Trigger: true}
}

func TestClickToAnswer(t *testing.T) {
	s := clicked(t)
	s.on(Rang{LegID: "auto", Status: 180}).phase(Answering).not(OpenGate{})
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).phase(Established).
		wants(Accept{"a", pcm[:1], sdp.SendRecv}, TakeBack{"d2", CauseElsewhere}, PlaySplash{"auto", profile.SplashMedia}).
		not(OpenGate{})
	if got := Routes(&s.state); got["a"] != (Heard{Tone: ToneSilence}) || got["auto"] != (Heard{Leg: "a"}) {
		t.Fatalf("routes while shut: %v", got)
	}
	if v := View(&s.state, Callee); v.Microphone != "shut" || *v.On != "desk" || v.ReasonSentence.Code != "note.muted" {
		t.Fatalf("view %+v", v)
	}
	s.on(press("alice", "tab1", "unmute", "")).wants(WantGate{"auto", byTab}, Reoffer{"auto", pcm[:1], sdp.SendRecv}).not(
		OpenGate{})
	if got := Routes(&s.state); got["a"] != (Heard{Tone: ToneSilence}) {
		t.Fatalf("routes while wanted: %v", got)
	}
	s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).wants(OpenGate{"auto"})
	if got := Routes(&s.state); got["a"] != (Heard{Leg: "auto"}) {
		t.Fatalf("routes when open: %v", got)
	}
	s.on(press("alice", "tab1", "mute", "")).wants(ShutGate{"auto"}, Reoffer{"auto", pcm[:1], sdp.SendOnly})
	if got := Routes(&s.state); got["a"] != (Heard{Tone: ToneSilence}) {
		t.Fatalf("routes after mute: %v", got)
	}
	// The answer to the mute's re-INVITE opens nothing, whatever it says.
	s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).not(OpenGate{})
}

func TestClickDenied(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "desk")).on(deny)
	s.phase(Ringing).wants(Reply{9, Refuse("forbidden", deny.Decision.Reason)}).not(Invite{}).not(TakeBack{})
	s.sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv).phase(Established).not(ShutGate{})
}

func TestClickWithoutPhone(t *testing.T) {
	s := clickable(t)
	s.target = nil
	s.on(press("alice", "tab1", "answer", "desk")).phase(Ringing).not(Decide{})
}

func TestSecondClickAsksNothing(t *testing.T) {
	s := clicked(t).on(press("alice", "tab1", "answer", "desk")).not(Invite{}).not(Decide{})
	s.on(allow).not(Invite{}) // a decision nobody waits for
}

// The ringing branch's 200 after the click is the answer, gate shut.
func TestHandAfterClick(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "desk")).on(allow)
	s.sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv).phase(Established)
	s.not(Invite{}).not(OpenGate{}).wants(PlaySplash{"d1", ""})
	if s.state.Leg("d1").Gate != GateShut {
		t.Fatal("gate open")
	}
	s = clickable(t).on(press("alice", "tab1", "answer", "desk"))
	s.sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv).phase(Established).wants(ShutGate{"d1"}, Reply{9, errAnswered})
	s.on(allow).not(Invite{})
}

func TestCancelWaitOver(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "desk")).on(allow)
	s.on(Expired{CancelTimer}).wants(autoInvite(s))
	// The cancelled branch answers after all: it is used, the auto INVITE taken back.
	s.sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv).phase(Established).wants(TakeBack{"auto", CauseElsewhere})
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.SendRecv).wants(Release{"auto", CauseElsewhere})
	if got := Routes(&s.state); got["a"] != (Heard{Tone: ToneSilence}) {
		t.Fatalf("routes %v", got)
	}
}

func TestNoAutoAnswer(t *testing.T) {
	again := Invite{Target: Target{
		Leg: "again", Kind: PhoneLeg, Device: "desk",
		Binding: &location.Binding{Instance: "i-desk", Contact: "sip:a@127.0.0.1"},
	}, Codecs: sdp.Offerable(pcm), Direction: sdp.SendRecv}
	s := clicked(t).on(Rang{LegID: "auto", Status: 180})
	s.on(Expired{AutoTimer}).wants(TakeBack{"auto", CauseElsewhere}).not(Invite{}).phase(Answering)
	s.on(Refused{LegID: "auto", Status: 487}).phase(Ringing).wants(again)
	if s.state.Notes[Callee].Text != Words[noteNotAlone] {
		t.Fatalf("note %q", s.state.Notes[Callee].Text)
	}
	s.sound(Answered{LegID: "again"}, pcm[:1], sdp.SendRecv).phase(Established).not(ShutGate{}) // a hand
	for _, status := range []int{420, 480, 486, 488, 302, 408, 500} {
		s := clicked(t).on(Refused{LegID: "auto", Status: status}).phase(Ringing).wants(again)
		s.on(press("alice", "tab1", "answer", "browser")).phase(Established)
	}
	s = clicked(t).on(Refused{LegID: "auto", Status: 603}).phase(Ringing).not(Invite{})
	if s.state.Notes[Callee].Text != Words["note.declined"] {
		t.Fatalf("note %q", s.state.Notes[Callee].Text)
	}
}

// A 200 of the trigger branch after its CANCEL is automatic all the same.
func TestLateAutoAnswer(t *testing.T) {
	s := clicked(t).on(Expired{AutoTimer})
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.SendRecv).phase(Established)
	if s.state.Leg("auto").Gate != GateShut {
		t.Fatal("a late 200 of a trigger branch was taken for a hand")
	}
}

// thirdParty is bob's INVITE with Answer-Mode: Auto to alice's desk.
func thirdParty(t *testing.T, require bool) *script {
	s := newScript(t)
	s.target = deskTarget("auto")
	return s.on(Begun{
		From:   policy.Identity{Address: "sip:bob@example.test", User: "bob", Level: policy.Proven},
		Caller: Target{Leg: "a", Kind: PhoneLeg},
		Callee: Party{User: "alice"}, Offered: pcm,
		Targets: []Target{
			{Leg: "d1", Kind: PhoneLeg, Device: "desk", Binding: &location.Binding{Instance: "i-desk"}},
			{Leg: "t1", Kind: TabLeg, Tab: "tab1"},
		},
		Wish: Wish{Kind: policy.ThirdParty, Require: require, Target: s.target, Again: "again"},
	})
}

func TestThirdParty(t *testing.T) {
	s := thirdParty(t, false).not(Invite{})
	s.on(allow).wants(autoInvite(s))
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.SendRecv).phase(Established)
	s.on(press("bob", "tab9", "unmute", "")).not(OpenGate{}) // the requester never opens
	if s.state.Leg("auto").Gate != GateShut {
		t.Fatal("gate not shut")
	}
	// Denied: it rings like any call.
	thirdParty(t, false).on(deny).phase(Ringing).wants(
		Invite{Target: Target{
			Leg: "again", Kind: PhoneLeg, Device: "desk",
			Binding: &location.Binding{Instance: "i-desk", Contact: "sip:a@127.0.0.1"},
		}, Codecs: sdp.Offerable(pcm), Direction: sdp.SendRecv})
	thirdParty(t, true).on(deny).phase(Terminated).wants(Reject{"a", CauseForbidden})
	// Answered by itself or not at all: nothing else rings, before or after.
	s = thirdParty(t, true).not(Invite{})
	if len(s.state.Legs) != 1 {
		t.Fatalf("something rings beside the phone that may not: %+v", s.state.Legs)
	}
	s.on(allow).wants(autoInvite(s))
	s.on(Refused{LegID: "auto", Status: 486}).not(Invite{}).phase(Terminated).wants(Reject{"a", CauseForbidden})
	// No user, no phone: the same 403.
	newScript(t).on(Begun{
		Caller: Target{Leg: "a", Kind: PhoneLeg}, Cause: CauseUnknown,
		Wish: Wish{Kind: policy.ThirdParty, Require: true},
	}).wants(Reject{"a", CauseForbidden})
}

func TestCallerGoneWhileAsking(t *testing.T) {
	s := clicked(t).on(Ended{LegID: "a", Cause: CauseCallerGone}).phase(Terminated).wants(Release{"auto", CauseCallerGone})
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.SendRecv).wants(Release{"auto", CauseCallerGone})
}

func TestOtherPhoneWinsWhileAsking(t *testing.T) {
	s := clicked(t).sound(Answered{LegID: "d2"}, pcm[:1], sdp.SendRecv).phase(Established).wants(
		TakeBack{"auto", CauseElsewhere}).not(ShutGate{})
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.SendRecv).wants(Release{"auto", CauseElsewhere}).not(PlaySplash{})
}

// talking is clickable with a phone that named Event: talk in its 180.
func talking(t *testing.T, optedIn bool) *script {
	s := clickable(t).on(Rang{LegID: "d1", Status: 180, Talk: true})
	s.target.Profile.Talk = optedIn
	return s.on(press("alice", "tab1", "answer", "desk")).on(allow)
}

// The NOTIFY goes out on the ringing branch, with its gate shut before; a 200
// after it is automatic, and the phone is asked to listen only.
func TestTalk(t *testing.T) {
	s := talking(t, true).wants(ShutGate{"d1"}, Talk{"d1"}).not(Invite{}).not(TakeBack{})
	if shut, told := at(s.out, ShutGate{"d1"}), at(s.out, Talk{"d1"}); shut > told {
		t.Fatalf("the gate is shut after the NOTIFY: %#v", s.out)
	}
	s.sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv).phase(Established).
		wants(PlaySplash{"d1", profile.SplashMedia}, Reoffer{"d1", pcm[:1], sdp.SendOnly}).not(OpenGate{})
	s.sound(Reoffered{LegID: "d1", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).not(OpenGate{})
	if v := View(&s.state, Callee); v.Microphone != "shut" || v.Auto == nil || v.Auto.Grant != "self" {
		t.Fatalf("view %+v", v)
	}
	s.on(press("alice", "tab1", "unmute", "")).sound(Reoffered{LegID: "d1", Status: 200, SDP: []byte("v=0")}, pcm[:1],
		sdp.SendRecv).wants(OpenGate{"d1"})
}

// Without the opt-in, or a 180 that names the event, no NOTIFY leaves.
func TestTalkOnlyByOptIn(t *testing.T) {
	talking(t, false).not(Talk{}).wants(TakeBack{"d1", CauseElsewhere})
	s := clickable(t)
	s.target.Profile.Talk = true
	s.on(press("alice", "tab1", "answer", "desk")).on(allow).not(Talk{}).wants(TakeBack{"d1", CauseElsewhere})
	s = clickable(t).on(Rang{LegID: "d1", Status: 180, Talk: true})
	s.target.Profile.Talk = true
	s.on(press("alice", "tab1", "answer", "desk")).on(deny).not(Talk{})
}

// A phone that ignores the NOTIFY is taken back and rings anew; a 200 that
// crosses the CANCEL is no hand.
func TestTalkIgnored(t *testing.T) {
	s := talking(t, true).on(Expired{AutoTimer}).wants(TakeBack{"d1", CauseElsewhere}).not(Talk{})
	s.on(Refused{LegID: "d1", Status: 487}).phase(Ringing).not(Talk{})
	s.sound(Answered{LegID: "again"}, pcm[:1], sdp.SendRecv).phase(Established).not(ShutGate{})
	s = talking(t, true).on(Expired{AutoTimer}).sound(Answered{LegID: "d1"}, pcm[:1],
		sdp.SendRecv).phase(Established).not(OpenGate{})
	if s.state.Leg("d1").Gate != GateShut {
		t.Fatal("a 200 after the NOTIFY was taken for a hand")
	}
}

// at is where the command stands.
func at(list []Effect, c Effect) int { return slices.Index(list, c) }

// No trigger leaves on a decision that is older than a revocation may take to
// be in force: policy is asked again, and a no lets the phone ring.
func TestStaleDecision(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "desk"))
	s.clock = s.clock.Add(goodFor)
	s.on(allow).not(TakeBack{}).not(Reply{})
	ask := s.out[0].(Decide)
	s.on(allow).wants(Reply{9, nil}, TakeBack{"d1", CauseElsewhere})
	s.clock = s.clock.Add(goodFor)
	s.on(Expired{CancelTimer}).not(Invite{}).wants(ask)
	s.on(allow).wants(autoInvite(s))

	s = clickable(t).on(press("alice", "tab1", "answer", "desk")).on(allow)
	s.clock = s.clock.Add(goodFor)
	s.on(Refused{LegID: "d1", Status: 487}).not(Invite{}).wants(ask)
	s.on(deny).phase(Ringing).not(Reply{})
	if v := View(&s.state, Callee); v.Reason != deny.Decision.Reason.Text {
		t.Fatalf("the tab is told %q", v.Reason)
	}
	s.sound(Answered{LegID: "again"}, pcm[:1], sdp.SendRecv).phase(Established).not(ShutGate{})

	// However long a phone may take by the configuration, it gets less.
	s = clickable(t).on(press("alice", "tab1", "answer", "desk"))
	s.state, s.out = Next(s.state, Input{Event: Decided{allow.Decision, "auto"}, Now: s.clock.Add(300 * time.Millisecond)},
		Limits{CancelWait: 32 * time.Second})
	s.wants(StartTimer{CancelTimer, waitFor - 300*time.Millisecond})
}
