package sipua

import (
	"errors"
	"fmt"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
)

// strangersOKs is how often a stranger is sent a 2xx that he does not
// acknowledge: his address may be forged.
const strangersOKs = 4

// accepted is a 2xx of ours to an INVITE that waits for its ACK (RFC 3261
// 13.3.1.4).
type accepted struct {
	r     *inbound
	res   *sip.Response
	late  bool // the INVITE had no SDP: the ACK brings the answer to our offer
	sent  int
	wait  time.Duration
	until time.Time
	timer *time.Timer
}

// accept sends a 200 with sdp and, for an INVITE, repeats it until the ACK.
func (l *leg) accept(r *inbound, sdp []byte) bool {
	res := l.response(r.req, sip.StatusOK, "OK")
	setSDP(res, sdp)
	l.agree(r.req, res)
	if r.cancelled.Load() || !l.submit(r, res) {
		r.settle()
		return false
	}
	if !r.req.IsInvite() {
		r.settle()
		return true
	}
	offer, _ := message.SDP(r.req)
	a := &accepted{r: r, res: res, late: offer == nil, sent: 1, wait: sip.T1, until: time.Now().Add(64 * sip.T1)}
	l.ok = a
	a.timer = l.after(a.wait, func() { l.repeatOK(a) })
	return true
}

func (l *leg) repeatOK(a *accepted) {
	if l.ok != a {
		return
	}
	if !time.Now().Before(a.until) {
		l.log.Warn("sip: the ACK never came")
		l.unacknowledged()
		return
	}
	if !l.stranger || a.sent < strangersOKs {
		a.sent++
		_ = a.r.tx.Respond(a.res)
	}
	a.wait = min(2*a.wait, sip.T2)
	a.timer = l.after(min(a.wait, max(time.Until(a.until), time.Millisecond)), func() { l.repeatOK(a) })
}

func (l *leg) dropOK() {
	if a := l.ok; a != nil {
		a.timer.Stop()
		a.r.settle()
		l.ok = nil
	}
}

// acknowledged takes the ACK of our 2xx.
func (l *leg) acknowledged(ack *sip.Request) {
	l.trace(false, ack)
	a := l.ok
	if a == nil || ack.CSeq().SeqNo != a.r.req.CSeq().SeqNo {
		return
	}
	l.dropOK()
	if a.late {
		answer, _ := message.SDP(ack)
		status := sip.StatusOK
		if answer == nil {
			status = sip.StatusNotAcceptableHere
		}
		l.tell(machine.Reoffered{LegID: l.id, Status: status, SDP: answer})
	}
	l.afterACK()
}

// unacknowledged ends a dialog whose 2xx gets no ACK (RFC 3261 13.3.1.4).
func (l *leg) unacknowledged() {
	l.dropOK()
	l.afterACK()
	l.lost(true)
}

// afterACK does what had to wait for the ACK.
func (l *leg) afterACK() {
	if c := l.bye; c != "" {
		l.bye = ""
		l.u.countHangUps(-1)
		l.sendBye(&l.d, c)
		return
	}
	l.nextOffer()
}

func (l *leg) ring(sdp []byte) {
	if l.state != legAsked {
		return
	}
	status, phrase := sip.StatusRinging, "Ringing"
	if len(sdp) > 0 {
		status, phrase = sip.StatusSessionInProgress, "Session Progress"
	}
	if l.in.cancelled.Load() {
		return
	}
	l.provide(l.response(l.in.req, status, phrase), sdp)
}

// response builds a response with our tag and, where a dialog wants one, our
// Contact (RFC 3261 12.1.1).
func (l *leg) response(req *sip.Request, status int, phrase string) *sip.Response {
	res := sip.NewResponseFromRequest(req, status, phrase, nil)
	if to := res.To(); to != nil {
		tag, _ := l.d.local.Params.Get("tag")
		to.Params.Add("tag", tag)
	}
	res.AppendHeader(sip.NewHeader("Server", message.Product))
	if status > 100 && status < 300 && (req.IsInvite() || req.Method == sip.UPDATE) {
		res.AppendHeader(&sip.ContactHeader{Address: l.d.contact})
		res.AppendHeader(sip.NewHeader("Allow", l.u.allowed()))
	}
	return res
}

// respond sends a final response and settles r.
func (l *leg) respond(r *inbound, status int, phrase string, headers ...sip.Header) {
	defer r.settle()
	if r.cancelled.Load() {
		return
	}
	res := l.response(r.req, status, phrase)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	l.submit(r, res)
}

// submit gives res to the transaction. sipgo remembers a response even when
// the CANCEL was faster, and would repeat it in place of its 487: put the 487
// back then.
func (l *leg) submit(r *inbound, res *sip.Response) bool {
	l.trace(true, res)
	err := r.tx.Respond(res)
	if errors.Is(err, sip.ErrTransactionCanceled) {
		r.cancelled.Store(true)
		_ = r.tx.Respond(l.response(r.req, sip.StatusRequestTerminated, "Request Terminated"))
	}
	if err != nil {
		l.log.Debug("sip: response not sent", "status", res.StatusCode, "err", err)
	}
	return err == nil
}

// refuse sends the final response of a cause.
func (l *leg) refuse(r *inbound, c machine.Cause) {
	no := refusal(c)
	if w := c.Outcome().Warning; w > 0 { // what is wrong with a description (RFC 3261 20.43)
		text := fmt.Sprintf("%d %s %q", w, l.u.cfg.Domain, c.Sentence(machine.Caller).Text)
		no.Headers = append(no.Headers, sip.NewHeader("Warning", text))
	}
	l.refuseWith(r, no)
}

// refusal is the final response of a cause.
func refusal(c machine.Cause) *message.Refusal {
	o := c.Outcome()
	no := &message.Refusal{Status: o.Status, Phrase: o.Phrase}
	if o.Reason != "" {
		no.Headers = append(no.Headers, sip.NewHeader("Reason", o.Reason)) // RFC 6432
	}
	if o.RetryAfter > 0 {
		no.Headers = append(no.Headers, sip.NewHeader("Retry-After", message.Seconds(o.RetryAfter)))
	}
	return no
}

// answer accepts what waits: the INVITE, or an offer in the dialog.
func (l *leg) answer(sdp []byte) {
	switch {
	case l.state == legAsked && l.rel.sent != nil && l.rel.told:
		l.rel.answer = func() { l.answer(sdp) }
	case l.state == legAsked:
		if l.rel.told {
			sdp = nil // they have it
		}
		if !l.accept(l.in, sdp) {
			if !l.in.cancelled.Load() { // else the event is on its way
				l.ended(machine.CauseCallerGone)
			}
			return
		}
		l.enter(legUp, "answered by us")
	case l.state == legUp && l.theirs != nil:
		r := l.theirs
		l.theirs = nil
		l.retarget(r.req.Contact())
		// One of ours that waits was made before this answer was.
		stale := l.ours.ready
		l.ours.waiting, l.ours.ready = nil, false
		l.accept(r, sdp)
		if stale {
			l.tell(machine.Reoffered{LegID: l.id, Status: sip.StatusRequestPending, Stale: true})
		}
		l.nextOffer()
	}
}

func (l *leg) reject(c machine.Cause) {
	switch {
	case l.state == legAsked:
		l.refuse(l.in, c)
		l.enter(legOver, "rejected: "+string(c))
	case l.state == legUp && l.theirs != nil:
		r := l.theirs
		l.theirs = nil
		l.refuse(r, c)
		l.nextOffer()
	}
}
