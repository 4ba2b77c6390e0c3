package machine

import (
	"strings"
	"testing"

	"ringsplash/gateway/profile"
	"ringsplash/media/sdp"
)

// muted is a call that alice's phone answered by itself in the mute mode, with
// a key that un-mutes.
func muted(t *testing.T, mode profile.MuteMode) *script {
	s := clickable(t)
	s.target.Profile.Mute, s.target.Profile.UnmuteKey, s.target.Profile.KeyNamed = mode, "*", true
	s.on(press("alice", "tab1", "answer", "desk")).on(allow).on(Refused{LegID: "d1", Status: 487})
	said := sdp.RecvOnly
	if mode == profile.MuteGate {
		said = sdp.SendRecv
	}
	return s.sound(Answered{LegID: "auto"}, pcm[:1], said).wants(PlaySplash{"auto", profile.SplashMedia})
}

// key has keys of the phone arrive after a while.
func (s *script) key(e Event, keys string) *script {
	s.clock = s.clock.Add(2 * KeyGap)
	s.keys = keys
	defer func() { s.keys = "" }()
	return s.on(e)
}

func (s *script) opensNothing() *script {
	s.t.Helper()
	return s.not(WantGate{}).not(OpenGate{}).not(Reoffer{})
}

// The un-mute key is the owner's act, and goes the way of Unmute.
func TestKeyUnmutes(t *testing.T) {
	for _, e := range []Event{Pressed{"auto"}, Digit{LegID: "auto", Digit: '*'}} {
		s := muted(t, profile.MuteSDP).on(SplashOver{"auto"}).opensNothing()
		if note := s.state.Notes[Callee].Text; !strings.Contains(note, "Press * on the phone or Unmute here") {
			t.Errorf("note %q", note)
		}
		s.key(e, "*").wants(WantGate{"auto", byKey}, Reoffer{"auto", pcm[:1], sdp.SendRecv}).not(OpenGate{})
		s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).wants(OpenGate{"auto"})
		s.key(e, "*").opensNothing() // open already
		s.on(press("alice", "tab1", "mute", "")).wants(ShutGate{"auto"})
		s.key(e, "*").wants(WantGate{"auto", byKey})
	}
	muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Pressed{"auto"}, "1*").wants(WantGate{"auto", byKey}, OpenGate{"auto"})
}

// A key that comes in two ways is one press.
func TestKeyIsTakenOnce(t *testing.T) {
	s := muted(t, profile.MuteSDP).on(SplashOver{"auto"}).key(Digit{LegID: "auto", Digit: '*'},
		"*").wants(Reoffer{"auto", pcm[:1], sdp.SendRecv})
	s.keys = "*"
	s.on(Pressed{"auto"}).opensNothing()
}

func TestKeyOpensNothing(t *testing.T) {
	for name, s := range map[string]*script{
		"during the splash":        muted(t, profile.MuteGate).key(Pressed{"auto"}, "*"),
		"another key":              muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Pressed{"auto"}, "0123456789#ABCD"),
		"of the caller":            muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Digit{LegID: "a", Digit: '*'}, "*"),
		"of the caller, as events": muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Pressed{"a"}, "*"),
		"of another phone":         muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Pressed{"d2"}, "*"),
		"of a phone that rings":    clicked(t).key(Pressed{"auto"}, "*"),
		"where there is none": clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).on(SplashOver{"auto"}).key(
			Pressed{"auto"}, "*"),
		"after the call": muted(t, profile.MuteGate).on(SplashOver{"auto"}).on(press("alice", "tab1", "hangup", "")).key(
			Pressed{"auto"}, "*"),
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.opensNothing()
		})
	}
}

// A phone that chose to listen only is not said to un-mute by a key, and its
// gate opens when it agreed to send.
func TestNoKeyOfAPhoneThatListens(t *testing.T) {
	s := clickable(t)
	s.target.Profile.Mute, s.target.Profile.UnmuteKey, s.target.Profile.KeyNamed = profile.MuteGate, "*", true
	s.on(press("alice", "tab1", "answer", "desk")).on(allow).on(Refused{LegID: "d1", Status: 487})
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).on(SplashOver{"auto"})
	if note := s.state.Notes[Callee].Text; note != Words["note.muted"] {
		t.Errorf("note %q", note)
	}
	s.on(press("alice", "tab1", "unmute", "")).wants(WantGate{"auto", byTab}, Reoffer{"auto", pcm[:1], sdp.SendRecv}).not(
		OpenGate{})
	s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).wants(OpenGate{"auto"})
}

// One side's un-mute does not keep the other's wish for one alive.
func TestEachSideUnmutesForItself(t *testing.T) {
	s := clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly)
	s.on(press("alice", "tab1", "unmute", "")).wants(StartTimer{Callee.Timer(UnmuteTimer), 0})
	s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.RecvOnly).not(OpenGate{})
	s.target = deskTarget("bobs")
	s.target.Device, s.target.Binding.Instance = "bobdesk-2", "i-bob"
	s.on(press("bob", "tab9", "move", "bobdesk-2")).on(Decided{allow.Decision, "bobs"})
	s.sound(Answered{LegID: "bobs"}, pcm[:1], sdp.RecvOnly).on(SplashOver{"bobs"}).wants(StartTimer{Caller.Timer(UnmuteTimer), 0})
	s.sound(Reoffered{LegID: "bobs", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).wants(OpenGate{"bobs"})
	if at(s.out, StopTimer{Callee.Timer(UnmuteTimer)}) >= 0 {
		t.Fatal("bob's un-mute keeps alice's wish alive")
	}
	s.on(Expired{Callee.Timer(UnmuteTimer)}).wants(ShutGate{"auto"})
}

func TestPhoneReinvitesWhileShut(t *testing.T) {
	s := clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly)
	s.sound(Offered{LegID: "auto", SDP: []byte("v=0")}, pcm, sdp.SendRecv).wants(Accept{"auto", pcm[:1], sdp.SendOnly}).not(
		OpenGate{})
	s.sound(Offered{LegID: "auto", SDP: []byte("v=0")}, pcm, sdp.SendOnly).wants(Accept{"auto", pcm[:1], sdp.Inactive}).not(
		OpenGate{})
	s.sound(Offered{LegID: "auto", SDP: []byte("v=0")}, pcm, sdp.SendRecv).not(OpenGate{}) // no resume_unmutes in this profile
	s.on(press("bob", "tab9", "unmute", "")).not(OpenGate{}).not(WantGate{})               // the far end's own mute is his alone
	s.on(press("eve", "tab9", "unmute", "")).wants(Reply{9, errForbidden}).not(OpenGate{})
}

// A phone that answers sendonly with sendonly is not on hold: the caller hears
// silence, not music.
func TestShutPhoneDoesNotHold(t *testing.T) {
	s := clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.SendOnly)
	if got := Routes(&s.state); got["a"] != (Heard{Tone: ToneSilence}) || got["auto"] != (Heard{Leg: "a"}) {
		t.Fatalf("routes %v", got)
	}
	if v := View(&s.state, Callee); v.State != "connected" || v.Microphone != "shut" {
		t.Fatalf("view %+v", v)
	}
}

func TestPhoneInsistsOnItsOwnKey(t *testing.T) {
	s := clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).on(press("alice", "tab1", "unmute", ""))
	s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.RecvOnly).not(OpenGate{}).not(Reoffer{})
	if v := View(&s.state, Callee); v.Microphone != "wanted" || v.ReasonSentence.Code != "note.press_phone" {
		t.Fatalf("view %+v", v)
	}
	s.sound(Offered{LegID: "auto", SDP: []byte("v=0")}, pcm, sdp.SendRecv).wants(OpenGate{"auto"})

	s = clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).on(press("alice", "tab1", "unmute", ""))
	s.on(Expired{Callee.Timer(UnmuteTimer)}).wants(ShutGate{"auto"})
	s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).not(OpenGate{})
}

// A phone that cannot hear us before it sends, or refuses to listen only, goes
// over to the gate alone, and hears the splash then.
func TestOnlyGate(t *testing.T) {
	s := clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.Inactive)
	s.phase(Established).wants(Reoffer{"auto", pcm[:1], sdp.SendRecv}).not(PlaySplash{}).not(OpenGate{})
	s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1],
		sdp.SendRecv).wants(PlaySplash{"auto", profile.SplashMedia}).not(
		OpenGate{})
	if got := Routes(&s.state); got["a"] != (Heard{Tone: ToneSilence}) {
		t.Fatalf("routes %v", got)
	}
	s.on(press("alice", "tab1", "unmute", "")).wants(WantGate{"auto", byTab}, OpenGate{"auto"}).not(Reoffer{})
	s.on(press("alice", "tab1", "mute", "")).wants(ShutGate{"auto"}).not(Reoffer{})
}

// A Mute pressed while a moved call still waits for its splash holds.
func TestMuteBeforeSplash(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "browser")).on(press("alice", "tab1", "move", "desk")).on(allow)
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.Inactive).on(press("alice", "tab1", "mute", ""))
	s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1],
		sdp.SendRecv).wants(PlaySplash{"auto", profile.SplashMedia}).not(
		OpenGate{})
	s.on(SplashOver{"auto"}).not(WantGate{}).not(OpenGate{})
}

// A phone that refuses to listen only is asked in mode gate from then on.
func TestGateIsLearned(t *testing.T) {
	clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.Inactive).wants(Learn{Callee, "desk", profile.MuteGate})
	clicked(t).on(Refused{LegID: "auto", Status: 488}).wants(Learn{Callee, "desk", profile.MuteGate})
	clicked(t).on(Refused{LegID: "auto", Status: 486}).not(Learn{})
	clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).not(Learn{})
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
		s.on(press("alice", "tab1", "answer", "desk")).on(allow).on(Refused{LegID: "d1", Status: 487})
		s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).wants(PlaySplash{"auto", row.want})
	}
}

func TestResumeUnmutes(t *testing.T) {
	held := func() *script {
		s := clickable(t)
		s.target.Profile.ResumeUnmutes = true
		s.on(press("alice", "tab1", "answer", "desk")).on(allow).on(Refused{LegID: "d1", Status: 487})
		s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly)
		s.sound(Offered{LegID: "auto", SDP: []byte("v=0")}, pcm, sdp.SendRecv).not(OpenGate{})
		return s.sound(Offered{LegID: "auto", SDP: []byte("v=0")}, pcm, sdp.SendOnly).not(OpenGate{})
	}
	resumed := func(s *script) *script {
		return s.sound(Offered{LegID: "auto", SDP: []byte("v=0")}, pcm, sdp.SendRecv)
	}
	resumed(held()).wants(WantGate{"auto", byResume}, OpenGate{"auto"})
	// Something of ours, or of another call of the phone, may have done it.
	s := held()
	s.activity++
	resumed(s).not(WantGate{}).not(OpenGate{})
	s = held()
	s.beside = true
	resumed(s).not(WantGate{}).not(OpenGate{})
	s.sound(Offered{LegID: "auto", SDP: []byte("v=0")}, pcm, sdp.SendOnly)
	s.beside = false
	resumed(s).not(WantGate{}).not(OpenGate{})
}

func TestMutedLimit(t *testing.T) {
	s := clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).on(Expired{MutedTimer}).phase(Established)
	if s.state.Notes[Callee].Text != Words["note.still_muted"] {
		t.Fatalf("note %q", s.state.Notes[Callee].Text)
	}
	thirdParty(t, false).on(allow).sound(Answered{LegID: "auto"}, pcm[:1],
		sdp.RecvOnly).phase(Established).on(Expired{MutedTimer}).phase(Terminated)
}

// The far end's own offers open nothing, before the owner's un-mute or while
// the phone has yet to agree to it.
func TestFarEndReinviteOpensNothing(t *testing.T) {
	s := clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly)
	for _, dir := range []sdp.Direction{sdp.SendOnly, sdp.SendRecv, sdp.RecvOnly, sdp.SendRecv} {
		s.sound(Offered{LegID: "a", SDP: []byte("v=0")}, pcm[:1], dir).not(OpenGate{}).not(WantGate{})
	}
	s.on(press("alice", "tab1", "unmute", ""))
	s.sound(Offered{LegID: "a", SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).not(OpenGate{})
	if s.state.Leg("auto").Gate != GateWanted {
		t.Fatalf("gate %v", s.state.Leg("auto").Gate)
	}
}
