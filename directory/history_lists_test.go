package directory

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A user's list of calls ends somewhere, and strangers cannot push the others
// out of it.
func TestHistoryIsBounded(t *testing.T) {
	s := openStore(t)
	d := openNode(t, s)
	ctx := context.Background()
	require.NoError(t, d.Put(ctx, alice()))
	add := func(n int, h HistoryEntry) {
		for i := range n {
			h.Start = time.Now().Add(time.Duration(i) * time.Second)
			require.NoError(t, d.AddHistory(ctx, "alice", h))
		}
	}
	count := func() (rows, strangers int) {
		rest, err := d.cutHistory(ctx, "alice")
		require.NoError(t, err)
		return rest.rows, rest.strangers
	}
	add(5, HistoryEntry{Display: "Bob"})
	add(3*historyStrangers, HistoryEntry{Stranger: true})
	items, err := s.Scan(ctx, "history/alice/", "", 1000)
	require.NoError(t, err)
	require.LessOrEqual(t, len(items), 5+historyStrangers+historyStrangers/10)
	rows, strangers := count()
	require.Equal(t, [2]int{5 + historyStrangers, historyStrangers}, [2]int{rows, strangers})

	id, err := d.ReplaceHistory(ctx, "alice", "", HistoryEntry{Display: "Eve", Count: 1})
	require.NoError(t, err)
	id, err = d.ReplaceHistory(ctx, "alice", id, HistoryEntry{Display: "Eve", Count: 2})
	require.NoError(t, err)
	newest, err := d.History(ctx, "alice", "", 300)
	require.NoError(t, err)
	found := 0
	for _, h := range newest {
		if h.Display == "Eve" {
			found++
			require.Equal(t, fmt.Sprint(id, 2), fmt.Sprint(h.ID, h.Count))
		}
	}
	require.Equal(t, 1, found)
}
