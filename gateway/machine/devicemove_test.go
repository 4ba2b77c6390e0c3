package machine

import (
	"testing"

	"ringsplash/gateway/profile"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// In mode gate nothing has to be agreed on, so the un-mute of a move waits for
// the splash; a click on a ringing call is none, however long one waits.
func TestUnmuteOfAMoveWaitsForTheSplash(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "browser")).on(press("alice", "tab1", "hold", ""))
	s.target.Profile.Mute = profile.MuteGate
	s.on(press("alice", "tab1", "resume", "")).on(press("alice", "tab1", "move", "desk")).on(allow)
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.SendRecv).wants(PlaySplash{"auto", profile.SplashMedia}).not(WantGate{}).not(
		OpenGate{})
	if got := Routes(&s.state); got["a"] != (Heard{Tone: ToneSilence}) {
		t.Fatalf("routes during the splash: %v", got)
	}
	s.on(SplashOver{"auto"}).wants(WantGate{"auto", byMove}, OpenGate{"auto"})

	s = clickable(t)
	s.target.Profile.Mute = profile.MuteGate
	s.on(press("alice", "tab1", "answer", "desk")).on(allow).on(Refused{LegID: "d1", Status: 487})
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.SendRecv).on(SplashOver{"auto"}).not(WantGate{}).not(OpenGate{})
}

// An Unmute pressed before the splash is over is the act, not the click that
// moved the call: once it is void nothing opens the gate by itself.
func TestVoidUnmuteTakesTheMoveAlong(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "browser")).on(press("alice", "tab1", "move", "desk")).on(allow)
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly)
	s.on(press("alice", "tab1", "unmute", "")).wants(WantGate{"auto", byTab})
	s.on(Expired{Callee.Timer(UnmuteTimer)}).wants(ShutGate{"auto"})
	s.on(SplashOver{"auto"}).not(WantGate{}).not(OpenGate{})
}

func TestMoveToDeskphone(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "browser")).phase(Established)
	s.on(Refused{LegID: "d1", Status: 487}).on(Refused{LegID: "d2", Status: 487})
	s.on(press("alice", "tab1", "move", "desk")).wants(Decide{
		Leg: "auto", Side: Callee, Kind: policy.Click, Device: "desk",
		Instance: "i-desk", Requester: policy.Identity{
			Address: "sip:alice@example.test", Level: policy.Self, How: "tab",
			User: "alice",
		},
	})
	s.on(allow).wants(Reply{9, nil})
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).phase(Established).
		wants(PlaySplash{"auto", profile.SplashMedia}).not(WantGate{}).not(Reoffer{})
	s.on(SplashOver{"auto"}).wants(WantGate{"auto", byMove}, Reoffer{"auto", pcm[:1], sdp.SendRecv}).not(OpenGate{})
	s.on(SplashOver{"auto"}).not(WantGate{}) // once
	s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).wants(OpenGate{"auto"})
	if got := Routes(&s.state); got["a"] != (Heard{Leg: "auto"}) {
		t.Fatalf("routes %v", got)
	}
	s.on(press("alice", "tab1", "move", "browser")).wants(Release{"auto", CauseElsewhere}).phase(Established)
	s.on(Ended{LegID: "auto"}).phase(Established)
	if v := View(&s.state, Callee); *v.On != "browser" {
		t.Fatalf("view %+v", v)
	}
}

func TestMoveFails(t *testing.T) {
	s := clickable(t).on(press("alice", "tab1", "answer", "browser")).on(press("alice", "tab1", "move", "desk")).on(allow)
	s.on(Refused{LegID: "auto", Status: 486}).phase(Established).not(Invite{})
	if v := View(&s.state, Callee); *v.On != "browser" || v.Reason == "" {
		t.Fatalf("view %+v", v)
	}
}

// moving is alice's call in her tab, which is on its way to her deskphone.
func moving(t *testing.T) *script {
	s := clickable(t).on(press("alice", "tab1", "answer", "browser")).phase(Established)
	return s.on(press("alice", "tab1", "move", "desk")).on(allow).wants(autoInvite(s))
}

// Whoever mutes himself after the click that moves his call is muted at the
// phone as well.
func TestMuteAfterMoveClick(t *testing.T) {
	s := moving(t).on(press("alice", "tab1", "mute", ""))
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).wants(PlaySplash{"auto", profile.SplashMedia})
	s.on(SplashOver{"auto"}).not(WantGate{}).not(OpenGate{}).not(Reoffer{})
	if v := View(&s.state, Callee); v.Microphone != "shut" {
		t.Fatalf("microphone %s", v.Microphone)
	}
	// He thought better of it: the click counts again.
	s = moving(t).on(press("alice", "tab1", "mute", "")).on(press("alice", "tab1", "unmute", ""))
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).on(SplashOver{"auto"}).wants(WantGate{"auto", byMove})
}

// Who takes the call back into the browser has no phone answer behind his back.
func TestMovedBackWhileAsking(t *testing.T) {
	s := moving(t).on(press("alice", "tab1", "move", "browser")).wants(TakeBack{"auto", CauseElsewhere})
	s.sound(Answered{LegID: "auto"}, pcm[:1], sdp.SendRecv).wants(Release{"auto", CauseElsewhere}).not(PlaySplash{}).not(
		WantGate{})
	if v := View(&s.state, Callee); v.On == nil || *v.On != "browser" || v.State != "connected" {
		t.Fatalf("view %+v", v)
	}
	// Before the decision nothing has left, and nothing leaves after it.
	s = clickable(t).on(press("alice", "tab1", "answer", "browser")).on(press("alice", "tab1", "move", "desk"))
	s.on(press("alice", "tab1", "move", "browser")).not(TakeBack{}).on(allow).not(Invite{})
}
