package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ringsplash/internal/mailbox"
	"ringsplash/store"
)

// head keeps the end of the audit file's chain in the store, so that a file
// whose end is gone is noticed at the next start. It is written behind the
// file, and nobody waits for it.
type head struct {
	store store.Store
	node  string
	log   *slog.Logger
	wake  chan struct{}
	stop  context.CancelFunc
	done  chan struct{}

	mu     sync.Mutex
	end    chain
	behind bool // the store does not have end yet
}

// headRecord is the value of audit/<node>.
type headRecord struct {
	V    int       `json:"v"`
	Seq  uint64    `json:"seq"`
	Hash string    `json:"hash"`
	Time time.Time `json:"time"`
}

func headKey(node string) string { return "audit/" + node }

// storedHead is the end of the node's chain as the store knows it, the zero
// value for none.
func storedHead(ctx context.Context, s store.Store, node string) (chain, error) {
	item, err := s.Get(ctx, headKey(node))
	if errors.Is(err, store.ErrNotFound) {
		return chain{}, nil
	}
	if err != nil {
		return chain{}, fmt.Errorf("policy: read where the audit file ended: %w", err)
	}
	var r headRecord
	if err := json.Unmarshal(item.Value, &r); err != nil {
		return chain{}, fmt.Errorf("policy: %s is not readable: %w", item.Key, err)
	}
	return chain{seq: r.Seq, hash: r.Hash}, nil
}

func newHead(s store.Store, node string, log *slog.Logger) *head {
	ctx, stop := context.WithCancel(context.Background())
	h := &head{store: s, node: node, log: log, wake: make(chan struct{}, 1), stop: stop, done: make(chan struct{})}
	go h.run(ctx)
	return h
}

// note is told the end of the file after each write.
func (h *head) note(end chain) {
	h.mu.Lock()
	h.end, h.behind = end, true
	h.mu.Unlock()
	mailbox.Wake(h.wake)
}

func (h *head) run(ctx context.Context) {
	defer close(h.done)
	for {
		select {
		case <-h.wake:
		case <-ctx.Done():
			if err := h.put(); err != nil {
				h.log.Warn("the store does not have the end of the audit file; a loss of its last lines would not be noticed", "err", err)
			}
			return
		}
		for err := h.put(); err != nil && ctx.Err() == nil; err = h.put() {
			select {
			case <-time.After(copyAgain):
			case <-ctx.Done():
			}
		}
	}
}

// put writes the newest end, once, and blocks for the store. Close does not end it.
func (h *head) put() error {
	h.mu.Lock()
	end, behind := h.end, h.behind
	h.mu.Unlock()
	if !behind {
		return nil
	}
	value, err := json.Marshal(headRecord{recordVersion, end.seq, end.hash, time.Now().UTC()})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), copyWait)
	defer cancel()
	if _, err := h.store.Put(ctx, headKey(h.node), value, store.AnyVersion, 0); err != nil {
		return err
	}
	h.mu.Lock()
	h.behind = h.behind && h.end != end
	h.mu.Unlock()
	return nil
}

func (h *head) close() {
	h.stop()
	<-h.done
}
