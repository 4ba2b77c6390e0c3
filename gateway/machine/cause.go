package machine

import (
	"cmp"
	"fmt"
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
	CauseDND          Cause = "dnd"                // the user set do not disturb
	CauseDNDHidden    Cause = "dnd_hidden"         // the same, of a caller who may not know it: he is told CauseOffline
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
	// Reason is the value of the Reason header (RFC 3326), made of text where that
	// repeats Status.
	Reason, text string
	// Warning is the warn-code of the Warning header (RFC 3261 20.43) that comes
	// with a refused description, 0 for none. Its text is the caller's sentence.
	Warning int
	// RetryAfter is the Retry-After value, 0 for none.
	RetryAfter time.Duration
}

var causes = map[Cause]Outcome{
	CauseHangUp:     {Status: 487, Phrase: "Request Terminated", Reason: `Q.850;cause=16;text="Normal call clearing"`},
	CauseNoAnswer:   {Status: 480, Phrase: "No Answer", text: "No answer"},
	CauseBusy:       {Status: 486, Phrase: "Busy Here", text: "Busy"},
	CauseDeclined:   {Status: 603, Phrase: "Decline", text: "Declined"},
	CauseOffline:    {Status: 480, Phrase: "Nobody Registered", text: "Nobody registered"},
	CauseDND:        {Status: 480, Phrase: "Do Not Disturb", text: "Do not disturb"},
	CauseDNDHidden:  {Status: 480, Phrase: "Nobody Registered", text: "Nobody registered"}, // as CauseOffline, to the letter
	CauseUnknown:    {Status: 404, Phrase: "Not Found", text: "Not found"},
	CauseNoCodec:    {Status: 488, Phrase: "No Common Codec", text: "No common codec", Warning: 305},
	CauseNoAudio:    {Status: 488, Phrase: "No Audio", text: "No audio", Warning: 304},
	CauseSecureOnly: {Status: 488, Phrase: "Encrypted Audio Only", text: "Encrypted audio only", Warning: 302},
	CauseTransport:  {Status: 488, Phrase: "Unknown Media Transport", text: "Unknown media transport", Warning: 302},
	CauseFamily:     {Status: 488, Phrase: "Address Family Not Available", text: "Address family not available", Warning: 301},
	CauseHostName:   {Status: 488, Phrase: "Host Name In SDP", text: "Host name in SDP", Warning: 301},
	CauseMulticast:  {Status: 488, Phrase: "Multicast Not Available", text: "Multicast not available", Warning: 330},
	CauseBadSDP:     {Status: 488, Phrase: "Description Not Usable", text: "Description not usable", Warning: 399},
	CauseForbidden:  {Status: 403, Phrase: "Not Allowed", text: "Not allowed"},
	CauseTrunkDown:  {Status: 503, Phrase: "Trunk Down", text: "Trunk down", RetryAfter: 30 * time.Second},
	CauseOverload:   {Status: 503, Phrase: "Too Many Calls", text: "Too many calls", RetryAfter: 10 * time.Second},
	CauseOwnLimit: {
		Status: 480, Phrase: "Too Many Calls Of Yours", text: "Too many calls of yours", RetryAfter: 10 * time.Second,
	},
	CauseOutsideLimit: {Status: 403, Phrase: "Outside Call Limit Reached", text: "Outside call limit reached"},
	CauseLoop:         {Status: 482, Phrase: "Loop Detected", text: "Loop detected"},
	CauseElsewhere:    {Status: 487, Phrase: "Answered Elsewhere", Reason: `SIP;cause=200;text="Call completed elsewhere"`},
	CauseCallerGone:   {Status: 487, Phrase: "Request Terminated", text: "Caller gave up"},
	CauseMediaLost:    {Status: 408, Phrase: "Media Lost", text: "Media lost"},
	CauseDialogLost:   {Status: 481, Phrase: "Dialog Lost", text: "Dialog lost"},
	CauseUnreachable:  {Status: 480, Phrase: "Unreachable", text: "Unreachable"},
	CauseRefused:      {Status: 480, Phrase: "Device Fault", text: "Device fault"},
	CauseStoreAway:    {Status: 500, Phrase: "Store Away", text: "Store away"},
	CauseFault:        {Status: 500, Phrase: "Gateway Fault", text: "Gateway fault"},
	CauseUnsupported:  {Status: 488, Phrase: "Not Acceptable Here", text: "Not acceptable"},
	CauseRestarted:    {Status: 503, Phrase: "Gateway Restarted", text: "Gateway restarted", RetryAfter: 10 * time.Second},
	CauseMutedLimit:   {Status: 480, Phrase: "Nobody There", text: "Nobody there"},
	CauseTransferred:  {Status: 487, Phrase: "Transferred", Reason: `SIP;cause=200;text="Call transferred"`},
	CauseRedirected:   {Status: 480, Phrase: "Not Here", text: "Not here"},
	CauseShuttingDown: {Status: 503, Phrase: "Shutting Down", text: "Shutting down", RetryAfter: 30 * time.Second},
}

// Outcome looks the cause up. An unknown cause is our fault (500).
func (c Cause) Outcome() Outcome {
	o, ok := causes[c]
	if !ok {
		o = causes[CauseFault]
	}
	if o.text != "" {
		o.Reason = fmt.Sprintf("SIP;cause=%d;text=%q", o.Status, o.text)
	}
	return o
}

// ShownTo is the cause as the given side's people may know it.
func (c Cause) ShownTo(side Side) Cause {
	if c == CauseDNDHidden {
		return [...]Cause{CauseOffline, CauseDND}[side]
	}
	return c
}

// Sentence is what the given side's people read.
func (c Cause) Sentence(side Side) sentence.Sentence {
	c = c.ShownTo(side)
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
	if status >= 300 && status < 400 {
		return CauseRedirected
	}
	return cmp.Or(statuses[status], CauseRefused)
}

var statuses = map[int]Cause{
	486: CauseBusy, 600: CauseBusy,
	603: CauseDeclined, 607: CauseDeclined,
	404: CauseUnknown, 604: CauseUnknown, 484: CauseUnknown, 410: CauseUnknown,
	488: CauseNoCodec, 606: CauseNoCodec, 415: CauseNoCodec,
	403: CauseForbidden, 401: CauseForbidden, 407: CauseForbidden,
	408: CauseUnreachable,
	480: CauseNoAnswer,
	482: CauseLoop, 483: CauseLoop,
	487: CauseCallerGone,
	420: CauseUnsupported, 421: CauseUnsupported,
	503: CauseTrunkDown,
}
