package browser

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"ringsplash/internal/keypair"
	"ringsplash/internal/throttle"
)

// Server is the HTTP side of one node.
type Server struct {
	conf     Config
	log      *slog.Logger
	echo     *echo.Echo
	http     *http.Server
	logins   *logins
	slow     *slow
	sockets  *sockets
	newConns *newConns
	metrics  *metrics
	streams  *streams
	pace     *throttle.Buckets[string] // of commands by REST, for each user as for a socket
	pair     *keypair.Pair             // nil without TLS

	// base ends when nothing may go on any more: it is the context of commands.
	base   context.Context
	cancel context.CancelFunc
	watch  sync.WaitGroup
}

// New makes a Server. It reads the TLS files and serves nothing yet; Close
// ends what it started.
func New(conf Config, log *slog.Logger) (*Server, error) {
	conf.EmbedOrigins, conf.Names = slices.Clone(conf.EmbedOrigins), slices.Clone(conf.Names)
	if err := conf.validate(); err != nil {
		return nil, err
	}
	s := &Server{
		conf: conf, log: log, slow: newSlow(), logins: newLogins(conf, log), sockets: newSockets(conf.SocketsPerUser),
		newConns: &newConns{conns: map[net.Conn]struct{}{}}, streams: &streams{open: map[*stream]struct{}{}},
	}
	s.base, s.cancel = context.WithCancel(context.Background())
	s.metrics = newMetrics(s.sockets)
	s.pace = throttle.NewBuckets[string](throttle.PerSecond(float64(conf.CommandRate), float64(conf.CommandBurst)), maxBuckets)
	s.http = &http.Server{
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second, // ends at the upgrade
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnState:         s.newConns.track,
	}
	if conf.CertFile != "" {
		var err error
		if s.pair, err = keypair.Open(keypair.Files{Cert: conf.CertFile, Key: conf.KeyFile}, log); err != nil {
			s.cancel()
			return nil, fmt.Errorf("browser: http.tls: %w; check that both files are there, readable, PEM, and belong together", err)
		}
		s.http.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.certificate}
	}
	s.echo = s.routes()
	s.http.Handler = s.echo
	s.watch.Go(s.watchLogins)
	return s, nil
}

func (s *Server) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	cert, _ := s.pair.Current()
	return cert, nil
}

// Serve answers requests that arrive at l, which it closes, until Close. It
// then returns nil.
func (s *Server) Serve(l net.Listener) error {
	var err error
	if s.http.TLSConfig != nil {
		err = s.http.ServeTLS(l, "", "")
	} else {
		err = s.http.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("browser: serve %s: %w", l.Addr(), err)
}

// cancelWait is how long a command may take to notice that its context ended.
const cancelWait = 2 * time.Second

// goodbyeWait is how long a tab may take to say goodbye. One that is awake does
// at once, and one that sleeps comes back by itself when it wakes.
const goodbyeWait = time.Second

// Close stops listening, tells every tab (1001), waits a second for their
// goodbyes, and for requests, ends the commands still running, and returns when
// all are gone. Requests that go on are cut off after that: a stranger may send
// one slowly for as long as he likes. When ctx ends first the rest is cut off
// and the context's error returned.
func (s *Server) Close(ctx context.Context) error {
	// Shutdown closes the listeners at once; hijacked connections are not its
	// business, so the sockets are told here meanwhile.
	patient, impatient := context.WithTimeout(ctx, goodbyeWait)
	defer impatient()
	requests := make(chan error, 1)
	go func() { requests <- s.http.Shutdown(patient) }()
	s.newConns.shut()
	s.streams.shut()
	gone := s.sockets.shut()
	var err error
	asleep := time.NewTimer(goodbyeWait)
	defer asleep.Stop()
	select {
	case <-gone:
	case <-asleep.C:
		s.log.Info("tabs that do not answer are cut off; they come back by themselves", "sockets", s.sockets.count())
		s.sockets.cut()
	case <-ctx.Done():
		err = ctx.Err()
		s.sockets.cut()
	}
	s.cancel() // commands still running, which nobody waits for any more
	<-gone
	if !s.sockets.idle(cancelWait) {
		err = errors.Join(err, errors.New("browser: a command goes on although its context has ended"))
	}
	if e := <-requests; e != nil {
		s.log.Info("requests that go on are cut off")
		err = errors.Join(err, s.http.Close())
	}
	s.watch.Wait()
	return err
}

// endLogin closes the sockets and streams of a log-in that is over.
func (s *Server) endLogin(hash string) {
	s.sockets.endLogin(hash)
	s.streams.endLogin(hash)
}

// watchLogins closes the sockets and streams whose log-in is over. An open socket is use
// of its log-in and prolongs it.
func (s *Server) watchLogins() {
	tick := time.NewTicker(s.conf.LoginCheck)
	defer tick.Stop()
	for {
		select {
		case <-s.base.Done():
			return
		case <-tick.C:
		}
		for _, hash := range s.sockets.logins() {
			ctx, cancel := context.WithTimeout(s.base, 5*time.Second)
			_, err := s.logins.use(ctx, hash)
			cancel()
			if errors.Is(err, errNoLogin) {
				s.sockets.endLogin(hash)
			}
		}
		s.checkStreams(s.base)
	}
}

// newConns are connections that have not sent a request yet. Browsers open some
// ahead and leave them; an orderly stop would wait five seconds for each
// (http.Server.Shutdown), longer than a stop may take.
type newConns struct {
	mu    sync.Mutex
	over  bool
	conns map[net.Conn]struct{}
}

// track is the ConnState of the server. It must not block.
func (f *newConns) track(c net.Conn, state http.ConnState) {
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
func (f *newConns) shut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
	for c := range f.conns {
		_ = c.Close()
	}
}
