package machine

import (
	"fmt"

	"ringsplash/internal/sentence"
	"ringsplash/media/sdp"
	"ringsplash/policy"
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
	Code     string            `json:"code"`
	Message  string            `json:"message"`
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

func (m *transition) asked(e Asked, in Input) {
	side, ok := m.Side(e.User, e.Tab)
	if !ok {
		m.do(Reply{e.ID, errForbidden})
		return
	}
	var err *CommandError
	switch c := e.Command.(type) {
	case Answer:
		err = m.askedAnswer(e, c, side, in)
	case Move:
		err = m.askedMove(e, c.On, side, in)
	case TabRings:
		if l := m.TabLeg(e.Tab); l != nil && l.Stage == Trying {
			l.Stage = Alerting
			m.tellRinging()
		}
	case Decline, HangUp:
		m.askedEnd(side)
	case Transfer:
		err = m.askedTransfer(c, side, in)
	case Hold:
		err = m.inTalk(func() { m.Parties[side].Hold = c.On })
	case Mute:
		err = m.inTalk(func() { m.askedMute(side, c.On) })
	case SendDigits:
		if m.askedDigits(e.ID, c.Digits, side) {
			return // replied when they are sent
		}
		err = ErrWrongState
	}
	if err == nil && e.ID != 0 && m.Automatic != nil && m.Automatic.Ask == e.ID {
		return // replied when it is decided
	}
	m.do(Reply{e.ID, err})
}

func (m *transition) askedAnswer(e Asked, c Answer, side Side, in Input) *CommandError {
	l := m.TabLeg(e.Tab)
	switch {
	case side != Callee:
		return ErrWrongState
	case !m.ringing():
		return errAnswered
	case in.Stale:
		return errStale
	case c.On != "browser":
		return m.open(AutomaticAnswer{Ask: e.ID, Side: Callee, Kind: policy.Click, Again: in.Again}, in.Target)
	case l == nil:
		return refuse("not_available", "command.no_ring_here")
	}
	l.Stage, l.Remote = Up, sdp.SendRecv
	m.win(l)
	return nil
}

// askedMute works the user's microphone: a deskphone's gate where it was ever
// shut, else what the other side hears of him.
func (m *transition) askedMute(side Side, on bool) {
	switch l := m.Audio(side); {
	case l == nil || l.Gate == GateNever:
		m.Parties[side].Muted = on
	case on:
		m.mute(l)
	default:
		m.unmute(l, byTab)
	}
}

func (m *transition) askedEnd(side Side) {
	own := m.Audio(side)
	switch {
	case m.leaves(side):
		m.letLeave()
		m.dismiss(own, CauseHangUp)
	case m.Phase == Established:
		m.end(CauseHangUp, side)
	case side == Caller:
		m.end(CauseCallerGone, side)
	default:
		m.end(CauseDeclined, side)
	}
}

func (m *transition) inTalk(f func()) *CommandError {
	if m.Phase != Established {
		return ErrWrongState
	}
	f()
	return nil
}

// askedDigits sends DTMF to the other side's leg. A phone's own digits pass
// in the media.
func (m *transition) askedDigits(id uint64, tones string, side Side) bool {
	far := m.Audio(side.Other())
	if m.EarlyLeg != "" && m.ringing() {
		far = m.Leg(m.EarlyLeg)
	}
	if far == nil {
		return false
	}
	m.do(KeyTones{id, far.ID, tones})
	return true
}

// tabCame lets a tab that was opened while the call rings ring as well.
func (m *transition) tabCame(e TabCame) {
	if !m.ringing() || m.Parties[Callee].User != e.User || m.TabLeg(e.Tab) != nil {
		return
	}
	m.Legs = append(m.Legs, LegState{
		ID: e.Leg, Side: Callee, Kind: TabLeg, Tab: e.Tab, Stage: Trying,
		Negotiation: Negotiation{Codecs: sdp.Offerable(m.Offered)},
	})
}

func (m *transition) tabGone(e TabGone) {
	l := m.TabLeg(e.Tab)
	if l == nil {
		return
	}
	l.Stage = Gone
	switch {
	case m.Parties[l.Side].Leg != l.ID:
		m.refusedBranch(CauseOffline)
	case m.leaves(l.Side):
		m.letLeave()
	case m.Phase == Established:
		m.end(CauseMediaLost, l.Side)
	default:
		m.end(CauseCallerGone, l.Side)
	}
}
