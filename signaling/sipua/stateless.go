package sipua

import (
	"bytes"
	"math"
	"net"
	"sync/atomic"
	"time"

	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/registrar"

	"github.com/emiago/sipgo/sip"
)

// maxGain is how many times as large as its datagram an answer may be that goes
// to an address of which nothing is proven: it may be forged.
const maxGain = 3

// stateless is what answers strangers without a transaction (RFC 3261 8.2.7):
// nothing is kept for a request that is refused, and no refusal is repeated
// but when its request is.
type stateless struct {
	parser *sip.Parser
	key    message.OwnKey
	log    registrar.Complaints
	count  atomic.Uint64 // of refusals
}

func newStateless(key message.OwnKey) *stateless {
	return &stateless{parser: message.NewParser(), key: key}
}

// first judges a message before sipgo sees it, in the goroutine that reads the
// socket. It answers what needs no transaction, drops what needs no answer, and
// tells whether the message may go on. It asks memory only.
func (u *UA) first(info sip.TransportReadProps, data []byte) bool {
	_, datagram := info.RemoteAddr.(*net.UDPAddr)
	if bytes.HasPrefix(data, []byte("SIP/2.0 ")) {
		if datagram && !u.stateless.key.Answers(data) || u.events.Answered(data) {
			return false
		}
		if datagram {
			return true
		}
		_, err := u.stateless.parser.ParseSIP(data)
		return err == nil // sipgo would close the stream
	}
	if no := message.FirstLine(data); no != nil {
		u.refuseUnread(info, data, no)
		return false
	}
	m, err := u.stateless.parser.ParseSIP(data)
	req, ok := m.(*sip.Request)
	if err != nil || !ok || req.Via() == nil || !datagram && req.ContentLength() == nil {
		u.refuseUnread(info, data, message.BadRequest("Message Not Readable"))
		return false
	}
	req.SetTransport(info.Transport)
	req.SetSource(info.RemoteAddr.String())
	if no := message.Check(req, understood(req)); no != nil {
		u.refuse(info, data, req, no)
		return false
	}
	key := message.TransactionKey(req)
	if x, known := u.txs.find(key); known {
		// A CANCEL goes where its INVITE went (RFC 3261 9.1).
		if req.IsCancel() && !u.mayCancel(x.from, message.FlowFrom(req)) {
			u.refuse(info, data, req, noTransaction)
			return false
		}
		return u.again(info, data, req, x.over, x.final)
	}
	switch {
	case req.IsAck():
		return u.legOf(req) != nil
	case req.IsCancel():
		u.refuse(info, data, req, noTransaction)
		return false
	}
	now := time.Now()
	from, no := u.judge(req, now)
	if no == nil {
		no = u.txs.let(key, message.FlowFrom(req), from, now)
	}
	if no != nil {
		u.refuse(info, data, req, no)
	}
	return no == nil
}

// tooMany refuses what there is no room for.
var tooMany = &message.Refusal{
	Status: sip.StatusServiceUnavailable, Phrase: "Too Many Requests",
	Headers: []sip.Header{sip.NewHeader("Retry-After", "5")},
}

// tooManyInCall refuses what a call has no room for: not 503, after which a
// peer may send nothing more at all (RFC 3261 21.5.4).
var tooManyInCall = &message.Refusal{
	Status: sip.StatusInternalServerError, Phrase: "Too Many Requests In This Call",
	Headers: []sip.Header{sip.NewHeader("Retry-After", "5")},
}

// noTransaction refuses a CANCEL of nothing (RFC 3261 9.2).
var noTransaction = &message.Refusal{Status: sip.StatusCallTransactionDoesNotExists, Phrase: "No Such Transaction"}

// again takes a message of a transaction that was let in before: a repeat, the
// ACK or the CANCEL. It goes on as long as sipgo has the transaction.
func (u *UA) again(info sip.TransportReadProps, data []byte, req *sip.Request, over bool, final []byte) bool {
	switch {
	case !over:
		return true
	case req.IsCancel(): // too late, which is no fault (RFC 3261 9.2)
		u.refuse(info, data, req, &message.Refusal{Status: sip.StatusOK, Phrase: "OK"})
	case final != nil && !req.IsAck() && len(final) <= u.answerMax(info, data):
		u.wire.Answer(info, final)
	}
	return false
}

// judge tells whether a request that begins a transaction is refused, and who
// sent it: vouched for are our users by their passwords, and trunks.
func (u *UA) judge(req *sip.Request, now time.Time) (sender, *message.Refusal) {
	switch {
	case req.Method == sip.REGISTER && u.access != nil:
		_, _, no := u.access.Glance(req)
		return sender{}, no
	case req.Method == sip.SUBSCRIBE && u.events.Serving():
		return sender{}, u.events.Judge(req)
	case req.Method == sip.PUBLISH && u.events.Serving() && message.Tag(req.To()) == "":
		return sender{}, u.events.JudgePublish(req)
	case message.Tag(req.To()) != "":
		l := u.legOf(req)
		if l == nil {
			return sender{}, noDialog
		}
		if !u.livesAt(l, message.FlowFrom(req)) && (u.access == nil || !u.access.CarriesDigest(req)) {
			return sender{}, u.stray(l, req)
		}
		return sender{stranger: l.stranger, within: l, bye: req.Method == sip.BYE}, nil
	case req.IsInvite():
		vouched, no := u.judgeInvite(req, now)
		return sender{stranger: !vouched}, no
	case req.Method == sip.MESSAGE:
		vouched, no := u.judgeText(req, now)
		return sender{stranger: !vouched}, no
	}
	return sender{stranger: true}, u.outside(req)
}

// judgeInvite is for an INVITE that asks for a new dialog. Only what a stranger
// may do at all counts against what he may do how often. Vouched tells that a
// trunk or the password of a user of ours says who it is.
func (u *UA) judgeInvite(req *sip.Request, now time.Time) (vouched bool, no *message.Refusal) {
	if no := u.noRoom(requested(req)); no != nil {
		return false, no
	}
	if _, no := u.readInvite(req); no != nil || u.access == nil {
		return true, no
	}
	callee, vouched, no := u.access.Glance(req)
	if no != nil || vouched {
		return vouched, no
	}
	if u.cfg.Scarce != nil && u.cfg.Scarce() {
		return false, tooMany
	}
	return false, u.access.MayRing(message.ParseAddr(req.Source()).Addr(), callee, now)
}

// legOf is the leg whose dialog req names, nil for none.
func (u *UA) legOf(req *sip.Request) *leg {
	return u.find(dialogKey{req.CallID().Value(), message.Tag(req.To())})
}

// refuse answers req without a transaction; an ACK is never answered.
func (u *UA) refuse(info sip.TransportReadProps, data []byte, req *sip.Request, no *message.Refusal) {
	if req.IsAck() {
		return
	}
	if to := req.To(); to != nil && message.Tag(to) == "" && req.CallID() != nil && req.CSeq() != nil {
		to.Params.Add("tag", u.stateless.key.Tag(req))
	}
	u.stateless.count.Add(1)
	if no.Why != "" {
		if unsaid, ok := u.stateless.log.May(time.Now()); ok {
			u.log.Warn("sip: request refused", "method", message.CleanText(string(req.Method)), "source", req.Source(),
				"status", no.Status, "why", message.CleanText(no.Why), "and_others", unsaid)
		}
	}
	if answer := no.Within(req, u.answerMax(info, data)); answer != nil {
		u.wire.Answer(info, answer)
	}
}

// answerMax is how large an answer to data may be.
func (u *UA) answerMax(info sip.TransportReadProps, data []byte) int {
	at, datagram := message.PeerOf(info.RemoteAddr)
	if !datagram || u.access != nil && u.access.Knows(at.Addr()) {
		return math.MaxInt
	}
	return maxGain * len(data)
}

// refuseUnread answers a request that the parser does not take.
func (u *UA) refuseUnread(info sip.TransportReadProps, data []byte, no *message.Refusal) {
	if answer := u.stateless.key.Unreadable(data, no); answer != nil && len(answer) <= u.answerMax(info, data) {
		u.wire.Answer(info, answer)
	}
}
