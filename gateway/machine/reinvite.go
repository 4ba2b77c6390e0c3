package machine

import (
	"cmp"
	"slices"

	"ringsplash/media/sdp"
)

// Negotiation is how far a leg's offers and answers have come:
//
//	            Late  Reoffering
//	at rest     -     -
//	we offered  -     yes         until a Reoffered
//	in the 2xx  yes   yes         until the ACK brings the answer, a Reoffered too
//	no offer    yes   -           until our 2xx
type Negotiation struct {
	// Late tells that the device's INVITE had no offer: our 200 carries one, the
	// ACK its answer (RFC 3261 13.2.1). Cleared when the answer is in.
	Late bool `json:"late,omitempty"`
	// Codecs were negotiated, the preferred one first; for a tab they are what
	// it should offer.
	Codecs []sdp.Codec `json:"codecs,omitempty"`
	// Remote is the direction the device described last, from its side.
	Remote sdp.Direction `json:"remote,omitempty"`
	// Reoffering tells that our re-INVITE waits for its response.
	Reoffering bool `json:"reoffering,omitempty"`
	// Unplaced tells that the phone must send before it can hear us (NAT).
	Unplaced bool `json:"unplaced,omitempty"`
}

func (m *transition) reoffer(l *LegState, codecs []sdp.Codec, dir sdp.Direction) {
	l.Reoffering = true
	m.do(Reoffer{l.ID, codecs, dir})
}

// acceptLate answers what came without an offer by one of ours.
func (m *transition) acceptLate(l *LegState, codecs []sdp.Codec, dir sdp.Direction) {
	l.Reoffering = true
	m.do(AcceptLate{l.ID, codecs, dir})
}

// offered answers a device's re-INVITE: hold, resume, another codec. The other
// side's device hears nothing of it in SIP.
func (m *transition) offered(e Offered, in Input) {
	l := m.Leg(e.LegID)
	if l == nil || l.Stage != Up {
		m.do(Reject{e.LegID, CauseFault})
		return
	}
	if in.Fault != "" {
		m.do(Reject{l.ID, in.Fault})
		return
	}
	if len(e.SDP) == 0 { // the device asks for our offer (RFC 3261 14.2)
		m.acceptLate(l, l.Codecs, l.offers())
		return
	}
	codecs := m.keepCodec(l, in.Sound.Codecs)
	if len(codecs) == 0 {
		m.do(Reject{l.ID, CauseNoCodec})
		return
	}
	l.Codecs, l.Remote = codecs, in.Sound.Remote
	dir := l.Remote.Mirror()
	if l.Gate.Closed() {
		dir = m.gatedAnswer(l, in)
	}
	m.do(Accept{l.ID, codecs, dir})
	m.changed(l)
}

// changed: the leg has agreed on codecs anew; either side adapts.
func (m *transition) changed(l *LegState) {
	if far := m.Audio(l.Side.Other()); far != nil {
		m.fit(l, far)
	}
}

// keepCodec picks from a new offer what the other side's leg can hear, the
// present codec if it is there.
func (m *transition) keepCodec(l *LegState, offer []sdp.Codec) []sdp.Codec {
	if len(l.Codecs) > 0 && slices.Contains(offer, l.Codecs[0]) {
		return l.Codecs[:1]
	}
	far := m.Audio(l.Side.Other())
	for _, c := range offer {
		if far == nil || len(far.Codecs) == 0 || far.Kind == TabLeg || sdp.Convertible(c, far.Codecs[0]) {
			return []sdp.Codec{c}
		}
	}
	return nil
}

// reoffered takes the outcome of our own re-INVITE, or the answer a device
// gave to the offer it had asked for.
func (m *transition) reoffered(e Reoffered, in Input) {
	l := m.Leg(e.LegID)
	if l == nil || l.Stage != Up {
		return
	}
	l.Reoffering = false
	if e.Stale {
		m.offerAgain(l)
		return
	}
	if l.Late {
		m.lateAnswer(l, e, in)
		return
	}
	if l.SplashDue {
		l.SplashDue = false
		m.do(PlaySplash{l.ID, l.Splash})
	}
	if l.Gate.Closed() {
		m.gateReoffered(l, e, in)
		return
	}
	switch {
	case e.Status >= 300 || in.Fault != "":
		far := m.Audio(l.Side.Other())
		if far != nil && far.Kind != TabLeg && len(l.Codecs) > 0 && len(far.Codecs) > 0 &&
			!sdp.Convertible(l.Codecs[0], far.Codecs[0]) {
			m.end(CauseNoCodec, l.Side)
		}
	case len(e.SDP) > 0:
		l.Codecs, l.Remote = in.Sound.Codecs, in.Sound.Remote
		m.changed(l)
	}
}

// offerAgain makes an offer anew that an offer of the device's made stale, where
// theirs did not bring about what ours was to.
func (m *transition) offerAgain(l *LegState) {
	if l.SplashDue || l.Gate == GateWanted {
		m.reoffer(l, l.Codecs, l.offers())
		return
	}
	m.changed(l)
}

// refreshDue offers again what is agreed. It is an INVITE of ours, so what the
// phone did before it counts for nothing any more.
func (m *transition) refreshDue(e RefreshDue) {
	l := m.Leg(e.LegID)
	if l == nil || l.Stage != Up || l.Reoffering || len(l.Codecs) == 0 {
		return
	}
	l.Resumes = false
	m.reoffer(l, l.Codecs, l.offers())
}

// lateAnswer takes the answer that the ACK of a caller without an offer brings.
func (m *transition) lateAnswer(l *LegState, e Reoffered, in Input) {
	l.Late = false
	if e.Status >= 300 || in.Fault != "" || len(e.SDP) == 0 {
		m.end(cmp.Or(in.Fault, CauseNoCodec), l.Side)
		return
	}
	l.Codecs, l.Remote = in.Sound.Codecs, in.Sound.Remote
	m.changed(l)
	m.toldNewAddress(l.ID, in)
}

// gateReoffered: the phone's word on our un-mute or mute.
func (m *transition) gateReoffered(l *LegState, e Reoffered, in Input) {
	if e.Status < 300 && in.Fault == "" && len(e.SDP) > 0 {
		l.Codecs, l.Remote = in.Sound.Codecs, in.Sound.Remote
		m.changed(l)
	}
	if l.Gate != GateWanted {
		return
	}
	agreed := e.Status < 300 && in.Fault == "" && (l.Remote == sdp.SendRecv || l.Remote == sdp.SendOnly)
	if agreed {
		m.openGate(l)
		return
	}
	// Some phones refuse to be un-muted from afar (RFC 5373 7.4). No second try.
	m.note(l.Side, "note.press_phone")
}
