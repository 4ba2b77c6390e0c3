package browser

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"ringsplash/gateway"
	"ringsplash/internal/mailbox"
	"ringsplash/token"
)

// streamsPerUser bounds the event streams of one user.
const streamsPerUser = 8

// stream is one event stream. The request's goroutine writes it; whoever wants
// it to end calls cancel.
type stream struct {
	login  login
	key    string // the text of the API key, "" for a log-in
	cancel context.CancelFunc
}

// streams knows the open event streams.
type streams struct {
	mu   sync.Mutex
	over bool
	open map[*stream]struct{}
}

func (ss *streams) add(one *stream) error {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.over {
		return shuttingDown()
	}
	same := 0
	for other := range ss.open {
		if other.login.User == one.login.User {
			same++
		}
	}
	if same >= streamsPerUser {
		return refuse(http.StatusTooManyRequests, "too_many_streams", "problem.too_many_streams").after(10 * time.Second)
	}
	ss.open[one] = struct{}{}
	return nil
}

func (ss *streams) remove(one *stream) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	delete(ss.open, one)
}

// list is every open stream.
func (ss *streams) list() []*stream {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return slices.Collect(maps.Keys(ss.open))
}

// endLogin ends the streams of a log-in that is over.
func (ss *streams) endLogin(hash string) {
	for _, one := range ss.list() {
		if one.login.key == nil && one.login.hash == hash {
			one.cancel()
		}
	}
}

// shut ends every stream and lets no new one in.
func (ss *streams) shut() {
	ss.mu.Lock()
	ss.over = true
	ss.mu.Unlock()
	for _, one := range ss.list() {
		one.cancel()
	}
}

// checkStreams ends the streams whose log-in or API key is over, or whose user
// is gone. An open stream is use of its log-in and prolongs it.
func (s *Server) checkStreams(ctx context.Context) {
	for _, one := range s.streams.list() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		var err error
		if one.key == "" {
			_, err = s.logins.use(ctx, one.login.hash)
		} else {
			_, err = s.conf.APIKeys.Check(ctx, one.key)
		}
		cancel()
		_, there := s.conf.People.User(one.login.User)
		if errors.Is(err, errNoLogin) || errors.Is(err, token.ErrKey) || !there {
			one.cancel()
		}
	}
}

// getEvents is GET /api/v1/events: a stream of server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html) with the
// parts of the WebSocket, all of them at first and then those that changed. It
// returns when the stream is over.
func (s *Server) getEvents(c echo.Context) error {
	l := loginOf(c)
	ctx, cancel := context.WithCancel(c.Request().Context())
	defer cancel()
	one := &stream{login: l, cancel: cancel}
	if l.key != nil {
		one.key = bearerOf(c.Request())
	}
	if err := s.streams.add(one); err != nil {
		return err
	}
	defer s.streams.remove(one)
	wake := make(chan struct{}, 1)
	watch, err := s.conf.Gateway.Watch(l.User, func() { mailbox.Wake(wake) })
	if err != nil {
		return notLoggedIn // removed a moment ago
	}
	defer watch.Close()
	conn := http.NewResponseController(c.Response())
	_ = conn.SetReadDeadline(time.Time{}) // it takes longer than a request of ours usually may
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	c.Response().WriteHeader(http.StatusOK)
	s.stream(ctx, c.Response(), watch, wake, l.key == nil || l.key.May(token.RightMessages))
	return nil
}

// stream writes until ctx ends or the other side is gone. A state is made when
// there is room for it, so a slow reader skips what it was too slow for. Messages
// are shown to who reads them.
func (s *Server) stream(ctx context.Context, w http.ResponseWriter, watch Watch, wake <-chan struct{}, reads bool) {
	conn := http.NewResponseController(w)
	send := func(b []byte) bool {
		_ = conn.SetWriteDeadline(time.Now().Add(writeWait))
		_, err := w.Write(b)
		return err == nil && conn.Flush() == nil
	}
	var sent parts
	seq := uint64(0)
	news := func() []byte {
		snap := watch.Snapshot()
		snap.Media = gateway.MediaView{}
		if !reads {
			snap.Counters.UnreadMessages = 0
		}
		is := partsOf(snap)
		is.Media = nil
		if !reads {
			is.Conversations = nil
		}
		changed, any := is.since(sent)
		if sent = is; !any {
			return nil
		}
		seq++
		return slices.Concat([]byte("data: "), encode(state{Type: typeState, Seq: seq, Now: now(), parts: changed}), []byte("\n\n"))
	}
	// Proxies close an idle stream, and a reader that is gone is not noticed in one.
	tick := time.NewTicker(s.conf.Heartbeat)
	defer tick.Stop()
	for {
		if b := news(); b != nil && !send(b) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick.C:
			if !send([]byte(": alive\n\n")) {
				return
			}
		}
	}
}
