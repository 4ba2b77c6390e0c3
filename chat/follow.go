package chat

import (
	"context"
	"encoding/json"
	"time"

	"ringsplash/internal/mailbox"
	"ringsplash/store"
)

// topic carries what changed, to the other nodes.
const topic = "chat"

const (
	retryAfter = time.Second
	readLimit  = 5 * time.Second
)

// pair is one user's side of a conversation.
type pair struct {
	User string `json:"user"`
	Peer string `json:"peer"`
}

// note is one message of the topic.
type note struct {
	V     int    `json:"v"`
	Node  string `json:"node"`
	Pairs []pair `json:"pairs"`
	// Typing: the peer types for so long, 0: he has stopped. Else the
	// conversation changed in the store.
	Typing bool          `json:"typing,omitempty"`
	Lasts  time.Duration `json:"lasts,omitempty"`
}

// tell shows changed conversations on this node and tells the others.
func (b *Book) tell(ctx context.Context, changed ...pair) {
	for _, one := range changed {
		if err := b.refresh(ctx, one); err != nil {
			b.log.Warn("a conversation cannot be read; trying again", "user", one.User, "err", err)
			b.again(one.User)
		}
	}
	b.publish(ctx, note{Pairs: changed})
}

func (b *Book) publish(ctx context.Context, n note) {
	n.V, n.Node = recordVersion, b.cfg.Node
	msg, _ := json.Marshal(n)
	// The change itself is in the store; tabs at other nodes see it with the next.
	if err := b.cfg.Store.Publish(ctx, topic, msg); err != nil {
		b.log.Warn("other nodes learn of a message later", "err", err)
	}
}

// follow takes what other nodes and directories changed, and reads again what could not be read,
// until the Book closes.
func (b *Book) follow(changes <-chan store.Message, named <-chan string) {
	var again <-chan time.Time
	for {
		select {
		case m, open := <-changes:
			if !open {
				return
			}
			b.take(m)
		case user, open := <-named:
			if !open {
				named = nil // the directory is closed; nothing changes any more
				continue
			}
			b.renamed(user)
		case <-b.retry:
			again = time.After(retryAfter)
		case <-again:
			b.mu.Lock()
			stale := b.stale
			b.stale = map[string]struct{}{}
			b.mu.Unlock()
			for user := range stale {
				b.reload(user)
			}
		case <-b.life.Done():
			return
		}
	}
}

func (b *Book) take(m store.Message) {
	var n note
	if json.Unmarshal(m.Data, &n) != nil { // messages may have been lost
		b.mu.Lock()
		users := make([]string, 0, len(b.people))
		for user := range b.people {
			users = append(users, user)
		}
		b.mu.Unlock()
		for _, user := range users {
			b.reload(user)
		}
		return
	}
	if n.Node == b.cfg.Node {
		return
	}
	ctx, cancel := context.WithTimeout(b.life, readLimit)
	defer cancel()
	for _, one := range n.Pairs {
		if n.Typing {
			b.setTyping(one, n.Lasts)
		} else if err := b.refresh(ctx, one); err != nil {
			b.again(one.User)
		}
	}
}

func (b *Book) reload(user string) {
	ctx, cancel := context.WithTimeout(b.life, readLimit)
	defer cancel()
	b.mu.Lock()
	_, followed := b.people[user]
	b.mu.Unlock()
	if !followed {
		return
	}
	if err := b.load(ctx, user); err != nil {
		b.again(user)
	}
}

// again reads a user's conversations anew in a while. It does not block.
func (b *Book) again(user string) {
	b.mu.Lock()
	b.stale[user] = struct{}{}
	b.mu.Unlock()
	mailbox.Wake(b.retry)
}

// wake wakes who follows a user's conversations.
func (b *Book) wake(user string) {
	b.mu.Lock()
	var wakes []func()
	if p := b.people[user]; p != nil {
		for w := range p.wakes {
			wakes = append(wakes, *w)
		}
	}
	b.mu.Unlock()
	for _, w := range wakes {
		w()
	}
}

// reading lets one at a time read a user's conversations into memory.
func (b *Book) reading(user string) (done func()) {
	mu := &b.readers[stripe(user)]
	mu.Lock()
	return mu.Unlock
}
