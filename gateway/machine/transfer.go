package machine

import (
	"ringsplash/internal/sentence"
	"ringsplash/media/sdp"
)

// A transfer joins the party that stays with somebody else: the other party of
// a second call. Where there is none yet (blind), the call starts one on the
// account of the user who transfers. That call says when it is ready; then this
// one gives it the party's leg and ends. Until then the old talk is there to
// come back to. No transfer opens a gate: a leg takes its gate along.

// TransferState is what a call remembers of a transfer under way.
type TransferState struct {
	// Side is the party that leaves.
	Side Side `json:"side"`
	// Leg is the phone whose REFER wants reports, "" when a tab asked.
	Leg LegID `json:"leg,omitempty"`
	// To is the call that takes the party over.
	To CallID `json:"to"`
	// Replace is the leg there whose place is taken, "" in a call of ours.
	Replace LegID `json:"replace,omitempty"`
	// Replacing tells that this call only exists for its own caller to take
	// a place in the other one (an INVITE with Replaces, RFC 3891).
	Replacing bool `json:"replacing,omitempty"`
	// PickUp is the user whose ringing phone is replaced, "" for a talk.
	PickUp string `json:"pickUp,omitempty"`
	// Trunk is the one that transfers by its own REFER, "" for a user's.
	Trunk string `json:"trunk,omitempty"`
	// Held tells that the transfer put the other party on hold.
	Held bool `json:"held,omitempty"`
}

// stays is the side whose party the other call gets.
func (t *TransferState) stays() Side {
	if t.Replacing {
		return Caller
	}
	return t.Side.Other()
}

// Events between calls. From and Call name the one that posts.
type (
	// JoinAsked: a call wants to put a party in the place of a leg of ours, of
	// the user's own leg when Replace is "". JoinReady or JoinFailed answers.
	JoinAsked struct {
		From        CallID
		User, Trunk string
		Replace     LegID
		// PickUp is the user whose phone the leg rings, "" when it talks.
		PickUp string
	}
	// JoinRang: the target of a blind transfer rings.
	JoinRang struct{ Call CallID }
	// JoinReady: the other call waits for the party; it speaks Codecs there.
	JoinReady struct {
		Call   CallID
		Codecs []sdp.Codec
	}
	// JoinFailed: the other call takes nobody.
	JoinFailed struct {
		Call  CallID
		Cause Cause
	}
	// JoinOver: the call whose party was to come gives none.
	JoinOver struct {
		From  CallID
		Cause Cause
	}
	// Joined: the party is here, with its leg, its gate and what its tabs show.
	Joined struct {
		From    CallID
		Replace LegID
		PickUp  string // whose ringing phone it replaces, "" for none
		By      string // whose leg it replaces when Replace is ""
		Trunk   string // the trunk that sent it, in the place of a leg of its own
		Party   Party
		Leg     LegState
		Note    sentence.Sentence
	}
)

// join takes what another call says.
func (m *transition) join(e Event) {
	switch e := e.(type) {
	case JoinAsked:
		m.joinAsked(e)
	case JoinRang:
		m.joinRang(e)
	case JoinReady:
		m.joinReady(e)
	case JoinFailed:
		m.joinFailed(e)
	case JoinOver:
		m.joinOver(e)
	case Joined:
		m.joined(e)
	}
}

// referred takes a REFER. Only the phone of a user of ours that is in the talk
// may transfer it, and a trunk that was allowed to: a user of ours, so that no
// two trunks are joined on nobody's account.
func (m *transition) referred(e Referred, in Input) {
	l := m.Leg(e.LegID)
	switch {
	case l == nil || l.Stage != Up:
		return
	case l.Kind == TrunkLeg && in.MayRefer && m.Parties[l.Side.Other()].User != "":
	case l.Kind != PhoneLeg || m.Parties[l.Side].User == "":
		m.do(Report{l.ID, 403, "Only Phones Of Users Transfer"})
		return
	}
	t := TransferState{Side: l.Side, Leg: l.ID, Trunk: l.Trunk, To: in.Other, Replace: e.Replaces}
	if err := m.transfer(t, e.To, e.Attended, in); err != nil {
		m.do(Report{l.ID, 480, "Not Now"})
	}
}

// askedTransfer takes a tab's: to a name or number, or to the user's other call.
func (m *transition) askedTransfer(c Transfer, side Side, in Input) *CommandError {
	attended := c.With != ""
	if attended == (c.To != "") {
		return refuse("bad_request", "command.transfer_to_what")
	}
	if c.With == m.ID {
		return refuse("bad_request", "command.transfer_to_itself")
	}
	t := TransferState{Side: side, To: in.Other, Held: !m.Parties[side].Hold}
	if err := m.transfer(t, c.To, attended, in); err != nil {
		return err
	}
	m.Parties[side].Hold = true
	m.note(side, "note.transferring")
	return nil
}

// transfer begins one: the second call is asked, or begun.
func (m *transition) transfer(t TransferState, to string, attended bool, in Input) *CommandError {
	own, far := m.Audio(t.Side), m.Audio(t.Side.Other())
	switch {
	case m.Phase != Established || own == nil || far == nil || far.Stage != Up:
		return ErrWrongState
	case t.Leg != "" && own.ID != t.Leg:
		return ErrWrongState
	case m.Transfer != nil || m.Waits != "":
		return refuse("wrong_state", "command.transferring")
	}
	m.do(Report{t.Leg, 100, "Trying"})
	if attended {
		m.Transfer = &t
		if t.To == "" || t.To == m.ID {
			m.joinFailed(JoinFailed{t.To, CauseDialogLost})
			return nil
		}
		m.do(Tell{t.To, JoinAsked{From: m.ID, User: m.Parties[t.Side].User, Trunk: t.Trunk, Replace: t.Replace}})
		return nil
	}
	t.To = in.Fresh
	m.Transfer = &t
	offered := sdp.Offerable(far.Codecs)
	if far.Kind != TabLeg && len(far.Codecs) > 0 {
		offered = sdp.Offerable(far.Codecs[:1])
	}
	m.do(Consult{ID: t.To, Side: t.Side, Trunk: t.Trunk, To: to, Offered: offered})
	return nil
}

// replaces begins a call whose caller wants a place in another call.
func (m *transition) replaces(e Begun) {
	m.Transfer = &TransferState{Side: Callee, To: e.Other, Replace: e.Replaces, Replacing: true, PickUp: e.PickUp}
	m.do(Tell{e.Other, JoinAsked{
		From: m.ID, User: e.From.User, Trunk: e.From.Trunk, Replace: e.Replaces, PickUp: e.PickUp,
	}})
}

// waits tells whether that call's event is about our transfer.
func (m *transition) waits(call CallID) bool { return m.Transfer != nil && m.Transfer.To == call }

func (m *transition) joinRang(e JoinRang) {
	if m.waits(e.Call) {
		m.do(Report{m.Transfer.Leg, 180, "Ringing"})
	}
}

// joinFailed: the talk goes on as before, unless who transferred it has left.
func (m *transition) joinFailed(e JoinFailed) {
	if !m.waits(e.Call) {
		return
	}
	t := *m.Transfer
	m.Transfer = nil
	if t.Replacing {
		m.end(e.Cause, Callee)
		return
	}
	o := e.Cause.Outcome()
	m.do(Report{t.Leg, o.Status, o.Phrase})
	if m.Audio(t.Side) == nil {
		m.end(e.Cause, t.Side)
		return
	}
	if t.Held {
		m.Parties[t.Side].Hold = false
	}
	m.say(t.Side, Words.Say("note.transfer_back", "reason", e.Cause.Sentence(Caller)))
}

// joinReady gives the party that stays to the other call, and ends this one.
func (m *transition) joinReady(e JoinReady) {
	if !m.waits(e.Call) {
		m.do(Tell{e.Call, JoinOver{From: m.ID, Cause: CauseCallerGone}})
		return
	}
	t := *m.Transfer
	side := t.stays()
	l := m.Audio(side)
	if t.Replacing && !m.answerReplacing(l, e.Codecs) {
		return
	}
	m.Transfer = nil
	m.do(Report{t.Leg, 200, "OK"})
	party := m.Parties[side]
	party.Direction = party.direction(side)
	by := m.Parties[t.Side].User
	switch {
	case t.PickUp != "":
		party.Direction = "in" // somebody calls, and he answers
	case t.Replacing:
		by = party.User
	case party.Earlier == nil:
		party.Earlier = &Earlier{With: m.Parties[t.Side].Who.Shown(), Began: m.Began, Talking: m.Talking}
	}
	m.do(Give{To: e.Call, Joined: Joined{
		From: m.ID, Replace: t.Replace, PickUp: t.PickUp, By: by, Trunk: t.Trunk, Party: party, Leg: *l, Note: m.Notes[side],
	}})
	l.Stage = Gone
	m.end(CauseTransferred, t.Side)
}

// answerReplacing accepts the INVITE of a caller who takes a place in a call.
func (m *transition) answerReplacing(l *LegState, far []sdp.Codec) bool {
	codecs := m.callerCodecs(far)
	if len(codecs) == 0 {
		m.end(CauseNoCodec, Callee)
		return false
	}
	l.Stage, l.Remote = Up, sdp.SendRecv
	if l.Late {
		m.acceptLate(l, sdp.Offerable(codecs), sdp.SendRecv)
		return true
	}
	l.Codecs = codecs
	m.do(Accept{l.ID, codecs, sdp.SendRecv})
	return true
}

// leaves tells whether the side's party may go before its transfer is done.
func (m *transition) leaves(side Side) bool {
	t := m.Transfer
	return t != nil && !t.Replacing && t.Side == side && m.Phase == Established && m.Parties[side].Leg != ""
}

// letLeave lets the party that transfers go. The other one hears ringing until
// the transfer is done.
func (m *transition) letLeave() {
	left := *m.Transfer
	left.Leg = ""
	m.Transfer = &left
	m.Parties[left.Side].Leg = ""
}

// seat is the side that a party may join in the stead of: the user's own, or
// the trunk's.
func (m *transition) seat(user, trunk string, replace LegID) (Side, *LegState) {
	for _, side := range []Side{Caller, Callee} {
		l := m.Audio(side)
		if l == nil || l.Stage == Gone || replace != "" && l.ID != replace {
			continue
		}
		mine := user != "" && m.Parties[side].User == user || trunk != "" && l.Trunk == trunk
		if mine && (m.Automatic == nil || m.Automatic.Side != side) && (m.Phase == Established || side == Caller && m.ringing()) {
			return side, l
		}
	}
	return Caller, nil
}

func (m *transition) joinAsked(e JoinAsked) {
	if e.PickUp != "" {
		m.pickUpAsked(e)
		return
	}
	side, l := m.seat(e.User, e.Trunk, e.Replace)
	if l == nil || m.Transfer != nil || m.Waits != "" || e.From == m.ID {
		m.do(Tell{e.From, JoinFailed{m.ID, CauseForbidden}})
		return
	}
	codecs := m.Offered
	if far := m.Audio(side.Other()); far != nil && m.Phase == Established {
		codecs = far.Codecs
	}
	m.do(Tell{e.From, JoinReady{m.ID, codecs}})
}

// joinOver: the party we wait for does not come.
func (m *transition) joinOver(e JoinOver) {
	if m.Waits == e.From && m.Waits != "" {
		m.Waits = ""
		m.end(e.Cause, Caller)
	}
}

// joined puts a party with its leg where it belongs, its gate as it was.
func (m *transition) joined(e Joined) {
	if e.PickUp != "" {
		m.pickedUp(e)
		return
	}
	side := Caller
	if m.Waits == "" || m.Waits != e.From {
		var free bool
		if side, free = m.vacate(e); !free {
			m.do(Release{e.Leg.ID, CauseTransferred})
			return
		}
	}
	m.Waits = ""
	e.Leg.Side, e.Party.Leg = side, e.Leg.ID
	m.Parties[side] = e.Party
	m.Legs = append(m.Legs, e.Leg)
	m.Notes[side] = e.Note
	m.watchMuted()
	l := m.Leg(e.Leg.ID)
	if l.Gate == GateWanted {
		m.do(StartTimer{side.Timer(UnmuteTimer), m.limits.UnmuteWait})
	}
	if far := m.Audio(side.Other()); far != nil && m.Phase == Established {
		m.fit(l, far)
	}
}

// vacate takes the leg away whose place the party gets; false when it may not
// have that any more.
func (m *transition) vacate(e Joined) (Side, bool) {
	trunk := e.Trunk
	if e.Replace != "" && e.Leg.Kind == TrunkLeg {
		trunk = e.Leg.Trunk
	}
	side, old := m.seat(e.By, trunk, e.Replace)
	if old == nil || m.Transfer != nil {
		return side, false
	}
	m.dismiss(old, CauseTransferred)
	return side, true
}

// fit makes l speak what the other leg does: the newer leg adapts.
func (m *transition) fit(l, far *LegState) {
	switch {
	case len(l.Codecs) == 0 || len(far.Codecs) == 0:
	case l.Kind == TabLeg:
		l.Codecs = reorder(l.Codecs, far.Codecs)
	case far.Kind == TabLeg:
		far.Codecs = reorder(far.Codecs, l.Codecs)
	case !sdp.Convertible(l.Codecs[0], far.Codecs[0]) && !l.Reoffering && !far.Reoffering:
		m.reoffer(l, sdp.Offerable(far.Codecs[:1]), l.offers())
	}
}

// unjoin tells the other call of a transfer that this one is over.
func (m *transition) unjoin(cause Cause) {
	if m.Waits != "" {
		m.do(Tell{m.Waits, JoinFailed{m.ID, cause}})
		m.Waits = ""
	}
	if t := m.Transfer; t != nil {
		m.do(Tell{t.To, JoinOver{m.ID, CauseCallerGone}})
		m.Transfer = nil
	}
}
