package browser

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
)

// hijacked keeps the connection that an upgrade takes over.
type hijacked struct {
	http.ResponseWriter
	conn *wire
}

// Hijack implements http.Hijacker.
func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = &wire{Conn: conn}
	return h.conn, rw, nil
}

// maxAfterEnd is what is read of a socket that we close, while the other side's
// half of the closing handshake may still come.
const maxAfterEnd = 1 << 20

// wire is the connection of a socket. Once it is ending it is read only so far:
// the library throws away what comes before the other side's close frame,
// however much that is.
type wire struct {
	net.Conn
	ending atomic.Bool
	left   atomic.Int64
}

// end bounds what is read from now on.
func (w *wire) end() {
	w.left.Store(maxAfterEnd)
	w.ending.Store(true)
}

// Read implements net.Conn.
func (w *wire) Read(b []byte) (int, error) {
	if w.ending.Load() && w.left.Load() <= 0 {
		return 0, errTooMuch
	}
	n, err := w.Conn.Read(b)
	w.left.Add(-int64(n))
	return n, err
}

var errTooMuch = errors.New("browser: the other side sends on instead of closing")
