package event

import (
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/mailbox"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/registrar"
)

// Judge tells from memory alone why a SUBSCRIBE is refused; nil lets it go on to
// Take. Only who proves to be a user of ours may subscribe.
func (n *Notifier) Judge(req *sip.Request) *message.Refusal {
	if message.Tag(req.To()) != "" && !n.knows(req) {
		return noSubscription
	}
	w, no := readSubscribe(req, n.cfg)
	switch {
	case no != nil:
		return no
	case w.kind.lists && n.isList(req.Recipient) && !slices.Contains(message.Tokens(req, "Supported"), EventList):
		return needsList
	}
	return n.to.Access.GlanceUser(req)
}

// noSubscription makes a phone whose dialog we do not know subscribe again (RFC
// 6665 4.1.2.2).
var noSubscription = &message.Refusal{Status: sip.StatusCallTransactionDoesNotExists, Phrase: "No Such Subscription"}

func keyOf(req *sip.Request) dialogKey { return dialogKey{req.CallID().Value(), message.Tag(req.To())} }

// knows tells whether req is in the dialog of a subscription that is not over.
func (n *Notifier) knows(req *sip.Request) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.known[keyOf(req)]
	return s != nil && s.ending == "" && message.Tag(&s.remote) == message.Tag(req.From())
}

// Take answers a SUBSCRIBE. The NOTIFY follows at once. It may block for the store.
func (n *Notifier) Take(req *sip.Request, tx sip.ServerTransaction) {
	s, lasts, no := n.subscribe(req)
	if no != nil {
		n.to.Answer(req, tx, no)
		return
	}
	yes := message.Refusal{Status: sip.StatusOK, Phrase: "OK", Headers: []sip.Header{
		sip.NewHeader("Expires", message.Seconds(lasts)), &sip.ContactHeader{Address: s.contact},
		sip.NewHeader("Allow-Events", AllowEvents), sip.NewHeader("Server", message.Product),
	}}
	res := yes.Response(req)
	res.To().Params.Add("tag", s.key.tag)
	if s.list != nil {
		res.AppendHeader(sip.NewHeader("Require", EventList))
	}
	if err := tx.Respond(res); err != nil {
		n.log.Debug("sip: response not sent", "status", res.StatusCode, "err", err)
	}
	n.mu.Lock()
	s.dirty, s.asked = true, true
	if lasts == 0 { // it was given back, or wanted once
		n.over(s, "timeout")
	}
	n.schedule(s)
	n.mu.Unlock()
	mailbox.Wake(n.wake)
}

// subscribe begins or refreshes what req asks for.
func (n *Notifier) subscribe(req *sip.Request) (*subscription, time.Duration, *message.Refusal) {
	if !n.Serving() {
		return nil, 0, BadEvent()
	}
	if no := n.Judge(req); no != nil {
		return nil, 0, no
	}
	w, no := readSubscribe(req, n.cfg)
	if no != nil {
		return nil, 0, no
	}
	caller, no := n.to.Access.User(req)
	if no != nil {
		return nil, 0, no
	}
	if w.kind.own && n.to.Access.UserAt(req.To().Address) == caller.Identity.User {
		if no := n.press(req, caller.Identity.User); no != nil {
			return nil, 0, no
		}
	}
	var s *subscription
	if message.Tag(req.To()) != "" {
		s, no = n.refresh(req, caller, w)
	} else {
		s, no = n.begin(req, caller, w)
	}
	return s, w.wants, no
}

// wish is what a SUBSCRIBE asks for.
type wish struct {
	kind  *pack
	event string
	wants time.Duration
}

// readSubscribe reads what is asked for, whoever asks.
func readSubscribe(req *sip.Request, cfg NotifierConfig) (wish, *message.Refusal) {
	var w wish
	headers := req.GetHeaders("Event")
	if len(headers) != 1 {
		return w, BadEvent()
	}
	name, params, _ := strings.Cut(headers[0].Value(), ";")
	if w.kind = packs[strings.ToLower(strings.TrimSpace(name))]; w.kind == nil {
		return w, BadEvent()
	}
	w.event = w.kind.name
	if id, ok := message.ParamOf(params, "id"); ok {
		if !message.IsToken(id) || len(id) > 64 {
			return w, message.BadRequest("Event Id Not Readable")
		}
		w.event += ";id=" + id
	}
	if !takes(req, w.kind.types) {
		return w, &message.Refusal{
			Status: sip.StatusNotAcceptable, Phrase: "Not Acceptable",
			Headers: []sip.Header{sip.NewHeader("Accept", strings.Join(w.kind.types, ", "))},
		}
	}
	var no *message.Refusal
	w.wants, no = readExpires(req, cfg)
	return w, no
}

// takes tells whether the Accept of req, if there is one, takes one of the types.
func takes(req *sip.Request, types []string) bool {
	accepts := message.Tokens(req, "Accept")
	return len(accepts) == 0 || slices.ContainsFunc(accepts, func(kind string) bool {
		kind, _, _ = strings.Cut(kind, ";")
		kind = strings.TrimSpace(kind)
		return kind == "*/*" || kind == "application/*" || slices.Contains(types, kind)
	})
}

// begin makes a new subscription.
func (n *Notifier) begin(req *sip.Request, caller registrar.Caller, w wish) (*subscription, *message.Refusal) {
	s, no := begun(req, n.to.Wire)
	if no != nil {
		return nil, no
	}
	if n.to.LeadsHere(s.target) {
		return nil, registrar.ContactOurs
	}
	s.kind, s.event, s.watcher, s.device = w.kind, w.event, caller.Identity.User, caller.Device
	switch s.user = n.to.Access.UserAt(req.Recipient); {
	case w.kind.lists && n.isList(req.Recipient):
		s.user, s.list = s.watcher, n.newList(s.watcher)
	case s.user == "":
		return nil, nobody
	}
	if w.kind.own && s.user != s.watcher {
		return nil, &message.Refusal{Status: sip.StatusForbidden, Phrase: "For Your Own Address Only"}
	}
	now := time.Now()
	s.version, s.told = firstVersion(now), now
	s.expires = now.Add(w.wants)
	n.mu.Lock()
	defer n.mu.Unlock()
	if no := n.enter(s); no != nil {
		if s.list != nil {
			s.list.forget()
		}
		return nil, no
	}
	return s, nil
}

// enter puts a new subscription into the table, where there is room. Under mu.
func (n *Notifier) enter(s *subscription) *message.Refusal {
	if n.closing {
		return shuttingDown
	}
	if no := n.room(s); no != nil {
		return no
	}
	n.add(s)
	return nil
}

var (
	nobody       = &message.Refusal{Status: sip.StatusNotFound, Phrase: "Nobody Here Has This Address"}
	shuttingDown = &message.Refusal{
		Status: sip.StatusServiceUnavailable, Phrase: "Shutting Down", Headers: []sip.Header{sip.NewHeader("Retry-After", "10")},
	}
)

// refresh takes a SUBSCRIBE within a dialog (RFC 6665 4.1.2.2, 4.1.2.3).
func (n *Notifier) refresh(req *sip.Request, caller registrar.Caller, w wish) (*subscription, *message.Refusal) {
	source, transport := message.ParseAddr(req.Source()), sip.NetworkToLower(req.Transport())
	sock := n.to.Wire.SocketFor(transport, n.to.Wire.LocalOf(req), source.Addr())
	now := time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.known[keyOf(req)]
	switch {
	case s == nil || s.ending != "" || s.watcher != caller.Identity.User || s.event != w.event:
		return nil, noSubscription
	case req.CSeq().SeqNo <= s.theirSeq:
		return nil, &message.Refusal{Status: sip.StatusInternalServerError, Phrase: "CSeq Out Of Order"}
	}
	s.theirSeq = req.CSeq().SeqNo
	if c := req.Contact(); c != nil {
		if target, err := copied(c.Address); err == nil && target.Scheme != "tel" && !n.to.LeadsHere(target) {
			s.target = target
		}
	}
	s.hop.Transport, s.hop.Addr, s.hop.Sock = transport, source, sock
	s.expires = now.Add(w.wants)
	return s, nil
}
