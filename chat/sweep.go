package chat

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"ringsplash/store"
)

const (
	sweepEvery = 6 * time.Hour
	sweepPage  = 200
	// sweepRest is the pause between two conversations, so that others get at the
	// store.
	sweepRest = 2 * time.Millisecond
	// talksMax is how many conversations a user has; those that rested longest go.
	talksMax = 5000
)

// sweepLoop deletes what is too old, at the start and then some times a day.
func (b *Book) sweepLoop() {
	for {
		if err := b.sweep(b.life); err != nil && b.life.Err() == nil {
			b.log.Warn("old messages could not be deleted; trying again later", "err", err)
		}
		select {
		case <-time.After(sweepEvery):
		case <-b.life.Done():
			return
		}
	}
}

// sweep goes through all users once. It reads of each conversation only what it
// deletes, and its newest message.
func (b *Book) sweep(ctx context.Context) error {
	var oldest ulid.ULID
	if err := oldest.SetTime(ulid.Timestamp(b.cfg.Now().Add(-b.cfg.Keep))); err != nil {
		return err
	}
	for _, u := range b.cfg.People.Users() {
		if err := b.sweepUser(ctx, u.Name, oldest.String()); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) sweepUser(ctx context.Context, user, oldest string) error {
	type rested struct{ peer, last string }
	var all []rested
	for peer, err := range b.peers(ctx, user) {
		if err != nil {
			return err
		}
		select {
		case <-time.After(sweepRest):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := b.sweepOne(ctx, user, peer, oldest); err != nil {
			return err
		}
		_, last, err := b.recent(ctx, user, peer, 1, func(record) bool { return false })
		if err != nil {
			return err
		}
		all = append(all, rested{peer, last})
	}
	if len(all) <= talksMax {
		return nil
	}
	slices.SortFunc(all, func(x, y rested) int { return cmp.Compare(y.last, x.last) })
	for _, one := range all[talksMax:] {
		if err := b.Forget(ctx, user, one.peer); err != nil {
			return err
		}
	}
	return nil
}

// sweepOne deletes a user's messages with one peer that are older than the id.
func (b *Book) sweepOne(ctx context.Context, user, peer, oldest string) error {
	defer b.lock(user, peer)()
	items, err := b.cfg.Store.Scan(ctx, conversationKey(user, peer), messageKey(user, peer, oldest), 1)
	if err != nil {
		return wrap(err, "read the messages", user)
	}
	if len(items) == 0 {
		return nil
	}
	if err := b.erase(ctx, user, peer, oldest); err != nil {
		return err
	}
	_, last, err := b.recent(ctx, user, peer, 1, func(record) bool { return false })
	if err == nil && last == "" {
		err = b.cfg.Store.Delete(ctx, marksKey(user, peer), store.AnyVersion)
	}
	b.recount(ctx, pair{user, peer})
	return err
}

// recount reads a conversation anew from which messages were deleted.
func (b *Book) recount(ctx context.Context, one pair) {
	b.mu.Lock()
	if p := b.people[one.User]; p != nil {
		delete(p.talks, one.Peer)
		b.unload(p)
	}
	b.mu.Unlock()
	b.tell(ctx, one)
}
