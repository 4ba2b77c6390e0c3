package machine

import (
	"testing"

	"ringsplash/gateway/profile"
	"ringsplash/location"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

func busyClick(t *testing.T, hold bool) *script {
	s := clickable(t)
	s.target.Busy, s.target.Hold = true, hold
	return s.on(press("alice", "tab1", "answer", "desk"))
}

// A phone that is in a call is asked only when its user chose to hold that one.
func TestBusyPhone(t *testing.T) {
	s := busyClick(t, false).phase(Ringing).not(Decide{}).not(Invite{}).not(TakeBack{})
	if r, ok := s.out[0].(Reply); !ok || r.Err == nil || r.Err.Code != "device_busy" {
		t.Fatalf("commands %#v", s.out)
	}
	s.sound(Answered{LegID: "d1"}, pcm[:1], sdp.SendRecv).phase(Established).not(ShutGate{}) // a hand

	busyClick(t, true).not(HoldOthers{}).on(deny).phase(Ringing).not(HoldOthers{})
	s = busyClick(t, true).on(allow).wants(HoldOthers{Callee, "desk"}, TakeBack{"d1", CauseElsewhere})
	s.on(Refused{LegID: "d1", Status: 487}).wants(autoInvite(s))
}

func TestThirdPartyOnBusyPhone(t *testing.T) {
	rows := []struct {
		name          string
		require, hold bool
	}{{"rings", false, false}, {"required", true, false}, {"held", false, true}}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := newScript(t)
			s.target = deskTarget("auto")
			s.target.Busy, s.target.Hold = true, row.hold
			s.on(Begun{
				From: policy.Identity{Address: "sip:bob@example.test", User: "bob"}, Caller: Target{Leg: "a", Kind: PhoneLeg},
				Callee: Party{User: "alice"}, Offered: pcm,
				Targets: []Target{{Leg: "d1", Kind: PhoneLeg, Device: "desk", Binding: &location.Binding{Instance: "i-desk"}}},
				Wish:    Wish{Kind: policy.ThirdParty, Require: row.require, Target: s.target, Again: "again"},
			})
			switch {
			case row.require:
				s.phase(Terminated).wants(Reject{"a", CauseForbidden}).not(Invite{})
			case row.hold:
				s.not(Invite{}).on(allow).wants(HoldOthers{Callee, "desk"}, autoInvite(s))
			default:
				again := *s.target
				again.Leg, again.Profile = "again", profile.Profile{}
				s.phase(Ringing).not(Decide{}).wants(Invite{Target: again, Codecs: sdp.Offerable(pcm), Direction: sdp.SendRecv})
			}
		})
	}
}
