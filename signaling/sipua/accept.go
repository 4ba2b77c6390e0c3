package sipua

import (
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
		l.countHangUps(-1)
		l.sendBye(&l.d, c)
		return
	}
	l.nextOffer()
}
