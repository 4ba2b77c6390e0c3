package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"ringsplash/internal/throttle"
	"ringsplash/signaling/sipua/message"
)

const (
	maxStreams          = 4096 // accepted TCP and TLS connections in all
	maxStreamsPerSource = 200  // of one IPv4 address or IPv6 /64
)

var (
	// ErrFlowGone is a connection that only the far end could make again.
	ErrFlowGone  = errors.New("the connection the phone came by is closed")
	errUnproven  = errors.New("the peer of the open connection has no certificate for this name")
	errOurselves = errors.New("the address is our own")
)

// flows are the open TCP and TLS connections, accepted ones and our own. Both
// are used both ways (RFC 5626 3, RFC 5923): a request to an address that a
// connection leads to goes over that connection.
type flows struct {
	mu       sync.Mutex
	open     map[message.Flow]*stream
	accepted int
	sources  map[throttle.Source]int
	dials    singleflight.Group
}

func newFlows() *flows {
	return &flows{open: make(map[message.Flow]*stream), sources: make(map[throttle.Source]int)}
}

func (f *flows) find(k message.Flow) *stream {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open[k]
}

// all are the connections of now.
func (f *flows) all() []*stream {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]*stream, 0, len(f.open))
	for _, s := range f.open {
		out = append(out, s)
	}
	return out
}

// add takes a new connection in; false when the bounds are reached.
func (f *flows) add(s *stream) bool {
	from := throttle.SourceOf(s.key.Peer.Addr())
	f.mu.Lock()
	defer f.mu.Unlock()
	if !s.dialed {
		if f.accepted >= maxStreams || f.sources[from] >= maxStreamsPerSource {
			return false
		}
		f.accepted++
		f.sources[from]++
	}
	f.open[s.key] = s
	return true
}

func (f *flows) remove(s *stream) {
	from := throttle.SourceOf(s.key.Peer.Addr())
	f.mu.Lock()
	defer f.mu.Unlock()
	if !s.dialed {
		f.accepted--
		if f.sources[from]--; f.sources[from] <= 0 {
			delete(f.sources, from)
		}
	}
	if f.open[s.key] == s {
		delete(f.open, s.key)
	}
}

// door is a listener that makes streams of what it accepts.
type door struct {
	net.Listener
	w         *Sockets
	transport string
}

// Accept closes connections above the bounds at once and waits for the next.
func (d *door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		s := d.w.newStream(conn, d.transport)
		if d.transport == "tls" {
			s.server = tls.Server(conn, serverTLS(d.w.certs))
			s.Conn = s.server
		}
		if d.w.flows.add(s) {
			return s, nil
		}
		_ = conn.Close()
	}
}

func (w *Sockets) newStream(conn net.Conn, transport string) *stream {
	return &stream{
		Conn: conn, key: message.Flow{Transport: transport, Peer: message.ParseAddr(conn.RemoteAddr().String())}, timers: w.cfg.Stream,
		certs:  w.certs,
		opened: time.Now(), gone: w.gone, unread: w.Key.Unreadable, done: make(chan struct{}),
	}
}

// feed is a listener for connections that we dialled: sipgo reads them as it
// reads accepted ones, and never dials itself.
type feed struct {
	at     net.Addr
	in     chan *stream
	closed <-chan struct{}
	last   *stream
}

// Accept waits for the next connection. Being called again says that sipgo has
// the one before in its pool.
func (f *feed) Accept() (net.Conn, error) {
	if f.last != nil {
		close(f.last.served)
		f.last = nil
	}
	select {
	case s := <-f.in:
		f.last = s
		return s, nil
	case <-f.closed:
		return nil, net.ErrClosed
	}
}

func (f *feed) Addr() net.Addr { return f.at }
func (f *feed) Close() error   { return nil }

// Connect makes sure that there is a connection for h, and over TLS that its
// peer has proven the host of h. It blocks for dialTimeout at most. A hop to
// one of our own sockets is refused, whatever name led there.
func (w *Sockets) Connect(h Hop) error {
	for _, s := range w.socks {
		if s.Network == h.Transport && w.reaches(s, h.Addr) {
			return errOurselves
		}
	}
	if h.Transport == "udp" {
		return nil
	}
	k := h.Flow()
	s := w.flows.find(k)
	if s == nil {
		if h.Host == "" {
			return ErrFlowGone
		}
		made, err, _ := w.flows.dials.Do(h.Transport+h.Addr.String()+h.Host, func() (any, error) {
			if s := w.flows.find(k); s != nil {
				return s, nil
			}
			return w.dial(h)
		})
		if err != nil {
			return fmt.Errorf("no connection to %s: %w", h.Addr, err)
		}
		s, _ = made.(*stream)
	}
	if h.Transport == "tls" && h.Host != "" && (s.proves == nil || !s.proves(h.Host)) {
		return errUnproven
	}
	return nil
}

func (w *Sockets) dial(h Hop) (*stream, error) {
	ctx, cancel := context.WithTimeout(w.stop, dialTimeout)
	defer cancel()
	var d net.Dialer
	if h.Sock != nil && !h.Sock.Addr.Addr().IsUnspecified() {
		d.LocalAddr = &net.TCPAddr{IP: h.Sock.Addr.Addr().AsSlice(), Zone: h.Sock.Addr.Addr().Zone()} // a trunk knows us by it
	}
	conn, err := d.DialContext(ctx, "tcp", h.Addr.String())
	if err != nil {
		return nil, err
	}
	s := w.newStream(conn, h.Transport)
	s.dialed, s.served = true, make(chan struct{})
	if h.Transport == "tls" {
		client := tls.Client(conn, clientTLS(w.certs, h.Host, h.Roots))
		if err := client.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		s.Conn = client
		s.learn(proven(client.ConnectionState(), w.certs))
	}
	w.flows.add(s)
	select {
	case w.feeds[h.Transport].in <- s:
	case <-ctx.Done():
		_ = s.Close()
		return nil, ctx.Err()
	}
	select {
	case <-s.served:
		return s, nil
	case <-ctx.Done():
		return nil, ctx.Err() // sipgo closes it with the others
	}
}

// gone takes a closed connection out.
func (w *Sockets) gone(s *stream) {
	w.flows.remove(s)
	w.above.Closed(s.key)
}

// Connected tells whether there is a connection with that far end.
func (w *Sockets) Connected(k message.Flow) bool { return w.flows.find(k) != nil }

// Done is closed when the connection with that far end is, or when there is
// none; nil for UDP and for no flow at all, which never end.
func (w *Sockets) Done(k message.Flow) <-chan struct{} {
	if k.Transport == "" || k.Transport == "udp" {
		return nil
	}
	if s := w.flows.find(k); s != nil {
		return s.done
	}
	return ended
}

// ended is the end of connections that are gone.
var ended = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// Drop closes the connection with that far end, if there is one.
func (w *Sockets) Drop(k message.Flow) {
	if s := w.flows.find(k); s != nil {
		_ = s.Close()
	}
}

// Streams is how many TCP and TLS connections are open.
func (w *Sockets) Streams() int {
	w.flows.mu.Lock()
	defer w.flows.mu.Unlock()
	return len(w.flows.open)
}

// pingFlows keeps our own connections open and closes those that died.
func (w *Sockets) pingFlows(now time.Time) {
	for _, s := range w.flows.all() {
		if s.dialed && !s.ping(now) {
			w.log.Info("sip: connection lost, no answer to the keep-alive", "transport", s.key.Transport, "peer", s.key.Peer)
			_ = s.Close()
		}
	}
}

// Domains are the domains that the peer at source has proven by a certificate
// of sip.tls.client_ca (RFC 5922 7.1), in lower case; nil without one and for
// transports other than tls. source is as sip.Request.Source writes it.
func (w *Sockets) Domains(source netip.AddrPort, transport string) []string {
	if s := w.flows.find(message.Flow{
		Transport: transport,
		Peer:      netip.AddrPortFrom(source.Addr().Unmap(), source.Port()),
	}); s != nil {
		return s.domains
	}
	return nil
}
