package gateway

import (
	"time"

	"ringsplash/gateway/profile"
	"ringsplash/media"
	"ringsplash/policy"
)

// Events that do not come from a leg.
type (
	// Begun starts a call. Cause is set when it cannot be placed.
	Begun struct {
		From   policy.Identity
		Caller Target // the caller's own leg
		// Ask tells that the caller's device must be rung first (a tab asked
		// its deskphone to call).
		Ask     bool
		To      string
		Callee  Party
		Targets []Target
		Offered []media.Codec
		// Late tells that the caller's INVITE had no offer.
		Late bool
		// Replaces is the leg in the call Other whose place the caller wants
		// (RFC 3891); Waits the call whose party will be the caller, by transfer.
		Replaces LegID
		Other    CallID
		Waits    CallID
		// Back is the trunk whose REFER began the call, "" for none: the one way
		// out of the house that it has.
		Back  string
		Cause Cause
		// Wish is the requester's wish for an automatic answer, if any.
		Wish Wish
	}
	// Asked is a command of a tab; the reply goes to the one who waits for ID.
	Asked struct {
		ID      uint64
		User    string
		Tab     TabID
		Command Command
	}
	// TabCame: a tab of a user of this call is here (new, or back).
	TabCame struct {
		User string
		Tab  TabID
		Leg  LegID // the leg's id should the tab be rung
	}
	// TabGone: the tab is gone for good.
	TabGone struct{ Tab TabID }
	// TabMedia: the tab's PeerConnection was made or replaced.
	TabMedia struct{ Tab TabID }
	// TabSilent: the tab's browser has not reached the media port for a while.
	TabSilent struct {
		Tab   TabID
		State media.TabState // "" while it has no PeerConnection
		// Offered tells that its page made a PeerConnection.
		Offered bool
		// Outage counts how often the path was up before.
		Outage int
	}
	// Expired: the named timer of the call ran out.
	Expired struct{ Timer string }
	// Faulted: our own part failed for a leg.
	Faulted struct {
		Leg   LegID
		Cause Cause
	}
	// Decided is the policy's answer to a decide; Leg is that one's.
	Decided struct {
		Decision policy.Decision
		Leg      LegID
	}
	// SplashOver: the splash was heard at the leg, or none is to be.
	SplashOver struct{ Leg LegID }
	// Keyed: the leg's device sent digits as telephone-events; they wait with it.
	Keyed struct{ Leg LegID }
	// Pressed: keys were pressed on the leg's phone while its gate was not open;
	// they wait with it.
	Pressed struct{ Leg LegID }
	// ShutDown: the node stops.
	ShutDown struct{}
)

func (Begun) event()      {}
func (Asked) event()      {}
func (TabCame) event()    {}
func (TabGone) event()    {}
func (TabMedia) event()   {}
func (TabSilent) event()  {}
func (Expired) event()    {}
func (Faulted) event()    {}
func (Decided) event()    {}
func (SplashOver) event() {}
func (Keyed) event()      {}
func (Pressed) event()    {}
func (ShutDown) event()   {}

// input is an event with what media made of its SDP and the time it is
// handled: everything next may know.
type input struct {
	Event Event
	// Sound is the outcome of the offer/answer in the event, when it had SDP.
	Sound media.Negotiated
	// Fault is the cause when the SDP could not be used.
	Fault Cause
	// Target is the phone an Asked or the Wish names, nil when it has no live
	// binding; Again is a leg id to ring it with once more.
	Target *Target
	Again  LegID
	Now    time.Time
	// Other is the call a transfer names; Fresh an id for one to be begun.
	Other, Fresh CallID
	// MayRefer tells that the trunk of a Referred may transfer our users.
	MayRefer bool
	// Redirect are the branches that a trunk's 3xx leads to.
	Redirect []Target
	// Stirred counts what could have moved the phone of an Offered without a
	// hand; Alone tells that it is in no other call.
	Stirred uint64
	Alone   bool
	// Keys are the digits of a Digit or Pressed.
	Keys string
	// Silent are the legs nothing was heard of while a watchTimer ran.
	Silent []LegID
	// Stale tells that who asks saw the call when somebody else was calling.
	Stale bool
	// Silenced is the leg of a TabSilent whose browser is missed for the first
	// time in this outage, "" for none.
	Silenced LegID
}

// Wish is a third party's request for an automatic answer (RFC 5373, or an
// intercom call from a tab), with the owner's primary phone, nil when there is
// none.
type Wish struct {
	Kind    policy.Kind `json:"kind"`
	Require bool        `json:"require,omitempty"`
	Target  *Target     `json:"target,omitempty"`
	Again   LegID       `json:"again"`
}

// Commands of the machine: what the call's goroutine does after a transition.
type command interface{ command() }

type (
	// invite tries a new branch, offering codecs. Trigger makes it an auto
	// INVITE: the headers of the target's profile, the end born shut.
	invite struct {
		Target    Target
		Codecs    []media.Codec
		Direction media.Direction
		Trigger   bool
	}
	// decide asks the policy whether the phone may be asked on Leg; the outcome
	// is a Decided.
	decide struct {
		Leg              LegID
		Side             Side
		Kind             policy.Kind
		Require          bool
		Device, Instance string
		Requester        policy.Identity
	}
	// holdOthers puts the other calls on the side's phone on hold.
	holdOthers struct {
		Side   Side
		Device string
	}
	// shutGate, wantGate and openGate work the leg's gate. wantGate is only
	// ever the owner's own un-mute.
	shutGate struct{ Leg LegID }
	wantGate struct {
		Leg LegID
		By  act
	}
	openGate struct{ Leg LegID }
	// talk tells the phone that rings on the leg to go off-hook: a trigger.
	talk struct{ Leg LegID }
	// splash sounds the splash on the leg, before what it hears. A SplashOver
	// follows.
	splash struct {
		Leg  LegID
		Mode profile.SplashMode
	}
	// learn keeps a mute mode for the side's device.
	learn struct {
		Side   Side
		Device string
		Mute   profile.MuteMode
	}
	// ring tells the caller 180.
	ring struct{ Leg LegID }
	// early tells the caller 183 with our answer.
	early struct {
		Leg    LegID
		Codecs []media.Codec
	}
	// answer accepts the leg's pending offer.
	answer struct {
		Leg       LegID
		Codecs    []media.Codec
		Direction media.Direction
	}
	// answerLate accepts the leg's pending INVITE or re-INVITE that had no offer:
	// the 2xx carries ours, the ACK its answer (RFC 3261 13.2.1).
	answerLate struct {
		Leg       LegID
		Codecs    []media.Codec
		Direction media.Direction
	}
	// reject refuses the leg's pending INVITE or re-INVITE.
	reject struct {
		Leg   LegID
		Cause Cause
	}
	// takeBack cancels a branch and waits for its end; hangUp does not wait.
	takeBack struct {
		Leg   LegID
		Cause Cause
	}
	hangUp struct {
		Leg   LegID
		Cause Cause
	}
	// reoffer sends a re-INVITE.
	reoffer struct {
		Leg       LegID
		Codecs    []media.Codec
		Direction media.Direction
	}
	// probe asks whether the leg's device is still there.
	probe      struct{ Leg LegID }
	startTimer struct {
		Timer string
		After time.Duration
	}
	stopTimer struct{ Timer string }
	// reply answers an Asked; Err nil is ok.
	reply struct {
		ID  uint64
		Err *CommandError
	}
	// digits sends DTMF toward a leg, then replies.
	digits struct {
		ID     uint64
		Leg    LegID
		Digits string
	}
)

func (invite) command()     {}
func (ring) command()       {}
func (early) command()      {}
func (answer) command()     {}
func (answerLate) command() {}
func (reject) command()     {}
func (takeBack) command()   {}
func (hangUp) command()     {}
func (reoffer) command()    {}
func (startTimer) command() {}
func (stopTimer) command()  {}
func (reply) command()      {}
func (digits) command()     {}
func (decide) command()     {}
func (holdOthers) command() {}
func (shutGate) command()   {}
func (wantGate) command()   {}
func (openGate) command()   {}
func (talk) command()       {}
func (splash) command()     {}
func (probe) command()      {}
func (learn) command()      {}
