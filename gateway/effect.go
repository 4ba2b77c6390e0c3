package gateway

import (
	"ringsplash/gateway/profile"
	"ringsplash/media"
	"ringsplash/policy"
	"time"
)

// command is one thing that the call's goroutine does after a transition. Effects
// are plain data.
type command any

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

type (
	// consult starts the call of a blind transfer, to be known by ID, to what
	// the user of Side dialled, or the Trunk there.
	consult struct {
		ID    CallID
		Side  Side
		Trunk string
		To    string
		// Offered are the codecs of the party that stays.
		Offered []media.Codec
	}
	// tell posts an event to another call.
	tell struct {
		To    CallID
		Event Event
	}
	// give hands a leg over to another call.
	give struct {
		To CallID
		Joined
	}
	// report tells the phone that sent a REFER how it goes (RFC 3515 2.4.5).
	report struct {
		Leg    LegID
		Status int
		Phrase string
	}
)
