// Package machine is the whole logic of a call, as a pure function: what happened
// and what is known go in, what is known then and what is to be done come out.
// It does no I/O, reads no clock and holds no lock.
package machine

import (
	"slices"
	"time"

	"ringsplash/gateway/profile"
	"ringsplash/internal/sentence"
	"ringsplash/location"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// Phase is where a call is in its life:
//
//	            to the caller              to the called user
//	Initial     the call is being placed   nothing yet
//	Ringing     waits, hears 180           phones and tabs ring
//	Early       hears the far end's media  phones and tabs ring
//	Answering   still rings                one device is asked to answer by itself
//	Established talks                      talks
//	Terminated  over                       over
//
// Hold and mute are properties of a party, not phases. Every phase may go to
// Terminated; Terminating is the teardown that follows it in the call's goroutine.
type Phase string

// Phases.
const (
	Initial     Phase = "initial"
	Ringing     Phase = "ringing"
	Early       Phase = "early"
	Answering   Phase = "answering"
	Established Phase = "established"
	Terminated  Phase = "terminated"
)

// Side tells the two parties apart.
type Side int

// Sides.
const (
	Caller Side = iota
	Callee
)

// Other is the other side.
func (s Side) Other() Side { return 1 - s }

// Timer is the side's own timer of that name: both sides may have a phone whose
// gate is shut.
func (s Side) Timer(name string) string {
	return name + [2]string{" caller", " callee"}[s]
}

// LegKind is what a leg's device is.
type LegKind string

// Kinds of legs.
const (
	PhoneLeg LegKind = "phone" // a deskphone of our user
	TrunkLeg LegKind = "trunk" // a PBX or carrier
	URILeg   LegKind = "uri"   // an outside SIP device
	TabLeg   LegKind = "tab"
)

// Stage is where a leg is in its life.
type Stage string

// Stages.
const (
	Trying     Stage = "trying"     // invited, nothing heard; or an unanswered INVITE to us
	Alerting   Stage = "alerting"   // it rings
	TakingBack Stage = "takingBack" // CANCEL is out, the final response is awaited
	Up         Stage = "up"         // answered
	Gone       Stage = "gone"       // over
)

// LegState is what the call knows of one leg.
type LegState struct {
	ID     LegID   `json:"id"`
	Side   Side    `json:"side"`
	Kind   LegKind `json:"kind"`
	Stage  Stage   `json:"stage"`
	Device string  `json:"device,omitempty"`
	Tab    TabID   `json:"tab,omitempty"`
	Trunk  string  `json:"trunk,omitempty"`
	// Inbound tells that the device sent us the INVITE.
	Inbound bool `json:"inbound,omitempty"`
	// Instance is the phone's instance id.
	Instance string `json:"instance,omitempty"`
	// Gate is the lock on what the leg's microphone sends.
	Gate Gate `json:"gate,omitempty"`
	Negotiation
	AutoAnswer
	Unmuting
}

// holds tells whether the device itself put us on hold. While its gate is shut
// a direction says nothing: we asked it not to send.
func (l LegState) holds() bool {
	return l.Stage == Up && !l.Gate.Closed() && (l.Remote == sdp.SendOnly || l.Remote == sdp.Inactive)
}

// offers is the direction an offer of ours names: a phone whose microphone is
// shut is asked not to send, where it can be asked.
func (l LegState) offers() sdp.Direction {
	if l.Gate == GateShut && l.Mute != profile.MuteGate {
		return sdp.SendOnly
	}
	return sdp.SendRecv
}

// Party is one side of the call.
type Party struct {
	// User is the name of our user, "" for somebody outside.
	User string `json:"user,omitempty"`
	// Who is the party as the other one may see it, laundered.
	Who policy.Identity `json:"who"`
	// Direction is in or out when a transfer brought the party here, "" when
	// the call was placed by or to it.
	Direction string `json:"direction,omitempty"`
	// PickedUp tells that he took a call that rang somebody else.
	PickedUp bool `json:"pickedUp,omitempty"`
	// Earlier is what a transfer took the party from, nil when none did.
	Earlier *Earlier `json:"earlier,omitempty"`
	// Leg carries the party's audio, "" while none does.
	Leg LegID `json:"leg,omitempty"`
	// Hold and Muted were pressed in one of the user's tabs.
	Hold  bool `json:"hold,omitempty"`
	Muted bool `json:"muted,omitempty"`
	// Auto is the automatic answer that Leg came from, if one did; MutedUntil
	// is when muted_limit is over for it, zero once the owner has un-muted.
	Auto       *Authorization `json:"auto,omitempty"`
	MutedUntil time.Time      `json:"mutedUntil,omitzero"`
}

// Earlier is the talk a party was in before it was first transferred.
type Earlier struct {
	With    policy.Identity `json:"with"`
	Began   time.Time       `json:"began"`
	Talking time.Time       `json:"talking"`
}

// direction tells whether the party called (out) or was called (in).
func (p Party) direction(side Side) string {
	if p.Direction != "" {
		return p.Direction
	}
	return [2]string{"out", "in"}[side]
}

// State is all the machine knows of a call: plain data, no funcs, no pointers
// to what lives. Sockets and timers are rebuilt from it.
type State struct {
	V       int      `json:"v"`
	ID      CallID   `json:"id"`
	Phase   Phase    `json:"phase"`
	Parties [2]Party `json:"parties"`
	// Names is what each side's user calls the other party; for people alone.
	Names [2]Named   `json:"names,omitzero"`
	Legs  []LegState `json:"legs"`
	// To is the AOR or number that was dialled, for new branches.
	To string `json:"to"`
	// Offered are the codecs a new branch is offered, in the caller's order.
	Offered []sdp.Codec `json:"offered"`
	// EarlyLeg is the branch whose early media the caller hears.
	EarlyLeg LegID `json:"earlyLeg,omitempty"`
	// Rung tells that the caller was told it rings.
	Rung bool `json:"rung,omitempty"`
	// Automatic is the phone that is being asked to answer by itself, if any.
	Automatic *AutomaticAnswer `json:"automatic,omitempty"`
	// Notes are the sentences either side's tabs show beside the call.
	Notes [2]sentence.Sentence `json:"notes,omitzero"`
	// Transfer is under way; Waits is the call whose transfer this call is the
	// target of, until its party has come.
	Transfer *TransferState `json:"transfer,omitempty"`
	Waits    CallID         `json:"waits,omitempty"`
	// Back is the trunk whose own REFER began the call: the only way out that it
	// has, and on nobody's account.
	Back string `json:"back,omitempty"`
	// Pending are the branches to try once the caller's own device is up, Wish
	// what he wishes of them.
	Pending []Target `json:"pending,omitempty"`
	Wish    Wish     `json:"wish,omitzero"`
	// Rest are the trunks to try when the present one does not work, Redirects
	// how many times a trunk has sent the call elsewhere.
	Rest      []Target  `json:"rest,omitempty"`
	Redirects int       `json:"redirects,omitempty"`
	Began     time.Time `json:"began"`
	Since     time.Time `json:"since"`
	Talking   time.Time `json:"talking,omitzero"`
	// Refusal is the most telling cause among the branches that ended.
	Refusal Cause `json:"refusal,omitempty"`
	// Cause is why the call ended; By is the side that ended it.
	Cause Cause `json:"cause,omitempty"`
	By    Side  `json:"by,omitempty"`
}

// Authorization is a phone's answer by itself: what was asked for, what allowed it,
// and who asked. It is never written to once it is made.
type Authorization struct {
	Kind   policy.Kind       `json:"kind"`
	Grant  string            `json:"grant,omitempty"`
	Reason sentence.Sentence `json:"reason,omitzero"`
	By     policy.Identity   `json:"by"`
}

// Target is one branch to be tried, with the id of its leg.
type Target struct {
	Leg     LegID             `json:"leg"`
	Kind    LegKind           `json:"kind"`
	Device  string            `json:"device,omitempty"`
	Binding *location.Binding `json:"binding,omitempty"`
	Tab     TabID             `json:"tab,omitempty"`
	Trunk   string            `json:"trunk,omitempty"`
	URI     string            `json:"uri,omitempty"`
	// Profile is how the phone wants to be asked to answer by itself.
	Profile profile.Profile `json:"profile,omitzero"`
	// Busy tells that another call is on the phone; Hold that its user wants
	// that call held then, and that it can be.
	Busy bool `json:"busy,omitempty"`
	Hold bool `json:"hold,omitempty"`
}

// Clone copies the state deep enough for next to write in it.
func (s State) Clone() State {
	s.Legs = slices.Clone(s.Legs)
	return s
}

// Leg returns the leg's state for writing, or nil.
func (s *State) Leg(id LegID) *LegState {
	for i := range s.Legs {
		if s.Legs[i].ID == id {
			return &s.Legs[i]
		}
	}
	return nil
}

// Audio returns the leg that carries the side's audio, or nil.
func (s *State) Audio(side Side) *LegState {
	if s.Parties[side].Leg == "" {
		return nil
	}
	return s.Leg(s.Parties[side].Leg)
}

// branches returns the called side's legs that are still being tried.
func (s *State) branches() []*LegState {
	var out []*LegState
	for i := range s.Legs {
		l := &s.Legs[i]
		if l.Side == Callee && (l.Stage == Trying || l.Stage == Alerting) {
			out = append(out, l)
		}
	}
	return out
}

// TabLeg returns the leg of that tab on either side, or nil.
func (s *State) TabLeg(tab TabID) *LegState {
	for i := range s.Legs {
		if s.Legs[i].Kind == TabLeg && s.Legs[i].Tab == tab && s.Legs[i].Stage != Gone {
			return &s.Legs[i]
		}
	}
	return nil
}

// Side tells which party the user is.
func (s *State) Side(user string, tab TabID) (Side, bool) {
	if l := s.TabLeg(tab); l != nil {
		return l.Side, true
	}
	// Somebody who calls himself is both; a tab without a leg then speaks for
	// the called side while it rings and for the caller afterwards.
	callee := s.Parties[Callee].User == user
	if callee && (s.Parties[Caller].User != user || s.Phase != Established) {
		return Callee, true
	}
	return Caller, s.Parties[Caller].User == user
}
