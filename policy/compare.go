package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"ringsplash/internal/mailbox"
	"ringsplash/store"
)

const (
	// topic carries the name of a user whose grants changed.
	topic = "policy"
	// compareFor bounds one comparison.
	compareFor   = 10 * time.Second
	compareAgain = 500 * time.Millisecond
)

const notCompared = "the store cannot be compared with the revocations on record, so nothing answers by itself; trying again"

// watch compares the store with the ledger after each reconnect, and takes in
// what other nodes change, until ctx ends. A store that comes back may have
// older contents, so nothing answers by itself until it was compared.
func (b *Book) watch(ctx context.Context, changes <-chan store.Message) {
	defer close(b.watched)
	var again <-chan time.Time
	if !b.isCompared() {
		again = time.After(compareAgain)
	}
	for {
		select {
		case m, open := <-changes:
			if !open {
				return
			}
			if m.Data != nil {
				b.hear(ctx, string(m.Data))
				continue
			}
			b.compared.Store(0)
		case <-b.doubt:
		case <-again:
		}
		again = nil
		if err := b.compare(ctx); err != nil && ctx.Err() == nil {
			b.cfg.Log.Warn(notCompared, "after", compareAgain, "err", err)
			again = time.After(compareAgain)
		}
	}
}

// hear reads the grants that another node changed, which takes them in.
func (b *Book) hear(ctx context.Context, user string) {
	_, err := b.Get(ctx, user)
	if err == nil {
		err = b.compareSwitches(ctx, user)
	}
	if err != nil && ctx.Err() == nil {
		b.cfg.Log.Warn("another node changed what a user allows, which cannot be read now", "user", user, "err", err)
		b.compared.Store(0)
		b.askCompare()
	}
}

func (b *Book) askCompare() { mailbox.Wake(b.doubt) }

// isCompared tells whether the store that answers now was compared.
func (b *Book) isCompared() bool { return b.compared.Load() == store.Life(b.cfg.Store)+1 }

// compare goes through all grants and switches in the store: what is older there than in
// the ledger is replaced, what is newer is taken in. Grants that are gone from
// the store allow nothing and are left so. It blocks for the store.
func (b *Book) compare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, compareFor)
	defer cancel()
	life := store.Life(b.cfg.Store)
	for item, err := range store.All(ctx, b.cfg.Store, grantsKey("")) {
		if err != nil {
			return fmt.Errorf("policy: read all grants: %w", err)
		}
		if err := b.settle(ctx, item); err != nil {
			return err
		}
	}
	if err := b.compareSwitches(ctx, ""); err != nil {
		return err
	}
	b.compared.Store(life + 1)
	return nil
}

func (b *Book) settle(ctx context.Context, item store.Item) error {
	user := strings.TrimPrefix(item.Key, grantsKey(""))
	for range tallyTries {
		var r grantsRecord
		if err := json.Unmarshal(item.Value, &r); err != nil {
			b.cfg.Log.Error("grants in the store are not readable and allow nothing", "key", item.Key, "err", err)
			return nil
		}
		known := b.ledger.of(user)
		if r.Epoch >= known.epoch {
			b.see(user, r)
			return nil
		}
		err := b.restore(ctx, user, known, item.Version)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		if item, err = b.cfg.Store.Get(ctx, item.Key); errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return fmt.Errorf("policy: read the grants of %s: %w", user, err)
		}
	}
	return fmt.Errorf("policy: the grants of %s are being changed by others all the time: %w", user, store.ErrConflict)
}

// restore puts the newest known grants in the place of older ones.
func (b *Book) restore(ctx context.Context, user string, known epochGrants, over store.Version) error {
	if _, err := b.writeGrants(ctx, user, known.grants, known.epoch, over); err != nil {
		return err
	}
	const older = "the store came back with older grants than are on record here; they are replaced by the newest known"
	b.cfg.Log.Warn(older, "user", user)
	return b.audit.append(ctx, b.dated(Record{
		Event: eventRestored, Owner: user, Grants: &known.grants, Epoch: known.epoch,
		Reason: "The store had older grants than this node had seen.",
	}))
}

// see takes in grants that were read from the store. What is new here goes to
// the audit file too, so that this node knows it after a restart.
func (b *Book) see(user string, r grantsRecord) {
	if !b.ledger.note(user, r.Epoch, r.Grants) {
		return
	}
	if !b.audit.later(b.dated(Record{Event: eventHeard, Owner: user, Grants: &r.Grants, Epoch: r.Epoch})) {
		b.cfg.Log.Warn("the audit queue is full; grants that another node changed are not kept over a restart", "user", user)
	}
}
