package gateway

import "ringsplash/policy"

// show is the call as the given side's user sees it; Version and Here are
// filled in by others.
func show(s *State, side Side) CallView {
	own, far := s.Parties[side], s.Parties[side.other()]
	v := CallView{
		ID: s.ID, Direction: own.direction(side), State: shownState(s),
		Peer: peerView(far.Who), Auto: autoView(s, side),
		Microphone: "live", EarlyMedia: s.Phase == Early, Since: s.Since, Cause: s.Cause,
	}
	if l := s.audio(side); l != nil {
		on := l.Device
		if l.Kind == TabLeg {
			on = "browser"
		}
		if on != "" {
			v.On = &on
		}
		v.PickUp = s.Phase == Initial && l.Kind == PhoneLeg && !l.Inbound && l.Stage != Up
		if len(l.Codecs) > 0 && l.Stage == Up && s.Phase == Established {
			v.Codec = string(l.Codecs[0])
		}
	}
	if own.Muted {
		v.Microphone = "muted"
	}
	if l := s.audio(side); l != nil && l.Gate.closed() {
		v.Microphone = string(l.Gate)
	}
	v.Reason = s.Notes[side]
	if !s.Talking.IsZero() {
		at := s.Talking
		v.Answered = &at
	}
	v.HeldBy = heldBy(s, side)
	if v.HeldBy != "" && v.State == "connected" {
		v.State = "held"
	}
	if s.Cause != "" {
		v.Reason = s.ending(side)
	}
	return v
}

// ending is what the side's people read at the end. A phone that nobody
// un-muted may be at either side.
func (s *State) ending(side Side) string {
	if s.Cause == CauseMutedLimit {
		if side == s.By {
			return s.Cause.sentence(Callee)
		}
		return s.Cause.sentence(Caller)
	}
	return s.Cause.sentence(side)
}

func peerView(who policy.Identity) PeerView {
	who = who.Shown()
	return PeerView{Display: who.Display, Address: who.Address, Verified: who.Verified()}
}

func autoView(s *State, side Side) *AutoView {
	a := s.Parties[side].Auto
	if a == nil {
		return nil
	}
	return &AutoView{
		Kind: a.Kind, Grant: a.Grant, Reason: a.Reason, By: peerView(a.By), ReasonSentence: policy.Words.Recognise(a.Reason),
	}
}

// sentence is what the given side's people read.
func (c Cause) sentence(side Side) string {
	if side == Caller {
		return c.Outcome().Caller
	}
	return c.Outcome().Callee
}

func shownState(s *State) string {
	switch s.Phase {
	case Early:
		return "early"
	case Established:
		return "connected"
	case Terminated:
		return "ended"
	}
	return "ringing"
}

func heldBy(s *State, side Side) string {
	if s.Phase != Established {
		return ""
	}
	holds := func(who Side) bool {
		l := s.audio(who)
		return s.Parties[who].Hold || l != nil && l.holds()
	}
	switch {
	case holds(side):
		return "me"
	case holds(side.other()):
		return "other"
	}
	return ""
}
