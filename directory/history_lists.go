package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"ringsplash/store"
)

// Rows kept of a user's past calls. Strangers have a share of their own, so
// that they cannot push the others out.
const (
	historyRows      = 5000
	historyStrangers = 100
)

// historyLists knows about how long the users' histories are, so that they are
// read and cut only when they may be too long. Another node's rows are counted
// when it next looks.
type historyLists struct {
	mu    sync.Mutex
	known map[string]*historyList
}

type historyList struct{ rows, strangers int }

// grew counts one more row and cuts a list that is a tenth too long. It blocks
// for I/O then, and at the first row of a user.
func (l *historyLists) grew(ctx context.Context, d *Directory, user string, stranger bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list, known := l.known[user]
	if known {
		list.rows++
		if stranger {
			list.strangers++
		}
		if list.rows <= historyRows+historyRows/10 && list.strangers <= historyStrangers+historyStrangers/10 {
			return
		}
	}
	fresh, err := d.cutHistory(ctx, user)
	if err != nil { // the row is there; the next one cuts
		d.log.Warn("the list of past calls could not be cut to its length", "user", user, "err", err)
		return
	}
	l.known[user] = &fresh
}

func (l *historyLists) forget(user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.known, user)
}

// cutHistory deletes the oldest rows over the bounds and counts the rest.
func (d *Directory) cutHistory(ctx context.Context, user string) (kept historyList, err error) {
	var over []string
	err = scan(ctx, d.store, "history/"+user+"/", func(it store.Item) error { // the newest first
		var row struct {
			Stranger bool `json:"stranger"`
		}
		_ = json.Unmarshal(it.Value, &row) // one that cannot be read counts as any other
		if kept.rows >= historyRows || row.Stranger && kept.strangers >= historyStrangers {
			over = append(over, it.Key)
			return nil
		}
		kept.rows++
		if row.Stranger {
			kept.strangers++
		}
		return nil
	})
	if err != nil {
		return kept, fmt.Errorf("directory: count the history of %s: %w", user, err)
	}
	for _, key := range over {
		if err := d.store.Delete(ctx, key, store.AnyVersion); err != nil {
			return kept, fmt.Errorf("directory: cut the history of %s: %w", user, err)
		}
	}
	return kept, nil
}
