package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"

	"ringsplash/internal/sentence"
	"ringsplash/store"
)

const (
	// outboxLife is how long a message is tried to be brought to a phone or far end.
	outboxLife = 14 * 24 * time.Hour
	// waitingMax is how many messages wait for one phone or far end: for a phone
	// the oldest go first, to a far end no more can be written.
	waitingMax = 200
	// deliveriesMax is how many are under way at a time.
	deliveriesMax = 64
	// deliverFor bounds one try (RFC 3261 17.1.2.2: Timer F is 32 s).
	deliverFor = 40 * time.Second
	firstPause = 5 * time.Second
	lastPause  = time.Hour
	// soon is the pause when the store is away, which says nothing of the phone.
	soon = retryAfter
)

// entry is the value of outbox/<user>/<id>/<device, or "-" for a far end>: a
// message that is still to be brought there. It is written before the message.
type entry struct {
	V    int    `json:"v"`
	Node string `json:"node"` // which brings it there
	User string `json:"user"` // whose copy it is
	Peer string `json:"peer"`
	ID   string `json:"id"`
	// Device is the phone of User, Dialled what he wrote to reach a far end.
	Device  string    `json:"device,omitempty"`
	Dialled string    `json:"dialled,omitempty"`
	Expires time.Time `json:"expires"`
}

func (e entry) key() string {
	return "outbox/" + e.User + "/" + e.ID + "/" + url.PathEscape(cmp.Or(e.Device, "-"))
}

// lane is one phone, or one far end of a user: what goes there keeps its order.
type lane struct{ user, device, peer string }

func (e entry) lane() lane {
	if e.Device != "" {
		return lane{user: e.User, device: e.Device}
	}
	return lane{user: e.User, peer: e.Peer}
}

// queue is what waits for a lane. Under Book.mu.
type queue struct {
	waiting []entry
	busy    bool // a goroutine brings the first one there
	timer   *time.Timer
	pause   time.Duration
}

func (q *queue) rest() {
	if q.timer != nil {
		q.timer.Stop()
		q.timer = nil
	}
}

// keepFor keeps a recipient's copy, after what is to bring it to his phones.
func (b *Book) keepFor(ctx context.Context, user, peer string, r record) error {
	if b.carrier != nil {
		for _, device := range b.carrier.Phones(user) {
			if err := b.queue(ctx, entry{User: user, Peer: peer, ID: r.ID, Device: device}); err != nil {
				return err
			}
		}
	}
	return b.keep(ctx, user, peer, r)
}

// queue writes an entry of the outbox and puts it into its lane; deliver starts it.
func (b *Book) queue(ctx context.Context, e entry) error {
	e.V, e.Node, e.Expires = recordVersion, b.cfg.Node, b.cfg.Now().Add(outboxLife)
	b.mu.Lock()
	q := b.lanes[e.lane()]
	full := q != nil && len(q.waiting) >= waitingMax
	known := q != nil && slices.ContainsFunc(q.waiting, func(w entry) bool { return w.ID == e.ID })
	b.mu.Unlock()
	if known {
		return nil
	}
	if full && e.Device == "" {
		return denied("overload", "message.waiting", "to", e.Peer)
	}
	value, err := json.Marshal(e)
	if err == nil {
		_, err = b.cfg.Store.Put(ctx, e.key(), value, store.AnyVersion, outboxLife)
	}
	if err != nil {
		return wrap(err, "queue a message", e.User)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wait(e)
	return nil
}

// wait puts an entry into its lane. Under mu.
func (b *Book) wait(e entry) {
	q := b.lanes[e.lane()]
	if q == nil {
		q = &queue{}
		b.lanes[e.lane()] = q
	}
	q.waiting = append(q.waiting, e)
}

// Serve tells the Book what brings messages out of the house and where dialled
// texts lead, and starts with what waits since the last run. Before it, nothing
// leaves. It is called once, before the first message.
func (b *Book) Serve(c Carrier, r Router) {
	b.carrier, b.router = c, r
	b.running.Go(func() {
		for b.readOutbox() != nil {
			select {
			case <-time.After(retryAfter):
			case <-b.life.Done():
				return
			}
		}
		b.deliver()
	})
}

func (b *Book) readOutbox() error {
	var found []entry
	for it, err := range store.All(b.life, b.cfg.Store, "outbox/") {
		if err != nil {
			return err
		}
		var e entry
		if json.Unmarshal(it.Value, &e) == nil && e.Node == b.cfg.Node {
			found = append(found, e)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range found {
		if q := b.lanes[e.lane()]; q == nil || !slices.ContainsFunc(q.waiting, func(w entry) bool { return w.ID == e.ID }) {
			b.wait(e)
		}
	}
	for _, q := range b.lanes {
		slices.SortFunc(q.waiting, func(x, y entry) int { return cmp.Compare(x.ID, y.ID) })
	}
	return nil
}

// Registered tells that a phone of the user came back: what waits for it is
// tried now. It does not block.
func (b *Book) Registered(user string) {
	b.mu.Lock()
	for l, q := range b.lanes {
		if l.user == user && l.device != "" {
			q.rest()
			q.pause = 0
		}
	}
	b.mu.Unlock()
	b.deliver()
}

// deliver starts every lane that has something to do and no reason to wait.
func (b *Book) deliver() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for l, q := range b.lanes {
		b.start(l, q)
	}
}

// start begins with the first of a lane. Under mu.
func (b *Book) start(l lane, q *queue) {
	if q.busy || q.timer != nil || b.carrier == nil || b.life.Err() != nil {
		return
	}
	if len(q.waiting) == 0 {
		delete(b.lanes, l)
		return
	}
	q.busy = true
	b.running.Go(func() { b.work(l, q) })
}

// work brings what waits to a lane, one after the other, until the lane is empty
// or must pause.
func (b *Book) work(l lane, q *queue) {
	for {
		b.mu.Lock()
		if len(q.waiting) == 0 || b.life.Err() != nil {
			q.busy = false
			b.start(l, q)
			b.mu.Unlock()
			return
		}
		e := q.waiting[0]
		over := len(q.waiting) > waitingMax
		b.mu.Unlock()
		pause, done := time.Duration(0), over
		if !over {
			pause, done = b.try(e)
		}
		if done {
			pause, done = soon, b.settle(e)
		}
		b.mu.Lock()
		if done {
			q.waiting, q.pause = q.waiting[1:], 0
			b.mu.Unlock()
			continue
		}
		q.busy = false
		if pause != soon {
			q.pause = min(max(2*q.pause, firstPause), lastPause)
			pause = max(pause, q.pause)
		}
		if b.life.Err() == nil {
			q.timer = time.AfterFunc(pause, func() {
				b.mu.Lock()
				defer b.mu.Unlock()
				q.timer = nil
				b.start(l, q)
			})
		}
		b.mu.Unlock()
		return
	}
}

// afterwards is for what is written of a message that was brought: it is written
// when the Book closes too, or the message would be brought twice.
func afterwards() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), readLimit)
}

// settle takes an entry out of the store.
func (b *Book) settle(e entry) bool {
	ctx, cancel := afterwards()
	defer cancel()
	err := b.cfg.Store.Delete(ctx, e.key(), store.AnyVersion)
	if err != nil {
		b.log.Warn("a message that was brought stays in the outbox; trying again", "user", e.User, "err", err)
	}
	return err == nil
}

// try brings one message where it is to go. done: it is over, whatever became of
// it; else it is tried again, no sooner than after pause.
func (b *Book) try(e entry) (pause time.Duration, done bool) {
	select {
	case b.slots <- struct{}{}:
		defer func() { <-b.slots }()
	case <-b.life.Done():
		return soon, false
	}
	ctx, cancel := context.WithTimeout(b.life, deliverFor)
	defer cancel()
	unlock := b.lock(e.User, e.Peer) // who writes the message has queued it before
	it, err := b.cfg.Store.Get(ctx, messageKey(e.User, e.Peer, e.ID))
	unlock()
	if errors.Is(err, store.ErrNotFound) {
		return 0, true // it was never acknowledged, or its user deleted it
	}
	if err != nil {
		return soon, false
	}
	r, err := readRecord(it)
	if err != nil {
		return 0, true
	}
	if e.Device == "" {
		return b.tryFar(ctx, e, r)
	}
	return b.tryPhone(ctx, e, r)
}

func (b *Book) letter(e entry, r record) Letter {
	return Letter{ID: r.ID, User: e.User, Device: e.Device, Text: r.Text, Time: r.Time, Expires: e.Expires}
}

// tryPhone brings a message to a phone of its recipient.
func (b *Book) tryPhone(ctx context.Context, e entry, r record) (time.Duration, bool) {
	m, _, err := b.marks(ctx, e.User, e.Peer)
	if err != nil {
		return soon, false
	}
	if r.ID <= m.UpTo || b.cfg.Now().After(e.Expires) { // he has read it elsewhere
		return 0, true
	}
	sender, _ := b.cfg.People.UserAt(e.Peer)
	if sender != "" { // without his copy, he was not told that it is kept
		if _, err := b.cfg.Store.Get(ctx, messageKey(sender, b.own(e.User), e.ID)); err != nil {
			return soon, false
		}
	}
	l := b.letter(e, r)
	l.From, l.To = b.named(e.Peer, r.Display), b.party(e.User)
	out := b.carrier.Deliver(ctx, l)
	switch {
	case out.Status == 415:
		return 0, true
	case out.Status < 200 || out.Status > 299:
		return out.RetryAfter, false
	}
	// The state is only shown: the message is there, and is not brought again.
	after, cancel := afterwards()
	defer cancel()
	if sender != "" {
		err = b.advance(after, sender, b.own(e.User), e.ID, Delivered, sentence.Sentence{})
	} else if r.Wants.Delivered && r.ID > m.Have {
		b.receipt(e.User, e.Peer, r, Delivered)
	}
	if err != nil && !errors.Is(err, ErrRefused) {
		b.log.Warn("a message was delivered, which its sender cannot be shown", "user", e.User, "err", err)
	}
	return 0, true
}

// tryFar brings a message of our user to a far end.
func (b *Book) tryFar(ctx context.Context, e entry, r record) (time.Duration, bool) {
	if r.State != Sent {
		return 0, true
	}
	l := b.letter(e, r)
	l.From, l.To = b.party(e.User), b.named(e.Peer, "")
	out := Outcome{}
	if _, l.Ways = b.router.Outside(e.User, e.Dialled); len(l.Ways) > 0 {
		out = b.carrier.Deliver(ctx, l)
	}
	state, cause := Failed, out.Cause
	switch {
	case out.Status == 202:
		return 0, true // it stays sent until a receipt comes
	case out.Status >= 200 && out.Status < 300:
		state, cause = Delivered, sentence.Sentence{}
	case b.cfg.Now().After(e.Expires):
		if cause.IsZero() {
			cause = Words.Say("message.expired", "to", l.To.Display)
		}
	case later(out.Status):
		return out.RetryAfter, false
	case cause.IsZero():
		cause = causeOf(out.Status, l.To.Display)
	}
	after, cancel := afterwards()
	defer cancel()
	err := b.advance(after, e.User, e.Peer, e.ID, state, cause)
	return 0, err == nil || errors.Is(err, ErrRefused)
}

// later tells whether a far end that refused may take it later.
func later(status int) bool {
	switch status {
	case 0, 408, 429, 480:
		return true
	}
	return status >= 500 && status < 600
}

func causeOf(status int, to string) sentence.Sentence {
	switch status {
	case 404, 410, 484, 604:
		return Words.Say("message.nobody", "to", to)
	case 405, 413, 415, 488, 606:
		return Words.Say("message.not_taken", "to", to)
	}
	return Words.Say("message.refused", "to", to, "status", status)
}
