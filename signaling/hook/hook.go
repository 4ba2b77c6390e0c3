// Package hook tells other servers, at addresses of the configuration, what
// becomes of users' calls (web hooks). A call never waits for it.
package hook

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ringsplash/gateway/machine"
)

// Target is one server to be told.
type Target struct {
	URL string
	// Secret signs what is sent; as "whsec_" and base64, or any other text.
	Secret string
	// Users are those whose calls it is told of; none: everybody's.
	Users []string
}

// Config of Hooks; zero values take the defaults in brackets.
type Config struct {
	Targets []Target
	// Call is the wire form of a call, as in the part calls. It is needed.
	Call func(machine.CallView) json.RawMessage
	// Pause comes before the second try; each later one is twice as long, a
	// minute at most [1 s].
	Pause time.Duration
	// GiveUp is the age at which an event is given up [10 min].
	GiveUp time.Duration
	// Waiting is how many events may wait for one target [1000].
	Waiting int
	// TryFor bounds one try [10 s].
	TryFor time.Duration
}

// Hooks tells all targets. Each has a queue and a goroutine of its own, which
// Close waits for.
type Hooks struct {
	targets  []*target
	stopping chan struct{} // no more pauses
	stop     context.CancelFunc
	senders  sync.WaitGroup
	once     sync.Once

	delivered, failed, dropped atomic.Uint64
}

// event is one change of a call, as one user of it sees it.
type event struct {
	at   time.Time
	user string
	call machine.CallView
}

// message is the body of the request.
type message struct {
	Type string          `json:"type"` // call.ringing | early | connected | held | ended
	ID   string          `json:"id"`
	Time string          `json:"time"` // UTC, RFC 3339 with milliseconds
	User string          `json:"user"`
	Call json.RawMessage `json:"call"`
}

// New starts the goroutines; Close ends them.
func New(c Config, log *slog.Logger) (*Hooks, error) {
	if c.Call == nil {
		return nil, errors.New("hook: Call must be set")
	}
	c.defaults()
	ctx, stop := context.WithCancel(context.Background())
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h := &Hooks{stopping: make(chan struct{}), stop: stop}
	for _, t := range c.Targets {
		one := &target{
			Target: t, conf: c, all: h, key: keyOf(t.Secret), queue: make(chan event, c.Waiting), log: log.With("url", t.URL),
			http: &http.Client{Timeout: c.TryFor, CheckRedirect: stay},
		}
		h.targets = append(h.targets, one)
		h.senders.Go(func() { one.run(ctx) })
	}
	return h, nil
}

func (c *Config) defaults() {
	c.Pause, c.TryFor = cmp.Or(c.Pause, time.Second), cmp.Or(c.TryFor, 10*time.Second)
	c.GiveUp, c.Waiting = cmp.Or(c.GiveUp, 10*time.Minute), cmp.Or(c.Waiting, 1000)
}

// Tell queues that the call of the user is in another state. It never blocks:
// what finds a full queue is dropped and counted. Callers for whom nobody
// vouches may fill half of it, so that they do not keep out the others.
func (h *Hooks) Tell(user string, call machine.CallView) {
	e := event{time.Now(), user, call}
	anybody := call.Direction == "in" && !call.Peer.Verified
	for _, t := range h.targets {
		if len(t.Users) > 0 && !slices.Contains(t.Users, user) {
			continue
		}
		if anybody && len(t.queue) >= cap(t.queue)/2 {
			h.drop(t)
			continue
		}
		select {
		case t.queue <- e:
			t.full.Store(false)
		default:
			h.drop(t)
		}
	}
}

func (h *Hooks) drop(t *target) {
	h.dropped.Add(1)
	if !t.full.Swap(true) {
		t.log.Warn("a web hook takes events too slowly; some are lost", "waiting", cap(t.queue))
	}
}

// Counts are the events delivered, given up, and dropped at a full queue.
func (h *Hooks) Counts() (delivered, failed, dropped uint64) {
	return h.delivered.Load(), h.failed.Load(), h.dropped.Load()
}

// Close tries once more what still waits, until ctx ends, and returns when the
// goroutines are gone. Nothing may be told after it.
func (h *Hooks) Close(ctx context.Context) error {
	h.once.Do(func() { close(h.stopping) })
	gone := make(chan struct{})
	go func() { h.senders.Wait(); close(gone) }()
	defer h.stop()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		h.stop()
		<-gone
		return fmt.Errorf("hook: not everything could be told: %w", ctx.Err())
	}
}

func newID() string { return "h_" + rand.Text() }
