package gateway

import (
	"slices"
	"testing"

	"ringsplash/gateway/profile"
	"ringsplash/internal/sentence"
	"ringsplash/location"
	"ringsplash/media"
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
	s.on(Rang{Leg: "d1", Status: 180}).on(Rang{Leg: "d2", Status: 180})
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
	s.on(press("alice", "tab1", "answer", "desk")).phase(Answering).not(invite{}).not(takeBack{}).not(reply{})
	s.on(allow).wants(reply{9, nil}, shutGate{"d1"}, takeBack{"d1", CauseElsewhere}).not(invite{})
	return s.on(Refused{Leg: "d1", Status: 487}).wants(autoInvite(s))
}

func autoInvite(s *script) invite {
	return invite{Target: *s.target, Codecs: media.Offerable(pcm), Direction: media.SendOnly, Trigger: true}
}

func TestClickToAnswer(t *testing.T) {
	s := clicked(t)
	s.on(Rang{Leg: "auto", Status: 180}).phase(Answering).not(openGate{})
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).phase(Established).
		wants(answer{"a", pcm[:1], media.SendRecv}, takeBack{"d2", CauseElsewhere}, splash{"auto", profile.SplashMedia}).not(openGate{})
	if got := routes(&s.state); got["a"] != (heard{Tone: toneSilence}) || got["auto"] != (heard{Leg: "a"}) {
		t.Fatalf("routes while shut: %v", got)
	}
	if v := show(&s.state, Callee); v.Microphone != "shut" || *v.On != "desk" || v.Reason != noteMuted {
		t.Fatalf("view %+v", v)
	}
	s.on(press("alice", "tab1", "unmute", "")).wants(wantGate{"auto", byTab}, reoffer{"auto", pcm[:1], media.SendRecv}).not(
		openGate{})
	if got := routes(&s.state); got["a"] != (heard{Tone: toneSilence}) {
		t.Fatalf("routes while wanted: %v", got)
	}
	s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.SendRecv).wants(openGate{"auto"})
	if got := routes(&s.state); got["a"] != (heard{Leg: "auto"}) {
		t.Fatalf("routes when open: %v", got)
	}
	s.on(press("alice", "tab1", "mute", "")).wants(shutGate{"auto"}, reoffer{"auto", pcm[:1], media.SendOnly})
	if got := routes(&s.state); got["a"] != (heard{Tone: toneSilence}) {
		t.Fatalf("routes after mute: %v", got)
	}
	// The answer to the mute's re-INVITE opens nothing, whatever it says.
	s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.SendRecv).not(openGate{})
}

func TestClickDenied(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "desk")).on(deny)
	s.phase(Ringing).wants(reply{9, refuse("forbidden", "Interworking is off.")}).not(invite{}).not(takeBack{})
	s.sound(Answered{Leg: "d1"}, pcm[:1], media.SendRecv).phase(Established).not(shutGate{})
}

func TestClickWithoutPhone(t *testing.T) {
	s := clickable(t)
	s.target = nil
	s.on(press("alice", "tab1", "answer", "desk")).phase(Ringing).not(decide{})
}

func TestSecondClickAsksNothing(t *testing.T) {
	s := clicked(t).on(press("alice", "tab1", "answer", "desk")).not(invite{}).not(decide{})
	s.on(allow).not(invite{}) // a decision nobody waits for
}

// The ringing branch's 200 after the click is the answer, gate shut.
func TestHandAfterClick(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "desk")).on(allow)
	s.sound(Answered{Leg: "d1"}, pcm[:1], media.SendRecv).phase(Established).not(invite{}).not(openGate{}).wants(splash{"d1", ""})
	if s.state.leg("d1").Gate != GateShut {
		t.Fatal("gate open")
	}
	s = clickable(t).on(press("alice", "tab1", "answer", "desk"))
	s.sound(Answered{Leg: "d1"}, pcm[:1], media.SendRecv).phase(Established).wants(shutGate{"d1"}, reply{9, errAnswered})
	s.on(allow).not(invite{})
}

func TestCancelWaitOver(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "desk")).on(allow)
	s.on(Expired{cancelTimer}).wants(autoInvite(s))
	// The cancelled branch answers after all: it is used, the auto INVITE taken back.
	s.sound(Answered{Leg: "d1"}, pcm[:1], media.SendRecv).phase(Established).wants(takeBack{"auto", CauseElsewhere})
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.SendRecv).wants(hangUp{"auto", CauseElsewhere})
	if got := routes(&s.state); got["a"] != (heard{Tone: toneSilence}) {
		t.Fatalf("routes %v", got)
	}
}

func TestNoAutoAnswer(t *testing.T) {
	again := invite{Target: Target{
		Leg: "again", Kind: PhoneLeg, Device: "desk",
		Binding: &location.Binding{Instance: "i-desk", Contact: "sip:a@127.0.0.1"},
	}, Codecs: media.Offerable(pcm), Direction: media.SendRecv}
	s := clicked(t).on(Rang{Leg: "auto", Status: 180})
	s.on(Expired{autoTimer}).wants(takeBack{"auto", CauseElsewhere}).not(invite{}).phase(Answering)
	s.on(Refused{Leg: "auto", Status: 487}).phase(Ringing).wants(again)
	if s.state.Notes[Callee] != noteNotAlone {
		t.Fatalf("note %q", s.state.Notes[Callee])
	}
	s.sound(Answered{Leg: "again"}, pcm[:1], media.SendRecv).phase(Established).not(shutGate{}) // a hand
	for _, status := range []int{420, 480, 486, 488, 302, 408, 500} {
		s := clicked(t).on(Refused{Leg: "auto", Status: status}).phase(Ringing).wants(again)
		s.on(press("alice", "tab1", "answer", "browser")).phase(Established)
	}
	s = clicked(t).on(Refused{Leg: "auto", Status: 603}).phase(Ringing).not(invite{})
	if s.state.Notes[Callee] != noteDeclined {
		t.Fatalf("note %q", s.state.Notes[Callee])
	}
}

// A 200 of the trigger branch after its CANCEL is automatic all the same.
func TestLateAutoAnswer(t *testing.T) {
	s := clicked(t).on(Expired{autoTimer})
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.SendRecv).phase(Established)
	if s.state.leg("auto").Gate != GateShut {
		t.Fatal("a late 200 of a trigger branch was taken for a hand")
	}
}

func TestPhoneReinvitesWhileShut(t *testing.T) {
	s := clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly)
	s.sound(Offered{Leg: "auto", SDP: []byte("v=0")}, pcm, media.SendRecv).wants(answer{"auto", pcm[:1], media.SendOnly}).not(
		openGate{})
	s.sound(Offered{Leg: "auto", SDP: []byte("v=0")}, pcm, media.SendOnly).wants(answer{"auto", pcm[:1], media.Inactive}).not(
		openGate{})
	s.sound(Offered{Leg: "auto", SDP: []byte("v=0")}, pcm, media.SendRecv).not(openGate{}) // no resume_unmutes in this profile
	s.on(press("bob", "tab9", "unmute", "")).not(openGate{}).not(wantGate{})               // the far end's own mute is his alone
	s.on(press("eve", "tab9", "unmute", "")).wants(reply{9, errForbidden}).not(openGate{})
}

// A phone that answers sendonly with sendonly is not on hold: the caller hears
// silence, not music.
func TestShutPhoneDoesNotHold(t *testing.T) {
	s := clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.SendOnly)
	if got := routes(&s.state); got["a"] != (heard{Tone: toneSilence}) || got["auto"] != (heard{Leg: "a"}) {
		t.Fatalf("routes %v", got)
	}
	if v := show(&s.state, Callee); v.State != "connected" || v.Microphone != "shut" {
		t.Fatalf("view %+v", v)
	}
}

func TestPhoneInsistsOnItsOwnKey(t *testing.T) {
	s := clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).on(press("alice", "tab1", "unmute", ""))
	s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.RecvOnly).not(openGate{}).not(reoffer{})
	if v := show(&s.state, Callee); v.Microphone != "wanted" || v.Reason != notePressPhone {
		t.Fatalf("view %+v", v)
	}
	s.sound(Offered{Leg: "auto", SDP: []byte("v=0")}, pcm, media.SendRecv).wants(openGate{"auto"})

	s = clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).on(press("alice", "tab1", "unmute", ""))
	s.on(Expired{Callee.timer(unmuteTimer)}).wants(shutGate{"auto"})
	s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.SendRecv).not(openGate{})
}

// A phone that cannot hear us before it sends, or refuses to listen only, goes
// over to the gate alone, and hears the splash then.
func TestOnlyGate(t *testing.T) {
	s := clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.Inactive)
	s.phase(Established).wants(reoffer{"auto", pcm[:1], media.SendRecv}).not(splash{}).not(openGate{})
	s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1],
		media.SendRecv).wants(splash{"auto", profile.SplashMedia}).not(
		openGate{})
	if got := routes(&s.state); got["a"] != (heard{Tone: toneSilence}) {
		t.Fatalf("routes %v", got)
	}
	s.on(press("alice", "tab1", "unmute", "")).wants(wantGate{"auto", byTab}, openGate{"auto"}).not(reoffer{})
	s.on(press("alice", "tab1", "mute", "")).wants(shutGate{"auto"}).not(reoffer{})
}

// A Mute pressed while a moved call still waits for its splash holds.
func TestMuteBeforeSplash(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "browser")).on(press("alice", "tab1", "move", "desk")).on(allow)
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.Inactive).on(press("alice", "tab1", "mute", ""))
	s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1],
		media.SendRecv).wants(splash{"auto", profile.SplashMedia}).not(
		openGate{})
	s.on(SplashOver{"auto"}).not(wantGate{}).not(openGate{})
}

// In mode gate nothing has to be agreed on, so the un-mute of a move waits for
// the splash; a click on a ringing call is none, however long one waits.
func TestUnmuteOfAMoveWaitsForTheSplash(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "browser")).on(press("alice", "tab1", "hold", ""))
	s.target.Profile.Mute = profile.MuteGate
	s.on(press("alice", "tab1", "resume", "")).on(press("alice", "tab1", "move", "desk")).on(allow)
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.SendRecv).wants(splash{"auto", profile.SplashMedia}).not(wantGate{}).not(
		openGate{})
	if got := routes(&s.state); got["a"] != (heard{Tone: toneSilence}) {
		t.Fatalf("routes during the splash: %v", got)
	}
	s.on(SplashOver{"auto"}).wants(wantGate{"auto", byMove}, openGate{"auto"})

	s = clickable(t)
	s.target.Profile.Mute = profile.MuteGate
	s.on(press("alice", "tab1", "answer", "desk")).on(allow).on(Refused{Leg: "d1", Status: 487})
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.SendRecv).on(SplashOver{"auto"}).not(wantGate{}).not(openGate{})
}

// A phone that refuses to listen only is asked in mode gate from then on.
func TestGateIsLearned(t *testing.T) {
	clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.Inactive).wants(learn{Callee, "desk", profile.MuteGate})
	clicked(t).on(Refused{Leg: "auto", Status: 488}).wants(learn{Callee, "desk", profile.MuteGate})
	clicked(t).on(Refused{Leg: "auto", Status: 486}).not(learn{})
	clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).not(learn{})
}

// Who sounds the splash: never both the gateway and a phone that beeps.
func TestSplashModes(t *testing.T) {
	for _, row := range []struct {
		mode  profile.SplashMode
		beeps bool
		want  profile.SplashMode
	}{
		{profile.SplashMedia, false, profile.SplashMedia},
		{profile.SplashMedia, true, profile.SplashMedia},
		{profile.SplashBoth, false, profile.SplashBoth},
		{profile.SplashBoth, true, profile.SplashPhone},
		{profile.SplashPhone, false, profile.SplashPhone},
		{profile.SplashPhone, true, profile.SplashPhone},
		{profile.SplashOff, true, profile.SplashOff},
	} {
		s := clickable(t)
		s.target.Profile.Splash, s.target.Profile.DoubleTone = row.mode, row.beeps
		s.on(press("alice", "tab1", "answer", "desk")).on(allow).on(Refused{Leg: "d1", Status: 487})
		s.sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).wants(splash{"auto", row.want})
	}
}

func TestResumeUnmutes(t *testing.T) {
	held := func() *script {
		s := clickable(t)
		s.target.Profile.ResumeUnmutes = true
		s.on(press("alice", "tab1", "answer", "desk")).on(allow).on(Refused{Leg: "d1", Status: 487})
		s.sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly)
		s.sound(Offered{Leg: "auto", SDP: []byte("v=0")}, pcm, media.SendRecv).not(openGate{})
		return s.sound(Offered{Leg: "auto", SDP: []byte("v=0")}, pcm, media.SendOnly).not(openGate{})
	}
	resumed := func(s *script) *script {
		return s.sound(Offered{Leg: "auto", SDP: []byte("v=0")}, pcm, media.SendRecv)
	}
	resumed(held()).wants(wantGate{"auto", byResume}, openGate{"auto"})
	// Something of ours, or of another call of the phone, may have done it.
	s := held()
	s.stirred++
	resumed(s).not(wantGate{}).not(openGate{})
	s = held()
	s.beside = true
	resumed(s).not(wantGate{}).not(openGate{})
	s.sound(Offered{Leg: "auto", SDP: []byte("v=0")}, pcm, media.SendOnly)
	s.beside = false
	resumed(s).not(wantGate{}).not(openGate{})
}

func TestMutedLimit(t *testing.T) {
	s := clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).on(Expired{mutedTimer}).phase(Established)
	if s.state.Notes[Callee] != noteStillMuted {
		t.Fatalf("note %q", s.state.Notes[Callee])
	}
	thirdParty(t, false).on(allow).sound(Answered{Leg: "auto"}, pcm[:1],
		media.RecvOnly).phase(Established).on(Expired{mutedTimer}).phase(Terminated)
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
	s := thirdParty(t, false).not(invite{})
	s.on(allow).wants(autoInvite(s))
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.SendRecv).phase(Established)
	s.on(press("bob", "tab9", "unmute", "")).not(openGate{}) // the requester never opens
	if s.state.leg("auto").Gate != GateShut {
		t.Fatal("gate not shut")
	}
	// Denied: it rings like any call.
	thirdParty(t, false).on(deny).phase(Ringing).wants(
		invite{Target: Target{
			Leg: "again", Kind: PhoneLeg, Device: "desk",
			Binding: &location.Binding{Instance: "i-desk", Contact: "sip:a@127.0.0.1"},
		}, Codecs: media.Offerable(pcm), Direction: media.SendRecv})
	thirdParty(t, true).on(deny).phase(Terminated).wants(reject{"a", CauseForbidden})
	// Answered by itself or not at all: nothing else rings, before or after.
	s = thirdParty(t, true).not(invite{})
	if len(s.state.Legs) != 1 {
		t.Fatalf("something rings beside the phone that may not: %+v", s.state.Legs)
	}
	s.on(allow).wants(autoInvite(s))
	s.on(Refused{Leg: "auto", Status: 486}).not(invite{}).phase(Terminated).wants(reject{"a", CauseForbidden})
	// No user, no phone: the same 403.
	newScript(t).on(Begun{
		Caller: Target{Leg: "a", Kind: PhoneLeg}, Cause: CauseUnknown,
		Wish: Wish{Kind: policy.ThirdParty, Require: true},
	}).wants(reject{"a", CauseForbidden})
}

// The far end's own offers open nothing, before the owner's un-mute or while
// the phone has yet to agree to it.
func TestFarEndReinviteOpensNothing(t *testing.T) {
	s := clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly)
	for _, dir := range []media.Direction{media.SendOnly, media.SendRecv, media.RecvOnly, media.SendRecv} {
		s.sound(Offered{Leg: "a", SDP: []byte("v=0")}, pcm[:1], dir).not(openGate{}).not(wantGate{})
	}
	s.on(press("alice", "tab1", "unmute", ""))
	s.sound(Offered{Leg: "a", SDP: []byte("v=0")}, pcm[:1], media.SendRecv).not(openGate{})
	if s.state.leg("auto").Gate != GateWanted {
		t.Fatalf("gate %v", s.state.leg("auto").Gate)
	}
}

func TestMoveToDeskphone(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "browser")).phase(Established)
	s.on(Refused{Leg: "d1", Status: 487}).on(Refused{Leg: "d2", Status: 487})
	s.on(press("alice", "tab1", "move", "desk")).wants(decide{
		Leg: "auto", Side: Callee, Kind: policy.Click, Device: "desk",
		Instance: "i-desk", Requester: policy.Identity{
			Address: "sip:alice@example.test", Level: policy.Self, How: "tab",
			User: "alice",
		},
	})
	s.on(allow).wants(reply{9, nil})
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).phase(Established).
		wants(splash{"auto", profile.SplashMedia}).not(wantGate{}).not(reoffer{})
	s.on(SplashOver{"auto"}).wants(wantGate{"auto", byMove}, reoffer{"auto", pcm[:1], media.SendRecv}).not(openGate{})
	s.on(SplashOver{"auto"}).not(wantGate{}) // once
	s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.SendRecv).wants(openGate{"auto"})
	if got := routes(&s.state); got["a"] != (heard{Leg: "auto"}) {
		t.Fatalf("routes %v", got)
	}
	s.on(press("alice", "tab1", "move", "browser")).wants(hangUp{"auto", CauseElsewhere}).phase(Established)
	s.on(Ended{Leg: "auto"}).phase(Established)
	if v := show(&s.state, Callee); *v.On != "browser" {
		t.Fatalf("view %+v", v)
	}
}

func TestMoveFails(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "browser")).on(press("alice", "tab1", "move", "desk")).on(allow)
	s.on(Refused{Leg: "auto", Status: 486}).phase(Established).not(invite{})
	if v := show(&s.state, Callee); *v.On != "browser" || v.Reason == "" {
		t.Fatalf("view %+v", v)
	}
}

func TestCallerGoneWhileAsking(t *testing.T) {
	s := clicked(t).on(Ended{Leg: "a", Cause: CauseCallerGone}).phase(Terminated).wants(hangUp{"auto", CauseCallerGone})
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.SendRecv).wants(hangUp{"auto", CauseCallerGone})
}

func TestOtherPhoneWinsWhileAsking(t *testing.T) {
	s := clicked(t).sound(Answered{Leg: "d2"}, pcm[:1], media.SendRecv).phase(Established).wants(
		takeBack{"auto", CauseElsewhere}).not(shutGate{})
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.SendRecv).wants(hangUp{"auto", CauseElsewhere}).not(splash{})
}

// talking is clickable with a phone that named Event: talk in its 180.
func talking(t *testing.T, optedIn bool) *script {
	s := clickable(t).on(Rang{Leg: "d1", Status: 180, Talk: true})
	s.target.Profile.Talk = optedIn
	return s.on(press("alice", "tab1", "answer", "desk")).on(allow)
}

// The NOTIFY goes out on the ringing branch, with its gate shut before; a 200
// after it is automatic, and the phone is asked to listen only.
func TestTalk(t *testing.T) {
	s := talking(t, true).wants(shutGate{"d1"}, talk{"d1"}).not(invite{}).not(takeBack{})
	if shut, told := at(s.out, shutGate{"d1"}), at(s.out, talk{"d1"}); shut > told {
		t.Fatalf("the gate is shut after the NOTIFY: %#v", s.out)
	}
	s.sound(Answered{Leg: "d1"}, pcm[:1], media.SendRecv).phase(Established).
		wants(splash{"d1", profile.SplashMedia}, reoffer{"d1", pcm[:1], media.SendOnly}).not(openGate{})
	s.sound(Reoffered{Leg: "d1", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.SendRecv).not(openGate{})
	if v := show(&s.state, Callee); v.Microphone != "shut" || v.Auto == nil || v.Auto.Grant != "self" {
		t.Fatalf("view %+v", v)
	}
	s.on(press("alice", "tab1", "unmute", "")).sound(Reoffered{Leg: "d1", Status: 200, SDP: []byte("v=0")}, pcm[:1],
		media.SendRecv).wants(openGate{"d1"})
}

// Without the opt-in, or a 180 that names the event, no NOTIFY leaves.
func TestTalkOnlyByOptIn(t *testing.T) {
	talking(t, false).not(talk{}).wants(takeBack{"d1", CauseElsewhere})
	s := clickable(t)
	s.target.Profile.Talk = true
	s.on(press("alice", "tab1", "answer", "desk")).on(allow).not(talk{}).wants(takeBack{"d1", CauseElsewhere})
	s = clickable(t).on(Rang{Leg: "d1", Status: 180, Talk: true})
	s.target.Profile.Talk = true
	s.on(press("alice", "tab1", "answer", "desk")).on(deny).not(talk{})
}

// A phone that ignores the NOTIFY is taken back and rings anew; a 200 that
// crosses the CANCEL is no hand.
func TestTalkIgnored(t *testing.T) {
	s := talking(t, true).on(Expired{autoTimer}).wants(takeBack{"d1", CauseElsewhere}).not(talk{})
	s.on(Refused{Leg: "d1", Status: 487}).phase(Ringing).not(talk{})
	s.sound(Answered{Leg: "again"}, pcm[:1], media.SendRecv).phase(Established).not(shutGate{})
	s = talking(t, true).on(Expired{autoTimer}).sound(Answered{Leg: "d1"}, pcm[:1],
		media.SendRecv).phase(Established).not(openGate{})
	if s.state.leg("d1").Gate != GateShut {
		t.Fatal("a 200 after the NOTIFY was taken for a hand")
	}
}

// at is where the command stands.
func at(list []command, c command) int { return slices.Index(list, c) }
