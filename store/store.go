// Package store keeps what must outlive a process or be seen by several nodes.
//
// There is one narrow contract and two drivers: bbolt, used when nothing else
// is configured, and Redis, which several nodes share. Domain code is written
// once above the contract.
package store

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Errors of every driver; compare with errors.Is.
var (
	// ErrNotFound: the key is not there, or its time to live is over.
	ErrNotFound = errors.New("store: not found")
	// ErrConflict: the stored version is not the one the writer named.
	ErrConflict = errors.New("store: version conflict")
	// ErrAway: the store cannot be reached now. The state of the key is unknown.
	ErrAway = errors.New("store: away")
)

// Version counts the writes of a key since it was made, from 1. Zero means
// "not there".
type Version uint64

// AnyVersion makes Put and Delete unconditional.
const AnyVersion Version = 1<<64 - 1

// Item is one key with its value. Keys are "space/rest"; the space is the text
// before the first slash and the values are JSON with a field "v".
type Item struct {
	Key     string
	Value   []byte
	Version Version
}

// Store is the contract. Every method may block for I/O and honours ctx; each
// returns ErrAway (wrapped) when the store cannot be reached.
type Store interface {
	// Get returns the item or ErrNotFound.
	Get(ctx context.Context, key string) (Item, error)
	// Put writes value when the stored version equals ifVersion (0: the key
	// must not exist; AnyVersion: whatever is there), else ErrConflict. A ttl
	// of 0 keeps the key for ever. It returns the new version.
	Put(ctx context.Context, key string, value []byte, ifVersion Version, ttl time.Duration) (Version, error)
	// Delete removes the key under the same condition. A key that is not
	// there is no error when ifVersion is AnyVersion.
	Delete(ctx context.Context, key string, ifVersion Version) error
	// Scan returns at most limit items whose key starts with prefix (which
	// names a whole space at least: "user/") and sorts after `after`
	// (exclusive; "" for the first page), in byte order of the key.
	Scan(ctx context.Context, prefix, after string, limit int) ([]Item, error)
	// Publish sends msg to those subscribed to topic now: at most once.
	Publish(ctx context.Context, topic string, msg []byte) error
	// Subscribe delivers what is published to topic until ctx ends, then
	// closes the channel. A nil Message.Data says that messages may have been
	// lost (a reconnect, a full queue): read the state again.
	Subscribe(ctx context.Context, topic string) (<-chan Message, error)
	// Close releases the driver. Pending calls end with ErrAway.
	Close() error
}

// scanPage is how many items All asks for at a time at most. It begins with
// firstPage, for many look at the first few only.
const (
	firstPage = 8
	scanPage  = 200
)

// All goes through every item whose key starts with prefix, in byte order of the
// key. An error is the last that comes. It blocks for I/O.
func All(ctx context.Context, s Store, prefix string) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		page := firstPage
		for after, more := "", true; more; page = min(5*page, scanPage) {
			items, err := s.Scan(ctx, prefix, after, page)
			if err != nil {
				yield(Item{}, err)
				return
			}
			for _, it := range items {
				if after = it.Key; !yield(it, nil) {
					return
				}
			}
			more = len(items) == page
		}
	}
}

// Life changes when the server behind s may have come back with other contents
// than it had: a Redis that was started again. It is 0 for a store that lives
// in this process. It does not block.
func Life(s Store) uint64 {
	if l, ok := s.(interface{ Life() uint64 }); ok {
		return l.Life()
	}
	return 0
}

// Message is one published message.
type Message struct {
	Topic string
	Data  []byte
}
