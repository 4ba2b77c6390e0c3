package machine

import (
	"ringsplash/internal/sentence"
	"ringsplash/policy"
)

// Words is the English of a call: why it ended, what its user is to know or do,
// and why a command is refused.
var Words = sentence.Table{
	"cause.address_family": "The phone sends its sound over an address family (IPv4 or IPv6) of which the gateway has no " +
		"address. Ask the administrator to add one under media.listen.",
	"cause.answered_elsewhere": "The call was answered on another device.",
	"cause.bad_description": "The phone described its sound in a way that cannot be read or used. Ask the administrator: " +
		"the log of the gateway says what is wrong.",
	"cause.busy.callee":        "Your phone was busy, so the call could not ring.",
	"cause.busy.caller":        "The line is busy. Try again in a few minutes.",
	"cause.caller_gone.callee": "The caller hung up before you answered.",
	"cause.caller_gone.caller": "You ended the call before it was answered.",
	"cause.declined.callee":    "You declined this call.",
	"cause.declined.caller":    "The call was declined.",
	"cause.dialog_lost":        "The other phone lost the call. Call again.",
	"cause.dnd.callee":         "You had set do not disturb, so the call did not ring.",
	"cause.dnd.caller":         "This person does not want to be disturbed now. Try again later.",
	"cause.fault.callee":       "The gateway made an error and ended this call.",
	"cause.fault.caller":       "The gateway made an error and ended this call. Call again.",
	"cause.forbidden.callee":   "This caller is not allowed to call here.",
	"cause.forbidden.caller":   "You may not call this number. Ask the administrator.",
	"cause.hang_up":            "The call has ended.",
	"cause.loop.callee":        "The call came back to itself.",
	"cause.loop.caller":        "The call came back to itself. Ask the administrator to check the forwarding.",
	"cause.media_host_name": "The phone describes its sound by a host name, where an IP address belongs. Set an IP address " +
		"as its media or external address.",
	"cause.media_lost": "The sound was lost and did not come back. Call again.",
	"cause.media_transport": "The phone offers its sound over a transport that the gateway does not speak. Set its account " +
		"to plain RTP (RTP/AVP).",
	"cause.multicast": "The phone wants the sound sent to a group of hosts (multicast or broadcast), which the gateway " +
		"does not do. Set an address of its own.",
	"cause.muted_limit.callee":   "Your phone answered by itself and nobody un-muted it, so the call was ended.",
	"cause.muted_limit.caller":   "The phone answered by itself, but nobody was there to speak. Try again later.",
	"cause.no_answer.callee":     "You missed this call.",
	"cause.no_answer.caller":     "Nobody answered. Try again later.",
	"cause.no_audio":             "The other phone offers no sound, and a call here needs it. Start the call with audio.",
	"cause.no_codec":             "The two phones share no audio format. Ask the administrator to enable PCMU or PCMA on both.",
	"cause.offline.callee":       "None of your phones was connected.",
	"cause.offline.caller":       "This person has no phone connected right now. Try again later.",
	"cause.outside_limit.callee": "The caller had too many outside calls.",
	"cause.outside_limit.caller": "You have as many outside calls, at once or in the last hour, as the administrator " +
		"allows. End one, or try again later.",
	"cause.overload.callee":   "Too many calls were running.",
	"cause.overload.caller":   "Too many calls are running. Try again in a few seconds.",
	"cause.redirected.callee": "Your phone sends calls elsewhere, which is not followed. Take its forwarding off.",
	"cause.redirected.caller": "The other side sends its calls elsewhere, where this gateway does not follow. Try again later.",
	"cause.refused.callee":    "Your phone reported a fault, so the call could not ring. Restart it if that goes on.",
	"cause.refused.caller":    "The other side's phone or line reported a fault and could not take the call. Try again later.",
	"cause.restarted":         "The gateway stopped unexpectedly, which ended this call. Call again.",
	"cause.secure_only": "The phone insists on encrypted sound (SRTP), which the gateway does not speak with phones. Set " +
		"the media encryption of its account to off or optional.",
	"cause.shutting_down.callee":  "The gateway is being restarted.",
	"cause.shutting_down.caller":  "The gateway is being restarted. Try again in half a minute.",
	"cause.store_away.callee":     "The gateway could not reach its store.",
	"cause.store_away.caller":     "The gateway cannot reach its store. Try again in a minute.",
	"cause.too_many_calls.callee": "The caller had too many calls at once.",
	"cause.too_many_calls.caller": "You have too many calls at once. End one first.",
	"cause.transferred":           "The call was transferred.",
	"cause.trunk_down.callee":     "The line to the outside failed.",
	"cause.trunk_down.caller":     "The line to the outside does not answer. Try again in half a minute.",
	"cause.unknown.callee":        "The number does not exist.",
	"cause.unknown.caller":        "Nobody has this name or number. Check it and dial again.",
	"cause.unreachable.callee":    "Your phone did not react. Check its network cable.",
	"cause.unreachable.caller":    "The phone could not be reached. Check its network cable and try again.",
	"cause.unsupported":           "The other side asked for something the gateway cannot do.",
	"command.answered":            "Another of your devices answered this call.",
	"command.asked_already":       "Your deskphone is being asked already.",
	"command.ended":               "This call has ended already.",
	"command.moved":               "The call was moved somewhere else meanwhile.",
	"command.no_ring_here":        "This tab does not ring for the call. Reload the page and try again.",
	"command.not_yet":             "This is not available yet.",
	"command.not_your_call":       "This is not your call.",
	"command.phone_busy":          "This phone is in another call. Hold or end that call first, or answer in the browser.",
	"command.phone_offline":       "This phone is not connected. Check that it is switched on, or answer in the browser.",
	"command.stale":               "Somebody else is calling now than when you pressed. Look who it is, then answer again.",
	"command.transfer_to_itself":  "Choose another call than this one to transfer to.",
	"command.transfer_to_what":    "Say either whom to transfer to, or which other call.",
	"command.transferring":        "This call is being transferred already.",
	"command.wrong_state":         "The call is not in a state where that is possible.",
	"history.transferred":         "You were transferred to {whom}. {reason}",
	"note.asking":                 "Your deskphone is being asked to answer.",
	"note.busy": "Your deskphone says that it is busy, so it did not answer by itself. Lift its handset, or answer in the " +
		"browser.",
	"note.dead": "Your deskphone does not react, so it did not answer by itself. Check its network cable, or answer in the " +
		"browser.",
	"note.declined": "Your deskphone declined the call. Answer in the browser or on another phone.",
	"note.elsewhere": "Your deskphone sends calls elsewhere, which is not followed, so it did not answer by itself. Take " +
		"its forwarding off, or answer in the browser.",
	"note.gone":        "Your deskphone is not connected any more. Answer in the browser or on another phone.",
	"note.muted":       "Your phone's microphone is muted.",
	"note.muted_press": "Your phone's microphone is muted. Press {key} on the phone or Unmute here.",
	"note.not_alone":   "Your deskphone did not answer by itself. Lift its handset, or answer in the browser.",
	"note.other":       "This call was answered on another of your devices before your deskphone did.",
	"note.press_phone": "Press Unmute on the phone: it does not let anybody else switch its microphone on.",
	"note.sound": "Your deskphone refused how it was asked, so it did not answer by itself. Lift its handset, or click " +
		"again at the next call: it will be asked in another way.",
	"note.still_muted": "Your phone's microphone is still muted. Press Unmute when you want to speak.",
	"note.still_muted_press": "Your phone's microphone is still muted. Press {key} on the phone or Unmute here when you " +
		"want to speak.",
	"note.transfer_back": "The transfer did not work: {reason}",
	"note.transferring":  "The call is being transferred. It stays with you until the other side answers.",
	"note.unknown": "Your deskphone does not know how it was asked, so it did not answer by itself. Lift its handset, " +
		"answer in the browser, or use Test my deskphone.",
}

// Recognise gives a text that a list of past calls keeps its code.
func Recognise(text string) sentence.Sentence {
	if s := policy.Words.Recognise(text); !s.IsZero() {
		return s
	}
	return Words.Recognise(text)
}

// noteNotAlone is what a phone's owner reads that did not answer by itself, where
// failedNotes do not say why.
const noteNotAlone = "note.not_alone"

var failedNotes = map[Cause]string{
	CauseOffline:     "note.gone",
	CauseDeclined:    "note.declined",
	CauseBusy:        "note.busy",
	CauseUnreachable: "note.dead",
	CauseNoCodec:     "note.sound",
	CauseUnsupported: "note.unknown",
	CauseRedirected:  "note.elsewhere",
}

// mutedNote is what the owner reads beside a call on his muted phone.
func (l *LegState) mutedNote() sentence.Sentence {
	if key := l.namedKey(); key != "" {
		return Words.Say("note.muted_press", "key", key)
	}
	return Words.Say("note.muted")
}

// stillMutedNote reminds the owner of it.
func (l *LegState) stillMutedNote() sentence.Sentence {
	if key := l.namedKey(); key != "" {
		return Words.Say("note.still_muted_press", "key", key)
	}
	return Words.Say("note.still_muted")
}
