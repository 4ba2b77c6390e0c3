package chat

import (
	"context"
	"time"

	"ringsplash/policy"
)

const (
	// typingFor is how long a tab's typing is shown without being said again.
	typingFor = 15 * time.Second
	// typingMax bounds what a far end may say of how long.
	typingMax = 2 * time.Minute
)

// Type tells the peer that the user writes, or has stopped. It is never stored,
// and over after a while unless it is said again. It may block for the store's
// publishing.
func (b *Book) Type(ctx context.Context, user, dialled string, on bool) error {
	if !b.keys.Admit(user, b.cfg.Now()) {
		return denied("overload", "message.too_fast")
	}
	_, name := b.peer(user, dialled)
	if name != "" && name != user {
		b.typed(ctx, pair{name, b.own(user)}, on, typingFor)
		return nil
	}
	if b.carrier == nil || name == user {
		return nil
	}
	if to, ways := b.router.Outside(user, dialled); len(ways) > 0 {
		b.carrier.Typing(Typing{From: b.party(user), To: Party{Address: to}, User: user, Ways: ways, On: on})
	}
	return nil
}

// Typed notes that somebody writes to a user of ours, as a phone or far end says
// (iscomposing): From is who, to whom as it would be dialled, and it is over
// after lasts at most. It is shown only in a conversation that is there, and
// never stored. It blocks for the store's publishing.
func (b *Book) Typed(from policy.Identity, to string, on bool, lasts time.Duration) {
	user, ok := b.userOf(to)
	if !ok || !from.Verified() || !b.keys.Admit("from "+from.Address, b.cfg.Now()) {
		return
	}
	ctx, cancel := context.WithTimeout(b.life, time.Second)
	defer cancel()
	b.typed(ctx, pair{user, from.Address}, on, min(max(lasts, time.Second), typingMax))
}

// typed shows it here and tells the other nodes.
func (b *Book) typed(ctx context.Context, one pair, on bool, lasts time.Duration) {
	if !on {
		lasts = 0
	}
	b.setTyping(one, lasts)
	b.publish(ctx, note{Pairs: []pair{one}, Typing: true, Lasts: lasts})
}

func (b *Book) setTyping(one pair, lasts time.Duration) {
	b.mu.Lock()
	p := b.people[one.User]
	if p == nil || p.talks[one.Peer] == nil || b.life.Err() != nil {
		b.mu.Unlock()
		return
	}
	b.quiet(p, one.Peer)
	if lasts > 0 {
		var timer *time.Timer
		timer = time.AfterFunc(lasts, func() {
			b.mu.Lock()
			if p.typing[one.Peer] == timer {
				delete(p.typing, one.Peer)
			}
			b.mu.Unlock()
			b.wake(one.User)
		})
		p.typing[one.Peer] = timer
	}
	b.mu.Unlock()
	b.wake(one.User)
}

// quiet ends the peer's typing. Under mu.
func (b *Book) quiet(p *person, peer string) {
	if t := p.typing[peer]; t != nil {
		t.Stop()
		delete(p.typing, peer)
	}
}
