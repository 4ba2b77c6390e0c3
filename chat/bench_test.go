package chat

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/store"
	"ringsplash/test/storetest"
)

// BenchmarkSearch is one search among 100,000 messages of a user whose tab is
// open, with 50 peers. first-ms is his first search, which reads all of them.
func BenchmarkSearch(b *testing.B) {
	b.Run("bbolt", func(b *testing.B) {
		dir, err := os.MkdirTemp("/dev/shm", "") // filling it on a disk takes minutes, and reads come from memory anyway
		require.NoError(b, err)
		b.Cleanup(func() { _ = os.RemoveAll(dir) })
		s, err := store.OpenBolt(dir, quiet)
		require.NoError(b, err)
		benchSearch(b, s)
	})
	b.Run("redis", func(b *testing.B) {
		s, err := store.OpenRedis(b.Context(), storetest.StartRedis(b).URL(), quiet)
		require.NoError(b, err)
		benchSearch(b, s)
	})
}

func benchSearch(b *testing.B, s store.Store) {
	const messages, peers, writers = 100_000, 50, 16
	h := newHouse(b, s)
	book := h.open("a", nil)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := w; i < messages; i += writers {
				id, err := book.ids.next(time.Now(), "")
				if err == nil {
					text := fmt.Sprintf("Message %d about order %d, the drawing of the pump and when it is sent.", i, i%997)
					r := record{Message: Message{ID: id, Time: timeOf(id), Text: text, State: Sent}}
					err = book.keep(b.Context(), "alice", fmt.Sprintf("sip:p%d@partner.example", i%peers), r)
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.Cleanup(book.Follow("alice", func() {}))
	search := func(query string) time.Duration {
		began := time.Now()
		found, err := book.Search(b.Context(), "alice", query, 20)
		require.NoError(b, err)
		require.NotEmpty(b, found)
		return time.Since(began)
	}
	first := search("order 996")
	b.ResetTimer()
	for i := range b.N {
		search(fmt.Sprintf("order %d pump", i%997))
	}
	b.ReportMetric(float64(first.Microseconds())/1000, "first-ms")
}
