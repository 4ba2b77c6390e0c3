package machine

import (
	"time"

	"ringsplash/internal/sentence"
	"ringsplash/policy"
)

// CallView is one call as its user sees it.
type CallView struct {
	ID        CallID   `json:"id"`
	Version   uint64   `json:"version"`
	Direction string   `json:"direction"` // in | out
	State     string   `json:"state"`     // ringing | early | connected | held | ended
	Peer      PeerView `json:"peer"`
	// On is where the user's audio is: nil, "browser" or a device id.
	On *string `json:"on"`
	// Here tells whether On is "browser" and it is this very tab.
	Here bool `json:"here"`
	// Auto says who made the user's phone answer by itself and why he may, nil
	// when a hand answered.
	Auto *AutoView `json:"auto"`
	// Microphone is live, muted, shut or wanted (the gate), as the user sees it.
	Microphone string `json:"microphone"`
	// HeldBy is "" , "me" or "other".
	HeldBy string `json:"heldBy,omitempty"`
	// EarlyMedia tells that the far end's own ringback is to be heard.
	EarlyMedia bool `json:"earlyMedia,omitempty"`
	// PickUp tells that the user's own phone rings first: nobody is called
	// before he picks it up.
	PickUp bool `json:"pickUp,omitempty"`
	// Since is when the present state began; Answered when the talk began.
	Since    time.Time  `json:"since"`
	Answered *time.Time `json:"answered,omitempty"`
	Cause    Cause      `json:"cause,omitempty"`
	// Reason is the sentence for people: why it ended, or what to do next.
	Reason         string            `json:"reason,omitempty"`
	ReasonSentence sentence.Sentence `json:"reasonSentence,omitzero"`
	// Codec is the audio codec in use, "" before an answer.
	Codec string `json:"codec,omitempty"`
}

// AutoView is an automatic answer.
type AutoView struct {
	Kind policy.Kind `json:"kind"` // click | thirdParty | intercom
	// Grant is self, addresses, friends, directory or public.
	Grant string `json:"grant"`
	// Reason is a sentence: why it was allowed.
	Reason         string            `json:"reason"`
	By             PeerView          `json:"by"`
	ReasonSentence sentence.Sentence `json:"reasonSentence,omitzero"`
}

// PeerView is the other party.
type PeerView struct {
	Display  string `json:"display"`
	Address  string `json:"address"`
	Verified bool   `json:"verified"`
}

// View is the call as the given side's user sees it; Version and Here are
// filled in by others.
func View(s *State, side Side) CallView {
	own := s.Parties[side]
	v := CallView{
		ID: s.ID, Direction: own.direction(side), State: ShownState(s),
		Peer: s.peer(side), Auto: autoView(s, side),
		Microphone: "live", EarlyMedia: s.Phase == Early, Since: s.Since, Cause: s.Cause.ShownTo(side),
	}
	if l := s.Audio(side); l != nil {
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
	if l := s.Audio(side); l != nil && l.Gate.Closed() {
		v.Microphone = string(l.Gate)
	}
	v.ReasonSentence = s.Notes[side]
	if at := s.Talking; !at.IsZero() {
		v.Answered = &at
	}
	if v.HeldBy = heldBy(s, side); v.HeldBy != "" && v.State == "connected" {
		v.State = "held"
	}
	if s.Cause != "" {
		v.ReasonSentence = s.ending(side)
	}
	v.Reason = v.ReasonSentence.Text
	return v
}

// peer is the other party as the side's user knows it. A name is for the address
// it was looked up for, and for no other.
func (s *State) peer(side Side) PeerView {
	p := PeerOf(s.Parties[side.Other()].Who)
	if n := s.Names[side]; n.Display != "" && n.Address == p.Address && s.MayName(side) {
		p.Display = n.Display
	}
	return p
}

// MayName tells whether the other party is known well enough to be called by
// the name of its address: the side's user dialled it, or it proved who it is.
// What a stranger claims gets nobody's name.
func (s *State) MayName(side Side) bool {
	who := s.Parties[side.Other()].Who
	return !who.Private && (who.Verified() || s.Parties[side].direction(side) == "out")
}

// ending is what the side's people read at the end. A phone that nobody
// un-muted may be at either side.
func (s *State) ending(side Side) sentence.Sentence {
	if s.Cause == CauseMutedLimit && s.By == Caller {
		side = side.Other()
	}
	return s.Cause.Sentence(side)
}

// PeerOf is the party as the other one sees it.
func PeerOf(who policy.Identity) PeerView {
	who = who.Shown()
	return PeerView{Display: who.Display, Address: who.Address, Verified: who.Verified()}
}

func autoView(s *State, side Side) *AutoView {
	a := s.Parties[side].Auto
	if a == nil {
		return nil
	}
	return &AutoView{Kind: a.Kind, Grant: a.Grant, Reason: a.Reason.Text, By: PeerOf(a.By), ReasonSentence: a.Reason}
}

// ShownState is the state of the call as people see it.
func ShownState(s *State) string {
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
		l := s.Audio(who)
		return s.Parties[who].Hold || l != nil && l.holds()
	}
	switch {
	case holds(side):
		return "me"
	case holds(side.Other()):
		return "other"
	}
	return ""
}
