package sipua

import (
	"runtime/debug"
	"slices"
	"strings"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/event"
	"ringsplash/signaling/sipua/message"
)

// extensions are the option tags we understand (RFC 5373, 3262, 4028, 3891, 4488).
var extensions = []string{"answermode", tag100rel, tagTimer, tagReplaces, tagNoReferSub}

// understood are the option tags that a request may require; those of lists (RFC
// 4662) mean something to a SUBSCRIBE only.
func understood(req *sip.Request) []string {
	if req.Method == sip.SUBSCRIBE {
		return append(slices.Clip(extensions), event.EventList)
	}
	return extensions
}

// route registers what answers each method. sipgo wants it before it serves.
func (u *UA) route(server *sipgo.Server) {
	server.OnInvite(u.on(u.onInvite))
	server.OnAck(u.on(u.onACK))
	if u.access != nil {
		server.OnRegister(u.on(u.access.Register))
	}
	server.OnSubscribe(u.on(u.onSubscribe))
	server.OnMessage(u.on(u.onMessage))
	server.OnPublish(u.on(u.onPublish))
	server.OnNoRoute(u.on(u.onInside))
}

// on wraps a handler: counted, bounded, checked, and a panic ends this request
// only.
func (u *UA) on(h func(*sip.Request, sip.ServerTransaction)) func(*sip.Request, sip.ServerTransaction) {
	return func(req *sip.Request, plain sip.ServerTransaction) {
		if !u.enter() {
			if !req.IsAck() {
				u.answer(req, plain, tooMany)
			}
			return
		}
		defer u.leave()
		tx := &answering{ServerTransaction: plain}
		if !req.IsAck() && req.Via() != nil {
			u.txs.begin(req, tx)
			defer u.shorten(req, tx)
		}
		defer func() {
			if p := recover(); p != nil {
				u.log.Error("sip: request failed by a fault of ours", "method", message.CleanText(string(req.Method)), "panic", p, "stack",
					string(debug.Stack()))
				if !req.IsAck() {
					u.answer(req, tx, &message.Refusal{Status: sip.StatusInternalServerError, Phrase: "Gateway Fault"})
				}
			}
		}()
		if no := message.Check(req, understood(req)); no != nil {
			if !req.IsAck() {
				u.answer(req, tx, no)
			}
			return
		}
		h(req, tx)
	}
}

// answer sends a final response outside a dialog of ours.
func (u *UA) answer(req *sip.Request, tx sip.ServerTransaction, no *message.Refusal) {
	res := no.Response(req)
	res.AppendHeader(sip.NewHeader("Server", message.Product))
	if no.Why != "" {
		u.log.Warn("sip: request refused", "method", message.CleanText(string(req.Method)), "source", req.Source(), "status", no.Status,
			"why",
			message.CleanText(no.Why))
	}
	if err := tx.Respond(res); err != nil {
		u.log.Debug("sip: response not sent", "status", no.Status, "err", err)
	}
}

// onInside takes what makes sense in a dialog only.
func (u *UA) onInside(req *sip.Request, tx sip.ServerTransaction) {
	switch {
	case req.IsCancel(): // its INVITE ended while it came
		u.answer(req, tx, noTransaction)
	case message.Tag(req.To()) == "":
		u.answer(req, tx, u.outside(req))
	default:
		u.inDialog(req, tx)
	}
}

// outside answers a request that is in no dialog and begins none.
func (u *UA) outside(req *sip.Request) *message.Refusal {
	switch req.Method {
	case sip.OPTIONS: // what we can do (RFC 3261 11.2)
		if no := u.noRoom(""); no != nil {
			no.Headers = append(no.Headers, u.abilities()...)
			return no // with the status an INVITE would get
		}
		return &message.Refusal{Status: sip.StatusOK, Phrase: "OK", Headers: u.abilities()}
	case sip.BYE, sip.INFO, sip.UPDATE, sip.PRACK:
		return noDialog
	case sip.REFER: // a phone transfers calls, and begins them by INVITE
		return &message.Refusal{Status: sip.StatusForbidden, Phrase: "REFER Within A Call Only"}
	}
	return u.unsupported(req.Method)
}

func (u *UA) abilities() []sip.Header {
	return append([]sip.Header{
		sip.NewHeader("Allow", u.allowed()), sip.NewHeader("Accept", u.accepted()),
		sip.NewHeader("Accept-Encoding", "identity"), sip.NewHeader("Supported", strings.Join(extensions, ", ")),
	}, u.allowEvents()...)
}

func (u *UA) unsupported(m sip.RequestMethod) *message.Refusal {
	if m == sip.NOTIFY || m == sip.SUBSCRIBE { // RFC 6665 4.1.3: the phone stops asking
		return u.badEvent()
	}
	return &message.Refusal{
		Status: sip.StatusMethodNotAllowed, Phrase: "Method Not Allowed",
		Headers: []sip.Header{sip.NewHeader("Allow", u.allowed())},
	}
}

// allowed is the Allow header: the methods that we take now.
func (u *UA) allowed() string {
	allow := u.allow
	if u.events.Serving() {
		allow += ", SUBSCRIBE, PUBLISH"
	}
	if u.texts.Serving() {
		allow += ", MESSAGE"
	}
	return allow
}

// accepted is the Accept header of who asks what we can do (RFC 3261 11.2).
func (u *UA) accepted() string {
	if u.texts.Serving() {
		return message.SDPType + ", " + event.Accept
	}
	return message.SDPType
}
