package sipua

import (
	"fmt"
	"mime"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
)

const (
	// gapWait is how long a request waits for the one before it: sipgo hands
	// them out in goroutines of their own, so they overtake each other.
	gapWait = 20 * time.Millisecond
	maxHeld = 16
)

// inDialog passes a request to its leg and waits until it is answered.
func (u *UA) inDialog(req *sip.Request, tx sip.ServerTransaction) {
	l := u.legOf(req)
	if l == nil {
		u.answer(req, tx, noDialog)
		return
	}
	if no := u.foreign(l, req); no != nil {
		u.answer(req, tx, no)
		return
	}
	r := newInbound(req, tx)
	if req.IsInvite() && !tx.OnCancel(func(c *sip.Request) { l.cancelledBy(r, c) }) {
		return
	}
	if !l.mail.Post(func() { l.arrive(r) }) {
		u.answer(req, tx, noDialog)
		return
	}
	l.attend(r)
	select {
	case <-r.settled:
		if r.later != nil {
			u.answer(req, tx, r.later())
		}
	default: // nobody waits for an answer any more
	}
}

var noDialog = &message.Refusal{Status: sip.StatusCallTransactionDoesNotExists, Phrase: "No Such Call"}

// onACK takes the ACK of a 2xx of ours. Any other ACK is ignored.
func (u *UA) onACK(req *sip.Request, _ sip.ServerTransaction) {
	if l := u.legOf(req); l != nil {
		l.takeACK(req)
	}
}

// takeACK passes an ACK on that comes from where the dialog lives.
func (l *leg) takeACK(req *sip.Request) {
	if l.u.livesAt(l, message.FlowFrom(req)) {
		l.mail.Post(func() { l.acknowledged(req) })
	}
}

// arrive puts the requests of a dialog in the order of their CSeq numbers.
func (l *leg) arrive(r *inbound) {
	l.trace(false, r.req)
	if !l.knows(message.Tag(r.req.From())) {
		l.refuseWith(r, noDialog)
		return
	}
	if r.cancelled.Load() {
		r.settle()
		return
	}
	seq := r.req.CSeq().SeqNo
	switch l.d.order(seq) {
	case seqOld:
		l.respond(r, sip.StatusInternalServerError, "CSeq Out Of Order")
	case seqGap:
		if len(l.held) < maxHeld {
			l.held = append(l.held, r)
			l.after(gapWait, func() { l.release(seq) })
			return
		}
		fallthrough
	default:
		l.take(r)
		l.releaseNext()
	}
}

// knows tells whether tag is the far end of this leg.
func (l *leg) knows(tag string) bool {
	if l.state == legCalling {
		return slices.Contains(l.out.early, tag)
	}
	return tag == message.Tag(&l.d.remote) || slices.Contains(l.out.early, tag)
}

// release stops waiting for what is missing before seq.
func (l *leg) release(seq uint32) {
	slices.SortFunc(l.held, func(a, b *inbound) int { return int(a.req.CSeq().SeqNo) - int(b.req.CSeq().SeqNo) })
	for len(l.held) > 0 && l.held[0].req.CSeq().SeqNo <= seq {
		r := l.held[0]
		l.held = l.held[1:]
		l.take(r)
	}
	l.releaseNext()
}

// releaseNext takes the held requests that are in order now.
func (l *leg) releaseNext() {
	for {
		i := slices.IndexFunc(l.held, func(r *inbound) bool { return l.d.order(r.req.CSeq().SeqNo) != seqGap })
		if i < 0 {
			return
		}
		r := l.held[i]
		l.held = slices.Delete(l.held, i, i+1)
		l.take(r)
	}
}

// take handles one request of the dialog, in order.
func (l *leg) take(r *inbound) {
	l.d.saw(r.req.CSeq().SeqNo)
	if l.state == legOver && r.req.Method != sip.BYE { // a BYE that crosses ours is fine
		l.refuseWith(r, noDialog)
		return
	}
	switch r.req.Method {
	case sip.BYE:
		l.onBye(r)
	case sip.INVITE:
		l.onOffer(r)
	case sip.UPDATE:
		l.onUpdate(r)
	case sip.INFO:
		l.onInfo(r)
	case sip.REFER:
		l.onRefer(r)
	case sip.PRACK:
		l.onPrack(r)
	case sip.MESSAGE:
		l.onText(r)
	case sip.OPTIONS:
		l.respond(r, sip.StatusOK, "OK", l.u.abilities()...)
	default:
		l.refuseWith(r, l.u.unsupported(r.req.Method))
	}
}

func (l *leg) refuseWith(r *inbound, no *message.Refusal) {
	l.respond(r, no.Status, no.Phrase, no.Headers...)
}

// onBye ends the leg (RFC 3261 15.1.2). Requests that still wait get 487.
func (l *leg) onBye(r *inbound) {
	if l.state == legCalling {
		l.refuseWith(r, noDialog)
		return
	}
	l.respond(r, sip.StatusOK, "OK")
	l.dropOK()
	if l.bye != "" { // ours waited for the ACK; theirs has come instead
		l.bye = ""
		l.u.countHangUps(-1)
	}
	cause := machine.CauseHangUp
	if l.state == legAsked {
		l.respond(l.in, sip.StatusRequestTerminated, "Request Terminated")
		cause = machine.CauseCallerGone
	}
	if reason := message.Header(r.req, "Reason"); reason != "" {
		l.log.Info("sip: the far end gave a reason", "reason", message.CleanText(reason))
	}
	l.ended(cause)
}

// onUpdate refreshes the remote target; with SDP it is an offer (RFC 3311 5.2).
func (l *leg) onUpdate(r *inbound) {
	if len(r.req.Body()) > 0 {
		l.onOffer(r)
		return
	}
	if no := l.u.tooShort(r.req); no != nil {
		l.refuseWith(r, no)
		return
	}
	if l.state != legUp {
		l.respond(r, sip.StatusOK, "OK")
		return
	}
	l.retarget(r.req.Contact())
	res := l.response(r.req, sip.StatusOK, "OK")
	l.agree(r.req, res)
	l.submit(r, res)
	r.settle()
}

// onInfo takes a DTMF digit. An empty INFO is a question whether we are alive.
func (l *leg) onInfo(r *inbound) {
	kind, _, _ := mime.ParseMediaType(message.Header(r.req, "Content-Type"))
	switch kind {
	case "application/dtmf-relay", "application/dtmf":
		if d, ok := message.Digit(kind, r.req.Body()); ok && l.state == legUp {
			l.tell(machine.Digit{LegID: l.id, Digit: d})
		}
		l.respond(r, sip.StatusOK, "OK")
	default:
		if len(r.req.Body()) == 0 {
			l.respond(r, sip.StatusOK, "OK")
			return
		}
		l.respond(r, sip.StatusUnsupportedMediaType, "Unsupported Media Type",
			sip.NewHeader("Accept", "application/dtmf-relay, application/dtmf"))
	}
}

// maxDigits bounds the digits that wait for their INFO.
const maxDigits = 64

// Digits sends DTMF digits by INFO (RFC 6086 2.2, application/dtmf-relay), one
// after the other: their order is that of the answers.
func (l *leg) Digits(s string) {
	l.mail.Post(func() {
		if l.state != legUp || len(l.digits)+len(s) > maxDigits {
			if !l.flooded { // said once
				l.log.Warn("sip: key tones not sent", "digits", len(s), "waiting", len(l.digits))
			}
			l.flooded = true
			return
		}
		l.flooded = false
		l.digits += s
		if !l.dialling {
			l.nextDigit()
		}
	})
}

func (l *leg) nextDigit() {
	l.dialling = l.state == legUp && l.digits != ""
	if !l.dialling {
		return
	}
	req := l.d.newRequest(sip.INFO, l.d.next())
	req.AppendHeader(sip.NewHeader("Content-Type", "application/dtmf-relay"))
	req.SetBody(fmt.Appendf(nil, "Signal=%c\r\nDuration=100\r\n", l.digits[0]))
	l.digits = l.digits[1:]
	l.send(&l.d, req, sentBy{
		final: func(_ *sent, res *sip.Response) {
			if !res.IsSuccess() {
				l.log.Warn("sip: a key tone was refused, the rest is not sent", "status", res.StatusCode)
				l.digits = ""
			}
			l.nextDigit()
		},
		lost: func(err error) {
			l.log.Warn("sip: a key tone was not answered, the rest is not sent", "err", err)
			l.digits = ""
			l.nextDigit()
		},
	})
}
