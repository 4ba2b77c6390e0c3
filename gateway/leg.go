package gateway

import (
	"net/netip"

	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/location"
	"ringsplash/policy"
)

// Sink takes what happens to a leg. It never blocks, may be called from any
// goroutine and keeps the order in which one goroutine posts.
type Sink func(machine.Event)

// Leg is one device's dialog, driven by the call that owns it. No method
// waits: what comes of it arrives at the leg's Sink. Calling a method the leg's
// state does not allow does nothing. After Ended or Refused a leg is silent.
type Leg interface {
	// ID is the leg's id, unique on this node.
	ID() machine.LegID
	// Ring sends 180, or 183 with sdp when there is early media (RFC 3261 13.3.1.1).
	Ring(sdp []byte)
	// Answer accepts the pending INVITE or re-INVITE with the SDP answer.
	Answer(sdp []byte)
	// Reject refuses the pending INVITE or re-INVITE; the dialog of a
	// re-INVITE goes on unchanged (RFC 3261 14.2).
	Reject(c machine.Cause)
	// Reoffer sends a re-INVITE with sdp. The outcome is a Reoffered.
	Reoffer(sdp []byte)
	// Probe asks an answered device whether it still knows the dialog: when
	// nothing comes back, Ended with CauseMediaLost follows.
	Probe()
	// Report tells how the REFER of a Referred goes: the first report accepts
	// it, or refuses it when status is 300 or more; the last is 200 or more
	// (RFC 3515 2.4.5).
	Report(status int, phrase string)
	// Cancel takes a ringing branch back: CANCEL after its first 1xx, with
	// Reason (RFC 3326). The outcome is Refused, or Answered when a 2xx crossed
	// it; the call then decides what to do with the answered leg.
	Cancel(c machine.Cause)
	// Talk tells a ringing phone that named Event: talk to go off-hook, by
	// NOTIFY on its early dialog. Like an INVITE with a trigger it needs an
	// allow decision. Nothing else comes of it than Answered, if the phone obeys.
	Talk()
	// Digits sends DTMF digits by INFO, to an answered device that negotiated no
	// telephone-event. One that does not understand them hears nothing.
	Digits(s string)
	// HangUp ends the leg, whatever its state: a final response, CANCEL or
	// BYE, with Reason. A 2xx that crosses it gets ACK and BYE. Ended follows.
	HangUp(c machine.Cause)
}

// Invite asks for a new branch.
type Invite struct {
	Leg machine.LegID
	// Binding is the phone to ring, nil for a trunk or outside URI.
	Binding *location.Binding
	// Trunk is the trunk to go through, "" for a binding or a direct URI.
	Trunk string
	// URI is the Request-URI for a trunk ("sip:00441234@pbx") or a direct URI.
	// A binding supplies its own.
	URI string
	// From is the caller as the far end may see him, already laundered; a trunk
	// gets him as he is, to be hidden as RFC 3325 says.
	From policy.Identity
	// To is the AOR that was called.
	To string
	// Offer is our SDP offer.
	Offer []byte
	// Headers are extra headers that the call put there on purpose (the
	// trigger of an allowed automatic answer). Nothing received is copied.
	Headers []profile.Header
}

// Dialer makes legs toward phones, trunks and URIs; sipua implements it.
type Dialer interface {
	// Invite starts a branch and returns at once. Everything that comes of it,
	// failure to send included, arrives at sink.
	Invite(in Invite, sink Sink) Leg
	// Goodbye ends the dialog of a process that was killed, whose Kept it is. It
	// does not wait for the far end.
	Goodbye(kept []byte, c machine.Cause) error
}

// Incoming is an INVITE that asks for a new call. Its sender was identified
// and may call; where the call goes is for the gateway to decide.
type Incoming struct {
	Leg Leg
	// From is who calls, as far as he was authenticated.
	From policy.Identity
	// Device is the id of our user's deskphone that calls, "" for others.
	Device string
	// Dialled is the Request-URI as received.
	Dialled string
	// Replaces is the leg whose place the caller wants (RFC 3891), "" for none.
	Replaces machine.LegID
	// PickUp is the user whose phone Replaces rings, "" when it talks: his call is
	// to be picked up.
	PickUp string
	// Offer is the SDP offer; empty when the INVITE had none.
	Offer []byte
	// Source is where the INVITE came from.
	Source netip.AddrPort
	// AnswerMode is the requester's wish (RFC 5373), for policy to judge.
	AnswerMode AnswerMode
}

// AnswerMode is the Answer-Mode and Priv-Answer-Mode of an INVITE (RFC 5373 4.3).
type AnswerMode struct {
	Auto    bool `json:"auto,omitempty"`
	Priv    bool `json:"priv,omitempty"`
	Require bool `json:"require,omitempty"`
}
