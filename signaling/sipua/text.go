package sipua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/address"
	"ringsplash/policy"
	"ringsplash/signaling/sipua/event"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/registrar"
)

// openTexts makes what takes and sends MESSAGE; without access nobody could be
// told from anybody.
func (u *UA) openTexts() {
	if u.access != nil {
		u.texts = event.NewTexts(event.TextAgent{
			Wire: u.wire, Access: u.access, Trunks: u.trunks, Domain: address.PlainHost(u.cfg.Domain), FlowFor: u.flowFor,
			MayDial: u.mayDial,
		}, u.log)
	}
}

// Texts carries messages; nil without Access.
func (u *UA) Texts() *event.Texts { return u.texts }

// judgeText is for a MESSAGE outside a dialog.
func (u *UA) judgeText(req *sip.Request, now time.Time) (vouched bool, no *message.Refusal) {
	if !u.texts.Serving() {
		return false, u.unsupported(req.Method)
	}
	if vouched, no = u.texts.Judge(req, now); no != nil || vouched {
		return vouched, no
	}
	if u.cfg.Scarce != nil && u.cfg.Scarce() {
		return false, tooMany
	}
	return false, nil
}

// onMessage takes a MESSAGE (RFC 3428 7), of a call too.
func (u *UA) onMessage(req *sip.Request, tx sip.ServerTransaction) {
	switch {
	case message.Tag(req.To()) != "":
		u.inDialog(req, tx)
	case !u.texts.Serving():
		u.answer(req, tx, u.unsupported(req.Method))
	default:
		u.answer(req, tx, u.texts.Take(req))
	}
}

// onText takes a MESSAGE of the call: its request's goroutine does the rest, for
// that waits for the store.
func (l *leg) onText(r *inbound) {
	if !l.u.texts.Serving() || l.state == legCalling {
		l.refuseWith(r, l.u.unsupported(r.req.Method))
		return
	}
	from := l.writer(r.req)
	r.later = func() *message.Refusal { return l.u.texts.Within(r.req, from) }
	r.settle()
}

// writer is who is at the far end, and who he believes to talk with.
func (l *leg) writer(req *sip.Request) event.Writer {
	w := event.Writer{Caller: l.caller, Source: message.ParseAddr(req.Source()).Addr()}
	if l.in != nil {
		w.To = requested(l.in.req)
		if user := l.u.access.UserAt(l.in.req.Recipient); user != "" {
			w.To = user
		}
		return w
	}
	asked := l.out.asked
	w.To = asked.From.Shown().Address
	if asked.From.User != "" && !asked.From.Private {
		w.To = asked.From.User
	}
	if b := asked.Binding; b != nil {
		w.Caller = registrar.Caller{Device: b.Device, Identity: policy.Identity{
			Address: "sip:" + b.User + "@" + address.PlainHost(l.u.cfg.Domain), Level: policy.Proven, How: "registration", User: b.User,
		}}
		return w
	}
	// Whom we called need not be who answered, so nothing is proven of him.
	w.Identity = policy.Identity{Address: l.d.remote.Address.String(), How: "call", Trunk: asked.Trunk}
	if canonical, err := address.Canonical(w.Identity.Address); err == nil {
		w.Identity.Address = canonical
	}
	return w
}
