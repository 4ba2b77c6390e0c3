package sipua

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
)

const tag100rel = "100rel"

// acked is what we have acknowledged of reliable provisional responses to our
// INVITE (RFC 3262 4): the last RSeq of each early dialog.
type acked map[string]uint32

// prack acknowledges a reliable 1xx in an early dialog. It is false for one
// that came too early or again: such a response counts for nothing.
func (l *leg) prack(res *sip.Response) bool {
	if !slices.Contains(message.Tokens(res, "Require"), tag100rel) {
		return true
	}
	seq, err := strconv.ParseUint(message.Header(res, "RSeq"), 10, 32)
	if err != nil || seq == 0 {
		l.log.Warn("sip: a reliable response without a usable RSeq", "status", res.StatusCode)
		return true
	}
	tag := message.Tag(res.To())
	last, known := l.out.acked[tag]
	if known && uint32(seq) != last+1 || !known && len(l.out.acked) >= maxEarly {
		return false // the one before it is repeated, or our PRACK is
	}
	if l.out.acked == nil {
		l.out.acked = acked{}
	}
	l.out.acked[tag] = uint32(seq)
	early := l.d
	early.confirm(res)
	req := early.newRequest(sip.PRACK, l.d.next())
	req.AppendHeader(sip.NewHeader("RAck", strconv.FormatUint(seq, 10)+" "+res.CSeq().Value()))
	l.send(&early, req, sentBy{final: func(s *sent, answer *sip.Response) {
		if again := l.authorised(s, answer); again != nil {
			again.CSeq().SeqNo = l.d.next()
			l.send(&early, again, sentBy{})
		}
	}})
	return true
}

// reliable is our side of the same (RFC 3262 3): at most one provisional
// response is on its way, the rest waits for its PRACK.
type reliable struct {
	on      bool // the INVITE requires it
	seq     uint32
	sent    *sip.Response // not acknowledged yet, nil when none is
	waiting []*sip.Response
	answer  func() // the 200, which waits for the PRACK of an answer
	told    bool   // an answer went out in one of them
	wait    time.Duration
	until   time.Time
	timer   *time.Timer
}

// provide sends a provisional response to their INVITE, reliably when that
// requires it.
func (l *leg) provide(res *sip.Response, sdp []byte) {
	r := &l.rel
	if !r.on {
		setSDP(res, sdp)
		l.trace(true, res)
		_ = l.in.tx.Respond(res) // an error means CANCEL or a dead connection, which arrive by themselves
		return
	}
	if offer, _ := message.SDP(l.in.req); offer == nil {
		return // it would have to carry our offer, and the 200 does that
	}
	if r.told {
		sdp = nil // one offer has one answer (RFC 6337 3.1.1)
	}
	r.told = r.told || len(sdp) > 0
	setSDP(res, sdp)
	res.AppendHeader(sip.NewHeader("Require", tag100rel))
	if len(r.waiting) < maxEarly {
		r.waiting = append(r.waiting, res)
	}
	l.nextReliable()
}

func (l *leg) nextReliable() {
	r := &l.rel
	if r.sent != nil || len(r.waiting) == 0 || l.state != legAsked {
		return
	}
	r.sent, r.waiting = r.waiting[0], r.waiting[1:]
	r.seq++
	r.sent.AppendHeader(sip.NewHeader("RSeq", strconv.FormatUint(uint64(r.seq), 10)))
	l.trace(true, r.sent)
	_ = l.in.tx.Respond(r.sent)
	r.wait, r.until = sip.T1, time.Now().Add(64*sip.T1)
	res := r.sent
	r.timer = l.after(r.wait, func() { l.repeatReliable(res) })
}

// repeatReliable sends res again, at doubling intervals, until its PRACK; a far
// end that never sends one is refused (RFC 3262 3).
func (l *leg) repeatReliable(res *sip.Response) {
	r := &l.rel
	if r.sent != res || l.state != legAsked {
		return
	}
	if !time.Now().Before(r.until) {
		l.log.Warn("sip: the PRACK never came", "status", res.StatusCode)
		l.respond(l.in, sip.StatusGatewayTimeout, "No PRACK Came")
		l.ended(machine.CauseDialogLost)
		return
	}
	_ = l.in.tx.Respond(res)
	r.wait *= 2
	r.timer = l.after(r.wait, func() { l.repeatReliable(res) })
}

// onPrack takes the acknowledgement of what we sent reliably.
func (l *leg) onPrack(in *inbound) {
	r := &l.rel
	seq, cseq, ok := parseRAck(message.Header(in.req, "RAck"))
	if r.sent == nil || !ok || seq != r.seq || cseq != l.in.req.CSeq().SeqNo {
		l.refuseWith(in, &message.Refusal{Status: sip.StatusCallTransactionDoesNotExists, Phrase: "Nothing To Acknowledge"})
		return
	}
	r.timer.Stop()
	r.sent = nil
	if len(in.req.Body()) > 0 { // an offer before the answer to the INVITE
		l.respond(in, sip.StatusNotAcceptableHere, "Not Before The Answer")
	} else {
		l.respond(in, sip.StatusOK, "OK")
	}
	l.nextReliable()
	if then := r.answer; then != nil && r.sent == nil {
		r.answer = nil
		then()
	}
}

// parseRAck reads "776656 1 INVITE" (RFC 3262 7.2).
func parseRAck(value string) (rseq, cseq uint32, ok bool) {
	f := strings.Fields(value)
	if len(f) != 3 || f[2] != string(sip.INVITE) {
		return 0, 0, false
	}
	a, errA := strconv.ParseUint(f[0], 10, 32)
	b, errB := strconv.ParseUint(f[1], 10, 32)
	return uint32(a), uint32(b), errA == nil && errB == nil
}
