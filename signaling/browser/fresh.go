package browser

import (
	"net"
	"net/http"
	"sync"
)

// fresh are connections that have not sent a request yet. Browsers open some
// ahead and leave them; an orderly stop would wait five seconds for each
// (http.Server.Shutdown), longer than a stop may take.
type fresh struct {
	mu    sync.Mutex
	over  bool
	conns map[net.Conn]struct{}
}

// track is the ConnState of the server. It must not block.
func (f *fresh) track(c net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if state != http.StateNew {
		delete(f.conns, c)
		return
	}
	if f.over {
		_ = c.Close()
		return
	}
	f.conns[c] = struct{}{}
}

// shut closes them; nobody waits for an answer on one.
func (f *fresh) shut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
	for c := range f.conns {
		_ = c.Close()
	}
}
