package machine

import "ringsplash/media/sdp"

// Heard is what one leg hears: another leg, a tone, or nothing.
type Heard struct {
	Leg  LegID
	Tone Tone
}

// Tone names what a leg hears in the place of another.
type Tone string

// Tones.
const (
	ToneMusic    Tone = "music"
	ToneSilence  Tone = "silence"
	ToneRingback Tone = "ringback"
)

// Routes says who hears whom in a state. The call's goroutine makes it so
// after every transition: the path is never patched step by step.
func Routes(s *State) map[LegID]Heard {
	r := map[LegID]Heard{}
	a, b := s.Audio(Caller), s.Audio(Callee)
	switch s.Phase {
	case Early, Ringing, Answering:
		if a != nil && s.EarlyLeg != "" {
			r[a.ID] = Heard{Leg: s.EarlyLeg}
			break
		}
		// His 200 or 183 is out, so he makes no ringing of his own; a tab does.
		if a != nil && a.Kind != TabLeg && (a.Stage == Up || len(a.Codecs) > 0) {
			r[a.ID] = Heard{Tone: ToneRingback}
		}
	case Established:
		switch {
		case a != nil && b != nil:
			r[a.ID], r[b.ID] = hears(s, a, b), hears(s, b, a)
		case s.Transfer != nil && b != nil: // who transferred has left
			r[b.ID] = Heard{Tone: ToneRingback}
		case s.Transfer != nil && a != nil:
			r[a.ID] = Heard{Tone: ToneRingback}
		}
	case Initial, Terminated:
	}
	return r
}

// hears says what x hears of y. The holder of a call hears nothing; who is
// held hears music: ours, unless an outside line sends its own.
func hears(s *State, x, y *LegState) Heard {
	switch {
	case x.holds(), s.Parties[x.Side].Hold && x.Kind == TabLeg:
		return Heard{} // a tab that holds this call may be talking in another
	case s.Parties[x.Side].Hold:
		return Heard{Tone: ToneSilence}
	case s.Parties[y.Side].Hold, y.holds() && (y.Kind == PhoneLeg || y.Remote == sdp.Inactive):
		return Heard{Tone: ToneMusic}
	case s.Parties[y.Side].Muted, y.Gate.Closed():
		return Heard{Tone: ToneSilence}
	}
	return Heard{Leg: y.ID}
}
