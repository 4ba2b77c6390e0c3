// Package mailbox is a queue that never makes its writers wait.
package mailbox

import "sync"

// Box is an unbounded queue with one reader. Posting never blocks, so two
// goroutines that post to each other cannot deadlock. What a stranger can queue
// is for the poster to bound.
type Box[T any] struct {
	mu     sync.Mutex
	queue  []T
	ready  chan struct{} // capacity 1: "look at the queue"
	closed bool
}

// Wake tells whoever waits on a channel of capacity 1 that there is something to
// look at. It never blocks: one who has not looked since the last time will.
func Wake(waits chan<- struct{}) {
	select {
	case waits <- struct{}{}:
	default:
	}
}

// New makes an open, empty one.
func New[T any]() *Box[T] { return &Box[T]{ready: make(chan struct{}, 1)} }

// Post appends v, or reports false when the mailbox is closed and v will not
// be read.
func (m *Box[T]) Post(v T) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.queue = append(m.queue, v)
	Wake(m.ready)
	return true
}

// Take waits for something and returns all there is, in the order of posting.
func (m *Box[T]) Take() []T {
	for {
		if got := m.Drain(); len(got) > 0 {
			return got
		}
		<-m.ready
	}
}

// Drain returns what there is without waiting; Ready says when to look.
func (m *Box[T]) Drain() []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	got := m.queue
	m.queue = nil
	return got
}

// Ready receives when something was posted.
func (m *Box[T]) Ready() <-chan struct{} { return m.ready }

// Close drops later posts and returns what was not taken.
func (m *Box[T]) Close() []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	left := m.queue
	m.queue = nil
	return left
}

// CloseIfEmpty closes the mailbox unless something is waiting in it.
func (m *Box[T]) CloseIfEmpty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queue) > 0 {
		return false
	}
	m.closed = true
	return true
}
