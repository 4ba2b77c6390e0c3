package chat

import (
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"strings"
	"sync"
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
	if err := b.keep(ctx, peer, b.own(d.User), record{Message: m, Key: d.Key}); err != nil {
		return "", err
	}
	m.Mine = true
	if err := b.keep(ctx, d.User, to, record{Message: m, Key: d.Key}); err != nil {
		return "", err
	}
	return id, nil
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
	user, err := b.mayWrite(ctx, in)
	if err != nil {
		return err
	}
	peer := in.From.Address
	defer b.lock(user, peer)()
	found, last, err := b.recent(ctx, user, peer, func(r record) bool { return !r.Mine && r.Ref == in.ID && in.ID != "" })
	if err != nil || found != "" {
		return err
	}
	id, err := b.ids.next(b.cfg.Now(), last)
	if err != nil {
		return err
	}
	m := Message{ID: id, Time: timeOf(id), Text: strings.ToValidUTF8(in.Text, "\uFFFD"), State: Sent, Unproven: !in.From.Verified()}
	return b.keep(ctx, user, peer, record{Message: m, Display: in.From.Display, Ref: in.ID, Wants: in.Wants})
}

// mayWrite is the user of ours that a message from outside is for, when its
// sender may write to him.
func (b *Book) mayWrite(ctx context.Context, in Incoming) (user string, err error) {
	user, known := b.userOf(in.To)
	_, _, host := address.Cut(in.From.Address)
	switch {
	case !known || in.From.User != "" || len(in.ID) > keyMax || in.From.Private:
		return "", ErrRefused
	case strings.EqualFold(host, b.cfg.People.Domain()): // ours are proven by digest
		return "", ErrRefused
	case b.cfg.FromOutside == FromEveryone:
		return user, nil
	case b.cfg.FromOutside != FromFriends || b.cfg.Friend == nil || !in.From.Verified():
		return "", ErrRefused // a claimed address is nobody's friend
	}
	friend, err := b.cfg.Friend(ctx, user, in.From)
	if err != nil {
		return "", wrap(err, "read the friends", user)
	}
	if !friend {
		return "", ErrRefused
	}
	return user, nil
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
	peer, ok := b.userOf(d.To)
	switch {
	case !ok: // outside there is no carrier yet
		return "", "", denied("not_available", "message.no_way", "to", d.To)
	case peer == d.User:
		return "", "", denied("forbidden", "message.to_yourself")
	case len(d.Key) > keyMax:
		return "", "", denied("bad_request", "message.bad_key", "most", keyMax)
	}
	return b.own(peer), peer, nil
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
	id, last, err = b.recent(ctx, d.User, to, func(r record) bool { return r.Mine && r.Key == d.Key && d.Key != "" })
	if err != nil || id != "" {
		return id, last, err
	}
	id, theirs, err := b.recent(ctx, peer, b.own(d.User), func(r record) bool { return !r.Mine && r.Key == d.Key && d.Key != "" })
	return id, max(last, theirs), err
}

// recentMax is how many messages of a conversation are searched for a double.
const recentMax = 50

// recent is the newest message of a conversation that fits, and the newest at all.
func (b *Book) recent(ctx context.Context, user, peer string, fits func(record) bool) (id, last string, err error) {
	items, err := b.cfg.Store.Scan(ctx, conversationKey(user, peer), "", recentMax)
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
	h := fnv.New32a()
	_, _ = h.Write([]byte(one + "\n" + other))
	mu := &b.pairs[h.Sum32()%uint32(len(b.pairs))]
	mu.Lock()
	return sync.OnceFunc(mu.Unlock)
}
