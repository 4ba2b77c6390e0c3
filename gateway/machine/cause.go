package machine

import "time"

// Cause says why a leg or a call ended. One table (causes) turns it into the
// SIP status, the Reason header and the sentence a person reads.
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
	// with a refused description, 0 for none. Its text is Caller.
	Warning int
	// RetryAfter is the Retry-After value, 0 for none.
	RetryAfter time.Duration
	// Caller and Callee are the sentences for either side's client and log.
	Caller, Callee string
}

var causes = map[Cause]Outcome{
	CauseHangUp: {
		Status: 487, Phrase: "Request Terminated", Reason: `Q.850;cause=16;text="Normal call clearing"`,
		Caller: "The call has ended.", Callee: "The call has ended.",
	},
	CauseNoAnswer: {
		Status: 480, Phrase: "No Answer", Reason: `SIP;cause=480;text="No answer"`,
		Caller: "Nobody answered. Try again later.", Callee: "You missed this call.",
	},
	CauseBusy: {
		Status: 486, Phrase: "Busy Here", Reason: `SIP;cause=486;text="Busy"`,
		Caller: "The line is busy. Try again in a few minutes.", Callee: "Your phone was busy, so the call could not ring.",
	},
	CauseDeclined: {
		Status: 603, Phrase: "Decline", Reason: `SIP;cause=603;text="Declined"`, Caller: "The call was declined.",
		Callee: "You declined this call.",
	},
	CauseOffline: {
		Status: 480, Phrase: "Nobody Registered", Reason: `SIP;cause=480;text="Nobody registered"`,
		Caller: "This person has no phone connected right now. Try again later.", Callee: "None of your phones was connected.",
	},
	CauseUnknown: {
		Status: 404, Phrase: "Not Found", Reason: `SIP;cause=404;text="Not found"`,
		Caller: "Nobody has this name or number. Check it and dial again.", Callee: "The number does not exist.",
	},
	CauseNoCodec: {
		Status: 488, Phrase: "No Common Codec", Reason: `SIP;cause=488;text="No common codec"`, Warning: 305,
		Caller: "The two phones share no audio format. Ask the administrator to enable PCMU or PCMA on both.",
		Callee: "The two phones share no audio format. Ask the administrator to enable PCMU or PCMA on both.",
	},
	CauseNoAudio: {
		Status: 488, Phrase: "No Audio", Reason: `SIP;cause=488;text="No audio"`, Warning: 304,
		Caller: "The other phone offers no sound, and a call here needs it. Start the call with audio.",
		Callee: "The other phone offers no sound, and a call here needs it. Start the call with audio.",
	},
	CauseSecureOnly: {
		Status: 488, Phrase: "Encrypted Audio Only", Reason: `SIP;cause=488;text="Encrypted audio only"`,
		Warning: 302, Caller: "The phone insists on encrypted sound (SRTP), which the gateway does not speak with phones. Set the " +
			"media encryption of its account to off or optional.",
		Callee: "The phone insists on encrypted sound (SRTP), which the gateway does not speak with phones. Set the media " +
			"encryption of its account to off or optional.",
	},
	CauseTransport: {
		Status: 488, Phrase: "Unknown Media Transport", Reason: `SIP;cause=488;text="Unknown media transport"`,
		Warning: 302, Caller: "The phone offers its sound over a transport that the gateway does not speak. Set its account to " +
			"plain RTP (RTP/AVP).", Callee: "The phone offers its sound over a transport that the gateway does not speak. Set its " +
			"account to plain RTP (RTP/AVP).",
	},
	CauseFamily: {
		Status: 488, Phrase: "Address Family Not Available",
		Reason: `SIP;cause=488;text="Address family not available"`, Warning: 301,
		Caller: "The phone sends its sound over an address family (IPv4 or IPv6) of which the gateway has no address. Ask the " +
			"administrator to add one under media.listen.",
		Callee: "The phone sends its sound over an address family (IPv4 or IPv6) of which the gateway has no address. Ask the " +
			"administrator to add one under media.listen.",
	},
	CauseHostName: {
		Status: 488, Phrase: "Host Name In SDP", Reason: `SIP;cause=488;text="Host name in SDP"`, Warning: 301,
		Caller: "The phone describes its sound by a host name, where an IP address belongs. Set an IP address as its media or " +
			"external address.", Callee: "The phone describes its sound by a host name, where an IP address belongs. Set an IP address " +
			"as its media or external address.",
	},
	CauseMulticast: {
		Status: 488, Phrase: "Multicast Not Available", Reason: `SIP;cause=488;text="Multicast not available"`,
		Warning: 330, Caller: "The phone wants the sound sent to a group of hosts (multicast or broadcast), which the gateway does " +
			"not do. Set an address of its own.",
		Callee: "The phone wants the sound sent to a group of hosts (multicast or broadcast), which the gateway does not do. Set an " +
			"address of its own.",
	},
	CauseBadSDP: {
		Status: 488, Phrase: "Description Not Usable", Reason: `SIP;cause=488;text="Description not usable"`,
		Warning: 399, Caller: "The phone described its sound in a way that cannot be read or used. Ask the administrator: the log " +
			"of the gateway says what is wrong.",
		Callee: "The phone described its sound in a way that cannot be read or used. Ask the administrator: the log of the gateway " +
			"says what is wrong.",
	},
	CauseForbidden: {
		Status: 403, Phrase: "Not Allowed", Reason: `SIP;cause=403;text="Not allowed"`,
		Caller: "You may not call this number. Ask the administrator.", Callee: "This caller is not allowed to call here.",
	},
	CauseTrunkDown: {
		Status: 503, Phrase: "Trunk Down", Reason: `SIP;cause=503;text="Trunk down"`, RetryAfter: 30 * time.Second,
		Caller: "The line to the outside does not answer. Try again in half a minute.", Callee: "The line to the outside failed.",
	},
	CauseOverload: {
		Status: 503, Phrase: "Too Many Calls", Reason: `SIP;cause=503;text="Too many calls"`,
		RetryAfter: 10 * time.Second, Caller: "Too many calls are running. Try again in a few seconds.",
		Callee: "Too many calls were running.",
	},
	CauseOwnLimit: {
		Status: 480, Phrase: "Too Many Calls Of Yours", Reason: `SIP;cause=480;text="Too many calls of yours"`,
		RetryAfter: 10 * time.Second, Caller: "You have too many calls at once. End one first.",
		Callee: "The caller had too many calls at once.",
	},
	CauseOutsideLimit: {
		Status: 403, Phrase: "Outside Call Limit Reached", Reason: `SIP;cause=403;text="Outside call limit reached"`,
		Caller: "You have as many outside calls, at once or in the last hour, as the administrator allows. " +
			"End one, or try again later.",
		Callee: "The caller had too many outside calls.",
	},
	CauseLoop: {
		Status: 482, Phrase: "Loop Detected", Reason: `SIP;cause=482;text="Loop detected"`,
		Caller: "The call came back to itself. Ask the administrator to check the forwarding.",
		Callee: "The call came back to itself.",
	},
	CauseElsewhere: {
		Status: 487, Phrase: "Answered Elsewhere", Reason: `SIP;cause=200;text="Call completed elsewhere"`,
		Caller: "The call was answered on another device.", Callee: "The call was answered on another device.",
	},
	CauseCallerGone: {
		Status: 487, Phrase: "Request Terminated", Reason: `SIP;cause=487;text="Caller gave up"`,
		Caller: "You ended the call before it was answered.", Callee: "The caller hung up before you answered.",
	},
	CauseMediaLost: {
		Status: 408, Phrase: "Media Lost", Reason: `SIP;cause=408;text="Media lost"`,
		Caller: "The sound was lost and did not come back. Call again.",
		Callee: "The sound was lost and did not come back. Call again.",
	},
	CauseDialogLost: {
		Status: 481, Phrase: "Dialog Lost", Reason: `SIP;cause=481;text="Dialog lost"`,
		Caller: "The other phone lost the call. Call again.", Callee: "The other phone lost the call. Call again.",
	},
	CauseUnreachable: {
		Status: 480, Phrase: "Unreachable", Reason: `SIP;cause=480;text="Unreachable"`,
		Caller: "The phone could not be reached. Check its network cable and try again.",
		Callee: "Your phone did not react. Check its network cable.",
	},
	CauseRefused: {
		Status: 480, Phrase: "Device Fault", Reason: `SIP;cause=480;text="Device fault"`,
		Caller: "The other side's phone or line reported a fault and could not take the call. Try again later.",
		Callee: "Your phone reported a fault, so the call could not ring. Restart it if that goes on.",
	},
	CauseStoreAway: {
		Status: 500, Phrase: "Store Away", Reason: `SIP;cause=500;text="Store away"`,
		Caller: "The gateway cannot reach its store. Try again in a minute.", Callee: "The gateway could not reach its store.",
	},
	CauseFault: {
		Status: 500, Phrase: "Gateway Fault", Reason: `SIP;cause=500;text="Gateway fault"`,
		Caller: "The gateway made an error and ended this call. Call again.", Callee: "The gateway made an error and ended this call.",
	},
	CauseUnsupported: {
		Status: 488, Phrase: "Not Acceptable Here", Reason: `SIP;cause=488;text="Not acceptable"`,
		Caller: "The other side asked for something the gateway cannot do.",
		Callee: "The other side asked for something the gateway cannot do.",
	},
	CauseRestarted: {
		Status: 503, Phrase: "Gateway Restarted", Reason: `SIP;cause=503;text="Gateway restarted"`,
		RetryAfter: 10 * time.Second, Caller: "The gateway stopped unexpectedly, which ended this call. Call again.",
		Callee: "The gateway stopped unexpectedly, which ended this call. Call again.",
	},
	CauseMutedLimit: {
		Status: 480, Phrase: "Nobody There", Reason: `SIP;cause=480;text="Nobody there"`,
		Caller: "The phone answered by itself, but nobody was there to speak. Try again later.",
		Callee: "Your phone answered by itself and nobody un-muted it, so the call was ended.",
	},
	CauseTransferred: {
		Status: 487, Phrase: "Transferred", Reason: `SIP;cause=200;text="Call transferred"`,
		Caller: "The call was transferred.", Callee: "The call was transferred.",
	},
	CauseRedirected: {
		Status: 480, Phrase: "Not Here", Reason: `SIP;cause=480;text="Not here"`,
		Caller: "The other side sends its calls elsewhere, where this gateway does not follow. Try again later.",
		Callee: "Your phone sends calls elsewhere, which is not followed. Take its forwarding off.",
	},
	CauseShuttingDown: {
		Status: 503, Phrase: "Shutting Down", Reason: `SIP;cause=503;text="Shutting down"`,
		RetryAfter: 30 * time.Second, Caller: "The gateway is being restarted. Try again in half a minute.",
		Callee: "The gateway is being restarted.",
	},
}

// Outcome looks the cause up. An unknown cause is our fault (500).
func (c Cause) Outcome() Outcome {
	if o, ok := causes[c]; ok {
		return o
	}
	return causes[CauseFault]
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
