package store

import (
	"context"
	"sync"

	"ringsplash/internal/mailbox"
)

// queueLen is how many messages a slow subscriber may be behind before some
// are lost, which he is told by a nil Data.
const queueLen = 256

// topics is publish and subscribe inside one process.
type topics struct {
	mu      sync.Mutex
	closed  bool
	subs    map[*queue]struct{}
	running sync.WaitGroup
}

func (t *topics) publish(m Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for q := range t.subs {
		if q.topic == m.Topic {
			q.add(m)
		}
	}
}

func (t *topics) subscribe(ctx context.Context, topic string) <-chan Message {
	q, out := newQueue(topic), make(chan Message)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		close(out)
		return out
	}
	t.subs[q] = struct{}{}
	t.running.Go(func() {
		defer close(out)
		q.run(ctx, out)
		t.mu.Lock()
		delete(t.subs, q)
		t.mu.Unlock()
	})
	return out
}

// close ends all subscriptions and waits for them.
func (t *topics) close() {
	t.mu.Lock()
	t.closed = true
	for q := range t.subs {
		q.close()
	}
	t.mu.Unlock()
	t.running.Wait()
}

// queue lies between those who publish, who never wait, and one subscriber.
type queue struct {
	topic string
	wake  chan struct{}
	done  chan struct{}
	once  sync.Once

	mu   sync.Mutex
	msgs []Message
	lost bool
}

func newQueue(topic string) *queue {
	return &queue{topic: topic, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

func (q *queue) add(m Message) {
	q.mu.Lock()
	if len(q.msgs) < queueLen {
		q.msgs = append(q.msgs, m)
	} else {
		q.lost = true
	}
	q.mu.Unlock()
	mailbox.Wake(q.wake)
}

// lose says that messages may have been lost.
func (q *queue) lose() {
	q.mu.Lock()
	q.lost = true
	q.mu.Unlock()
	mailbox.Wake(q.wake)
}

// take empties the queue; the word that some were lost comes last, so that
// what is read because of it is newer than all of them.
func (q *queue) take() []Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	msgs := q.msgs
	q.msgs = nil
	if q.lost {
		msgs = append(msgs, Message{Topic: q.topic})
		q.lost = false
	}
	return msgs
}

func (q *queue) close() { q.once.Do(func() { close(q.done) }) }

// run hands messages on until ctx or the queue ends.
func (q *queue) run(ctx context.Context, out chan<- Message) {
	for {
		select {
		case <-q.wake:
		case <-q.done:
			return
		case <-ctx.Done():
			return
		}
		for _, m := range q.take() {
			select {
			case out <- m:
			case <-q.done:
				return
			case <-ctx.Done():
				return
			}
		}
	}
}
