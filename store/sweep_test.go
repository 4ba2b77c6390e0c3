package store

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// TestSweepRemovesExpiredKeysOnly: more of them than one batch takes.
func TestSweepRemovesExpiredKeysOnly(t *testing.T) {
	s, err := OpenBolt(t.TempDir(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	b := s.(*boltStore)
	now := time.Now()
	err = b.live.update(func(tx *bbolt.Tx) error {
		for i := range sweepBatch + 20 {
			for _, space := range []string{"nonce", "rate"} {
				bucket, err := tx.CreateBucketIfNotExists([]byte(space))
				if err != nil {
					return err
				}
				if err := bucket.Put(fmt.Appendf(nil, "%d", i), pack(1, now, time.Minute, nil)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	require.NoError(t, err)
	_, err = s.Put(t.Context(), "nonce/later", nil, 0, time.Hour)
	require.NoError(t, err)
	_, err = s.Put(t.Context(), "binding/ever", nil, 0, 0)
	require.NoError(t, err)

	require.NoError(t, b.sweep(b.live, now.Add(59*time.Second)))
	require.Equal(t, 2*(sweepBatch+20)+2, stored(t, b.live), "nothing is old yet")
	require.NoError(t, b.sweep(b.live, now.Add(time.Minute)))
	require.Equal(t, 2, stored(t, b.live))
}

func stored(t *testing.T, db *boltFile) int {
	t.Helper()
	n := 0
	require.NoError(t, db.view(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(_ []byte, bucket *bbolt.Bucket) error {
			return bucket.ForEach(func(_, _ []byte) error { n++; return nil })
		})
	}))
	return n
}
