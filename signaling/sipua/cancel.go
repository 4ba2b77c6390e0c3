package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
)

// notRepeated is the phrase of the 100 that the transaction gets from ourselves.
const notRepeated = "Not Repeated"

// cancel takes the branch back; its outcome is still to come.
func (l *leg) cancel(c machine.Cause) {
	if l.state != legCalling || l.out.cancel != "" {
		return
	}
	l.out.cancel = c
	if l.out.heard {
		l.sendCancel()
		return
	}
	l.stopRepeats()
}

// stopRepeats has an INVITE with a trigger not repeated any more: a trigger must not
// leave long after the call gave it up. What comes late still gets its CANCEL,
// or its ACK and BYE.
func (l *leg) stopRepeats() {
	s := l.out.invite
	if len(l.out.asked.Headers) == 0 || s == nil || s.over || s.tx == nil || l.out.unrepeated {
		return
	}
	l.out.unrepeated = true
	s.tx.Receive(sip.NewResponseFromRequest(s.req, sip.StatusTrying, notRepeated, nil)) // the one way to stop its timer
	l.after(64*sip.T1, func() {
		if !s.over && !l.out.heard {
			s.tx.Terminate()
		}
	})
}

// giveUp ends the leg for the call at once and leaves the rest to the wire.
func (l *leg) giveUp(c machine.Cause) {
	pending := l.out.invite != nil && !l.out.invite.over
	l.cancel(c)
	l.ended(c)
	if pending {
		l.out.givenUp = true
		l.u.countHangUps(1)
	}
}

func (l *leg) settleGivenUp() {
	if l.out.givenUp {
		l.out.givenUp = false
		l.u.countHangUps(-1)
	}
}

// sendCancel cancels the INVITE (RFC 3261 9.1): same Via, Route and CSeq
// number, with the Reason of RFC 3326.
func (l *leg) sendCancel() {
	s := l.out.invite
	if l.out.cancelled || s.over {
		return
	}
	l.out.cancelled = true
	l.transact(s.hop, cancelFor(s, l.out.cancel), sentBy{})
	// A far end that never answers the INVITE after all (RFC 3261 9.1).
	l.after(64*sip.T1, func() {
		if !s.over && l.state == legCalling {
			l.refused(machine.Refused{LegID: l.id, Status: sip.StatusRequestTerminated, Phrase: "Cancelled"})
		}
		if !s.over && s.tx != nil {
			s.tx.Terminate()
		}
	})
}

func cancelFor(s *sent, c machine.Cause) *sip.Request {
	req := sip.NewRequest(sip.CANCEL, *s.req.Recipient.Clone())
	req.AppendHeader(s.req.Via().Clone())
	sip.CopyHeaders("Route", s.req, req)
	forwards := sip.MaxForwardsHeader(70)
	req.AppendHeader(&forwards)
	req.AppendHeader(sip.HeaderClone(s.req.From()))
	req.AppendHeader(sip.HeaderClone(s.req.To()))
	req.AppendHeader(sip.HeaderClone(s.req.CallID()))
	req.AppendHeader(&sip.CSeqHeader{SeqNo: s.req.CSeq().SeqNo, MethodName: sip.CANCEL})
	addReason(req, c)
	req.AppendHeader(sip.NewHeader("User-Agent", message.Product))
	req.SetBody(nil)
	s.hop.Address(req)
	return req
}

// cancelledBy runs inside sipgo's state machine: it only posts. A stranger's
// Reason is not believed: his missed call would be one that was answered.
func (l *leg) cancelledBy(r *inbound, cancel *sip.Request) {
	r.cancelled.Store(true)
	cause := machine.CauseCallerGone
	if r.known {
		cause = cancelCause(cancel)
	}
	l.mail.Post(func() {
		l.trace(false, cancel)
		r.settle()
		switch {
		case r == l.theirs:
			l.theirs = nil
			l.nextOffer()
		case r == l.in && l.state == legAsked:
			l.ended(cause)
		}
	})
}

// cancelCause is why a CANCEL ends a call, by its Reason headers (RFC 3326 2):
// somebody took the call elsewhere, as SIP 200 or Q.850 26 ("non-selected user
// clearing", ITU-T Q.850 2.2.2) says, or the caller gave up.
func cancelCause(cancel *sip.Request) machine.Cause {
	for _, h := range cancel.GetHeaders("Reason") {
		for _, one := range message.SplitList(h.Value()) {
			if answeredElsewhere(one) {
				return machine.CauseElsewhere
			}
		}
	}
	return machine.CauseCallerGone
}

// answeredElsewhere reads one value of a Reason header.
func answeredElsewhere(reason string) bool {
	protocol, rest, _ := strings.Cut(reason, ";")
	want := map[string]string{"sip": "200", "q.850": "26"}[strings.ToLower(strings.TrimSpace(protocol))]
	cause, _ := message.ParamOf(rest, "cause")
	return want != "" && cause == want
}
