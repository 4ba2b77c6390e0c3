package sipua

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

// maxEarly bounds the early dialogs of one branch that we remember.
const maxEarly = 20

// maxTries bounds how often one branch's INVITE is sent again because of what
// the far end answered (a challenge, an extension, a longer interval).
const maxTries = 3

// branch is our INVITE: what a leg of ours is before it is up.
type branch struct {
	invite     *sent
	heard      bool // a 1xx came, so a CANCEL may go out (RFC 3261 9.1)
	unrepeated bool // the INVITE is not repeated any more
	// cancel is why the branch is taken back, "" while it is not.
	cancel    machine.Cause
	cancelled bool // the CANCEL is out
	givenUp   bool // given up: Ended was told, only the wire is left
	first     *time.Timer
	tries     int     // INVITEs after the first one
	talk      *dialog // the early dialog of a phone that knows Event: talk
	early     []string
	earlyTag  string // the early dialog whose SDP the call has
	earlySDP  []byte
	acked     acked
	acks      map[ackKey]*sip.Request
	asked     gateway.Invite // as aimed last
	// passed are the addresses of the trunk that did not take the INVITE.
	passed []netip.AddrPort
}

// ackKey names the 2xx an ACK belongs to.
type ackKey struct {
	seq uint32
	tag string
}

// Invite starts a branch (gateway.Dialer). It returns at once; everything that
// comes of it arrives at sink.
func (u *UA) Invite(in gateway.Invite, sink gateway.Sink) gateway.Leg {
	if in.Leg == "" {
		in.Leg = machine.LegID(message.NewToken())
	}
	d := dialog{callID: message.NewToken(), owner: true}
	d.local.Params = sip.HeaderParams{{K: "tag", V: message.NewToken()}}
	l := u.newLeg(in.Leg, legCalling, d)
	l.sink = sink
	l.mail.Post(func() { l.dial(in) })
	if err := u.adopt(l); err != nil {
		sink(machine.Refused{LegID: in.Leg, Status: sip.StatusServiceUnavailable, Phrase: err.Error()})
		l.mail.CloseIfEmpty()
		return l
	}
	go l.run()
	return l
}

// dial routes and sends the INVITE.
func (l *leg) dial(in gateway.Invite) {
	if status, err := l.aim(in); err != nil {
		l.refused(machine.Refused{LegID: l.id, Status: status, Phrase: message.CleanText(err.Error())})
		return
	}
	l.sendInvite(l.writeInvite(in))
}

func (l *leg) sendInvite(req *sip.Request) {
	l.out.heard = false
	by := sentBy{provisional: l.provisional, final: l.inviteResponse, lost: l.inviteLost}
	l.out.invite = l.sendTo(l.d.hop, req, by)
	if l.out.first != nil {
		l.out.first.Stop()
	}
	l.out.first = l.after(l.u.cfg.First1xx, l.firstMissing)
}

// firstMissing ends a branch that made no sound. The transaction goes on: a
// late 1xx gets CANCEL, a late 2xx ACK and BYE.
func (l *leg) firstMissing() {
	if l.state != legCalling || l.out.heard {
		return
	}
	if l.out.cancel == "" {
		l.out.cancel = machine.CauseUnreachable
	}
	if l.trunk != nil {
		l.trunk.Pass(l.d.hop.Addr) // for the next call; this INVITE may yet be heard
	}
	l.stopRepeats()
	l.refused(machine.Refused{LegID: l.id, Status: sip.StatusRequestTimeout, Phrase: "No Response"})
}

func (l *leg) refused(e machine.Refused) {
	l.finish(e, fmt.Sprintf("%d %s", e.Status, e.Phrase))
}

// inviteLost: the transaction ended without a final response.
func (l *leg) inviteLost(err error) {
	l.settleGivenUp()
	if l.trunk != nil && l.state == legCalling && !l.out.heard {
		l.trunk.Pass(l.d.hop.Addr)
		if l.nextPlace() {
			return
		}
	}
	e := machine.Refused{LegID: l.id, Status: sip.StatusServiceUnavailable, Phrase: message.CleanText("Not Sent: " + err.Error())}
	if errors.Is(err, sip.ErrTransactionTimeout) {
		e.Status, e.Phrase = sip.StatusRequestTimeout, "No Response"
	}
	l.refused(e)
}

// inviteResponse takes every final response to our INVITE, repeated ones too.
func (l *leg) inviteResponse(s *sent, res *sip.Response) {
	if s != l.out.invite {
		return // an older try, which was challenged
	}
	l.settleGivenUp()
	if res.IsSuccess() {
		l.success(res)
	} else {
		l.failure(s, res)
	}
}

func (l *leg) provisional(s *sent, res *sip.Response) {
	if s != l.out.invite || res.Reason == notRepeated && l.out.unrepeated {
		return
	}
	l.out.heard = true
	if l.out.first != nil {
		l.out.first.Stop()
	}
	if l.out.cancel != "" {
		l.sendCancel()
	}
	if res.StatusCode == sip.StatusTrying || l.state == legOver || !l.prack(res) || l.state != legCalling {
		return
	}
	tag := message.Tag(res.To())
	if len(l.out.early) < maxEarly && !slices.Contains(l.out.early, tag) {
		l.out.early = append(l.out.early, tag)
		l.face.show(l.out.early[0])
		early := l.d
		early.confirm(res)
		l.settles(&early)
	}
	sdp, _ := message.SDP(res)
	if sdp != nil && l.out.earlySDP == nil {
		l.out.earlyTag, l.out.earlySDP = tag, sdp
	}
	if tag != l.out.earlyTag {
		sdp = nil // one early dialog has the early media, the first
	}
	l.tell(machine.Rang{LegID: l.id, Status: res.StatusCode, SDP: sdp, Talk: l.talker(res)})
}

// success: the first 2xx makes the dialog. Another To tag is another phone
// behind a forking proxy; it gets ACK and BYE (RFC 3261 13.2.2.4).
func (l *leg) success(res *sip.Response) {
	if l.repeatACK(res) {
		return
	}
	if l.state != legCalling {
		other := l.d
		other.confirm(res)
		l.sendACK(&other, l.out.invite, res)
		c := l.out.cancel
		if c == "" {
			c = machine.CauseElsewhere
		}
		l.sendBye(&other, c)
		return
	}
	l.d.confirm(res)
	l.face.show(message.Tag(&l.d.remote))
	l.settles(&l.d)
	l.sendACK(&l.d, l.out.invite, res)
	sdp, _ := message.SDP(res)
	if sdp == nil && message.Tag(res.To()) == l.out.earlyTag {
		sdp = l.out.earlySDP
	}
	l.stopTimers()
	l.enter(legUp, "answered")
	l.agreed(res)
	l.tell(machine.Answered{LegID: l.id, SDP: sdp})
}

// adjusted is the INVITE as a far end wants it that said what it misses:
// credentials, the longer session interval of a 422, the extensions of a 421 that
// we have (RFC 3261 21.4.16). nil when nothing helps; a trigger is sent twice for a
// challenge only, which comes before anybody rings.
func (l *leg) adjusted(s *sent, res *sip.Response) *sip.Request {
	if l.state != legCalling || l.out.cancel != "" || l.out.tries >= maxTries {
		return nil
	}
	if again := l.authorised(s, res); again != nil {
		return again
	}
	if len(l.out.asked.Headers) > 0 {
		return nil
	}
	if again := l.longer(s.req, res); again != nil {
		return again
	}
	want := message.Tokens(res, "Require")
	if res.StatusCode != 421 || len(want) == 0 || s.req.GetHeader("Require") != nil ||
		slices.ContainsFunc(want, func(tag string) bool { return !slices.Contains(extensions, tag) }) {
		return nil
	}
	again := message.Unsent(s.req)
	again.AppendHeader(sip.NewHeader("Require", strings.Join(want, ", ")))
	return again
}

func (l *leg) failure(s *sent, res *sip.Response) {
	if l.nextFlow(res.StatusCode) {
		return
	}
	if again := l.adjusted(s, res); again != nil {
		l.out.tries++
		again.CSeq().SeqNo = l.d.next()
		l.sendInvite(again)
		return
	}
	if res.StatusCode == sip.StatusServiceUnavailable && l.nextPlace() {
		return
	}
	e := machine.Refused{
		LegID: l.id, Status: res.StatusCode, Phrase: message.CleanText(res.Reason),
		RetryAfter: message.RetryAfter(message.Header(res, "Retry-After")),
	}
	if res.IsRedirection() {
		for _, h := range res.GetHeaders("Contact") {
			if c, ok := h.(*sip.ContactHeader); ok && len(e.Contacts) < maxEarly {
				e.Contacts = append(e.Contacts, message.CleanText(c.Address.String()))
			}
		}
	}
	l.refused(e)
}

// nextPlace sends the INVITE to another address of the trunk, when the one
// before has not taken it (RFC 3263 4.3).
func (l *leg) nextPlace() bool {
	if l.trunk == nil || l.state != legCalling || l.out.cancel != "" || len(l.out.passed) >= wire.MaxRecords {
		return false
	}
	l.out.passed = append(l.out.passed, l.d.hop.Addr)
	if _, err := l.aim(l.out.asked); err != nil {
		return false
	}
	l.log.Info("sip: trunk is tried at its next address", "trunk", l.trunk.Name, "at", l.d.hop.Addr)
	l.sendInvite(l.writeInvite(l.out.asked))
	return true
}

// sendACK acknowledges a 2xx at once and remembers the ACK for repeated ones.
func (l *leg) sendACK(d *dialog, invite *sent, res *sip.Response) {
	ack := d.newRequest(sip.ACK, res.CSeq().SeqNo)
	for _, name := range []string{"Authorization", "Proxy-Authorization"} { // RFC 3261 22.1
		sip.CopyHeaders(name, invite.req, ack)
	}
	h, err := l.route(d)
	if err != nil {
		l.log.Warn("sip: ACK not sent", "err", err)
		return
	}
	if err := l.u.wire.Connect(h); err != nil {
		l.log.Warn("sip: ACK not sent", "err", err)
		return
	}
	l.origins.add(h.Flow())
	l.u.wire.Stamp(ack, h)
	if l.out.acks == nil {
		l.out.acks = make(map[ackKey]*sip.Request)
	}
	l.out.acks[ackKey{res.CSeq().SeqNo, message.Tag(res.To())}] = ack
	l.writeACK(ack)
}

func (l *leg) repeatACK(res *sip.Response) bool {
	ack, ok := l.out.acks[ackKey{res.CSeq().SeqNo, message.Tag(res.To())}]
	if ok {
		l.writeACK(ack)
	}
	return ok
}

func (l *leg) writeACK(ack *sip.Request) {
	l.trace(true, ack)
	if err := l.u.wire.WriteMsg(ack); err != nil {
		l.log.Warn("sip: ACK not sent", "err", err)
	}
}

// strayResponse takes responses that match no transaction: a 2xx of another
// phone behind a proxy, later than 64*T1 after the first.
func (u *UA) strayResponse(res *sip.Response) {
	defer u.recovered("response")
	seq := res.CSeq()
	if seq == nil || seq.MethodName != sip.INVITE || !res.IsSuccess() || res.CallID() == nil {
		return
	}
	if l := u.find(dialogKey{res.CallID().Value(), message.Tag(res.From())}); l != nil {
		l.mail.Post(func() { l.strayed(res) })
	}
}

func (l *leg) strayed(res *sip.Response) {
	if l.out.invite != nil && l.out.invite.req.CSeq().SeqNo == res.CSeq().SeqNo {
		l.success(res)
		return
	}
	l.repeatACK(res)
}
