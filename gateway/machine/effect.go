package machine

import (
	"time"

	"ringsplash/gateway/profile"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// Effect is one thing that the call's goroutine does after a transition. Effects
// are plain data.
type Effect any

type (
	// Invite tries a new branch, offering codecs. Trigger makes it an auto
	// INVITE: the headers of the target's profile, the end born shut.
	Invite struct {
		Target    Target
		Codecs    []sdp.Codec
		Direction sdp.Direction
		Trigger   bool
	}
	// Decide asks the policy whether the phone may be asked on Leg; the outcome
	// is a Decided.
	Decide struct {
		Leg              LegID
		Side             Side
		Kind             policy.Kind
		Require          bool
		Device, Instance string
		Requester        policy.Identity
	}
	// HoldOthers puts the other calls on the side's phone on hold.
	HoldOthers struct {
		Side   Side
		Device string
	}
	// ShutGate shuts the leg's gate.
	ShutGate struct{ LegID }
	// WantGate makes an un-mute for it: only ever the owner's own.
	WantGate struct {
		LegID
		By Act
	}
	// OpenGate opens it with that un-mute.
	OpenGate struct{ LegID }
	// Talk tells the phone that rings on the leg to go off-hook: a trigger.
	Talk struct{ LegID }
	// PlaySplash sounds the splash on the leg, before what it hears. A SplashOver
	// follows.
	PlaySplash struct {
		LegID
		Mode profile.SplashMode
	}
	// Learn keeps a mute mode for the side's device.
	Learn struct {
		Side   Side
		Device string
		Mute   profile.MuteMode
	}
	// Ring tells the caller 180.
	Ring struct{ LegID }
	// RingEarly tells the caller 183 with our answer.
	RingEarly struct {
		LegID
		Codecs []sdp.Codec
	}
	// Accept accepts the leg's pending offer.
	Accept struct {
		LegID
		Codecs    []sdp.Codec
		Direction sdp.Direction
	}
	// AcceptLate accepts the leg's pending INVITE or re-INVITE that had no offer:
	// the 2xx carries ours, the ACK its answer (RFC 3261 13.2.1).
	AcceptLate struct {
		LegID
		Codecs    []sdp.Codec
		Direction sdp.Direction
	}
	// Reject refuses the leg's pending INVITE or re-INVITE.
	Reject struct {
		LegID
		Cause Cause
	}
	// TakeBack cancels a branch and waits for its end.
	TakeBack struct {
		LegID
		Cause Cause
	}
	// Release ends a leg and does not wait.
	Release struct {
		LegID
		Cause Cause
	}
	// Reoffer sends a re-INVITE.
	Reoffer struct {
		LegID
		Codecs    []sdp.Codec
		Direction sdp.Direction
	}
	// Probe asks whether the leg's device is still there.
	Probe struct{ LegID }
	// StartTimer starts a timer of the call anew.
	StartTimer struct {
		Timer string
		After time.Duration
	}
	// StopTimer stops a timer.
	StopTimer struct{ Timer string }
	// Reply answers an Asked; Err nil is ok.
	Reply struct {
		ID  uint64
		Err *CommandError
	}
	// KeyTones sends DTMF toward a leg, then replies.
	KeyTones struct {
		ID uint64
		LegID
		Digits string
	}
)

type (
	// Consult starts the call of a blind transfer, to be known by ID, to what
	// the user of Side dialled, or the Trunk there.
	Consult struct {
		ID    CallID
		Side  Side
		Trunk string
		To    string
		// Offered are the codecs of the party that stays.
		Offered []sdp.Codec
	}
	// Tell posts an event to another call.
	Tell struct {
		To    CallID
		Event Event
	}
	// Give hands a leg over to another call.
	Give struct {
		To CallID
		Joined
	}
	// Report tells the phone that sent a REFER how it goes (RFC 3515 2.4.5).
	Report struct {
		LegID
		Status int
		Phrase string
	}
)

func (i Invite) leg() LegID { return i.Target.Leg }
