package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	boltKept = "ringsplash.db" // synced at each write
	boltLive = "live.db"       // not synced: what phones and tabs tell again after a crash

	prefixLen = 16 // version, then expiry in ms since 1970 (0: never)
)

// ErrInUse: another process has the embedded store open.
var ErrInUse = errors.New("store: in use by another process")

// liveSpaces go to live.db.
var liveSpaces = map[string]bool{"binding": true, "tab": true, "call": true, "node": true, "nonce": true, "rate": true}

// boltStore is the embedded driver: a bucket a space, and in each value the
// version and the expiry in front.
type boltStore struct {
	kept, live *boltFile
	log        *slog.Logger
	topics     topics

	closing sync.RWMutex // held for reading by every call, for writing by Close
	closed  bool
	stop    chan struct{}
	sweeper sync.WaitGroup
}

// OpenBolt opens the embedded store in dir, which is made when it is missing,
// and reads every page of it. A live.db that is not whole is thrown away; a
// ringsplash.db that is not is an error. ErrInUse: another process has it open.
// Calls block for the disk, so ctx is looked at before each, not during it. A
// file that breaks while it is open makes every call of it end with ErrAway.
func OpenBolt(dir string, log *slog.Logger) (Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: make the data folder: %w", err)
	}
	keptPath, livePath := filepath.Join(dir, boltKept), filepath.Join(dir, boltLive)
	kept, err := openBoltFile(keptPath, false, log)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%w: %s; stop the other ringsplash or give this one another \"data\" folder", ErrInUse, keptPath)
	}
	if err != nil {
		return nil, fmt.Errorf("store: %s cannot be opened: %w; put a backup in its place, or remove it to begin with no users",
			keptPath, err)
	}
	live, err := openBoltFile(livePath, true, log)
	if err != nil && !errors.Is(err, bolterrors.ErrTimeout) {
		log.Warn("live.db cannot be opened and is made anew; phones and tabs register again", "file", livePath, "err", err)
		if err = os.Remove(livePath); err == nil {
			live, err = openBoltFile(livePath, true, log)
		}
	}
	if err != nil {
		_ = kept.close()
		return nil, fmt.Errorf("store: %s cannot be opened: %w", livePath, err)
	}
	b := &boltStore{kept: kept, live: live, log: log, stop: make(chan struct{}), topics: topics{subs: map[*queue]struct{}{}}}
	b.sweeper.Go(b.sweepLoop)
	return b, nil
}

// Close waits for running calls, syncs both files and closes them.
func (b *boltStore) Close() error {
	b.closing.Lock()
	again := b.closed
	b.closed = true
	b.closing.Unlock()
	if again {
		return nil
	}
	close(b.stop)
	b.sweeper.Wait()
	b.topics.close()
	return errors.Join(b.live.close(), b.kept.close())
}

// enter lets a call in unless the store is closed or ctx is over; the caller
// must leave.
func (b *boltStore) enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.closing.RLock()
	if b.closed {
		b.closing.RUnlock()
		return nil, fmt.Errorf("%w: it is closed", ErrAway)
	}
	return b.closing.RUnlock, nil
}

func (b *boltStore) file(space string) *boltFile {
	if liveSpaces[space] {
		return b.live
	}
	return b.kept
}

// transact lets do work on one key, in a transaction of the file that has it.
func (b *boltStore) transact(ctx context.Context, key string, in func(*boltFile, func(*bbolt.Tx) error) error,
	do func(tx *bbolt.Tx, space, rest []byte) error,
) error {
	space, rest, err := cutKey(key)
	if err != nil {
		return err
	}
	leave, err := b.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	err = in(b.file(space), func(tx *bbolt.Tx) error { return do(tx, []byte(space), []byte(rest)) })
	return keyError(err, key)
}

func (b *boltStore) Get(ctx context.Context, key string) (Item, error) {
	var it Item
	err := b.transact(ctx, key, (*boltFile).view, func(tx *bbolt.Tx, space, rest []byte) error {
		bucket := tx.Bucket(space)
		if bucket == nil {
			return ErrNotFound
		}
		version, value, ok := unpack(bucket.Get(rest), time.Now())
		if !ok {
			return ErrNotFound
		}
		it = Item{Key: key, Value: bytes.Clone(value), Version: version}
		return nil
	})
	return it, err
}

func (b *boltStore) Put(ctx context.Context, key string, value []byte, ifVersion Version, ttl time.Duration) (Version, error) {
	var next Version
	err := b.transact(ctx, key, (*boltFile).update, func(tx *bbolt.Tx, space, rest []byte) error {
		bucket, err := tx.CreateBucketIfNotExists(space)
		if err != nil {
			return err
		}
		now := time.Now()
		version, _, _ := unpack(bucket.Get(rest), now)
		if ifVersion != AnyVersion && ifVersion != version {
			return ErrConflict
		}
		next = version + 1
		return bucket.Put(rest, pack(next, now, ttl, value))
	})
	if err != nil {
		return 0, err
	}
	return next, nil
}

func (b *boltStore) Delete(ctx context.Context, key string, ifVersion Version) error {
	return b.transact(ctx, key, (*boltFile).update, func(tx *bbolt.Tx, space, rest []byte) error {
		bucket := tx.Bucket(space)
		var version Version
		if bucket != nil {
			version, _, _ = unpack(bucket.Get(rest), time.Now())
		}
		if ifVersion != AnyVersion && ifVersion != version {
			return ErrConflict
		}
		if bucket == nil {
			return nil
		}
		return bucket.Delete(rest)
	})
}

func (b *boltStore) Scan(ctx context.Context, prefix, after string, limit int) ([]Item, error) {
	r, err := scanRange(prefix, after)
	if err != nil || r.empty || limit <= 0 {
		return nil, err
	}
	leave, err := b.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	var items []Item
	err = b.file(r.space).view(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket([]byte(r.space))
		if bucket == nil {
			return nil
		}
		now := time.Now()
		c := bucket.Cursor()
		for k, v := c.Seek([]byte(r.from)); k != nil && len(items) < limit && bytes.HasPrefix(k, []byte(r.rest)); k, v = c.Next() {
			version, value, ok := unpack(v, now)
			if !ok || r.exclusive && string(k) == r.from {
				continue
			}
			items = append(items, Item{Key: r.space + "/" + string(k), Value: bytes.Clone(value), Version: version})
		}
		return nil
	})
	return items, keyError(err, prefix)
}

func (b *boltStore) Publish(ctx context.Context, topic string, msg []byte) error {
	leave, err := b.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	b.topics.publish(Message{Topic: topic, Data: append([]byte{}, msg...)})
	return nil
}

func (b *boltStore) Subscribe(ctx context.Context, topic string) (<-chan Message, error) {
	leave, err := b.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return b.topics.subscribe(ctx, topic), nil
}

func pack(version Version, now time.Time, ttl time.Duration, value []byte) []byte {
	out := make([]byte, prefixLen+len(value))
	binary.BigEndian.PutUint64(out, uint64(version))
	if ttl > 0 {
		binary.BigEndian.PutUint64(out[8:], uint64(now.Add(ttl).UnixMilli()))
	}
	copy(out[prefixLen:], value)
	return out
}

// unpack returns version 0 and not ok for what is missing or expired. The
// value is valid inside the transaction only.
func unpack(stored []byte, now time.Time) (version Version, value []byte, ok bool) {
	if len(stored) < prefixLen || expired(stored, now) {
		return 0, nil, false
	}
	return Version(binary.BigEndian.Uint64(stored)), stored[prefixLen:], true
}

func expired(stored []byte, now time.Time) bool {
	end := binary.BigEndian.Uint64(stored[8:prefixLen])
	return end != 0 && uint64(now.UnixMilli()) >= end
}
