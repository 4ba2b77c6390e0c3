package machine

import (
	"strings"
	"testing"

	"ringsplash/gateway/profile"
	"ringsplash/media"
)

// muted is a call that alice's phone answered by itself in the mute mode, with
// a key that un-mutes.
func muted(t *testing.T, mode profile.MuteMode) *script {
	s := clickable(t)
	s.target.Profile.Mute, s.target.Profile.UnmuteKey, s.target.Profile.KeyNamed = mode, "*", true
	s.on(press("alice", "tab1", "answer", "desk")).on(allow).on(Refused{Leg: "d1", Status: 487})
	said := media.RecvOnly
	if mode == profile.MuteGate {
		said = media.SendRecv
	}
	return s.sound(Answered{Leg: "auto"}, pcm[:1], said).wants(PlaySplash{"auto", profile.SplashMedia})
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
	for _, e := range []Event{Pressed{"auto"}, Digit{Leg: "auto", Digit: '*'}} {
		s := muted(t, profile.MuteSDP).on(SplashOver{"auto"}).opensNothing()
		if note := s.state.Notes[Callee]; !strings.Contains(note, "Press * on the phone or Unmute here") {
			t.Errorf("note %q", note)
		}
		s.key(e, "*").wants(WantGate{"auto", byKey}, Reoffer{"auto", pcm[:1], media.SendRecv}).not(OpenGate{})
		s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.SendRecv).wants(OpenGate{"auto"})
		s.key(e, "*").opensNothing() // open already
		s.on(press("alice", "tab1", "mute", "")).wants(ShutGate{"auto"})
		s.key(e, "*").wants(WantGate{"auto", byKey})
	}
	muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Pressed{"auto"}, "1*").wants(WantGate{"auto", byKey}, OpenGate{"auto"})
}

// A key that comes in two ways is one press.
func TestKeyIsTakenOnce(t *testing.T) {
	s := muted(t, profile.MuteSDP).on(SplashOver{"auto"}).key(Digit{Leg: "auto", Digit: '*'},
		"*").wants(Reoffer{"auto", pcm[:1], media.SendRecv})
	s.keys = "*"
	s.on(Pressed{"auto"}).opensNothing()
}

func TestKeyOpensNothing(t *testing.T) {
	for name, s := range map[string]*script{
		"during the splash":        muted(t, profile.MuteGate).key(Pressed{"auto"}, "*"),
		"another key":              muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Pressed{"auto"}, "0123456789#ABCD"),
		"of the caller":            muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Digit{Leg: "a", Digit: '*'}, "*"),
		"of the caller, as events": muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Pressed{"a"}, "*"),
		"of another phone":         muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Pressed{"d2"}, "*"),
		"of a phone that rings":    clicked(t).key(Pressed{"auto"}, "*"),
		"where there is none": clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).on(SplashOver{"auto"}).key(
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
	s.on(press("alice", "tab1", "answer", "desk")).on(allow).on(Refused{Leg: "d1", Status: 487})
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).on(SplashOver{"auto"})
	if note := s.state.Notes[Callee]; note != Words[noteMuted] {
		t.Errorf("note %q", note)
	}
	s.on(press("alice", "tab1", "unmute", "")).wants(WantGate{"auto", byTab}, Reoffer{"auto", pcm[:1], media.SendRecv}).not(
		OpenGate{})
	s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.SendRecv).wants(OpenGate{"auto"})
}
