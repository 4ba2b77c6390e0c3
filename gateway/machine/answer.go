package machine

import (
	"slices"

	"ringsplash/media/sdp"
)

// callerCodecs returns what the caller can be told when the other side chose
// these: the first that he offered or that we can convert, and only that one.
func (m *transition) callerCodecs(chosen []sdp.Codec) []sdp.Codec {
	for _, c := range chosen {
		if slices.Contains(m.Offered, c) {
			return []sdp.Codec{c}
		}
	}
	for _, c := range chosen {
		for _, o := range m.Offered {
			if sdp.Convertible(c, o) {
				return []sdp.Codec{o}
			}
		}
	}
	return nil
}

func (m *transition) answered(e Answered, in Input) {
	l := m.Leg(e.LegID)
	switch {
	case l == nil || l.Stage == Gone || l.Stage == Up:
		m.do(Release{e.LegID, CauseElsewhere})
		return
	case m.Parties[l.Side].Leg != "" && m.Parties[l.Side].Leg != l.ID && !m.moves(l):
		// Another device was faster: the late 2xx has its ACK, now the BYE.
		l.Stage = Gone
		m.do(Release{l.ID, CauseElsewhere})
		return
	case in.Fault != "":
		m.do(Release{l.ID, in.Fault})
		m.refused(l.ID, in.Fault)
		return
	}
	l.Stage, l.Codecs, l.Remote, l.Unplaced = Up, in.Sound.Codecs, in.Sound.Remote, in.Sound.Unplaced
	if l.Side == Caller && !l.Triggered {
		m.Offered = sdp.Offerable(l.Codecs)
		m.Wish.Target = in.Target
		m.placed(m.Pending, m.Wish)
		m.Pending, m.Wish = nil, Wish{}
		return
	}
	if m.moves(l) {
		m.moved(l)
		return
	}
	m.win(l)
}

// toldNewAddress offers again to a leg whose answer made its end move to the
// other address family: nothing it sends arrives before that.
func (m *transition) toldNewAddress(id LegID, in Input) {
	if l := m.Leg(id); in.Sound.Moved && l != nil && l.Stage == Up && !l.Reoffering && m.Phase != Terminated {
		m.reoffer(l, l.Codecs, l.offers())
	}
}

// win makes l the leg of the called side, takes the other branches back and
// answers the caller.
func (m *transition) win(l *LegState) {
	if m.Automatic != nil && l.Kind == PhoneLeg && l.Instance == m.Automatic.Target.Binding.Instance && l.Gate == GateNever {
		// A 200 after the click: it cannot be told from a phone that answers
		// by itself, so one press un-mutes.
		p := m.Automatic.Target.Profile
		l.Gate, l.UnmuteKey, l.KeyNamed = GateShut, p.UnmuteKey, p.KeyNamed
		m.do(ShutGate{l.ID})
	}
	m.Parties[Callee].Leg = l.ID
	m.do(StopTimer{RingTimer}, StartTimer{WatchTimer, m.limits.MediaLost})
	m.takeBackOthers(l.ID)
	m.enter(Established)
	m.Talking = m.now
	if l.Gate == GateShut {
		m.opened(l)
	}
	if m.Automatic != nil { // another device than the one that was asked
		m.endAutomatic(errAnswered)
		m.note(Callee, "note.other")
	}
	own := m.Audio(Caller)
	switch {
	case own == nil && m.Waits != "":
		m.do(Tell{m.Waits, JoinReady{m.ID, l.Codecs}})
	case own == nil:
	case own.Kind == TabLeg:
		own.Codecs = reorder(own.Codecs, l.Codecs)
	case own.Stage != Up:
		m.answerCaller(own, l)
	default:
		m.fit(l, own)
	}
}

func (m *transition) answerCaller(own, l *LegState) {
	codecs := m.callerCodecs(l.Codecs)
	if len(codecs) == 0 {
		m.end(CauseNoCodec, Callee)
		return
	}
	if own.Late {
		if l.Kind == TabLeg {
			codecs = l.Codecs // a tab sends whatever he takes
		}
		own.Stage, own.Remote = Up, sdp.SendRecv
		m.acceptLate(own, sdp.Offerable(codecs), sdp.SendRecv)
		return
	}
	told := own.Codecs // by early media
	own.Stage, own.Remote = Up, sdp.SendRecv
	if len(told) > 0 && !slices.ContainsFunc(told, func(c sdp.Codec) bool { return sdp.Convertible(l.Codecs[0], c) }) {
		// The caller was told another codec with the early media: the newer
		// leg adapts.
		m.do(Accept{own.ID, told, sdp.SendRecv})
		m.reoffer(l, told, sdp.SendRecv)
		return
	}
	if len(told) > 0 {
		codecs = told
	}
	own.Codecs = codecs
	m.do(Accept{own.ID, codecs, sdp.SendRecv})
	if l.Kind == TabLeg {
		l.Codecs = reorder(l.Codecs, codecs)
	}
}

// takeBackOthers cancels every branch but the winner.
func (m *transition) takeBackOthers(winner LegID) {
	for _, b := range m.branches() {
		switch {
		case b.ID == winner:
		case b.Kind == TabLeg:
			b.Stage = Gone
		default:
			b.Stage = TakingBack
			m.do(TakeBack{b.ID, CauseElsewhere})
		}
	}
}

// reorder puts a codec of the other side first, so that a tab sends what that
// side takes, and keeps the rest as it was.
func reorder(own, first []sdp.Codec) []sdp.Codec {
	for _, f := range first {
		if i := slices.Index(own, f); i >= 0 {
			return slices.Insert(slices.Delete(slices.Clone(own), i, i+1), 0, f)
		}
	}
	return own
}
