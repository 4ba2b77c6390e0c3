package mailbox

import "sync"

// Names hands names to one reader without ever holding up the one who adds them.
// A name that is added again before it was received comes once.
type Names struct {
	out     chan string
	wake    chan struct{}
	done    chan struct{}
	once    sync.Once
	running sync.WaitGroup

	mu      sync.Mutex
	pending map[string]struct{}
}

// NewNames starts handing on; Close ends it.
func NewNames() *Names {
	n := &Names{out: make(chan string), wake: make(chan struct{}, 1), done: make(chan struct{}), pending: map[string]struct{}{}}
	n.running.Go(n.run)
	return n
}

// Out receives the names. It closes with Close.
func (n *Names) Out() <-chan string { return n.out }

// Add never blocks.
func (n *Names) Add(name string) {
	n.mu.Lock()
	n.pending[name] = struct{}{}
	n.mu.Unlock()
	Wake(n.wake)
}

// Close ends it and waits. Calls after the first do nothing.
func (n *Names) Close() {
	n.once.Do(func() { close(n.done) })
	n.running.Wait()
}

func (n *Names) take() map[string]struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	names := n.pending
	n.pending = map[string]struct{}{}
	return names
}

func (n *Names) run() {
	defer close(n.out)
	for {
		select {
		case <-n.wake:
		case <-n.done:
			return
		}
		for name := range n.take() {
			select {
			case n.out <- name:
			case <-n.done:
				return
			}
		}
	}
}
