package gateway

import (
	"ringsplash/gateway/machine"
	"ringsplash/internal/sentence"
)

// Words is the English of this package: refused commands, and what is to be
// said of deskphones.
var Words = sentence.Table{
	"command.bad_candidate":     "The browser's network candidate could not be read.",
	"command.bad_digits":        "Key tones are 0 to 9, * and #, at most 64 at a time.",
	"command.bad_offer":         "The browser's media offer could not be read. Reload the page.",
	"command.call_over":         "This call is over.",
	"command.enter_number":      "Enter a name or number to call.",
	"command.enter_transfer":    "Enter a name or number to transfer to.",
	"command.grant_kept":        "The call was ended, but what allowed it could not be taken back. Remove it in Feature Options.",
	"command.intercom_outside":  "Intercom reaches only people of this gateway. Call without it.",
	"command.intercom_own":      "Intercom reaches other people. Your own phone answers at *Answer on Desk phone*.",
	"command.no_codec":          "This browser offers none of the audio formats PCMU, PCMA, G722 and Opus.",
	"command.no_dtmf":           "The other side does not understand key tones.",
	"command.no_grant_used":     "No grant made your phone answer this call, so there is none to remove. Use Hang up.",
	"command.no_microphone":     "A program has no microphone of its own. Name one of the user's deskphones instead of the browser.",
	"command.no_room_for_sound": "The gateway has no room for another sound connection. Try again in a minute.",
	"command.not_known":         "The page asked for something this gateway does not know. Reload the page.",
	"command.page_only":         "Only the page of a tab can ask for this.",
	"command.sound_fault":       "The gateway could not set up the sound. Reload the page.",
	"command.timeout":           "The gateway did not react in time. Try again.",
	"command.user_gone":         "This user does not exist any more. Log in again.",
	"device.busy":               "{device} is in a call. Hold or end it first.",
	"device.interworking_fixed": "This phone may not answer by itself. Ask the administrator, or lift its handset.",
	"device.interworking_off":   "This phone may not answer by itself. Allow it under Your phones, or lift its handset.",
	"device.not_set_up":         "Answering on the deskphone from here is not set up on this gateway. Lift its handset.",
	"device.offline":            "{device} is not connected. Check that it is switched on and has network.",
	"device.testing":            "{device} is being tested. Wait for the outcome.",
	"notice.draining": "The gateway is being restarted. Calls that run may go on for a while; for new ones try again in a " +
		"minute.",
	"phonetest.answered": "It answered by itself.",
	"phonetest.fault":    "The gateway made an error. Test again.",
	"phonetest.gone":     "It is not connected any more.",
	"phonetest.in_use":   "The phone is in use. End its call first, then test again.",
	"phonetest.key_unseen": "{said} No {key} came from it, so un-mute it here. To use that key, test again and press it " +
		"when you are asked to.",
	"phonetest.key_works":   "{said} Its {key} key un-mutes its microphone.",
	"phonetest.no_phone":    "You have no such phone. Reload the page.",
	"phonetest.no_reaction": "{device} did not react. Check its network cable, then test again.",
	"phonetest.no_room":     "The gateway has no room for another call. Test again in a minute.",
	"phonetest.none_worked": "{device} did not answer by itself in any of these ways. Allow automatic answer, often called " +
		"intercom, in its settings, then test again. Until then lift its handset, or answer in the browser.",
	"phonetest.not_kept": "{device} answers by itself to {way}, but this could not be kept: the store is away. Test again " +
		"in a minute.",
	"phonetest.not_set_up":  "Automatic answer is not set up on this gateway.",
	"phonetest.note":        "{said} For this model: {note}",
	"phonetest.offline":     "{device} is not connected. Check that it is switched on and has network, then test again.",
	"phonetest.rang":        "It rang, and did not answer by itself.",
	"phonetest.refused":     "It refused the call (SIP status {status}).",
	"phonetest.restarting":  "The gateway is being restarted. Test again in half a minute.",
	"phonetest.running":     "The phone is being tested already. Wait for the outcome.",
	"phonetest.stopped":     "The test was stopped.",
	"phonetest.unreachable": "It did not react.",
	"phonetest.works": "{device} answers by itself to {way}. This is kept for it. If you lifted its handset, test again " +
		"without touching it.",
}

// denied refuses a command, with a sentence of Words.
func denied(code, say string, args ...any) *machine.CommandError {
	return machine.Refuse(code, Words.Say(say, args...))
}
