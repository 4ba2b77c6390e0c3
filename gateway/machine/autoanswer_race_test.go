package machine

import (
	"testing"
	"time"

	"ringsplash/gateway/profile"
	"ringsplash/media"
)

// moving is alice's call in her tab, which is on its way to her deskphone.
func moving(t *testing.T) *script {
	s := clickable(t).on(press("alice", "tab1", "answer", "browser")).phase(Established)
	return s.on(press("alice", "tab1", "move", "desk")).on(allow).wants(autoInvite(s))
}

// Whoever mutes himself after the click that moves his call is muted at the
// phone as well.
func TestMuteAfterMoveClick(t *testing.T) {
	s := moving(t).on(press("alice", "tab1", "mute", ""))
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).wants(PlaySplash{"auto", profile.SplashMedia})
	s.on(SplashOver{"auto"}).not(WantGate{}).not(OpenGate{}).not(Reoffer{})
	if v := View(&s.state, Callee); v.Microphone != "shut" {
		t.Fatalf("microphone %s", v.Microphone)
	}
	// He thought better of it: the click counts again.
	s = moving(t).on(press("alice", "tab1", "mute", "")).on(press("alice", "tab1", "unmute", ""))
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).on(SplashOver{"auto"}).wants(WantGate{"auto", byMove})
}

// Who takes the call back into the browser has no phone answer behind his back.
func TestMovedBackWhileAsking(t *testing.T) {
	s := moving(t).on(press("alice", "tab1", "move", "browser")).wants(TakeBack{"auto", CauseElsewhere})
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.SendRecv).wants(Release{"auto", CauseElsewhere}).not(PlaySplash{}).not(WantGate{})
	if v := View(&s.state, Callee); v.On == nil || *v.On != "browser" || v.State != "connected" {
		t.Fatalf("view %+v", v)
	}
	// Before the decision nothing has left, and nothing leaves after it.
	s = clickable(t).on(press("alice", "tab1", "answer", "browser")).on(press("alice", "tab1", "move", "desk"))
	s.on(press("alice", "tab1", "move", "browser")).not(TakeBack{}).on(allow).not(Invite{})
}

// One side's un-mute does not keep the other's wish for one alive.
func TestEachSideUnmutesForItself(t *testing.T) {
	s := clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly)
	s.on(press("alice", "tab1", "unmute", "")).wants(StartTimer{Callee.Timer(UnmuteTimer), 0})
	s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.RecvOnly).not(OpenGate{})
	s.target = deskTarget("bobs")
	s.target.Device, s.target.Binding.Instance = "bobdesk-2", "i-bob"
	s.on(press("bob", "tab9", "move", "bobdesk-2")).on(Decided{allow.Decision, "bobs"})
	s.sound(Answered{Leg: "bobs"}, pcm[:1], media.RecvOnly).on(SplashOver{"bobs"}).wants(StartTimer{Caller.Timer(UnmuteTimer), 0})
	s.sound(Reoffered{Leg: "bobs", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.SendRecv).wants(OpenGate{"bobs"})
	if at(s.out, StopTimer{Callee.Timer(UnmuteTimer)}) >= 0 {
		t.Fatal("bob's un-mute keeps alice's wish alive")
	}
	s.on(Expired{Callee.Timer(UnmuteTimer)}).wants(ShutGate{"auto"})
}

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
	s.on(Refused{Leg: "d1", Status: 487}).not(Invite{}).wants(ask)
	s.on(deny).phase(Ringing).not(Reply{})
	if v := View(&s.state, Callee); v.Reason != deny.Decision.Reason.Text {
		t.Fatalf("the tab is told %q", v.Reason)
	}
	s.sound(Answered{Leg: "again"}, pcm[:1], media.SendRecv).phase(Established).not(ShutGate{})

	// However long a phone may take by the configuration, it gets less.
	s = clickable(t).on(press("alice", "tab1", "answer", "desk"))
	s.state, s.out = Next(s.state, Input{Event: Decided{allow.Decision, "auto"}, Now: s.clock.Add(300 * time.Millisecond)},
		Limits{CancelWait: 32 * time.Second})
	s.wants(StartTimer{CancelTimer, waitFor - 300*time.Millisecond})
}
