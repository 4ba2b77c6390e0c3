package machine

import (
	"fmt"

	"ringsplash/internal/sentence"
)

// Command is what a tab asks of a call. words are it as a story tells it: digits
// may be a PIN, so they are not told.
type Command interface{ words() string }

// What a tab asks of a call.
type (
	// Answer takes the call in the browser, or on a deskphone: On is "browser" or
	// a device id. Version is that of the call as it was seen, 0 when unknown.
	Answer struct {
		On      string
		Version uint64
	}
	// TabRings says that the tab rings.
	TabRings struct{}
	// HangUp ends the user's part in the call.
	HangUp struct{}
	// Decline is HangUp of a call that rings.
	Decline struct{}
	// Hold puts the call on hold, or resumes it.
	Hold struct{ On bool }
	// Mute works the user's microphone.
	Mute struct{ On bool }
	// Move takes the user's audio to another device, as Answer does.
	Move struct{ On string }
	// Transfer joins the other party with a name or number, To, or with that of
	// the user's other call, With.
	Transfer struct {
		To   string
		With CallID
	}
	// SendDigits sends DTMF to the other side.
	SendDigits struct{ Digits string }
)

func (c Answer) words() string     { return named("answer", "on", c.On) }
func (c TabRings) words() string   { return "" }
func (c HangUp) words() string     { return "hangup" }
func (c Decline) words() string    { return "decline" }
func (c Hold) words() string       { return map[bool]string{true: "hold", false: "resume"}[c.On] }
func (c Mute) words() string       { return map[bool]string{true: "mute", false: "unmute"}[c.On] }
func (c Move) words() string       { return named("move", "on", c.On) }
func (c Transfer) words() string   { return named("transfer", "to", c.To) }
func (c SendDigits) words() string { return fmt.Sprintf("digits (%d key tones)", len(c.Digits)) }

func named(what, name, value string) string {
	if value == "" {
		return what
	}
	return what + " " + name + " " + value
}

// CommandError is a refused Command: a code for programs, a sentence for people.
type CommandError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	// Sentence is what Message says, for another language.
	Sentence sentence.Sentence `json:"sentence,omitzero"`
}

// Refuse makes the error that says this.
func Refuse(code string, s sentence.Sentence) *CommandError {
	return &CommandError{Code: code, Message: s.Text, Sentence: s}
}

func (e *CommandError) Error() string { return e.Code + ": " + e.Message }

// refuse is Refuse of a sentence of Words.
func refuse(code, say string) *CommandError { return Refuse(code, Words.Say(say)) }

// Refusals of more than one command.
var (
	ErrWrongState = refuse("wrong_state", "command.wrong_state")
	errAnswered   = refuse("already_answered", "command.answered")
	errStale      = refuse("stale", "command.stale")
	errForbidden  = refuse("forbidden", "command.not_your_call")
	ErrNotYet     = refuse("not_available", "command.not_yet")
)
