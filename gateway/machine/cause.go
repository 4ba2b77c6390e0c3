package machine

import (
	"time"

	"ringsplash/internal/sentence"
)

// Cause says why a leg or a call ended. One table (causes) turns it into the
// SIP status and the Reason header; Words has the sentences people read.
type Cause string

// Causes of an end.
const (
	CauseHangUp       Cause = "hang_up"            // somebody hung up: the normal end
	CauseNoAnswer     Cause = "no_answer"          // rang until the ring timer ended
	CauseBusy         Cause = "busy"               // every device was busy
	CauseDeclined     Cause = "declined"           // a person pressed Decline
	CauseOffline      Cause = "offline"            // the user has no phone and no tab now
	CauseUnknown      Cause = "unknown"            // no such user or number
	CauseNoCodec      Cause = "no_codec"           // no audio format both sides know
	CauseNoAudio      Cause = "no_audio"           // a description without audio
	CauseSecureOnly   Cause = "secure_only"        // audio over SRTP and nothing else
	CauseTransport    Cause = "media_transport"    // audio over something that is not RTP
	CauseFamily       Cause = "address_family"     // media of an address family that we have not
	CauseHostName     Cause = "media_host_name"    // a host name where a media address belongs
	CauseMulticast    Cause = "multicast"          // media to a group of hosts
	CauseBadSDP       Cause = "bad_description"    // a session description that cannot be read or used
	CauseForbidden    Cause = "forbidden"          // this caller may not call that
	CauseTrunkDown    Cause = "trunk_down"         // the trunk does not answer
	CauseOverload     Cause = "overload"           // too many calls now
	CauseOwnLimit     Cause = "too_many_calls"     // this user or source has as many calls as it may have
	CauseOutsideLimit Cause = "outside_limit"      // this user has as many calls to the outside as it may have
	CauseLoop         Cause = "loop"               // the call came back to us
	CauseElsewhere    Cause = "answered_elsewhere" // another device of the user took it
	CauseCallerGone   Cause = "caller_gone"        // the caller gave up while it rang
	CauseMediaLost    Cause = "media_lost"         // no sound arrived any more
	CauseDialogLost   Cause = "dialog_lost"        // the far end forgot the dialog (481, 408)
	CauseUnreachable  Cause = "unreachable"        // the device did not react at all
	CauseRefused      Cause = "refused"            // the device or line says that it failed (5xx)
	CauseStoreAway    Cause = "store_away"         // the store cannot be reached
	CauseFault        Cause = "fault"              // our own fault
	CauseUnsupported  Cause = "unsupported"        // the request needs what we cannot do
	CauseMutedLimit   Cause = "muted_limit"        // an automatic answer nobody un-muted
	CauseTransferred  Cause = "transferred"        // a transfer joined the parties in another call
	CauseShuttingDown Cause = "shutting_down"      // this node is being stopped
	CauseRestarted    Cause = "restarted"          // this node was killed, and is back
	CauseRedirected   Cause = "redirected"         // the phone sends calls elsewhere (3xx), which is not followed
)

// Outcome is what a Cause means on the wire and to people.
type Outcome struct {
	// Status and Phrase are the SIP final response before an answer.
	Status int
	Phrase string
	// Reason is the value of the Reason header (RFC 3326), "" for none.
	Reason string
	// Warning is the warn-code of the Warning header (RFC 3261 20.43) that comes
	// with a refused description, 0 for none. Its text is the caller's sentence.
	Warning int
	// RetryAfter is the Retry-After value, 0 for none.
	RetryAfter time.Duration
}

var causes = map[Cause]Outcome{
	CauseHangUp:   {Status: 487, Phrase: "Request Terminated", Reason: `Q.850;cause=16;text="Normal call clearing"`},
	CauseNoAnswer: {Status: 480, Phrase: "No Answer", Reason: `SIP;cause=480;text="No answer"`},
	CauseBusy:     {Status: 486, Phrase: "Busy Here", Reason: `SIP;cause=486;text="Busy"`},
	CauseDeclined: {Status: 603, Phrase: "Decline", Reason: `SIP;cause=603;text="Declined"`},
	CauseOffline:  {Status: 480, Phrase: "Nobody Registered", Reason: `SIP;cause=480;text="Nobody registered"`},
	CauseUnknown:  {Status: 404, Phrase: "Not Found", Reason: `SIP;cause=404;text="Not found"`},
	CauseNoCodec:  {Status: 488, Phrase: "No Common Codec", Reason: `SIP;cause=488;text="No common codec"`, Warning: 305},
	CauseNoAudio:  {Status: 488, Phrase: "No Audio", Reason: `SIP;cause=488;text="No audio"`, Warning: 304},
	CauseSecureOnly: {
		Status: 488, Phrase: "Encrypted Audio Only", Reason: `SIP;cause=488;text="Encrypted audio only"`,
		Warning: 302,
	},
	CauseTransport: {
		Status: 488, Phrase: "Unknown Media Transport", Reason: `SIP;cause=488;text="Unknown media transport"`,
		Warning: 302,
	},
	CauseFamily: {
		Status: 488, Phrase: "Address Family Not Available",
		Reason: `SIP;cause=488;text="Address family not available"`, Warning: 301,
	},
	CauseHostName: {Status: 488, Phrase: "Host Name In SDP", Reason: `SIP;cause=488;text="Host name in SDP"`, Warning: 301},
	CauseMulticast: {
		Status: 488, Phrase: "Multicast Not Available", Reason: `SIP;cause=488;text="Multicast not available"`,
		Warning: 330,
	},
	CauseBadSDP: {
		Status: 488, Phrase: "Description Not Usable", Reason: `SIP;cause=488;text="Description not usable"`,
		Warning: 399,
	},
	CauseForbidden: {Status: 403, Phrase: "Not Allowed", Reason: `SIP;cause=403;text="Not allowed"`},
	CauseTrunkDown: {Status: 503, Phrase: "Trunk Down", Reason: `SIP;cause=503;text="Trunk down"`, RetryAfter: 30 * time.Second},
	CauseOverload: {
		Status: 503, Phrase: "Too Many Calls", Reason: `SIP;cause=503;text="Too many calls"`,
		RetryAfter: 10 * time.Second,
	},
	CauseOwnLimit: {
		Status: 480, Phrase: "Too Many Calls Of Yours", Reason: `SIP;cause=480;text="Too many calls of yours"`,
		RetryAfter: 10 * time.Second,
	},
	CauseOutsideLimit: {
		Status: 403, Phrase: "Outside Call Limit Reached",
		Reason: `SIP;cause=403;text="Outside call limit reached"`,
	},
	CauseLoop:        {Status: 482, Phrase: "Loop Detected", Reason: `SIP;cause=482;text="Loop detected"`},
	CauseElsewhere:   {Status: 487, Phrase: "Answered Elsewhere", Reason: `SIP;cause=200;text="Call completed elsewhere"`},
	CauseCallerGone:  {Status: 487, Phrase: "Request Terminated", Reason: `SIP;cause=487;text="Caller gave up"`},
	CauseMediaLost:   {Status: 408, Phrase: "Media Lost", Reason: `SIP;cause=408;text="Media lost"`},
	CauseDialogLost:  {Status: 481, Phrase: "Dialog Lost", Reason: `SIP;cause=481;text="Dialog lost"`},
	CauseUnreachable: {Status: 480, Phrase: "Unreachable", Reason: `SIP;cause=480;text="Unreachable"`},
	CauseRefused:     {Status: 480, Phrase: "Device Fault", Reason: `SIP;cause=480;text="Device fault"`},
	CauseStoreAway:   {Status: 500, Phrase: "Store Away", Reason: `SIP;cause=500;text="Store away"`},
	CauseFault:       {Status: 500, Phrase: "Gateway Fault", Reason: `SIP;cause=500;text="Gateway fault"`},
	CauseUnsupported: {Status: 488, Phrase: "Not Acceptable Here", Reason: `SIP;cause=488;text="Not acceptable"`},
	CauseRestarted: {
		Status: 503, Phrase: "Gateway Restarted", Reason: `SIP;cause=503;text="Gateway restarted"`,
		RetryAfter: 10 * time.Second,
	},
	CauseMutedLimit:  {Status: 480, Phrase: "Nobody There", Reason: `SIP;cause=480;text="Nobody there"`},
	CauseTransferred: {Status: 487, Phrase: "Transferred", Reason: `SIP;cause=200;text="Call transferred"`},
	CauseRedirected:  {Status: 480, Phrase: "Not Here", Reason: `SIP;cause=480;text="Not here"`},
	CauseShuttingDown: {
		Status: 503, Phrase: "Shutting Down", Reason: `SIP;cause=503;text="Shutting down"`,
		RetryAfter: 30 * time.Second,
	},
}

// Outcome looks the cause up. An unknown cause is our fault (500).
func (c Cause) Outcome() Outcome {
	if o, ok := causes[c]; ok {
		return o
	}
	return causes[CauseFault]
}

// Sentence is what the given side's people read.
func (c Cause) Sentence(side Side) sentence.Sentence {
	if _, ok := causes[c]; !ok {
		c = CauseFault
	}
	code := "cause." + string(c)
	if _, both := Words[code]; !both {
		code += [...]string{".caller", ".callee"}[side]
	}
	return Words.Say(code)
}

// CauseOf turns the final status of a branch into a cause.
func CauseOf(status int) Cause {
	switch {
	case status >= 300 && status < 400:
		return CauseRedirected
	case status == 486 || status == 600:
		return CauseBusy
	case status == 603 || status == 607:
		return CauseDeclined
	case status == 404 || status == 604 || status == 484 || status == 410:
		return CauseUnknown
	case status == 488 || status == 606 || status == 415:
		return CauseNoCodec
	case status == 403 || status == 401 || status == 407:
		return CauseForbidden
	case status == 408:
		return CauseUnreachable
	case status == 480:
		return CauseNoAnswer
	case status == 482 || status == 483:
		return CauseLoop
	case status == 487:
		return CauseCallerGone
	case status == 420 || status == 421:
		return CauseUnsupported
	case status == 503:
		return CauseTrunkDown
	default:
		return CauseRefused
	}
}
