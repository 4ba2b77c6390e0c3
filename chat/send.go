package chat

import (
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"strings"
	"unicode/utf8"

	"ringsplash/internal/address"
	"ringsplash/policy"
	"ringsplash/store"
)

// Draft is a message that one of our users writes, in a tab, by REST or on a
// phone of his.
type Draft struct {
	User string // who writes
	To   string // to whom, as it would be dialled: a name, a number, an address
	Text string
	// Key is what the client calls the message: a Draft with the same Key to the
	// same peer is not stored again, over a restart too. "": it is a new one.
	Key string
	// Device is the phone it was written on, "" for none.
	Device string
}

// Receipts are what a far end wants to be told of its message (IMDN).
type Receipts struct {
	Delivered bool `json:"delivered,omitempty"`
	Read      bool `json:"read,omitempty"`
}

// Incoming is a message that SIP brings from outside: by a trunk or from a
// foreign domain. One that a phone of ours sends is a Draft.
type Incoming struct {
	// From is who sent it, as far as it is proven. Its User is "".
	From policy.Identity
	// To is whom it is for: a name, number or address, as in the Request-URI.
	To string
	// ID is what the far end calls it, "" for nothing: its Message-ID, or what a
	// repetition of the request would have as well.
	ID    string
	Text  string
	Wants Receipts
	// Source is what counts as one sender for the bound on his messages, such as
	// the address the request came from.
	Source string
}

// Send keeps a message of one of our users and returns its id: it is in the
// store then, and on its way. It blocks for the store. What the user can be told
// is a *Refusal; store.ErrAway: try again with the same Key.
func (b *Book) Send(ctx context.Context, d Draft) (id string, err error) {
	if err := checkText(d.Text); err != nil {
		return "", err
	}
	to, peer, err := b.aim(d)
	if err != nil {
		return "", err
	}
	defer b.lock(d.User, to)()
	id, last, err := b.known(ctx, d, to, peer)
	if err != nil {
		return "", err
	}
	if id == "" {
		if !b.pace.Admit(d.User, b.cfg.Now()) {
			return "", denied("overload", "message.too_fast")
		}
		if id, err = b.ids.next(b.cfg.Now(), last); err != nil {
			return "", err
		}
	}
	m := Message{ID: id, Time: timeOf(id), Text: d.Text, State: Sent}
	mine := m
	mine.Mine = true
	if peer == "" {
		if err := b.queue(ctx, entry{User: d.User, Peer: to, ID: id, Dialled: d.To}); err != nil {
			return "", err
		}
	} else {
		if err := b.keepFor(ctx, peer, b.own(d.User), record{Message: m, Key: d.Key}); err != nil {
			return "", err
		}
	}
	if err := b.keep(ctx, d.User, to, record{Message: mine, Key: d.Key}); err != nil {
		return "", err
	}
	b.tell(ctx, b.sides(d.User, to, peer)...)
	b.deliver()
	return id, nil
}

// sides are the users whose view of a conversation changed, the recipient first.
func (b *Book) sides(user, to, peer string) []pair {
	if peer == "" {
		return []pair{{user, to}}
	}
	return []pair{{peer, b.own(user)}, {user, to}}
}

// Receive keeps a message from outside; it is in the store when there is no
// error. It blocks for the store. ErrRefused (the same for no such user),
// ErrTooMany, ErrTooLong; store.ErrAway: the far end shall try again.
func (b *Book) Receive(ctx context.Context, in Incoming) error {
	switch {
	case len(in.Text) > TextMax:
		return ErrTooLong
	case !b.pace.Admit("from "+in.From.Address, b.cfg.Now()) || !b.pace.Admit("by "+in.Source, b.cfg.Now()):
		return ErrTooMany
	}
	user, friend, err := b.mayWrite(ctx, in)
	if err != nil {
		return err
	}
	peer, stranger := in.From.Address, !friend
	defer b.lock(user, peer)()
	found, last, err := b.recent(ctx, user, peer, recentMax, func(r record) bool {
		return !r.Mine && r.Ref == in.ID && in.ID != ""
	})
	if err != nil || found != "" {
		return err
	}
	if stranger {
		if err := b.roomForStranger(ctx, user, peer, last); err != nil {
			return err
		}
	}
	id, err := b.ids.next(b.cfg.Now(), last)
	if err != nil {
		return err
	}
	m := Message{ID: id, Time: timeOf(id), Text: strings.ToValidUTF8(in.Text, "\uFFFD"), State: Sent, Unproven: !in.From.Verified()}
	r := record{Message: m, Display: in.From.Display, Ref: in.ID, Wants: in.Wants, Stranger: stranger}
	if err := b.keepFor(ctx, user, peer, r); err != nil {
		return err
	}
	b.tell(ctx, pair{user, peer})
	b.deliver()
	return nil
}

// mayWrite is the user of ours that a message from outside is for, when its
// sender may write to him, and whether he is a friend.
func (b *Book) mayWrite(ctx context.Context, in Incoming) (user string, friend bool, err error) {
	user, known := b.userOf(in.To)
	_, _, host := address.Cut(in.From.Address)
	switch {
	case !known || in.From.User != "" || len(in.ID) > keyMax || in.From.Private:
		return "", false, ErrRefused
	case strings.EqualFold(host, b.cfg.People.Domain()): // ours are proven by digest
		return "", false, ErrRefused
	case b.cfg.FromOutside == FromNobody:
		return "", false, ErrRefused
	}
	if b.cfg.Friend != nil && in.From.Verified() { // a claimed address is nobody's friend
		if friend, err = b.cfg.Friend(ctx, user, in.From); err != nil {
			return "", false, wrap(err, "read the friends", user)
		}
	}
	if !friend && b.cfg.FromOutside != FromEveryone {
		return "", false, ErrRefused
	}
	return user, friend, nil
}

// Bounds on what those can grow who are no friends of the user.
const (
	strangersMax  = 50 // conversations with them
	unansweredMax = 50 // messages one of them may write before the user does
)

// roomForStranger says ErrTooMany when a stranger wrote enough without an answer.
// A new one takes the place of the one who wrote longest ago.
func (b *Book) roomForStranger(ctx context.Context, user, peer, last string) error {
	if !b.pace.Admit("strangers of "+user, b.cfg.Now()) {
		return ErrTooMany
	}
	if last != "" {
		n := 0
		answer, _, err := b.recent(ctx, user, peer, unansweredMax, func(r record) bool { n++; return r.Mine })
		if err == nil && answer == "" && n >= unansweredMax {
			err = ErrTooMany
		}
		return err
	}
	count, oldest, oldestID := 0, "", ""
	for other, err := range b.peers(ctx, user) {
		if err != nil {
			return err
		}
		stranger, id, err := b.recent(ctx, user, other, 1, func(r record) bool { return r.Stranger })
		if err != nil {
			return err
		}
		if stranger == "" {
			continue
		}
		if count++; oldestID == "" || id < oldestID {
			oldest, oldestID = other, id
		}
	}
	if count < strangersMax {
		return nil
	}
	if err := b.erase(ctx, user, oldest, ""); err != nil {
		return err
	}
	b.tell(ctx, pair{user, oldest})
	return nil
}

// userOf is who of ours is dialled by a text.
func (b *Book) userOf(text string) (user string, ok bool) {
	_, name, host := address.Cut(text)
	if host != "" && !strings.EqualFold(host, b.cfg.People.Domain()) {
		return "", false
	}
	if u, ok := b.cfg.People.User(strings.ToLower(name)); ok {
		return u.Name, true
	}
	u, ok := b.cfg.People.UserByNumber(address.Digits(name))
	return u.Name, ok
}

// aim is the address that a draft is for, and the user of ours who has it.
func (b *Book) aim(d Draft) (to, peer string, err error) {
	if len(d.Key) > keyMax {
		return "", "", denied("bad_request", "message.bad_key", "most", keyMax)
	}
	to, peer = b.peer(d.User, d.To)
	switch {
	case peer == d.User:
		return "", "", denied("forbidden", "message.to_yourself")
	case peer != "":
		return to, peer, nil
	case b.carrier == nil:
		return "", "", denied("not_available", "message.no_way", "to", d.To)
	}
	if _, ways := b.router.Outside(d.User, d.To); len(ways) == 0 {
		return "", "", denied("not_found", "message.no_way", "to", d.To)
	}
	return to, "", nil
}

func checkText(text string) error {
	switch {
	case strings.TrimSpace(text) == "" || !utf8.ValidString(text):
		return denied("bad_request", "message.empty")
	case len(text) > TextMax:
		return denied("too_long", "message.too_long", "most", TextMax)
	}
	return nil
}

// known is the id that a draft was stored with before, "" for none, and the
// newest id of the conversation. One of the two copies may be missing.
func (b *Book) known(ctx context.Context, d Draft, to, peer string) (id, last string, err error) {
	fits := func(r record) bool { return r.Key == d.Key && d.Key != "" }
	id, last, err = b.recent(ctx, d.User, to, recentMax, func(r record) bool { return r.Mine && fits(r) })
	if err != nil || id != "" || peer == "" {
		return id, last, err
	}
	id, theirs, err := b.recent(ctx, peer, b.own(d.User), recentMax, func(r record) bool { return !r.Mine && fits(r) })
	return id, max(last, theirs), err
}

// recentMax is how many messages of a conversation are searched for a double.
const recentMax = 50

// recent is the newest message of a conversation that fits, among so many, and the
// newest at all.
func (b *Book) recent(ctx context.Context, user, peer string, most int, fits func(record) bool) (id, last string, err error) {
	items, err := b.cfg.Store.Scan(ctx, conversationKey(user, peer), "", most)
	if err != nil {
		return "", "", wrap(err, "read the messages", user)
	}
	for i, it := range items {
		r, err := readRecord(it)
		if err != nil {
			return "", "", err
		}
		if i == 0 {
			last = r.ID
		}
		if fits(r) {
			return r.ID, last, nil
		}
	}
	return "", last, nil
}

// keep writes one user's copy; one that is there stays as it is.
func (b *Book) keep(ctx context.Context, user, peer string, r record) error {
	r.V = recordVersion
	value, err := json.Marshal(r)
	if err == nil {
		_, err = b.cfg.Store.Put(ctx, messageKey(user, peer, r.ID), value, 0, 0)
	}
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return wrap(err, "keep a message", user)
	}
	return nil
}

// lock lets one at a time write a conversation, whichever side it is seen from.
func (b *Book) lock(user, peer string) (unlock func()) {
	one, other := b.own(user), peer
	if one > other {
		one, other = other, one
	}
	mu := &b.pairs[stripe(one+"\n"+other)]
	mu.Lock()
	return mu.Unlock
}

// stripe is which of the locks a text has.
func stripe(text string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text))
	return h.Sum32() % stripes
}
