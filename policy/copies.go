package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"ringsplash/internal/mailbox"
	"ringsplash/store"
)

const (
	decisionLife = 90 * 24 * time.Hour
	copiesMax    = 1024 // decisions that may wait for the store
	copyWait     = time.Second
	copyAgain    = 500 * time.Millisecond
)

// copies brings decisions to the store, where every node can read them, one
// after the other and without anybody waiting. While the store is away they
// stay here; the audit file has them in any case.
type copies struct {
	store store.Store
	log   *slog.Logger
	wake  chan struct{}
	stop  context.CancelFunc
	done  chan struct{}

	mu      sync.Mutex
	pending []*Record // oldest first
	lost    bool      // some were dropped, and it was said
}

func newCopies(s store.Store, log *slog.Logger) *copies {
	ctx, stop := context.WithCancel(context.Background())
	c := &copies{store: s, log: log, wake: make(chan struct{}, 1), stop: stop, done: make(chan struct{})}
	go c.run(ctx)
	return c
}

func (c *copies) add(r *Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) >= copiesMax {
		c.pending = c.pending[1:]
		if !c.lost {
			c.log.Warn("the store takes no decisions; the oldest are only in the audit file", "waiting", copiesMax)
		}
		c.lost = true
	}
	c.pending = append(c.pending, r)
	mailbox.Wake(c.wake)
}

// of are the owners' decisions that the store does not have yet, newest first.
func (c *copies) of(owners ...string) []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Record
	for _, r := range slices.Backward(c.pending) {
		if slices.Contains(owners, r.Owner) {
			out = append(out, *r)
		}
	}
	return out
}

func (c *copies) first() *Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) == 0 {
		return nil
	}
	return c.pending[0]
}

// drop forgets r, which is the first one unless it was pushed out meanwhile.
func (c *copies) drop(r *Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) > 0 && c.pending[0] == r {
		c.pending = c.pending[1:]
	}
	c.lost = c.lost && len(c.pending) > 0
}

func (c *copies) run(ctx context.Context) {
	defer close(c.done)
	for {
		r := c.first()
		if r == nil {
			select {
			case <-c.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		if err := c.putAlone(r); err == nil {
			c.drop(r)
			continue
		}
		select {
		case <-time.After(copyAgain):
		case <-ctx.Done():
			c.log.Warn("decisions could not be copied to the store; they are in the audit file", "id", r.ID)
			return
		}
	}
}

// putAlone is not ended by Close: what waits is tried once more then.
func (c *copies) putAlone(r *Record) error {
	ctx, cancel := context.WithTimeout(context.Background(), copyWait)
	defer cancel()
	return c.put(ctx, r)
}

// put writes a decision to the store and blocks for it.
func (c *copies) put(ctx context.Context, r *Record) error {
	value, err := json.Marshal(decisionRecord{recordVersion, *r})
	if err != nil {
		c.log.Error("a decision cannot be written to the store", "id", r.ID, "err", err)
		return nil
	}
	_, err = c.store.Put(ctx, decisionKey(r.Owner, r.ID), value, store.AnyVersion, decisionLife)
	return err
}

func (c *copies) close() {
	c.stop()
	<-c.done
}

// decisionRecord is the value of decision/<owner>/<ulid>.
type decisionRecord struct {
	V int `json:"v"`
	Record
}

func decisionKey(owner, id string) string { return "decision/" + owner + "/" + store.Downward(id) }

// Decisions are the last decisions about the owners' phones on all nodes,
// newest first, at most limit together, and before the one with the id before
// ("": from the newest). It reads the store once for each owner and may block;
// store.ErrAway (wrapped) when the store cannot be reached.
func (b *Book) Decisions(ctx context.Context, owners []string, before string, limit int) ([]Record, error) {
	// Taken first: one that is copied meanwhile is found twice, never not at all.
	out := slices.DeleteFunc(b.copies.of(owners...), func(r Record) bool { return before != "" && r.ID >= before })
	for _, owner := range owners {
		stored, err := b.storedDecisions(ctx, owner, before, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, stored...)
	}
	slices.SortFunc(out, func(a, b Record) int { return strings.Compare(b.ID, a.ID) })
	out = slices.CompactFunc(out, func(a, b Record) bool { return a.ID == b.ID })
	return out[:min(len(out), limit)], nil
}

func (b *Book) storedDecisions(ctx context.Context, owner, before string, limit int) ([]Record, error) {
	if !plainName(owner) {
		return nil, fmt.Errorf("policy: %q is no user name", owner)
	}
	after := ""
	if before != "" {
		after = decisionKey(owner, before)
	}
	items, err := b.cfg.Store.Scan(ctx, decisionKey(owner, ""), after, limit)
	if err != nil {
		return nil, fmt.Errorf("policy: read the decisions of %s: %w", owner, err)
	}
	out := make([]Record, 0, len(items))
	for _, item := range items {
		var r decisionRecord
		if err := json.Unmarshal(item.Value, &r); err != nil {
			return nil, fmt.Errorf("policy: %s is not readable: %w", item.Key, err)
		}
		out = append(out, r.Record)
	}
	return out, nil
}
