package event

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/chat"
	"ringsplash/internal/sentence"
	"ringsplash/signaling/sipua/message"
)

const (
	// signsFlying bounds the receipts and typing signs on their way at a time,
	// signWait how long each may take.
	signsFlying = 64
	signWait    = 10 * time.Second
	// waited is from when on a text says when it was written.
	waited = 30 * time.Second
)

var _ chat.Carrier = (*Texts)(nil)

// Phones are the ids of the user's devices that show text (chat.Carrier).
func (t *Texts) Phones(user string) []string {
	if people := t.served.Load(); people != nil && people.Phones != nil {
		return people.Phones(user)
	}
	return nil
}

// Deliver brings a letter to a phone or a far end (chat.Carrier).
func (t *Texts) Deliver(ctx context.Context, l chat.Letter) chat.Outcome {
	if !t.Serving() {
		return chat.Outcome{}
	}
	if l.Device != "" {
		return t.toPhone(ctx, l)
	}
	if no, ok := t.mayLeave(l); !ok {
		return no
	}
	return t.toFarEnd(ctx, l)
}

// mayLeave is the last guard before a text leaves the house: it is in the name
// and on the account of a user of ours, within what he may send.
func (t *Texts) mayLeave(l chat.Letter) (no chat.Outcome, ok bool) {
	if !t.isOf(l.User, l.From) {
		t.log.Error("sip: a text to the outside is on nobody's account, and was refused", "user", l.User, "from", l.From.Address)
		return chat.Outcome{Status: sip.StatusForbidden, Cause: Words.Say("text.no_account")}, false
	}
	now := time.Now()
	if t.leaves == nil || t.leaves.Admit(l.User, now) {
		return no, true
	}
	t.log.Warn("sip: texts of the user to the outside are at their limit", "user", l.User)
	return chat.Outcome{
		Status: sip.StatusTemporarilyUnavailable, RetryAfter: t.leaves.Wait(l.User, now), Cause: Words.Say("text.outside_limit"),
	}, false
}

// isOf tells whether a party is that user of ours.
func (t *Texts) isOf(user string, p chat.Party) bool {
	return user != "" && p.Address == "sip:"+user+"@"+t.to.Domain
}

// toPhone brings a letter to one phone, over the flow that it registered on.
func (t *Texts) toPhone(ctx context.Context, l chat.Letter) (out chat.Outcome) {
	if !slices.Contains(t.Phones(l.User), l.Device) {
		return chat.Outcome{Status: sip.StatusUnsupportedMediaType, Cause: Words.Say("text.no_phone")}
	}
	for _, b := range t.to.Access.Bindings(l.User) {
		if b.Device != l.Device {
			continue
		}
		w, err := t.wayToPhone(b, l.From, l.To)
		if err != nil {
			t.log.Debug("sip: no way to a phone for a text", "user", l.User, "device", l.Device, "err", err)
			continue
		}
		if out = t.deliver(ctx, w, l); out.Status != 0 && out.Status != statusFlowFailed {
			return out
		}
	}
	return out
}

// statusFlowFailed says that the connection to the phone is gone (RFC 5626 11.5).
const statusFlowFailed = 430

// toFarEnd brings a letter out of the house, by the first way that takes it.
func (t *Texts) toFarEnd(ctx context.Context, l chat.Letter) chat.Outcome {
	out := chat.Outcome{Cause: Words.Say("text.no_way")}
	for _, one := range l.Ways {
		w, err := t.wayOut(ctx, one, l.From, l.To)
		if err != nil {
			t.log.Warn("sip: no way to a far end for a text", "user", l.User, "to", l.To.Address, "err", err)
			continue
		}
		if out = t.deliver(ctx, w, l); out.Status != 0 && out.Status != sip.StatusServiceUnavailable {
			return out
		}
	}
	return out
}

// deliver sends a letter one way, in message/cpim where the peer understands it
// and there is room; else as plain text, in parts where it is long.
func (t *Texts) deliver(ctx context.Context, w way, l chat.Letter) chat.Outcome {
	plain := content{plainType, []byte(l.Text)}
	if t.understands(w.peer) {
		wants := Wants{}
		if w.outside { // a phone's 200 says enough
			wants = Wants{Delivered: true, Failed: true, Displayed: true}
		}
		wrapped := content{cpimType, wrap(l.From.Address, l.To.Address, l.Time, l.ID, wants, plainType, plain.body)}
		if req := w.request(wrapped, l.Time); t.fits(&w, req) {
			out := t.send(ctx, w, req)
			if out.Status != sip.StatusUnsupportedMediaType {
				return out
			}
			t.unlearn(w.peer)
		}
	}
	if req := w.request(plain, l.Time); (w.outside || len(l.Text) <= partSize) && t.fits(&w, req) {
		return t.send(ctx, w, req)
	}
	return t.deliverParts(ctx, w, l)
}

// plainType is how we send text.
const plainType = textType + ";charset=UTF-8"

// deliverParts sends a text in parts. Those that arrived are not sent again when
// one after them has to be.
func (t *Texts) deliverParts(ctx context.Context, w way, l chat.Letter) (out chat.Outcome) {
	list := parts(l.Text, w.room(l.Time), "… "+Words.Say("text.more").Text)
	name := l.ID + " " + w.peer
	for i := t.arrived(name); i < len(list); i++ {
		out = t.send(ctx, w, w.request(content{plainType, []byte(list[i])}, l.Time))
		if out.Status < 200 || out.Status > 299 {
			return out
		}
		t.arrive(name, i+1)
	}
	t.arrive(name, 0)
	return out
}

// send sends one request and waits for its final answer; a trunk's challenge is
// answered once.
func (t *Texts) send(ctx context.Context, w way, req *sip.Request) chat.Outcome {
	res, err := t.to.Wire.Do(ctx, req, w.hop)
	if err == nil && w.trunk != nil {
		again, failed := w.trunk.Authorise(req, res, w.hop.Flow())
		if failed != nil {
			t.log.Warn("sip: challenge not answered", "trunk", w.trunk.Name, "status", res.StatusCode, "err", failed)
		}
		if again != nil {
			again.CSeq().SeqNo++
			res, err = t.to.Wire.Do(ctx, again, w.hop)
		}
	}
	if err != nil {
		t.log.Debug("sip: a text was not answered", "to", w.hop.Addr, "err", err)
		return chat.Outcome{}
	}
	if takesCPIM(res) {
		t.learn(w.peer)
	}
	return chat.Outcome{
		Status: res.StatusCode, RetryAfter: message.RetryAfter(message.Header(res, "Retry-After")), Cause: causeOf(res.StatusCode),
	}
}

// causeOf says why a text was not taken, where the status says more than that.
func causeOf(status int) (s sentence.Sentence) {
	switch status {
	case sip.StatusUnsupportedMediaType:
		return Words.Say("text.not_shown")
	case sip.StatusRequestEntityTooLarge, 513:
		return Words.Say("text.too_long_there")
	case sip.StatusForbidden:
		return Words.Say("text.forbidden_there")
	case sip.StatusNotFound, 604:
		return Words.Say("text.nobody_there")
	case sip.StatusMethodNotAllowed, 501:
		return Words.Say("text.takes_none")
	}
	return s
}

// Receipt tells a far end that its message has arrived (chat.Carrier). That one
// was read never leaves the house.
func (t *Texts) Receipt(r chat.Receipt) {
	if r.State != chat.Delivered || !t.Serving() {
		return
	}
	content := content{imdnType, writeReceipt(r.Ref, ReceiptDelivered, r.Time)}
	t.sign(r.User, r.From, r.To, "", r.Ways, content)
}

// Typing tells a phone or a far end that a user writes, or has stopped
// (chat.Carrier); only one that understands it.
func (t *Texts) Typing(s chat.Typing) {
	if t.Serving() {
		t.sign(s.User, s.From, s.To, s.Device, s.Ways, content{composingType, writeComposing(s.On)})
	}
}

// sign sends what nobody waits for, to who understands it.
func (t *Texts) sign(user string, from, to chat.Party, device string, ways []chat.Way, c content) {
	peer := to.Address
	if device != "" {
		peer = phoneOf(user, device)
	}
	if !t.understands(peer) || !t.signs.Admit("out "+user, time.Now()) {
		return
	}
	if device == "" && !t.isOf(user, from) {
		t.log.Error("sip: a sign of a message is on nobody's account, and was refused", "user", user, "from", from.Address)
		return
	}
	t.beside(func(ctx context.Context) {
		if c.kind == imdnType { // RFC 5438 7.2.1
			c = content{cpimType, wrap(from.Address, to.Address, time.Now(), "", Wants{}, c.kind, c.body)}
		}
		w, err := t.wayToSign(ctx, user, device, ways, from, to)
		if err != nil {
			t.log.Debug("sip: no way for a sign of a message", "user", user, "to", to.Address, "err", err)
			return
		}
		if req := w.request(c, time.Now()); t.fits(&w, req) {
			t.send(ctx, w, req)
		}
	})
}

// wayToSign is the way to a phone, or the first to a far end.
func (t *Texts) wayToSign(ctx context.Context, user, device string, ways []chat.Way, from, to chat.Party) (way, error) {
	if device == "" {
		if len(ways) == 0 {
			return way{}, errNoWay
		}
		return t.wayOut(ctx, ways[0], from, to)
	}
	for _, b := range t.to.Access.Bindings(user) {
		if b.Device == device {
			return t.wayToPhone(b, from, to)
		}
	}
	return way{}, errNoWay
}

// learn notes that a peer understands message/cpim and what comes in it.
func (t *Texts) learn(peer string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.peers.Put(peer, true)
}

func (t *Texts) unlearn(peer string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.peers.Put(peer, false)
}

func (t *Texts) understands(peer string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	does, _ := t.peers.Get(peer)
	return does
}

// arrived is how many parts of a letter a phone has, arrive notes it.
func (t *Texts) arrived(name string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, _ := t.halves.Get(name)
	return n
}

func (t *Texts) arrive(name string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.halves.Put(name, n)
}

// dated is a Date header (RFC 3261 20.17).
func dated(when time.Time) sip.Header {
	return sip.NewHeader("Date", when.UTC().Format(http.TimeFormat))
}
