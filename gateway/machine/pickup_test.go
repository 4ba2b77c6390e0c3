package machine

import (
	"testing"

	"ringsplash/media/sdp"
	"ringsplash/policy"
)

func askedFor(branch LegID) JoinAsked {
	return JoinAsked{From: "c9", User: "carol", Replace: branch, PickUp: "alice"}
}

// tookUp is carol's phone, as her own call gives it.
func tookUp() Joined {
	return Joined{
		From: "c9", Replace: "d1", PickUp: "alice", By: "carol",
		Party: Party{User: "carol", Who: policy.Identity{Address: "sip:carol@example.test", User: "carol"}, Direction: "in", Leg: "p"},
		Leg: LegState{
			ID: "p", Side: Caller, Kind: PhoneLeg, Stage: Up, Inbound: true,
			Negotiation: Negotiation{Codecs: pcm[:1], Remote: sdp.SendRecv},
		},
	}
}

// Who picks up is in the place of him whom the call rang: the caller is answered,
// all that rang stops, and no gate is shut.
func TestPickUp(t *testing.T) {
	s := bobCallsAlice(t).on(Rang{LegID: "d1", Status: 180}).on(askedFor("d1")).wants(Tell{"c9", JoinReady{"c", pcm}})
	s.on(tookUp()).phase(Established).wants(Accept{"a", pcm[:1], sdp.SendRecv}).
		wants(TakeBack{"d1", CauseElsewhere}, TakeBack{"d2", CauseElsewhere})
	p, l := s.state.Parties[Callee], s.state.Audio(Callee)
	if p.User != "carol" || !p.PickedUp || l == nil || l.ID != "p" || l.Gate != GateNever {
		t.Fatalf("party %+v, leg %+v", p, l)
	}
	if got := Routes(&s.state); got["a"] != (Heard{Leg: "p"}) || got["p"] != (Heard{Leg: "a"}) {
		t.Fatalf("routes %v", got)
	}
}

// What cannot be picked up: no phone that rings, another's, a talk, a phone that is
// being asked to answer by itself; and who comes too late is let go.
func TestNotPickedUp(t *testing.T) {
	no := Tell{"c9", JoinFailed{"c", CauseForbidden}}
	for _, branch := range []LegID{"x", "t1", "a"} {
		bobCallsAlice(t).on(askedFor(branch)).wants(no)
	}
	other := askedFor("d1")
	other.PickUp = "dave"
	bobCallsAlice(t).on(other).wants(no)
	stranger := askedFor("d1")
	stranger.User = ""
	bobCallsAlice(t).on(stranger).wants(no)
	caller := askedFor("d1")
	caller.User = "bob"
	bobCallsAlice(t).on(caller).wants(no)
	talks(t).on(askedFor("d1")).wants(no)
	talks(t).on(tookUp()).phase(Established).wants(Release{"p", CauseElsewhere})
	asked := bobCallsAlice(t)
	asked.state.Automatic = &AutomaticAnswer{Side: Callee}
	asked.on(askedFor("d1")).wants(no)
}

// The call of the INVITE asks, and gives its caller's phone away as one that was called.
func TestInvitePicksUp(t *testing.T) {
	s := newScript(t).on(Begun{
		From:    policy.Identity{Address: "sip:carol@example.test", User: "carol"},
		Caller:  Target{Leg: "p", Kind: PhoneLeg, Device: "desk"},
		Offered: pcm, Replaces: "d1", Other: "c2", PickUp: "alice",
	}).wants(Tell{"c2", JoinAsked{From: "c", User: "carol", Replace: "d1", PickUp: "alice"}}).not(Accept{})
	s.on(JoinReady{"c2", pcm}).phase(Terminated).wants(Accept{"p", pcm[:1], sdp.SendRecv})
	if g := s.given(); g.PickUp != "alice" || g.Replace != "d1" || g.Party.Direction != "in" || g.Leg.Gate != GateNever {
		t.Fatalf("given %+v", g)
	}
}
