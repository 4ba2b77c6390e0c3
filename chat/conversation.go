package chat

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ringsplash/internal/address"
	"ringsplash/store"
)

const (
	// listMax is how many conversations tabs are told of.
	listMax = 50
	// previewMax is how many bytes of its last message each of them has.
	previewMax = 240
)

// Conversation is what a tab is told of a conversation.
type Conversation struct {
	With Party `json:"with"`
	// Last is the newest message; Cut tells that its text goes on.
	Last   Message `json:"last"`
	Cut    bool    `json:"cut,omitempty"`
	Unread int     `json:"unread"`
	// Typing: the peer is writing.
	Typing bool `json:"typing"`
}

// conversation is what is known of one in memory.
type conversation struct {
	peer   string
	last   record
	second string // id of the message before the last, when it was read
	marks  marks
	unread int
}

// person is a user whose conversations are in memory, because a tab or a watch
// follows them. Under Book.mu, but that only who has reading loads.
type person struct {
	wakes  map[*func()]struct{}
	loaded bool
	talks  map[string]*conversation
	typing map[string]*time.Timer
	fold   *fold
	names  map[string]string // by peer; "" for who is not in his directory
	// entries is the version of his directory that the names are of.
	entries uint64
}

// Follow keeps a user's conversations in memory until stop, and wakes who follows
// them whenever they have changed; wake must not block. The first one blocks for
// the store, a second at most; after that they are read as soon as it is there.
func (b *Book) Follow(user string, wake func()) (stop func()) {
	b.mu.Lock()
	p := b.people[user]
	if p == nil {
		p = &person{wakes: map[*func()]struct{}{}, talks: map[string]*conversation{}, typing: map[string]*time.Timer{}}
		b.people[user] = p
	}
	p.wakes[&wake] = struct{}{}
	loaded := p.loaded
	b.mu.Unlock()
	if !loaded {
		ctx, cancel := context.WithTimeout(b.life, time.Second)
		defer cancel()
		if err := b.load(ctx, user); err != nil {
			b.log.Warn("conversations cannot be read yet; trying again", "user", user, "err", err)
			b.again(user)
		}
	}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(p.wakes, &wake)
		if len(p.wakes) == 0 && b.people[user] == p {
			b.drop(user, p)
		}
	}
}

// drop forgets a user's conversations. Under mu.
func (b *Book) drop(user string, p *person) {
	for _, t := range p.typing {
		t.Stop()
	}
	b.unload(p)
	delete(b.people, user)
}

// load reads all conversations of a user who is followed.
func (b *Book) load(ctx context.Context, user string) error {
	defer b.reading(user)()
	talks := map[string]*conversation{}
	for peer, err := range b.peers(ctx, user) {
		if err != nil {
			return err
		}
		c, err := b.readConversation(ctx, user, peer, nil)
		if err != nil {
			return err
		}
		if c != nil {
			talks[peer] = c
		}
	}
	b.mu.Lock()
	if p := b.people[user]; p != nil {
		p.talks, p.loaded = talks, true
	}
	b.mu.Unlock()
	err := b.readNames(ctx, user)
	b.wake(user)
	return err
}

// refresh reads one conversation of a user who is followed.
func (b *Book) refresh(ctx context.Context, one pair) error {
	defer b.reading(one.User)()
	b.mu.Lock()
	p := b.people[one.User]
	if p == nil || !p.loaded {
		b.mu.Unlock()
		return nil
	}
	was := p.talks[one.Peer]
	b.mu.Unlock()
	c, err := b.readConversation(ctx, one.User, one.Peer, was)
	if err != nil {
		return err
	}
	b.mu.Lock()
	switch {
	case c == nil:
		delete(p.talks, one.Peer)
		b.quiet(p, one.Peer)
	default:
		p.talks[one.Peer] = c
		if was == nil || was.last.ID != c.last.ID {
			if !c.last.Mine {
				b.quiet(p, one.Peer)
			}
			b.grown(p, was, c)
		}
	}
	_, named := p.names[one.Peer]
	b.mu.Unlock()
	if !named {
		err = b.readNames(ctx, one.User)
	}
	b.wake(one.User)
	return err
}

// readConversation reads the newest message, the marks and the count of unread
// messages; nil when there is no message. What was known before saves counting.
func (b *Book) readConversation(ctx context.Context, user, peer string, was *conversation) (*conversation, error) {
	m, _, err := b.marks(ctx, user, peer)
	if err != nil {
		return nil, err
	}
	c := &conversation{peer: peer, marks: m}
	for it, err := range store.All(ctx, b.cfg.Store, conversationKey(user, peer)) {
		if err != nil {
			return nil, wrap(err, "read the messages", user)
		}
		r, err := readRecord(it)
		if err != nil {
			return nil, err
		}
		switch {
		case c.last.ID == "":
			c.last = r
		case c.second == "":
			c.second = r.ID
		}
		if r.ID <= m.UpTo {
			break
		}
		if was != nil && was.last.ID == r.ID && was.marks.UpTo == m.UpTo {
			c.unread += was.unread
			break
		}
		if !r.Mine {
			c.unread++
		}
	}
	if c.last.ID == "" {
		return nil, nil
	}
	return c, nil
}

// peers are those that a user has messages with.
func (b *Book) peers(ctx context.Context, user string) func(yield func(string, error) bool) {
	return func(yield func(string, error) bool) {
		prefix := "message/" + user + "/"
		for after := ""; ; {
			items, err := b.cfg.Store.Scan(ctx, prefix, after, 1)
			if err != nil {
				yield("", wrap(err, "read the conversations", user))
				return
			}
			if len(items) == 0 {
				return
			}
			part, _, _ := strings.Cut(strings.TrimPrefix(items[0].Key, prefix), "/")
			after = prefix + part + "/~" // behind every id
			if !yield(peerOf(items[0].Key), nil) {
				return
			}
		}
	}
}

// Conversations are the newest of a user who is followed, and how many messages he
// has not read in all. It does no I/O.
func (b *Book) Conversations(user string) (newest []Conversation, unread int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.people[user]
	if p == nil {
		return nil, 0
	}
	list := make([]*conversation, 0, len(p.talks))
	for _, c := range p.talks {
		list = append(list, c)
		unread += c.unread
	}
	slices.SortFunc(list, func(x, y *conversation) int { return cmp.Compare(y.last.ID, x.last.ID) })
	for _, c := range list[:min(len(list), listMax)] {
		_, typing := p.typing[c.peer]
		v := Conversation{With: p.called(b, c.peer, c.last), Last: c.marks.shown(c.last), Unread: c.unread, Typing: typing}
		v.Last.Text, v.Cut = preview(v.Last.Text)
		newest = append(newest, v)
	}
	return newest, unread
}

// preview is the beginning of a text, whole characters.
func preview(text string) (string, bool) {
	if len(text) <= previewMax {
		return text, false
	}
	end := previewMax
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end], true
}

// peer is the address that a text means in a user's conversations, and the name
// of our user who has it.
func (b *Book) peer(user, text string) (peer, name string) {
	if name, ok := b.userOf(text); ok {
		return b.own(name), name
	}
	if canonical, err := address.Canonical(text); err == nil {
		return canonical, ""
	}
	if b.router != nil {
		if outside, ways := b.router.Outside(user, text); len(ways) > 0 {
			return outside, ""
		}
	}
	return text, ""
}

// Forget deletes a user's own copies of a conversation; the peer keeps his. It
// blocks for the store.
func (b *Book) Forget(ctx context.Context, user, dialled string) error {
	peer, _ := b.peer(user, dialled)
	defer b.lock(user, peer)()
	if err := b.erase(ctx, user, peer, ""); err != nil {
		return err
	}
	if err := b.cfg.Store.Delete(ctx, marksKey(user, peer), store.AnyVersion); err != nil {
		return wrap(err, "delete the marks", user)
	}
	b.mu.Lock()
	if p := b.people[user]; p != nil {
		b.unload(p)
	}
	b.mu.Unlock()
	b.tell(ctx, pair{user, peer})
	return nil
}

// erase deletes a user's copies that are older than the id, or all.
func (b *Book) erase(ctx context.Context, user, peer, olderThan string) error {
	prefix, after := conversationKey(user, peer), ""
	if olderThan != "" {
		after = messageKey(user, peer, olderThan)
	}
	for {
		items, err := b.cfg.Store.Scan(ctx, prefix, after, sweepPage)
		for i := 0; i < len(items) && err == nil; i++ {
			if err = b.cfg.Store.Delete(ctx, items[i].Key, store.AnyVersion); errors.Is(err, store.ErrNotFound) {
				err = nil
			}
		}
		if err != nil {
			return wrap(err, "delete messages", user)
		}
		if len(items) < sweepPage {
			return nil
		}
	}
}
