package browser

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"ringsplash/gateway/machine"
	"ringsplash/internal/mailbox"
	"ringsplash/internal/throttle"
)

const (
	maxUnanswered = 256              // replies that may wait on one socket
	writeWait     = 10 * time.Second // for one message to leave

	// After a state longer than longState the next one waits until the tab has
	// read it, and so long that no more than statePace bytes a second leave.
	longState = 2 << 10
	statePace = 64 << 10
)

// socket is one WebSocket of a tab. Its owner is the goroutine of serve, which
// starts the reader, the writer and the pinger and waits for them. Whoever
// wants it closed calls end.
type socket struct {
	srv   *Server
	login login
	log   *slog.Logger
	limit *rate.Limiter

	ctx    context.Context // of reads and writes
	cancel context.CancelFunc
	conn   *websocket.Conn
	wire   *wire
	start  time.Time
	seen   atomic.Int64 // when traffic last arrived, in ns since start

	first    chan []byte   // the first message
	ready    chan struct{} // closed when tab and inbox are set
	ending   chan struct{} // closed by the first end; code is set then
	detached chan struct{} // closed when the tab is free for another socket
	once     sync.Once
	code     closeCode

	origin string // of the page, as its browser wrote it
	own    bool   // the page is one of ours
	source throttle.Source
	bearer string // for the welcome

	page       string // which page load it is, "" when the page does not say
	tab        Tab
	inbox      *inbox
	wake       chan struct{} // cap 1: the snapshot changed since the writer looked
	replies    chan []byte
	unanswered atomic.Int32 // commands whose reply has not left yet
}

// upgrade is GET /ws. It returns when the socket is gone.
func (s *Server) upgrade(c echo.Context) error {
	// Without a cookie the hello must bring a token.
	found, err := s.loggedIn(c)
	if err != nil && !errors.Is(err, notLoggedIn) {
		return err
	}
	c.Set(loginKeyInContext, found)
	if !strings.EqualFold(c.Request().Header.Get(echo.HeaderUpgrade), "websocket") {
		c.Response().Header().Set(echo.HeaderUpgrade, "websocket")
		return refuse(http.StatusUpgradeRequired, "no_websocket", "problem.no_websocket")
	}
	k := s.newSocket(found, requestID(c))
	k.origin, _ = cleanOrigin(c.Request().Header.Get(echo.HeaderOrigin)) // checkOrigin has seen it
	k.own, k.source = !s.fromOthers(c.Request()), sourceOf(c)
	if err := s.sockets.add(k); err != nil {
		k.cancel()
		return err
	}
	defer s.sockets.remove(k)
	defer k.cancel()
	raw := &hijacked{ResponseWriter: c.Response()}
	k.conn, err = websocket.Accept(raw, c.Request(), &websocket.AcceptOptions{
		InsecureSkipVerify: true, // checkOrigin did, with scheme and port
		OnPongReceived:     func(context.Context, []byte) { k.alive() },
	})
	if err != nil {
		return nil // Accept has answered
	}
	k.wire = raw.conn
	// Close waits 5 s for an answer of the other side, whoever cuts meanwhile.
	defer context.AfterFunc(k.ctx, func() { _ = raw.conn.Close() })()
	k.conn.SetReadLimit(-1) // the reader limits, and closes with a code of ours
	k.serve()
	return nil
}

func (s *Server) newSocket(l login, request string) *socket {
	k := &socket{
		srv: s, login: l, log: s.log.With("user", l.User, "request", request),
		limit: rate.NewLimiter(rate.Limit(s.conf.CommandRate), s.conf.CommandBurst), start: time.Now(),
		first: make(chan []byte, 1), wake: make(chan struct{}, 1), replies: make(chan []byte, maxUnanswered),
		ready: make(chan struct{}), ending: make(chan struct{}), detached: make(chan struct{}),
	}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	return k
}

// end asks for the socket to be closed; the first code wins. It never blocks.
func (k *socket) end(code closeCode) {
	k.once.Do(func() {
		k.code = code
		close(k.ending)
	})
}

// cut breaks the connection without a closing handshake.
func (k *socket) cut() {
	k.end(codeShutdown)
	k.cancel()
}

// serve runs the socket to its end.
func (k *socket) serve() {
	var workers sync.WaitGroup
	work := func(f func()) { workers.Go(func() { k.guard(f) }) }
	work(k.read)
	var resumed bool
	k.guard(func() { resumed = k.open() })
	if k.tab != nil {
		close(k.ready)
		wrote := make(chan struct{})
		work(func() {
			defer close(wrote)
			k.write(resumed)
		})
		work(k.ping)
		<-k.ending
		if k.code == codeShutdown {
			<-wrote // bounded by writeWait, and by cut
		}
	}
	<-k.ending
	if k.tab != nil {
		k.guard(k.tab.Detach)
		k.srv.sockets.detach(k, k.tab.ID())
	}
	close(k.detached)
	if k.code == codeGone {
		_ = k.conn.CloseNow()
	} else {
		k.wire.end()
		// The handshake may take seconds when the other side is slow.
		_ = k.conn.Close(websocket.StatusCode(k.code), closeReasons[k.code])
	}
	k.cancel()
	workers.Wait()
	k.srv.metrics.closed(int(k.code))
	k.log.Info("a socket ended", "tab", k.tabID(), "code", int(k.code), "lasted", time.Since(k.start).Round(time.Millisecond))
}

// guard keeps a panic to this socket.
func (k *socket) guard(f func()) {
	defer func() {
		if p := recover(); p != nil {
			k.log.Error("a socket panicked", "tab", k.tabID(), "panic", p, "stack", string(debug.Stack()))
			k.end(codeFault)
		}
	}()
	f()
}

func (k *socket) tabID() machine.TabID {
	if k.tab == nil {
		return ""
	}
	return k.tab.ID()
}

// changed is what the gateway calls when the tab's snapshot may have changed.
func (k *socket) changed() { mailbox.Wake(k.wake) }

func (k *socket) alive() { k.seen.Store(int64(time.Since(k.start))) }

// broken ends the socket over a message that does not follow the protocol.
func (k *socket) broken(err error) {
	k.log.Warn("a tab broke the protocol", "tab", k.tabID(), "err", err)
	k.end(codeBroken)
}

// read is the reader: the first message goes to open, the others are commands.
func (k *socket) read() {
	for opened := false; ; opened = true {
		kind, r, err := k.conn.Reader(k.ctx)
		var b []byte
		if err == nil {
			b, err = io.ReadAll(io.LimitReader(r, maxMessage+1))
		}
		if err != nil {
			k.end(codeGone)
			return
		}
		k.alive()
		switch {
		case kind != websocket.MessageText || len(b) > maxMessage:
			k.broken(errBroken)
		case opened:
			k.receive(b)
		default:
			k.first <- b
			select {
			case <-k.ready:
			case <-k.ending:
			}
		}
		select {
		case <-k.ending:
			return
		default:
		}
	}
}

// receive takes one command.
func (k *socket) receive(b []byte) {
	d, err := readDo(b)
	if errors.Is(err, errBroken) {
		k.broken(err)
		return
	}
	if k.unanswered.Add(1) > maxUnanswered {
		k.end(codeBehind)
		return
	}
	var refused *machine.CommandError
	switch {
	case errors.As(err, &refused):
		k.answer(refusal(d.ID, refused))
	case !k.limit.Allow():
		k.answer(refusal(d.ID, tooFast))
	case opens(d.Command) && k.srv.right(k.login) == openNever:
		k.answer(refusal(d.ID, machine.Refuse("forbidden", notTrusted(k.login.Origin))))
	default:
		k.inbox.take(d, k)
	}
}

// answer queues the reply to a command that was counted in unanswered, so there is
// always room. It never blocks, and does nothing on a socket that ends.
func (k *socket) answer(reply []byte) {
	select {
	case k.replies <- reply:
	case <-k.ending:
	}
}

// write is the writer: it alone sends messages. A state is made when there is
// room for it, so a slow socket skips what it was too slow for, and any socket
// what changes faster than a person can see.
func (k *socket) write(resumed bool) {
	ctx, cancel := context.WithCancel(k.ctx)
	var draining sync.WaitGroup
	defer draining.Wait()
	defer cancel()
	drained := make(chan struct{}, 1)
	wake := k.wake // nil while a long state drains
	sent := partsOf(k.tab.Snapshot())
	seq := uint64(1)
	ok := k.send(encode(welcome{
		Type: typeWelcome, Seq: seq, Now: now(), Build: k.srv.conf.Build,
		Tab: tabName{ID: k.tab.ID(), Secret: k.tab.Secret()}, Resumed: resumed,
		Open: k.srv.right(k.login), Bearer: k.bearer, parts: sent,
	}))
	news := func() bool {
		is := partsOf(k.tab.Snapshot())
		changed, any := is.since(sent)
		sent = is
		if !any {
			return true
		}
		seq++
		b := encode(state{Type: typeState, Seq: seq, Now: now(), parts: changed})
		if !k.send(b) {
			return false
		}
		if len(b) > longState {
			wake = nil
			draining.Go(func() {
				k.drain(ctx, len(b))
				drained <- struct{}{}
			})
		}
		return true
	}
	for ok {
		select {
		case <-k.ending:
			// The last call's end is what the gateway waited for before it went.
			if k.code == codeShutdown {
				_ = news()
			}
			return
		case b := <-k.replies:
			ok = k.send(b)
			k.unanswered.Add(-1)
		case <-wake:
			ok = news()
		case <-drained:
			wake = k.wake
		}
	}
}

// drain waits until the tab has read a long message: its browser answers a ping
// after what came before.
func (k *socket) drain(ctx context.Context, size int) {
	rest := time.NewTimer(time.Second * time.Duration(size) / statePace)
	defer rest.Stop()
	read, cancel := context.WithTimeout(ctx, writeWait)
	defer cancel()
	_ = k.conn.Ping(read)
	select {
	case <-rest.C:
	case <-ctx.Done():
	}
}

func (k *socket) send(b []byte) bool {
	ctx, cancel := context.WithTimeout(k.ctx, writeWait)
	defer cancel()
	if err := k.conn.Write(ctx, websocket.MessageText, b); err != nil {
		k.end(codeGone)
		return false
	}
	return true
}

// ping keeps proxies from closing an idle connection and finds out when the
// other side is gone.
func (k *socket) ping() {
	every, gone := k.srv.conf.PingEvery, k.srv.conf.TabGone
	for {
		silent := time.Since(k.start) - time.Duration(k.seen.Load())
		if silent >= gone {
			k.log.Info("a tab fell silent", "tab", k.tabID())
			k.end(codeGone)
			return
		}
		select {
		case <-k.ending:
			return
		case <-time.After(min(every, gone-silent)):
		}
		ctx, cancel := context.WithTimeout(k.ctx, every)
		_ = k.conn.Ping(ctx) // the pong counts, and so does any other traffic
		cancel()
	}
}
