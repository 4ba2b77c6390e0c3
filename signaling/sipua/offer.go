package sipua

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
)

// maxGlare is how often an offer of ours is tried again after 491.
const maxGlare = 5

// reoffer is our side of re-negotiation: one offer on the wire, at most one
// waiting for the dialog to be free.
type reoffer struct {
	pending *sent
	sdp     []byte // of pending
	waiting []byte
	ready   bool        // waiting holds an offer
	retry   *time.Timer // running after a 491
	guard   *time.Timer // a far end that only says 100
	glares  int
}

// reofferWith queues an offer. One that was still waiting is superseded and
// reported with 491.
func (l *leg) reofferWith(sdp []byte) {
	if l.state != legUp {
		return
	}
	if l.ours.ready {
		l.tell(machine.Reoffered{LegID: l.id, Status: sip.StatusRequestPending})
	}
	l.ours.waiting, l.ours.ready = sdp, true
	l.nextOffer()
}

// nextOffer sends the waiting offer when no INVITE is under way in either
// direction (RFC 3261 14.1).
func (l *leg) nextOffer() {
	o := &l.ours
	if l.state != legUp || !o.ready || o.pending != nil || o.retry != nil || l.theirs != nil || l.ok != nil {
		return
	}
	o.sdp, o.waiting, o.ready = o.waiting, nil, false
	req := l.d.newRequest(sip.INVITE, l.d.next())
	l.describe(req)
	setSDP(req, o.sdp)
	l.sendOffer(req)
}

func (l *leg) sendOffer(req *sip.Request) {
	o := &l.ours
	o.pending = l.send(&l.d, req, sentBy{final: l.offerResponse, lost: l.offerLost})
	s := o.pending
	if o.guard != nil {
		o.guard.Stop()
	}
	o.guard = l.after(64*sip.T1, func() {
		if o.pending == s && s.tx != nil {
			l.transact(s.hop, cancelFor(s, machine.CauseUnreachable), sentBy{})
			l.after(64*sip.T1, func() {
				if o.pending == s {
					s.tx.Terminate()
				}
			})
		}
	})
}

func (l *leg) offerLost(error) {
	l.ours.pending = nil
	if l.se.due {
		l.unrefreshed()
		return
	}
	l.lost(true) // RFC 3261 14.1: no response at all ends the session
}

// offerResponse takes what comes of our re-INVITE.
func (l *leg) offerResponse(s *sent, res *sip.Response) {
	if res.IsSuccess() {
		l.offerTaken(s, res)
		return
	}
	if s != l.ours.pending {
		return
	}
	o := &l.ours
	switch res.StatusCode {
	case sip.StatusUnauthorized, sip.StatusProxyAuthRequired:
		if s.req.GetHeader("Authorization") == nil && s.req.GetHeader("Proxy-Authorization") == nil {
			if again := l.authorised(s, res); again != nil {
				again.CSeq().SeqNo = l.d.next()
				l.sendOffer(again)
				return
			}
		}
	case statusTooSmall:
		if again := l.longer(s.req, res); again != nil {
			again.CSeq().SeqNo = l.d.next()
			l.sendOffer(again)
			return
		}
	case sip.StatusRequestPending:
		if o.glares < maxGlare {
			o.glares++
			l.retryOffer()
			return
		}
	case sip.StatusCallTransactionDoesNotExists, sip.StatusRequestTimeout:
		o.pending = nil
		l.lost(res.StatusCode == sip.StatusRequestTimeout)
		return
	}
	l.offerDone(res.StatusCode, nil)
}

// offerTaken acknowledges a 2xx, a repeated one too.
func (l *leg) offerTaken(s *sent, res *sip.Response) {
	if l.repeatACK(res) {
		return
	}
	l.retarget(res.Contact())
	l.sendACK(&l.d, s, res)
	if s == l.ours.pending {
		l.agreed(res)
		sdp, _ := message.SDP(res)
		l.offerDone(res.StatusCode, sdp)
	}
}

func (l *leg) offerDone(status int, sdp []byte) {
	o := &l.ours
	o.pending, o.glares = nil, 0
	if o.guard != nil {
		o.guard.Stop()
	}
	if l.se.due && l.se.ours { // refused, but it is there
		l.arm(l.se.interval, true)
	}
	l.tell(machine.Reoffered{LegID: l.id, Status: status, SDP: sdp})
	l.nextOffer()
}

// glareWait is how long an offer waits after a 491, as RFC 3261 14.1 says: 2.1
// to 4 s for the owner of the Call-ID, 0 to 2 s for the other, in steps of 10 ms.
func glareWait(owner bool) time.Duration {
	if owner {
		return 2100*time.Millisecond + time.Duration(rand.IntN(191))*10*time.Millisecond
	}
	return time.Duration(rand.IntN(201)) * 10 * time.Millisecond
}

// retryOffer sends the offer again after a wait.
func (l *leg) retryOffer() {
	o := &l.ours
	o.pending = nil
	if !o.ready { // a newer offer takes its place
		o.waiting, o.ready = o.sdp, true
	} else {
		l.tell(machine.Reoffered{LegID: l.id, Status: sip.StatusRequestPending})
	}
	o.retry = l.after(l.u.cfg.glare(l.d.owner), func() {
		o.retry = nil
		l.nextOffer()
	})
}

// onOffer takes a re-INVITE, or an UPDATE with SDP (RFC 3311).
func (l *leg) onOffer(r *inbound) {
	sdp, err := message.SDP(r.req)
	if err != nil {
		l.refuseWith(r, notSDP(err))
		return
	}
	if no := l.u.tooShort(r.req); no != nil {
		l.refuseWith(r, no)
		return
	}
	if l.ok != nil && !l.ok.late {
		// It overtook the ACK of the INVITE before it.
		l.dropOK()
		l.afterACK()
	}
	switch {
	case l.state == legAsked || l.theirs != nil || l.ok != nil:
		l.respond(r, sip.StatusInternalServerError, "Another Offer Is Pending",
			sip.NewHeader("Retry-After", strconv.Itoa(rand.IntN(11)))) // RFC 3261 14.2
	case l.state == legCalling:
		l.respond(r, sip.StatusNotAcceptableHere, "Not Before The Answer")
	case l.state == legOver:
		l.respond(r, sip.StatusCallTransactionDoesNotExists, "Call Is Over")
	case l.ours.pending != nil:
		l.respond(r, sip.StatusRequestPending, "Request Pending")
	default:
		l.theirs = r
		l.tell(machine.Offered{LegID: l.id, SDP: sdp})
	}
}
