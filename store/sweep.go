package store

import (
	"bytes"
	"time"

	"go.etcd.io/bbolt"
)

const (
	sweepEvery = 30 * time.Second
	sweepBatch = 500
)

func (b *boltStore) sweepLoop() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-b.stop:
			return
		case <-tick.C:
		}
		for _, db := range []*boltFile{b.live, b.kept} {
			if err := b.sweep(db, time.Now()); err != nil {
				b.log.Warn("expired keys could not be removed; trying again later", "file", db.path, "err", err)
			}
		}
	}
}

// sweep removes expired keys, some at a time so that writers get between.
func (b *boltStore) sweep(db *boltFile, now time.Time) error {
	for {
		old, err := expiredKeys(db, now)
		if err != nil || len(old) == 0 {
			return err
		}
		err = db.update(func(tx *bbolt.Tx) error {
			for _, k := range old {
				bucket := tx.Bucket(k.space)
				if v := bucket.Get(k.rest); len(v) < prefixLen || !expired(v, now) {
					continue // written again meanwhile
				}
				if err := bucket.Delete(k.rest); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		select {
		case <-b.stop:
			return nil
		default:
		}
	}
}

type boltKey struct{ space, rest []byte }

func expiredKeys(db *boltFile, now time.Time) ([]boltKey, error) {
	var old []boltKey
	err := db.view(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(space []byte, bucket *bbolt.Bucket) error {
			c := bucket.Cursor()
			for k, v := c.First(); k != nil && len(old) < sweepBatch; k, v = c.Next() {
				if len(v) >= prefixLen && expired(v, now) {
					old = append(old, boltKey{bytes.Clone(space), bytes.Clone(k)})
				}
			}
			return nil
		})
	})
	return old, err
}
