package sipua

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/policy"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/registrar"
	"ringsplash/signaling/sipua/wire"
)

// inbound is a request to us in its server transaction. The goroutine sipgo
// gave it waits in attend until the leg has settled it.
type inbound struct {
	req *sip.Request
	tx  sip.ServerTransaction
	// known: a trunk sent it, or its caller is proven.
	known bool
	// cancelled is set by a CANCEL, which sipgo answers with 487 by itself.
	cancelled atomic.Bool
	settled   chan struct{}
	once      sync.Once
	// later says how to answer once r is settled; nil: it was answered.
	later func() *message.Refusal
}

func newInbound(req *sip.Request, tx sip.ServerTransaction) *inbound {
	return &inbound{req: req, tx: tx, settled: make(chan struct{})}
}

// settle lets the request's goroutine go. The transaction then lives on as
// long as retransmissions need it (UDP), or ends (TCP).
func (r *inbound) settle() { r.once.Do(func() { close(r.settled) }) }

// attend waits until r is settled. An ACK with the branch of its INVITE, which
// some phones send, arrives in the transaction; it is passed on.
func (l *leg) attend(r *inbound) {
	for {
		select {
		case <-r.settled:
			return
		case ack := <-r.tx.Acks():
			l.takeACK(ack)
		case <-r.tx.Done():
			l.mail.Post(func() { l.vanished(r) })
			return
		}
	}
}

// vanished: the transaction of r ended before we were done with it; its
// connection died, or its CANCEL was answered.
func (l *leg) vanished(r *inbound) {
	r.settle()
	switch {
	case r == l.theirs:
		l.theirs = nil
	case r == l.in && l.state == legAsked:
		l.ended(machine.CauseCallerGone)
	case l.ok != nil && r == l.ok.r:
		l.unacknowledged()
	}
}

// onInvite takes an INVITE that asks for a new dialog.
func (u *UA) onInvite(req *sip.Request, tx sip.ServerTransaction) {
	if message.Tag(req.To()) != "" {
		u.inDialog(req, tx)
		return
	}
	if no := u.noRoom(requested(req)); no != nil {
		u.answer(req, tx, no)
		return
	}
	r := newInbound(req, tx)
	caller, sdp, no := u.screen(req)
	if no != nil {
		u.answer(req, tx, no)
		return
	}
	replaces, no := u.replacedBy(req)
	if no != nil {
		u.answer(req, tx, no)
		return
	}
	l := u.newInboundLeg(r, caller)
	if !tx.OnCancel(func(c *sip.Request) { l.cancelledBy(r, c) }) {
		return // a CANCEL was faster; sipgo has sent the 487
	}
	if err := u.adopt(l); err != nil {
		u.answer(req, tx, busy(err))
		return
	}
	// At once, not sipgo's after 200 ms: a repeated INVITE would switch that off.
	_ = tx.Respond(sip.NewResponseFromRequest(req, sip.StatusTrying, "Trying", nil))
	u.begin(l, caller, sdp, replaces)
	l.attend(r)
}

// begin hands the leg to the call and starts it.
func (u *UA) begin(l *leg, caller registrar.Caller, sdp []byte, replaces place) {
	defer func() { go l.run() }()
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("sip: a new call failed by a fault of ours", "panic", p)
			l.sink = func(machine.Event) {}
			l.HangUp(machine.CauseFault)
		}
	}()
	level := slog.LevelInfo
	if !caller.Identity.Verified() && caller.Identity.Trunk == "" {
		level = slog.LevelDebug // of strangers there may be very many
	}
	l.log.Log(context.Background(), level, "sip leg", "to", legAsked.String(), "source", l.in.req.Source(), "caller",
		caller.Identity.Address)
	l.mail.Post(func() { l.trace(false, l.in.req) }) // done by run, when the call is there
	u.to.Calls.Begin(func(sink gateway.Sink) gateway.Incoming {
		l.sink = sink
		return gateway.Incoming{
			Leg: l, From: caller.Identity, Device: caller.Device, Replaces: replaces.leg, PickUp: replaces.pickUp,
			Dialled: requested(l.in.req), Offer: sdp,
			Source: message.ParseAddr(l.in.req.Source()), AnswerMode: answerMode(l.in.req),
		}
	})
	if l.sink == nil {
		l.sink = func(machine.Event) {}
		l.Reject(machine.CauseOverload)
	}
}

// screen decides whether an INVITE may ask for a call. It may block for the
// store.
func (u *UA) screen(req *sip.Request) (registrar.Caller, []byte, *message.Refusal) {
	sdp, no := u.readInvite(req)
	if no != nil {
		return registrar.Caller{}, nil, no
	}
	caller := registrar.Caller{Identity: fromIdentity(req)}
	if u.access != nil {
		if caller, no = u.access.Identify(req); no != nil {
			return registrar.Caller{}, nil, no
		}
	}
	return caller, sdp, nil
}

// readInvite finds what is wrong with an INVITE for a new dialog, whoever sent
// it, and its SDP.
func (u *UA) readInvite(req *sip.Request) ([]byte, *message.Refusal) {
	if h := req.MaxForwards(); h != nil && h.Val() == 0 {
		return nil, &message.Refusal{Status: sip.StatusTooManyHops, Phrase: "Too Many Hops"}
	}
	key := dialogKey{req.CallID().Value(), message.Tag(req.From())}
	if key.tag != "" && u.find(key) != nil {
		// Our own INVITE came back to us (RFC 3261 8.2.2.2).
		return nil, &message.Refusal{Status: sip.StatusLoopDetected, Phrase: "Loop Detected", Why: "our own INVITE came back"}
	}
	if u.to.Calls == nil {
		return nil, &message.Refusal{Status: sip.StatusTemporarilyUnavailable, Phrase: "No Calls Taken Here"}
	}
	if no := u.checkContact(req); no != nil {
		return nil, no
	}
	// RFC 3261 8.2.3: what the body is, and what the answer may be.
	if !takesSDP(req) {
		return nil, &message.Refusal{
			Status: sip.StatusNotAcceptable, Phrase: "Not Acceptable",
			Headers: []sip.Header{sip.NewHeader("Warning", `399 `+message.Product+` "this gateway answers in application/sdp only"`)},
		}
	}
	sdp, err := message.SDP(req)
	if err != nil {
		return nil, notSDP(err)
	}
	return sdp, u.tooShort(req)
}

// checkContact wants a Contact that a request can go to (RFC 3261 8.1.1.8). An
// INVITE of RFC 2543, which has no tag in its From, needs none.
func (u *UA) checkContact(req *sip.Request) *message.Refusal {
	contact := req.Contact()
	if contact == nil && message.Tag(req.From()) == "" {
		return nil
	}
	if contact == nil {
		return message.BadRequest("Missing Contact")
	}
	target, err := message.ParseURI(contact.Address.String())
	if err != nil {
		return message.BadRequest("Contact Not Usable")
	}
	if u.leadsHere(target) {
		return registrar.ContactOurs
	}
	return nil
}

// takesSDP tells whether the caller takes an answer in SDP (RFC 3261 20.1: a
// missing Accept says so).
func takesSDP(req *sip.Request) bool {
	headers := req.GetHeaders("Accept")
	for _, h := range headers {
		for _, v := range message.SplitList(h.Value()) {
			kind, _, _ := strings.Cut(v, ";")
			switch strings.ToLower(strings.TrimSpace(kind)) {
			case message.SDPType, "application/*", "*/*":
				return true
			}
		}
	}
	return len(headers) == 0
}

// requested is what an INVITE asks for.
func requested(req *sip.Request) string { return message.CleanText(req.Recipient.String()) }

// noRoom refuses what asks for a new call while none is taken; "" asks for none
// in particular. It is no line in the log: there may be very many.
func (u *UA) noRoom(dialled string) *message.Refusal {
	if u.to.Room == nil {
		return nil
	}
	cause := u.to.Room(dialled)
	if cause == "" {
		return nil
	}
	if dialled != "" && u.to.TurnedAway != nil {
		u.to.TurnedAway(cause)
	}
	return refusal(cause)
}

// busy refuses an INVITE that adopt would not take.
func busy(err error) *message.Refusal {
	if errors.Is(err, errMerged) {
		return &message.Refusal{Status: sip.StatusLoopDetected, Phrase: "Loop Detected"}
	}
	return &message.Refusal{
		Status: sip.StatusServiceUnavailable, Phrase: err.Error(), Why: err.Error(),
		Headers: []sip.Header{sip.NewHeader("Retry-After", "10")},
	}
}

func notSDP(err error) *message.Refusal {
	return &message.Refusal{
		Status: sip.StatusUnsupportedMediaType, Phrase: "Unsupported Media Type", Why: err.Error(),
		Headers: []sip.Header{sip.NewHeader("Accept", message.SDPType), sip.NewHeader("Accept-Encoding", "identity")},
	}
}

// newInboundLeg makes the dialog of an INVITE to us (RFC 3261 12.1.1).
func (u *UA) newInboundLeg(r *inbound, caller registrar.Caller) *leg {
	from, to := r.req.From(), r.req.To()
	d := dialog{callID: r.req.CallID().Value(), remoteSeq: r.req.CSeq().SeqNo, seen: true}
	d.local = to.AsFrom()
	d.local.Params = sip.HeaderParams{{K: "tag", V: message.NewToken()}}
	d.remote = *sip.HeaderClone(from).(*sip.FromHeader)
	d.target = sip.Uri{Scheme: "sip", Host: "invalid"}
	source := message.ParseAddr(r.req.Source())
	transport := sip.NetworkToLower(r.req.Transport())
	d.hop = wire.Hop{Transport: transport, Addr: source, Sock: u.wire.SocketFor(transport, u.wire.LocalOf(r.req), source.Addr())}
	d.sameFlow = caller.Device != "" // a registered phone may be behind NAT
	d.accept(r.req)
	if r.req.Contact() == nil { // of RFC 2543: where it came from
		d.target, d.sameFlow = sip.Uri{Scheme: "sip", Host: source.Addr().String(), Port: int(source.Port())}, true
	}
	id := machine.LegID("s" + message.NewToken())
	d.contact = u.wire.ContactURI(string(id), d.hop)
	l := u.newLeg(id, legAsked, d)
	l.caller = caller
	l.rel.on = slices.Contains(message.Tokens(r.req, "Require"), tag100rel)
	l.in, l.stranger = r, u.txs.ofStranger(r.req)
	r.known = caller.Identity.Verified() || caller.Identity.Trunk != ""
	l.trunk = u.trunks.Named(caller.Identity.Trunk)
	l.origins.ofTrunk(l.trunk)
	l.origins.ofPhone(caller.Identity.User, caller.Device)
	l.settles(&l.d)
	return l
}

// answerMode reads Answer-Mode and Priv-Answer-Mode (RFC 5373 4.3).
func answerMode(m sip.Message) gateway.AnswerMode {
	auto, require := parseAnswerMode(message.Header(m, "Answer-Mode"))
	priv, privRequire := parseAnswerMode(message.Header(m, "Priv-Answer-Mode"))
	if !auto { // beside Auto the privileged one counts as absent, as it is never let in
		require = privRequire && priv
	}
	return gateway.AnswerMode{Auto: auto, Priv: priv, Require: require}
}

func parseAnswerMode(value string) (auto, require bool) {
	mode, params, _ := strings.Cut(value, ";")
	value, found := message.ParamOf(params, "require")
	return strings.EqualFold(strings.TrimSpace(mode), "auto"), found && value == ""
}

// fromIdentity is what a From line claims: unverified.
func fromIdentity(req *sip.Request) policy.Identity {
	f := req.From()
	id := policy.Identity{How: "from", Level: policy.Unverified}
	if f == nil {
		return id
	}
	id.Display = message.UnquoteDisplay(f.DisplayName)
	switch f.Address.Scheme {
	case "tel":
		id.Address = message.CleanText("tel:" + f.Address.Raw())
	case "sip", "sips":
		id.Address = message.CleanText("sip:" + f.Address.User + "@" + strings.ToLower(f.Address.Host))
	}
	return id
}
