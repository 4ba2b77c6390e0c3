package store

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// breakerAgain is how often a server that did not answer is asked again.
	breakerAgain = 250 * time.Millisecond
	// breakerGrace is how long callers wait for the first question's answer:
	// one slow call on a busy machine is not to refuse all the others.
	breakerGrace = 50 * time.Millisecond
)

// breaker keeps callers from waiting, one after the other, for a server that
// did not answer the last one. It opens with the first failure, and closes when
// the server answers the breaker's own question.
type breaker struct {
	ask  func(context.Context) error // bounded by itself
	life context.Context
	log  *slog.Logger

	mu      sync.Mutex
	open    bool
	judged  chan struct{} // of an open one: closed when the grace is over
	running sync.WaitGroup
}

// isOpen blocks for the grace at most.
func (b *breaker) isOpen(ctx context.Context) bool {
	b.mu.Lock()
	open, judged := b.open, b.judged
	b.mu.Unlock()
	if !open {
		return false
	}
	select {
	case <-judged:
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}

// trip opens the breaker over a failure, unless it is open.
func (b *breaker) trip(why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open || b.life.Err() != nil {
		return
	}
	b.open, b.judged = true, make(chan struct{})
	judged := b.judged
	judge := sync.OnceFunc(func() { close(judged) })
	b.running.Go(func() {
		grace := time.AfterFunc(breakerGrace, judge)
		defer grace.Stop()
		defer judge()
		b.mend(why)
	})
}

// mend asks until the server answers or the store is closed. A connection that
// was merely lost is mended by the first question, without a word.
func (b *breaker) mend(why error) {
	began, said := time.Now(), false
	for b.ask(b.life) != nil {
		if !said {
			said = true
			const refused = "Redis does not answer; until it does, whatever needs it is refused at once and nothing answers by itself"
			b.log.Warn(refused, "err", why)
		}
		select {
		case <-b.life.Done():
			return
		case <-time.After(breakerAgain):
		}
	}
	b.mu.Lock()
	b.open = false
	b.mu.Unlock()
	if said {
		b.log.Info("Redis answers again", "after", time.Since(began).Round(time.Millisecond))
	}
}

// close waits for a running question, after life has ended.
func (b *breaker) close() {
	b.mu.Lock()   // whoever trips it now sees that life has ended
	b.mu.Unlock() //nolint:staticcheck // an empty section on purpose
	b.running.Wait()
}
