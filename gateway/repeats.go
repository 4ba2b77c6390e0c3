package gateway

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
)

// Bounds on the rows that strangers' unanswered calls make in a user's list.
const (
	repeatWithin = time.Hour        // a later call makes a row of its own
	repeatWrites = 10 * time.Second // a row is written again no sooner
	repeatSource = 10               // rows an address makes before its calls share one
	repeatRows   = 100              // rows all strangers make before they share one
)

// repeats folds the unanswered calls of one stranger to one user into one row
// of his list, with a count. Any call's goroutine may add.
type repeats struct {
	gw *Gateway

	mu     sync.Mutex
	users  map[string][]*repeat // latest call last
	timer  *time.Timer          // nil while no row waits to be written again
	closed bool
}

// repeat is one row. Under repeats.mu.
type repeat struct {
	source  string
	row     directory.HistoryEntry // its ID is that of the row in the store, "" for none
	waiting bool                   // to be written
	written time.Time
}

// add counts an unanswered call of a stranger at that address.
func (rs *repeats) add(user, source string, call directory.HistoryEntry) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.forget(user, call.End)
	r := rs.find(user, source, call)
	id, count := r.row.ID, r.row.Count
	r.row = call
	r.row.ID, r.row.Count, r.row.Stranger = id, count+1, true
	if r.waiting {
		return
	}
	r.waiting = true
	if call.End.Sub(r.written) >= repeatWrites || rs.closed {
		rs.write(user, r)
	} else if rs.timer == nil {
		rs.timer = time.AfterFunc(repeatWrites, rs.due)
	}
}

// find is the row that the call belongs to, made when there is none, and put
// last. Under mu.
func (rs *repeats) find(user, source string, call directory.HistoryEntry) *repeat {
	rows := rs.users[user]
	same := func(r *repeat) bool {
		return r.source == source && r.row.Address == call.Address && r.row.Missed == call.Missed
	}
	i := slices.IndexFunc(rows, same)
	if i < 0 {
		own, last := 0, 0
		for at, r := range rows {
			if r.source == source {
				own, last = own+1, at
			}
		}
		switch {
		case own >= repeatSource:
			i = last
		case len(rows) >= repeatRows:
			i = len(rows) - 1
		}
	}
	r := &repeat{source: source}
	if i >= 0 {
		r = rows[i]
		rows = slices.Delete(rows, i, i+1)
	}
	rs.users[user] = append(rows, r)
	return r
}

// forget leaves out the rows that no later call is added to. Under mu.
func (rs *repeats) forget(user string, now time.Time) {
	rows := slices.DeleteFunc(rs.users[user], func(r *repeat) bool {
		return !r.waiting && now.Sub(r.row.End) > repeatWithin
	})
	if len(rows) == 0 {
		delete(rs.users, user)
		return
	}
	rs.users[user] = rows
}

// write queues a row to be written. The row moves to the time of its last
// call. Under mu.
func (rs *repeats) write(user string, r *repeat) {
	r.written = time.Now()
	r.waiting = rs.gw.later("history of "+user, func(ctx context.Context) error {
		rs.mu.Lock()
		row := r.row
		r.waiting = false
		rs.mu.Unlock()
		old := row.ID
		row.ID = ""
		id, err := rs.gw.cfg.Directory.ReplaceHistory(ctx, user, old, row)
		if err != nil {
			return err
		}
		rs.mu.Lock()
		r.row.ID = id
		rs.mu.Unlock()
		rs.gw.board.historyGrew(user, row.Missed, old == "")
		return nil
	})
}

func (rs *repeats) due() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.timer = nil
	now := time.Now()
	for user, rows := range rs.users {
		for _, r := range rows {
			switch {
			case !r.waiting:
			case now.Sub(r.written) >= repeatWrites:
				rs.write(user, r)
			case rs.timer == nil && !rs.closed:
				rs.timer = time.AfterFunc(repeatWrites, rs.due)
			}
		}
		rs.forget(user, now)
	}
}

// close writes what waits; what comes later is written at once.
func (rs *repeats) close() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.closed = true
	stop(rs.timer)
	for user, rows := range rs.users {
		for _, r := range rows {
			if r.waiting {
				rs.write(user, r)
			}
		}
	}
}

// tallyEvery is how often a tally writes at most.
const tallyEvery = 10 * time.Second

// tally logs what strangers can make happen as often as they like: the first
// time at once, then one line for all of each tallyEvery, with its count and
// what was true of the last one.
type tally struct {
	log *slog.Logger

	mu     sync.Mutex
	counts map[tallied]counted
	timer  *time.Timer // nil while nothing has happened lately
	closed bool
}

// tallied are the times that share a line.
type tallied struct {
	level slog.Level
	what  string
	cause machine.Cause
}

type counted struct {
	times int
	last  []any
}

func newTally(log *slog.Logger) *tally { return &tally{log: log, counts: map[tallied]counted{}} }

// add counts one more. It does not block but for the log.
func (t *tally) add(level slog.Level, what string, cause machine.Cause, last ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := tallied{level, what, cause}
	t.counts[key] = counted{t.counts[key].times + 1, last}
	if t.timer == nil {
		t.write()
		if !t.closed {
			t.timer = time.AfterFunc(tallyEvery, t.due)
		}
	}
}

// due writes what was counted since, and waits on while things happen.
func (t *tally) due() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || len(t.counts) == 0 {
		t.timer = nil
		return
	}
	t.write()
	t.timer.Reset(tallyEvery)
}

// write logs and forgets the counts. Under mu.
func (t *tally) write() {
	for key, n := range t.counts {
		args := append([]any{"cause", key.cause, "count", n.times}, n.last...)
		t.log.Log(context.Background(), key.level, key.what, args...)
	}
	clear(t.counts)
}

func (t *tally) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	stop(t.timer)
	t.write()
}
