package machine

import (
	"time"

	"ringsplash/media"
	"ringsplash/media/sdp"
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
		Offered []sdp.Codec
		// Late tells that the caller's INVITE had no offer.
		Late bool
		// Replaces is the leg in the call Other whose place the caller wants
		// (RFC 3891); Waits the call whose party will be the caller, by transfer.
		Replaces LegID
		Other    CallID
		Waits    CallID
		// PickUp is the user whose phone the leg rings that is replaced, "" for none.
		PickUp string
		// Back is the trunk whose REFER began the call, "" for none: the one way
		// out of the house that it has.
		Back  string
		Cause Cause
		// Wish is the requester's wish for an automatic answer, if any.
		Wish Wish
	}
	// Named tells what the user of a side calls who has that address.
	Named struct {
		Side             Side
		Address, Display string
	}
	// Asked is what a tab asks for; the reply goes to the one who waits for ID.
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
		LegID
		Cause Cause
	}
	// Decided is the policy's answer to a decide; Leg is that one's.
	Decided struct {
		Decision policy.Decision
		Leg      LegID
	}
	// SplashOver: the splash was heard at the leg, or none is to be.
	SplashOver struct{ LegID }
	// Keyed: the leg's device sent digits as telephone-events; they wait with it.
	Keyed struct{ LegID }
	// Pressed: keys were pressed on the leg's phone while its gate was not open;
	// they wait with it.
	Pressed struct{ LegID }
	// ShutDown: the node stops.
	ShutDown struct{}
)

// Input is an event with what media made of its SDP and the time it is
// handled: everything next may know.
type Input struct {
	Event Event
	// Sound is the outcome of the offer/answer in the event, when it had SDP.
	Sound sdp.Negotiated
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
	// Activity counts what could have moved the phone of an Offered without a
	// hand; Alone tells that it is in no other call.
	Activity uint64
	Alone    bool
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

// Typed identifiers, so that two strings cannot be swapped.
type (
	// CallID names one call on all nodes.
	CallID string
	// LegID names one leg; it is the user part of the Contact we write for its dialog.
	// What concerns a leg embeds it: an event of the leg, an effect on it.
	LegID string
	// TabID names one page-load chain of the softphone.
	TabID string
)

func (id LegID) leg() LegID { return id }

// LegOf is the leg that an event or effect concerns, "" for none.
func LegOf(what any) LegID {
	if of, ok := what.(interface{ leg() LegID }); ok {
		return of.leg()
	}
	return ""
}

// Event is one thing that happened to a call. Events are plain data.
type Event any

// Events of a leg. The SIP side posts them; LegID says whose they are.
type (
	// Rang: a 18x of a branch we try; SDP when it carries early media. Talk:
	// the phone can be told to go off-hook by NOTIFY.
	Rang struct {
		LegID
		Status int
		SDP    []byte
		Talk   bool
	}
	// Answered: a branch was answered (2xx). The ACK was sent already.
	Answered struct {
		LegID
		SDP []byte
	}
	// Refused: a branch ended with a final response >= 300, or with none
	// (408, or 503 when it could not be sent). Contacts holds a 3xx's targets.
	Refused struct {
		LegID
		Status     int
		Phrase     string
		RetryAfter time.Duration
		Contacts   []string
	}
	// Ended: the device hung up (BYE), gave up (CANCEL before our answer), or
	// the dialog died (481, 408, missing ACK).
	Ended struct {
		LegID
		Cause Cause
	}
	// Offered: a re-INVITE with an SDP offer waits for Answer or Reject.
	// SDP is empty for a re-INVITE without one: answer with an offer.
	Offered struct {
		LegID
		SDP []byte
	}
	// Reoffered: our Reoffer has its final response; SDP is the answer of a
	// 2xx. A refused Reoffer leaves the dialog as it was. Stale: it was not sent
	// (491), for an offer of the device's came first and was answered.
	Reoffered struct {
		LegID
		Status int
		SDP    []byte
		Stale  bool
	}
	// Referred: the device asks to be replaced in the call (REFER, RFC 3515) by
	// whom it names in To, a URI, or, Attended, by the far end of its other
	// dialog with us, Replaces ("" for one we do not have). Report answers.
	Referred struct {
		LegID
		To       string
		Attended bool
		Replaces LegID
	}
	// RefreshDue: the session timer (RFC 4028) wants a Reoffer of what is
	// agreed; the far end takes no shorter refresh.
	RefreshDue struct{ LegID }
	// Kept: Goodbye is what ends the dialog as it now is from another process, see
	// Dialer.Goodbye. Only signaling reads it.
	Kept struct {
		LegID
		Goodbye []byte
	}
	// Digit: a DTMF digit that came as INFO.
	Digit struct {
		LegID
		Digit byte
	}
)

// Limits are how long a call waits for what; zero values take the defaults in
// brackets.
type Limits struct {
	Ring       time.Duration // how long an unanswered call rings [60 s]
	CancelWait time.Duration // for the final of a branch taken back [1 s]
	AutoAnswer time.Duration // for the 200 of an auto INVITE [4 s]
	MutedLimit time.Duration // until a muted automatic answer is reminded of or ended [120 s]
	UnmuteWait time.Duration // for a phone to agree to an un-mute [60 s]
	MediaLost  time.Duration // without sound until a device is asked whether it is there [30 s]
}
