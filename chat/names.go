package chat

import (
	"cmp"
	"context"

	"ringsplash/internal/address"
)

// readNames reads what a user who is followed calls the peers of his
// conversations, as far as he has them in his directory. Under reading.
func (b *Book) readNames(ctx context.Context, user string) error {
	version := b.cfg.People.EntriesVersion(user) // before the entries: newer ones are read once more
	b.mu.Lock()
	p := b.people[user]
	if p == nil {
		b.mu.Unlock()
		return nil
	}
	names := make(map[string]string, len(p.talks))
	for peer := range p.talks {
		names[peer] = ""
	}
	b.mu.Unlock()
	err := b.cfg.People.EachAddress(ctx, user, func(address, display string, _ bool) {
		if name, met := names[address]; met && name == "" {
			names[address] = display
		}
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	p.names, p.entries = names, version
	b.mu.Unlock()
	return nil
}

// renamed takes in that a user's record or directory changed.
func (b *Book) renamed(user string) {
	b.mu.Lock()
	p := b.people[user]
	same := p == nil || p.entries == b.cfg.People.EntriesVersion(user)
	b.mu.Unlock()
	if same {
		return
	}
	ctx, cancel := context.WithTimeout(b.life, readLimit)
	defer cancel()
	done := b.reading(user)
	err := b.readNames(ctx, user)
	done()
	if err != nil {
		b.again(user)
		return
	}
	b.wake(user)
}

// called is a peer with what he is called where the user sees him: the name in the
// user's directory, unless nothing proves who wrote the record. Under mu.
func (p *person) called(b *Book, peer string, r record) Party {
	if p != nil && !r.Unproven && p.names[peer] != "" {
		return Party{peer, p.names[peer]}
	}
	return b.named(peer, r.Display)
}

// named is a peer with what he is called by everybody: our user's name, else what
// came with his message.
func (b *Book) named(peer, display string) Party {
	if u, _ := b.cfg.People.UserAt(peer); u != "" {
		return b.party(u)
	}
	if display == "" {
		_, display, _ = address.Cut(peer)
	}
	return Party{peer, display}
}

func (b *Book) party(user string) Party {
	u, _ := b.cfg.People.User(user)
	return Party{b.own(user), cmp.Or(u.Display, user)}
}
