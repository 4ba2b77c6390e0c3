package gateway

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"ringsplash/gateway/machine"
)

// tallyEvery is how often a tally writes at most.
const tallyEvery = 10 * time.Second

// tally logs what strangers can make happen as often as they like: the first
// time at once, then one line for all of each tallyEvery, with its count and
// what was true of the last one.
type tally struct {
	log *slog.Logger

	mu     sync.Mutex
	counts map[tallied]*counted
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

func newTally(log *slog.Logger) *tally { return &tally{log: log, counts: map[tallied]*counted{}} }

// add counts one more. It does not block but for the log.
func (t *tally) add(level slog.Level, what string, cause machine.Cause, last ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := tallied{level, what, cause}
	n := t.counts[key]
	if n == nil {
		n = &counted{}
		t.counts[key] = n
	}
	n.times++
	n.last = last
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

// close writes what is left.
func (t *tally) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	if t.timer != nil {
		t.timer.Stop()
	}
	t.write()
}
