package machine

import "ringsplash/media/sdp"

// A pickup takes a call that rings somebody else: an INVITE whose Replaces names
// the branch that rings his phone (RFC 3891 3). Who sends it is asked for the
// right before. It begins a call of its own, like any INVITE with Replaces; when
// the ringing call takes it, that call gets its leg, and the leg wins as if its
// phone had rung and a hand had answered: live, and without a gate.

// pickable is the branch that rings the user's phone, nil when it cannot be taken:
// when it does not ring any more, or a phone is being asked to answer by itself.
func (m *transition) pickable(user string, branch LegID) *LegState {
	l := m.Leg(branch)
	switch {
	case l == nil || l.Side != Callee || l.Kind != PhoneLeg || l.Stage != Trying && l.Stage != Alerting:
	case user == "" || m.Parties[Callee].User != user || !m.ringing() || m.Automatic != nil:
	case m.Audio(Caller) == nil || m.Transfer != nil || m.Waits != "":
	default:
		return l
	}
	return nil
}

// pickUpAsked takes a JoinAsked for a ringing branch.
func (m *transition) pickUpAsked(e JoinAsked) {
	if e.User == "" || e.User == m.Parties[Caller].User || e.From == m.ID || m.pickable(e.PickUp, e.Replace) == nil {
		m.do(Tell{e.From, JoinFailed{m.ID, CauseForbidden}})
		return
	}
	m.do(Tell{e.From, JoinReady{m.ID, sdp.Offerable(m.Offered)}})
}

// pickedUp makes who picked up the called party, and his leg the one that answered.
// One who comes too late is let go.
func (m *transition) pickedUp(e Joined) {
	if m.pickable(e.PickUp, e.Replace) == nil {
		m.do(Release{e.Leg.ID, CauseElsewhere})
		return
	}
	e.Leg.Side, e.Party.PickedUp = Callee, true
	m.Parties[Callee] = e.Party
	m.Legs = append(m.Legs, e.Leg)
	m.Notes[Callee] = e.Note
	m.win(m.Leg(e.Leg.ID))
}
