package gateway

import "ringsplash/media"

// heard is what one leg hears: another leg, a tone, or nothing.
type heard struct {
	Leg  LegID
	Tone toneName
}

type toneName string

const (
	toneMusic    toneName = "music"
	toneSilence  toneName = "silence"
	toneRingback toneName = "ringback"
)

// routes says who hears whom in a state. The call's goroutine makes it so
// after every transition: the path is never patched step by step.
func routes(s *State) map[LegID]heard {
	r := map[LegID]heard{}
	a, b := s.audio(Caller), s.audio(Callee)
	switch s.Phase {
	case Early, Ringing, Answering:
		if a != nil && s.EarlyLeg != "" {
			r[a.ID] = heard{Leg: s.EarlyLeg}
			break
		}
		// His 200 or 183 is out, so he makes no ringing of his own; a tab does.
		if a != nil && a.Kind != TabLeg && (a.Stage == Up || len(a.Codecs) > 0) {
			r[a.ID] = heard{Tone: toneRingback}
		}
	case Established:
		if a != nil && b != nil {
			r[a.ID] = hears(s, a, b)
			r[b.ID] = hears(s, b, a)
		}
		if s.Transfer != nil && a == nil && b != nil { // who transferred has left
			r[b.ID] = heard{Tone: toneRingback}
		}
		if s.Transfer != nil && b == nil && a != nil {
			r[a.ID] = heard{Tone: toneRingback}
		}
	case Initial, Terminated:
	}
	return r
}

// hears says what x hears of y. The holder of a call hears nothing; who is
// held hears music: ours, unless an outside line sends its own.
func hears(s *State, x, y *LegState) heard {
	switch {
	case x.holds(), s.Parties[x.Side].Hold && x.Kind == TabLeg:
		return heard{} // a tab that holds this call may be talking in another
	case s.Parties[x.Side].Hold:
		return heard{Tone: toneSilence}
	case s.Parties[y.Side].Hold, y.holds() && (y.Kind == PhoneLeg || y.Remote == media.Inactive):
		return heard{Tone: toneMusic}
	case s.Parties[y.Side].Muted, y.Gate.closed():
		return heard{Tone: toneSilence}
	}
	return heard{Leg: y.ID}
}
