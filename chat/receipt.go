package chat

import (
	"context"
	"encoding/json"
	"errors"

	"ringsplash/internal/sentence"
	"ringsplash/policy"
	"ringsplash/store"
)

// writeTries bounds how often a change that lost to another writer is tried anew.
const writeTries = 16

// Receipted notes what a far end says became of a message of ours (IMDN): id is
// the message's own, user who wrote it, and from must be who it went to, proven.
// It blocks for the store. ErrRefused: there is no such message to that far end.
func (b *Book) Receipted(ctx context.Context, user string, from policy.Identity, id string, state State) error {
	if !from.Verified() || timeOf(id).IsZero() {
		return ErrRefused
	}
	return b.advance(ctx, user, from.Address, id, state, sentence.Sentence{})
}

// advance brings the sender's own copy of a message to a later state. A state
// never goes back, and what is delivered does not fail any more.
func (b *Book) advance(ctx context.Context, user, peer, id string, state State, cause sentence.Sentence) error {
	for range writeTries {
		it, err := b.cfg.Store.Get(ctx, messageKey(user, peer, id))
		if errors.Is(err, store.ErrNotFound) {
			return ErrRefused
		}
		if err != nil {
			return wrap(err, "read a message", user)
		}
		r, err := readRecord(it)
		if err != nil {
			return err
		}
		if !r.Mine {
			return ErrRefused
		}
		if rank(state) <= rank(r.State) {
			return nil
		}
		r.State = state
		r.Cause, r.CauseSentence = cause.Text, cause
		value, err := json.Marshal(r)
		if err == nil {
			_, err = b.cfg.Store.Put(ctx, it.Key, value, it.Version, 0)
		}
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err == nil {
			b.tell(ctx, pair{user, peer})
		}
		return err
	}
	return wrap(store.ErrConflict, "change a message", user)
}

// rank orders states: a later one replaces an earlier one.
func rank(s State) int {
	switch s {
	case Failed:
		return 1
	case Delivered:
		return 2
	case Read:
		return 3
	}
	return 0
}
