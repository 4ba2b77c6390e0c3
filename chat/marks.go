package chat

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"ringsplash/store"
)

// marks is the value of read/<user>/<peer>: how far a conversation was read. Ids
// grow within it, so one id stands for all before.
type marks struct {
	V int `json:"v"`
	// UpTo is the newest message that the user read, Have the newest that a tab
	// of his had, when that is told to a far end.
	UpTo string `json:"upTo,omitempty"`
	Have string `json:"have,omitempty"`
	// Got and Seen are the newest of the user's own messages that a tab of the
	// peer had, and that he read.
	Got  string `json:"got,omitempty"`
	Seen string `json:"seen,omitempty"`
}

func marksKey(user, peer string) string { return "read/" + user + "/" + url.PathEscape(peer) }

// state is what the user sees of his copy.
func (m marks) state(r record) State {
	switch {
	case r.State == Failed:
		return Failed
	case !r.Mine && r.ID <= m.UpTo, r.Mine && r.ID <= m.Seen:
		return Read
	case !r.Mine, r.ID <= m.Got && r.State == Sent:
		return Delivered
	}
	return r.State
}

// shown is the user's copy with the state that he sees.
func (m marks) shown(r record) Message {
	r.State = m.state(r)
	return r.Message
}

func (b *Book) marks(ctx context.Context, user, peer string) (m marks, version store.Version, err error) {
	it, err := b.cfg.Store.Get(ctx, marksKey(user, peer))
	if errors.Is(err, store.ErrNotFound) {
		return m, 0, nil
	}
	if err == nil {
		err = json.Unmarshal(it.Value, &m)
	}
	if err != nil {
		return m, 0, wrap(err, "read the marks", user)
	}
	return m, it.Version, nil
}

// mark writes what change makes of a conversation's marks, unless it says that
// nothing changes, and returns what they were.
func (b *Book) mark(ctx context.Context, user, peer string, change func(*marks) bool) (was marks, changed bool, err error) {
	for range writeTries {
		was, version, err := b.marks(ctx, user, peer)
		if err != nil {
			return was, false, err
		}
		m := was
		if !change(&m) {
			return was, false, nil
		}
		m.V = recordVersion
		value, err := json.Marshal(m)
		if err == nil {
			_, err = b.cfg.Store.Put(ctx, marksKey(user, peer), value, version, 0)
		}
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return was, false, wrap(err, "write the marks", user)
		}
		return was, true, nil
	}
	return was, false, wrap(store.ErrConflict, "write the marks", user)
}

// raise sets a mark that only grows.
func raise(mark *string, to string) bool {
	grows := to > *mark
	*mark = max(*mark, to)
	return grows
}

// Received notes that a tab of the user showed that it has the peer's messages up
// to an id: they are delivered. It blocks for the store.
func (b *Book) Received(ctx context.Context, user, peer, upTo string) error {
	return b.seen(ctx, user, peer, upTo, Delivered)
}

// Read notes that the user read the peer's messages up to an id, on all his tabs
// and devices. It blocks for the store.
func (b *Book) Read(ctx context.Context, user, peer, upTo string) error {
	return b.seen(ctx, user, peer, upTo, Read)
}

func (b *Book) seen(ctx context.Context, user, dialled, upTo string, state State) error {
	peer, name := b.peer(user, dialled)
	_, last, err := b.recent(ctx, user, peer, 1, func(record) bool { return false })
	if err != nil {
		return err
	}
	if upTo = min(upTo, last); upTo == "" { // what is yet to come is not read
		return nil
	}
	if name == "" {
		return b.seenOutside(ctx, user, peer, upTo, state)
	}
	changed := false
	if state == Read {
		if _, changed, err = b.mark(ctx, user, peer, func(m *marks) bool { return raise(&m.UpTo, upTo) }); err != nil {
			return err
		}
	}
	_, told, err := b.mark(ctx, name, b.own(user), func(m *marks) bool {
		got := raise(&m.Got, upTo)
		return state == Read && raise(&m.Seen, upTo) || got
	})
	if err == nil && (changed || told) {
		b.tell(ctx, pair{user, peer}, pair{name, b.own(user)})
	}
	return err
}

// seenOutside also sends the receipts that the far end asked for.
func (b *Book) seenOutside(ctx context.Context, user, peer, upTo string, state State) error {
	was, changed, err := b.mark(ctx, user, peer, func(m *marks) bool {
		have := raise(&m.Have, upTo)
		return state == Read && raise(&m.UpTo, upTo) || have
	})
	if err != nil || !changed {
		return err
	}
	b.tell(ctx, pair{user, peer})
	items, err := b.cfg.Store.Scan(ctx, conversationKey(user, peer), "", recentMax)
	for i := 0; i < len(items) && err == nil; i++ {
		var r record
		if r, err = readRecord(items[i]); err != nil || r.Mine || r.ID > upTo {
			continue
		}
		if r.ID > was.Have && r.Wants.Delivered {
			b.receipt(user, peer, r, Delivered)
		}
		if state == Read && r.ID > was.UpTo && r.Wants.Read && b.cfg.TellRead {
			b.receipt(user, peer, r, Read)
		}
	}
	return err
}

// receipt tells a far end what became of its message.
func (b *Book) receipt(user, peer string, r record, state State) {
	if b.carrier == nil || r.Ref == "" {
		return
	}
	_, ways := b.router.Outside(user, peer)
	b.carrier.Receipt(Receipt{
		Ref: r.Ref, User: user, From: b.party(user), To: Party{peer, r.Display}, Ways: ways, State: state, Time: b.cfg.Now(),
	})
}
