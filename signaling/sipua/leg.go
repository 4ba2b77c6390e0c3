package sipua

import (
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/internal/mailbox"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/registrar"
	"ringsplash/signaling/sipua/trunk"
)

// legState is what a leg means to its call.
//
//	Invite -> calling --2xx--> up --BYE, HangUp--> over
//	          calling --final, HangUp, silence--> over
//	INVITE -> asked --Answer--> up
//	          asked --Reject, HangUp, CANCEL--> over
//
// A leg that is over is silent, but its goroutine lives until its transactions
// are done: it still acknowledges a late 2xx and says goodbye to it.
//
// Its end has three parts. hangUp says goodbye to the far end, as the state
// wants it. finish is for the call: it tells it the last event, and nothing that
// came is left without an answer. drop lets go of all that the leg holds
// without a word, for UA.Close and after a fault of ours.
type legState int

const (
	legCalling legState = iota // our INVITE waits for their final response
	legAsked                   // their INVITE waits for ours
	legUp                      // answered
	legOver
)

func (s legState) String() string { return [...]string{"calling", "asked", "up", "over"}[s] }

// leg is one dialog of ours, whichever side began it (gateway.Leg).
type leg struct {
	u  *UA
	id machine.LegID
	// mail is bounded by Config.MaxRequests, since the goroutine of each request
	// waits for its answer.
	mail *mailbox.Box[func()]
	sink gateway.Sink
	log  *slog.Logger
	// origins has a lock of its own.
	origins origins
	// stranger: they called us and proved nothing. It does not change.
	stranger bool
	face     face
	// caller is who called us, as far as it is proven. It does not change.
	caller registrar.Caller

	// Everything below belongs to the goroutine of run.
	state  legState
	d      dialog
	trunk  *trunk.Trunk // whose challenges we answer; nil for none
	out    branch
	in     *inbound // the INVITE that asked for this leg
	rel    reliable
	se     refreshing
	ok     *accepted
	theirs *inbound // their offer that waits for Answer or Reject
	ours   reoffer
	held   []*inbound // in-dialog requests that came too early
	ref    *referral
	refers int // REFERs taken so far
	// digits wait to be sent by INFO; dialling while one is on its way.
	digits   string
	dialling bool
	flooded  bool // more came than were taken; that is said
	bye      machine.Cause
	// notifies are NOTIFYs of ours without an answer.
	notifies int
	txs      int // client transactions that may still tell us something
}

// newLeg makes a leg that nobody knows yet.
func (u *UA) newLeg(id machine.LegID, state legState, d dialog) *leg {
	l := &leg{
		u: u, id: id, mail: mailbox.New[func()](), state: state, d: d,
		log: u.log.With("leg", string(id), "callId", message.CleanText(d.callID)),
	}
	l.face.callID, l.face.ours = d.callID, message.Tag(&d.local)
	if tag := message.Tag(&d.remote); tag != "" {
		l.face.show(tag)
	}
	return l
}

// ID is the leg's id.
func (l *leg) ID() machine.LegID { return l.id }

// Ring sends 180, or 183 with early media.
func (l *leg) Ring(sdp []byte) { l.mail.Post(func() { l.ring(sdp) }) }

// Answer accepts the INVITE or re-INVITE that waits.
func (l *leg) Answer(sdp []byte) { l.mail.Post(func() { l.answer(sdp) }) }

// Reject refuses the INVITE or re-INVITE that waits.
func (l *leg) Reject(c machine.Cause) { l.mail.Post(func() { l.reject(c) }) }

// Reoffer sends a re-INVITE as soon as the dialog is free for one.
func (l *leg) Reoffer(sdp []byte) { l.mail.Post(func() { l.reofferWith(sdp) }) }

// Probe asks the far end whether it still knows the dialog.
func (l *leg) Probe() { l.mail.Post(l.probe) }

// Cancel takes a ringing branch back.
func (l *leg) Cancel(c machine.Cause) { l.mail.Post(func() { l.cancel(c) }) }

// HangUp ends the leg.
func (l *leg) HangUp(c machine.Cause) { l.mail.Post(func() { l.hangUp(c) }) }

// run owns the leg. It ends when the leg is over and nothing more can come.
func (l *leg) run() {
	defer l.u.work.Done()
	for {
		for _, f := range l.mail.Take() {
			l.guard(f)
		}
		if l.state == legOver && l.quiet() {
			l.u.forget(l)
			if l.mail.CloseIfEmpty() {
				return
			}
		}
	}
}

func (l *leg) quiet() bool {
	return l.txs == 0 && l.ok == nil && l.theirs == nil && len(l.held) == 0
}

// guard runs one item of the mailbox. A panic ends this leg and no other.
func (l *leg) guard(f func()) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("sip: leg failed by a fault of ours; it was ended", "panic", p, "stack", string(debug.Stack()))
			l.crash()
		}
	}()
	f()
}

// crash hangs up a leg whose state cannot be trusted, or drops it.
func (l *leg) crash() {
	defer func() {
		if p := recover(); p != nil {
			l.txs, l.bye = 0, ""
			l.drop()
		}
	}()
	l.hangUp(machine.CauseFault)
}

// drop lets go of all that the leg holds, without a word: its timers, and
// the goroutines of the requests that wait.
func (l *leg) drop() {
	l.state = legOver
	l.stopTimers()
	l.dropOK()
	if l.ref != nil {
		l.ref.r.settle()
	}
	for _, r := range append(l.held, l.in, l.theirs) {
		if r != nil {
			r.settle()
		}
	}
	l.held, l.theirs = nil, nil
}

func (l *leg) stopTimers() {
	for _, t := range []*time.Timer{l.out.first, l.ours.retry, l.ours.guard, l.rel.timer, l.se.timer} {
		if t != nil {
			t.Stop()
		}
	}
}

// tell posts an event to the call; a leg that is over says nothing.
func (l *leg) tell(e machine.Event) {
	if l.state != legOver {
		l.sink(e)
	}
}

// finish tells the last event, answers what waits for the call and makes the
// leg silent.
func (l *leg) finish(last machine.Event, why string) {
	if l.state == legOver {
		return
	}
	l.tell(last)
	if ref := l.ref; ref != nil && !ref.accepted {
		l.respond(ref.r, sip.StatusRequestTerminated, "Call Is Over")
	}
	if r := l.theirs; r != nil {
		l.respond(r, sip.StatusRequestTerminated, "Request Terminated")
	}
	l.ref, l.theirs = nil, nil
	l.enter(legOver, why)
	l.stopTimers()
}

// ended finishes the leg with an Ended.
func (l *leg) ended(c machine.Cause) {
	l.finish(machine.Ended{LegID: l.id, Cause: c}, string(c))
}

// enter changes the state and logs it.
func (l *leg) enter(s legState, why string) {
	l.log.Debug("sip leg", "from", l.state.String(), "to", s.String(), "why", message.CleanText(why))
	l.state = s
	if s == legUp {
		l.keep()
	}
}

// after posts f to the mailbox when d is over.
func (l *leg) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { l.mail.Post(f) })
}

// hangUp ends the leg whatever its state.
func (l *leg) hangUp(c machine.Cause) {
	switch l.state {
	case legCalling:
		l.giveUp(c)
	case legAsked:
		l.refuse(l.in, c)
		l.ended(c)
	case legUp:
		l.ended(c)
		l.goodbye(c)
	}
}

// goodbye sends BYE, after the ACK when one is still missing (RFC 3261 15) and
// after the last word on the far end's REFER.
func (l *leg) goodbye(c machine.Cause) {
	if l.ok != nil || l.notifies > 0 {
		l.bye = c
		l.u.countHangUps(1)
		return
	}
	l.sendBye(&l.d, c)
}

// lost ends a dialog that the far end does not know or answer any more (RFC
// 3261 12.2.1.2). A BYE goes out where the far end may still be there.
func (l *leg) lost(bye bool) {
	switch {
	case l.state != legUp:
	case bye:
		l.hangUp(machine.CauseDialogLost)
	default:
		l.ended(machine.CauseDialogLost)
	}
}

func (l *leg) sendBye(d *dialog, c machine.Cause) {
	req := d.newRequest(sip.BYE, d.next())
	addReason(req, c)
	l.u.countHangUps(1)
	done := func() { l.u.countHangUps(-1) }
	l.send(d, req, sentBy{
		final: func(s *sent, res *sip.Response) {
			if again := l.authorised(s, res); again != nil {
				again.CSeq().SeqNo = d.next()
				l.send(d, again, sentBy{})
			}
			done()
		},
		lost: func(error) { done() },
	})
}

// addReason writes the cause as a Reason header (RFC 3326).
func addReason(m sip.Message, c machine.Cause) {
	if r := c.Outcome().Reason; r != "" {
		m.AppendHeader(sip.NewHeader("Reason", r))
	}
}

// talker remembers the early dialog of a ringing phone that can be told by
// NOTIFY to go off-hook (Event: talk, which no RFC has; phones say so in
// Allow-Events of their 180). It tells whether the response is one.
func (l *leg) talker(res *sip.Response) bool {
	can := slices.Contains(message.Tokens(res, "Allow-Events"), "talk")
	if !can || len(l.out.early) != 1 || message.Tag(res.To()) != l.out.early[0] {
		return false // behind a fork nobody knows whose phone would go off-hook
	}
	early := l.d
	early.confirm(res)
	l.out.talk = &early
	return true
}

// Talk tells the ringing phone to go off-hook.
func (l *leg) Talk() { l.mail.Post(l.talk) }

func (l *leg) talk() {
	if l.state != legCalling || l.out.talk == nil || l.out.cancel != "" {
		return
	}
	req := l.out.talk.newRequest(sip.NOTIFY, l.d.next())
	req.AppendHeader(sip.NewHeader("Event", "talk"))
	req.AppendHeader(sip.NewHeader("Subscription-State", "terminated;reason=noresource"))
	l.send(l.out.talk, req, sentBy{final: func(_ *sent, res *sip.Response) {
		if !res.IsSuccess() {
			l.log.Warn("sip: the phone refused Event: talk, although it had named it", "status", res.StatusCode)
		}
	}})
}
