package machine

import (
	"slices"

	"ringsplash/media/sdp"
)

func (m *transition) begun(e Begun) {
	if m.Phase != Initial || m.Legs != nil {
		return
	}
	m.To, m.Offered, m.Began, m.Since = e.To, e.Offered, m.now, m.now
	m.Parties[Caller] = Party{User: e.From.User, Who: e.From, Leg: e.Caller.Leg}
	m.Parties[Callee] = e.Callee
	own := LegState{
		ID: e.Caller.Leg, Side: Caller, Kind: e.Caller.Kind, Device: e.Caller.Device, Tab: e.Caller.Tab,
		Trunk: e.Caller.Trunk, Stage: Trying, Inbound: !e.Ask, Negotiation: Negotiation{Late: e.Late},
	}
	if own.Kind == TabLeg {
		own.Stage, own.Codecs, own.Remote = Up, e.Offered, sdp.SendRecv
	}
	m.Legs = []LegState{own}
	if e.Waits != "" {
		m.Waits, m.Back, m.Parties[Caller], m.Legs = e.Waits, e.Back, Party{Who: e.From}, []LegState{}
	}
	if e.Wish.Require && (e.Cause == CauseUnknown || e.Cause == CauseOffline || e.Wish.Target == nil) {
		e.Cause = CauseForbidden // the same for no grant, no phone and no user
	}
	if e.Cause != "" {
		m.end(e.Cause, Callee)
		return
	}
	m.do(StartTimer{RingTimer, m.limits.Ring})
	if e.Replaces != "" {
		m.replaces(e)
		return
	}
	if e.Ask {
		m.Pending, m.Wish = e.Targets, e.Wish
		m.do(Invite{Target: e.Caller, Codecs: e.Offered, Direction: sdp.SendRecv})
		return
	}
	m.placed(e.Targets, e.Wish)
}

// placed begins to try the called party's devices.
func (m *transition) placed(targets []Target, w Wish) {
	if w.Kind != "" {
		m.wished(targets, w)
		return
	}
	m.fork(targets)
}

// fork tries all targets at once, each as a branch of its own; trunks one after
// the other.
func (m *transition) fork(targets []Target) {
	m.enter(Ringing)
	if len(targets) > 1 && targets[0].Kind == TrunkLeg {
		targets, m.Rest = targets[:1], targets[1:]
	}
	for _, t := range targets {
		m.branch(t)
	}
	if len(targets) == 0 {
		m.end(CauseOffline, Callee)
	}
}

// branch tries one target.
func (m *transition) branch(t Target) {
	leg := m.newLeg(t, Callee)
	if t.Kind == TabLeg {
		leg.Codecs = sdp.Offerable(m.Offered)
	} else {
		m.do(Invite{Target: t, Codecs: sdp.Offerable(m.Offered), Direction: sdp.SendRecv})
	}
	m.Legs = append(m.Legs, leg)
}

func (m *transition) rang(e Rang, in Input) {
	l := m.Leg(e.LegID)
	if l == nil || l.Stage != Trying && l.Stage != Alerting {
		return
	}
	l.Stage, l.Talks = Alerting, l.Talks || e.Talk
	if l.Side == Caller {
		return // the caller's own device rings first; the call is not placed yet
	}
	if len(e.SDP) > 0 && in.Fault == "" && m.EarlyLeg == "" && m.Phase == Ringing {
		if codecs := m.earlyCodecs(in.Sound.Codecs); len(codecs) > 0 {
			l.Codecs, l.Remote, m.EarlyLeg = in.Sound.Codecs, in.Sound.Remote, l.ID
			m.enter(Early)
			m.tellEarly(codecs)
			return
		}
	}
	m.tellRinging()
}

// earlyCodecs is the codec the caller can hear early media in: of those agreed
// with him, if some are.
func (m *transition) earlyCodecs(chosen []sdp.Codec) []sdp.Codec {
	own := m.Audio(Caller)
	if own == nil || own.Kind == TabLeg || len(own.Codecs) == 0 {
		return m.callerCodecs(chosen)
	}
	for _, c := range own.Codecs {
		if len(chosen) > 0 && sdp.Convertible(chosen[0], c) {
			return []sdp.Codec{c}
		}
	}
	return nil
}

// earlyOver: the branch has no early media any more; another may have some.
func (m *transition) earlyOver(id LegID) {
	if m.EarlyLeg != id {
		return
	}
	m.EarlyLeg = ""
	if m.Phase == Early {
		m.enter(Ringing)
	}
}

// tellRinging sends the caller one 180.
func (m *transition) tellRinging() {
	if own := m.Audio(Caller); own != nil && own.Inbound && own.Kind != TabLeg && !m.Rung && m.ringing() {
		m.do(Ring{own.ID})
	}
	m.rung()
}

// rung notes that the caller knows, and tells the call that transfers him here.
func (m *transition) rung() {
	if m.Waits != "" && !m.Rung {
		m.do(Tell{m.Waits, JoinRang{m.ID}})
	}
	m.Rung = true
}

// tellEarly lets the caller hear early media, where an offer of his waits to be
// answered; he is told once.
func (m *transition) tellEarly(codecs []sdp.Codec) {
	own := m.Audio(Caller)
	if own != nil && own.Late { // nothing is agreed that he could hear it by
		m.do(Ring{own.ID})
	} else if own != nil && own.Inbound && own.Kind != TabLeg && own.Stage != Up && len(own.Codecs) == 0 {
		own.Codecs = codecs
		m.do(RingEarly{own.ID, codecs})
	}
	m.rung()
}

// EveryCodec is what is offered on behalf of somebody who has not said what he
// speaks, the best first.
func EveryCodec() []sdp.Codec {
	return []sdp.Codec{sdp.Opus, sdp.G722, sdp.PCMU, sdp.PCMA}
}

// ringing tells whether the called side can still be answered anywhere.
func (m *transition) ringing() bool {
	return m.Phase == Ringing || m.Phase == Early || m.Phase == Answering
}

// offerFor is what a new leg of the side is offered: what the other side's leg
// can hear.
func (m *transition) offerFor(side Side) []sdp.Codec {
	if far := m.Audio(side.Other()); far != nil && len(far.Codecs) > 0 && m.Phase == Established {
		if far.Kind == TabLeg {
			return far.Codecs
		}
		return sdp.Offerable(far.Codecs[:1])
	}
	return sdp.Offerable(m.Offered)
}

func (m *transition) newLeg(t Target, side Side) LegState {
	l := LegState{ID: t.Leg, Side: side, Kind: t.Kind, Device: t.Device, Tab: t.Tab, Trunk: t.Trunk, Stage: Trying}
	if t.Binding != nil {
		l.Instance = t.Binding.Instance
	}
	return l
}

// wished places a call whose requester wants the phone to answer by itself.
// That phone is spared the ringing until policy has decided; who wants an
// automatic answer or nothing makes no other ring meanwhile (RFC 5373 4.3).
func (m *transition) wished(targets []Target, w Wish) {
	rest := slices.DeleteFunc(slices.Clone(targets), func(t Target) bool {
		return t.Binding != nil && w.Target != nil && t.Binding.Instance == w.Target.Binding.Instance
	})
	if len(rest) > 0 && !w.Require || w.Target == nil {
		m.fork(rest)
	}
	if w.Target != nil && m.Phase != Terminated {
		o := AutomaticAnswer{Side: Callee, Kind: w.Kind, Require: w.Require, Target: *w.Target, Again: w.Again}
		if busy := m.open(o, w.Target); busy != nil {
			m.wishRefused(o)
		}
	}
}

// wishRefused lets the phone ring in the ordinary way; who wanted nothing but
// an automatic answer is refused.
func (m *transition) wishRefused(o AutomaticAnswer) {
	if o.Require {
		m.end(CauseForbidden, Callee)
		return
	}
	if m.Phase == Initial {
		m.enter(Ringing)
	}
	m.ringAgain(o)
}
