package gateway

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
	"sync"
)

// mailbox is an unbounded queue of events with one reader. Posting never
// blocks, so two calls that post to each other cannot deadlock.
type mailbox struct {
	mu     sync.Mutex
	queue  []Event
	ready  chan struct{} // capacity 1: "look at the queue"
	closed bool
}

func newMailbox() *mailbox { return &mailbox{ready: make(chan struct{}, 1)} }

// post appends e, or reports false when the mailbox is closed.
func (m *mailbox) post(e Event) bool {
	m.mu.Lock()
	open := !m.closed
	if open {
		m.queue = append(m.queue, e)
	}
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
	return open
}

// take waits for events and returns all there are, in the order of posting.
func (m *mailbox) take() []Event {
	for {
		if got := m.drain(); len(got) > 0 {
			return got
		}
		<-m.ready
	}
}

// drain returns what there is without waiting; ready says when to look.
func (m *mailbox) drain() []Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	got := m.queue
	m.queue = nil
	return got
}

// close drops later posts and returns what was not taken.
func (m *mailbox) close() []Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	left := m.queue
	m.queue = nil
	return left
}

// NewNodeName makes a name for a node that has none yet.
func NewNodeName() string { return randomID("n") }

// randomID makes an id of 80 random bits, safe in URIs, JSON and file names.
func randomID(prefix string) string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	return prefix + "_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}
