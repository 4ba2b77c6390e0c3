// Package wire is the SIP user agent's sockets and connections, with sipgo's
// layers over them: how requests and answers reach the far end, and by which
// socket. What they mean it leaves to who is above.
package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/keypair"
	"ringsplash/signaling/sipua/message"
)

// Config says which sockets there are and how they are used. The zero value
// of each field is described beside it.
type Config struct {
	// Listen are the sockets, "udp://host:port", "tcp://host:port" or
	// "tls://host:port"; port 0 asks the kernel. None means udp://127.0.0.1:5060.
	Listen []string
	// TLS is needed for tls:// sockets.
	TLS keypair.Files
	// Stream bounds the time of TCP and TLS peers.
	Stream StreamTimers
	// Public maps a listen address to the one the world sees. It is written
	// into Via and Contact for destinations outside LocalNets. nil: the listen
	// address is written everywhere.
	Public    map[netip.Addr]netip.Addr
	LocalNets []netip.Prefix
	// T1 is the estimate of the round trip (RFC 3261 17.1.1.1), from which
	// every time of a transaction comes; it holds for the whole process. 0
	// leaves it at 500 ms.
	T1 time.Duration
	// Resolver finds the addresses of names; nil means the system's.
	Resolver *net.Resolver
}

// Sockets are the sockets and connections of one user agent, and sipgo's layers
// over them. Its methods may be called from any goroutine.
type Sockets struct {
	// Key marks our branches and tags.
	Key message.OwnKey

	cfg    Config
	log    *slog.Logger
	above  Above
	stack  *sipgo.UserAgent
	server *sipgo.Server
	socks  []*Socket
	flows  *flows
	feeds  map[string]*feed // by transport
	noTCP  *noTCP
	certs  *keypair.Pair
	stop   context.Context // ends when the sockets close
	end    context.CancelFunc
	work   sync.WaitGroup // every goroutine of ours
	// sending is held shared while a client transaction is made, so that Stop
	// leaves none behind.
	sending sync.RWMutex
}

// Above is what is done with what comes. All of it is called from any goroutine
// and must not block, but for Route.
type Above struct {
	// Route registers what answers each method, once.
	Route func(*sipgo.Server)
	// Read judges each message before it is parsed; what it returns goes on.
	Read sip.TransportReadFilter
	// Regular tells whether the messages of an address are read before those of
	// others.
	Regular func(netip.Addr) bool
	// Stray takes the responses that no transaction waits for.
	Stray func(*sip.Response)
	// Closed is told when a connection has closed.
	Closed func(message.Flow)
}

// Open binds the sockets; nothing is read before serve.
func Open(cfg Config, log *slog.Logger) (*Sockets, error) {
	if len(cfg.Listen) == 0 {
		cfg.Listen = []string{"udp://127.0.0.1:5060"}
	}
	cfg.Stream = cfg.Stream.withDefaults()
	cfg.Resolver = cmp.Or(cfg.Resolver, net.DefaultResolver)
	w := &Sockets{Key: message.NewOwnKey(), cfg: cfg, log: log, flows: newFlows(), noTCP: newNoTCP(), feeds: make(map[string]*feed)}
	w.stop, w.end = context.WithCancel(context.Background())
	for _, transport := range []string{"tcp", "tls"} {
		w.feeds[transport] = &feed{at: &net.TCPAddr{IP: net.IPv4zero}, in: make(chan *stream), closed: w.stop.Done()}
	}
	if err := w.bind(); err != nil {
		w.end()
		w.closeSockets()
		return nil, err
	}
	return w, nil
}

func (w *Sockets) bind() error {
	var list []listener
	for _, s := range w.cfg.Listen {
		l, err := parseListen(s)
		if err != nil {
			return err
		}
		if l.network == "tls" && w.cfg.TLS.Cert == "" {
			return fmt.Errorf("sipua: listen %q needs a certificate: set sip.tls.cert and sip.tls.key", s)
		}
		list = append(list, l)
	}
	var err error
	if w.cfg.TLS.Cert != "" {
		if w.certs, err = keypair.Open(w.cfg.TLS, w.log); err != nil {
			return fmt.Errorf("sipua: %w", err)
		}
	}
	for _, l := range list {
		s, err := w.openSocket(l)
		if err != nil {
			return err
		}
		w.socks = append(w.socks, s)
	}
	return nil
}

// Serve begins to read. When it returns, requests can be sent by every socket.
func (w *Sockets) Serve(a Above) error {
	w.above = a
	if err := w.newLayers(); err != nil {
		return err
	}
	a.Route(w.server)
	for _, s := range w.socks {
		if s.packet != nil {
			s.packet.begin(a.Regular, w.stack.TransportLayer().Pool("udp"))
			w.work.Go(s.packet.fill)
		}
		w.work.Go(func() { w.keepServing(s) })
	}
	for transport, f := range w.feeds {
		w.work.Go(func() { w.keepServing(&Socket{Network: transport, stream: f}) })
	}
	for _, s := range w.socks {
		if s.packet != nil {
			<-s.packet.known
		}
	}
	w.work.Go(w.sweep)
	return nil
}

// Stop ends what waits, and sends no more requests.
func (w *Sockets) Stop() {
	w.end()
	w.sending.Lock() // those under way
	defer w.sending.Unlock()
}

// Close closes every socket, ends every transaction and waits for every
// goroutine of the sockets. A second Close ends what was begun meanwhile.
func (w *Sockets) Close() {
	w.Stop()
	w.closeSockets()
	if w.stack == nil {
		return
	}
	if err := w.stack.Close(); err != nil {
		w.log.Debug("sip: closing", "err", err)
	}
	w.work.Wait()
}

func (w *Sockets) closeSockets() {
	for _, s := range w.socks {
		if err := s.close(); err != nil && !errors.Is(err, net.ErrClosed) {
			w.log.Warn("sip: closing a socket", "err", err)
		}
	}
}

// Addrs are the bound addresses, "udp://127.0.0.1:40123", in the order of
// Config.Listen.
func (w *Sockets) Addrs() []string {
	out := make([]string, len(w.socks))
	for i, s := range w.socks {
		out[i] = s.Network + "://" + s.Addr.String()
	}
	return out
}

// Hosts are the addresses of the sockets, and their public ones.
func (w *Sockets) Hosts() []string {
	var out []string
	for _, s := range w.socks {
		for _, ip := range []netip.Addr{s.Addr.Addr(), w.cfg.Public[s.Addr.Addr()]} {
			if ip.IsValid() && !ip.IsUnspecified() {
				out = append(out, ip.String())
			}
		}
	}
	return out
}

// Crowded counts the datagrams that were dropped because too many waited.
func (w *Sockets) Crowded() (count uint64) {
	for _, s := range w.socks {
		if s.packet != nil {
			count += s.packet.crowded.Load()
		}
	}
	return count
}
