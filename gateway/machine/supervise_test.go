package machine

import (
	"testing"

	"ringsplash/media/sdp"
)

func (s *script) silent(legs ...LegID) *script {
	s.state, s.out = Next(s.state, Input{Event: Expired{WatchTimer}, Silent: legs, Now: s.clock}, Limits{MediaLost: 7})
	return s
}

// A device that says nothing is asked whether it is there, unless it was asked
// to be silent.
func TestSilentDevice(t *testing.T) {
	s := bobCallsAlice(t).sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv).phase(Established)
	s.silent().wants(StartTimer{WatchTimer, 7}).not(Probe{})
	s.silent("a", "d1", "d2").wants(StartTimer{WatchTimer, 7}, Probe{"a"}, Probe{"d1"})
	s.sound(Offered{LegID: "d1", SDP: []byte("v=0")}, pcm[:1], sdp.SendOnly) // the phone holds
	s.silent("d1").not(Probe{})
	s.on(Ended{LegID: "a", Cause: CauseMediaLost}).phase(Terminated)
	if v := View(&s.state, Callee); v.Reason != CauseMediaLost.Sentence(Callee).Text {
		t.Fatalf("the reason is %q", v.Reason)
	}
	s.silent("a").not(StartTimer{})
}

func TestSilentBehindShutGate(t *testing.T) {
	s := clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.SendRecv).phase(Established)
	s.silent("auto").not(Probe{})
	s.on(press("alice", "tab1", "unmute", ""))
	s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).wants(OpenGate{"auto"})
	s.silent("auto").wants(Probe{"auto"})
}

// The session timer's re-INVITE offers what is agreed, and opens no gate.
func TestRefreshWhileShut(t *testing.T) {
	s := clicked(t).sound(Answered{LegID: "auto"}, pcm[:1], sdp.RecvOnly).phase(Established)
	s.on(RefreshDue{LegID: "auto"}).wants(Reoffer{"auto", pcm[:1], sdp.SendOnly})
	s.on(RefreshDue{LegID: "auto"}).not(Reoffer{})
	s.sound(Reoffered{LegID: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], sdp.SendRecv).not(OpenGate{})
	s.on(RefreshDue{LegID: "a"}).wants(Reoffer{"a", pcm[:1], sdp.SendRecv})
}
