package gateway

import (
	"testing"

	"ringsplash/media"
)

func (s *script) silent(legs ...LegID) *script {
	s.state, s.out = next(s.state, input{Event: Expired{watchTimer}, Silent: legs, Now: s.clock}, Limits{MediaLost: 7})
	return s
}

// A device that says nothing is asked whether it is there, unless it was asked
// to be silent.
func TestSilentDevice(t *testing.T) {
	s := bobCallsAlice(t).sound(Answered{Leg: "d1"}, pcm[:1], media.SendRecv).phase(Established)
	s.silent().wants(startTimer{watchTimer, 7}).not(probe{})
	s.silent("a", "d1", "d2").wants(startTimer{watchTimer, 7}, probe{"a"}, probe{"d1"})
	s.sound(Offered{Leg: "d1", SDP: []byte("v=0")}, pcm[:1], media.SendOnly) // the phone holds
	s.silent("d1").not(probe{})
	s.on(Ended{Leg: "a", Cause: CauseMediaLost}).phase(Terminated)
	if v := show(&s.state, Callee); v.Reason != CauseMediaLost.Outcome().Callee {
		t.Fatalf("the reason is %q", v.Reason)
	}
	s.silent("a").not(startTimer{})
}

func TestSilentBehindShutGate(t *testing.T) {
	s := clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.SendRecv).phase(Established)
	s.silent("auto").not(probe{})
	s.on(press("alice", "tab1", "unmute", ""))
	s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.SendRecv).wants(openGate{"auto"})
	s.silent("auto").wants(probe{"auto"})
}

// The session timer's re-INVITE offers what is agreed, and opens no gate.
func TestRefreshWhileShut(t *testing.T) {
	s := clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).phase(Established)
	s.on(RefreshDue{Leg: "auto"}).wants(reoffer{"auto", pcm[:1], media.SendOnly})
	s.on(RefreshDue{Leg: "auto"}).not(reoffer{})
	s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.SendRecv).not(openGate{})
	s.on(RefreshDue{Leg: "a"}).wants(reoffer{"a", pcm[:1], media.SendRecv})
}
