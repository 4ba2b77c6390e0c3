package sipua

import "sync"

// mailbox is the queue of one leg: many post, one goroutine takes. Posting
// never blocks. What a stranger can queue is bounded by Config.MaxRequests,
// since the goroutine of each request waits for its answer.
type mailbox struct {
	mu    sync.Mutex
	items []func()
	shut  bool
	wake  chan struct{} // capacity 1
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// post queues f; false tells that the mailbox is closed and f will never run.
func (m *mailbox) post(f func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shut {
		return false
	}
	m.items = append(m.items, f)
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return true
}

// take waits for the next items.
func (m *mailbox) take() []func() {
	for {
		m.mu.Lock()
		items := m.items
		m.items = nil
		m.mu.Unlock()
		if len(items) > 0 {
			return items
		}
		<-m.wake
	}
}

// closeIfEmpty closes the mailbox unless something is waiting in it.
func (m *mailbox) closeIfEmpty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.items) > 0 {
		return false
	}
	m.shut = true
	return true
}
