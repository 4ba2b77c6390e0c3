// Package gateway owns the calls: one goroutine a call, the fork to phones and
// tabs, who hears whom, and where phones are. It asks signaling for legs
// (Dialer, Leg) and media for ends, and tells tabs what to show (Snapshot).
package gateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ringsplash/chat"
	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/gateway/story"
	"ringsplash/location"
	"ringsplash/media"
	"ringsplash/policy"
	"ringsplash/presence"
	"ringsplash/store"
)

// Timers of the calls and tabs; zero values take the defaults in brackets.
type Timers struct {
	machine.Limits
	KeyWait  time.Duration // for the un-mute key in a test of a phone [8 s]
	TabGone  time.Duration // silence after which a tab is gone [10 s]
	Ended    time.Duration // how long an ended call stays on the screen [30 s]
	PCIdle   time.Duration // how long an unused PeerConnection is kept [75 s]
	PathWait time.Duration // until a PeerConnection that does not come up is told of [5 s]
}

// Trunk is what the gateway must know of a trunk to send calls there.
type Trunk struct {
	Name string
	// Host is the host part of the Request-URI.
	Host      string
	Prefixes  []Prefix
	MediaFrom []netip.Prefix
	// Refer lets it transfer the user of ours that talks with it.
	Refer bool
}

// Prefix is one row of the dial plan: the longest Match wins, Strip digits are
// taken off the front, then Add is put there.
type Prefix struct {
	Match string
	Strip int
	Add   string
}

// Config of a Gateway. Directory, Presence, Store, Media and Dialer are needed.
type Config struct {
	Node   string // name of this node in records [a random one]
	Domain string
	// Hosts are host names and addresses that mean us in a Request-URI,
	// besides Domain.
	Hosts []string
	// AllowDomains are foreign domains our users may call.
	AllowDomains []string
	// Emergency maps emergency numbers to the trunk that takes them.
	Emergency map[string]string
	Trunks    []Trunk
	// TrunkUp tells whether a trunk answers; nil: nobody knows. It must not block.
	TrunkUp func(trunk string) bool
	// TrunkAddrs are the addresses of a trunk's signalling, the one that requests
	// go to first; nil: nobody knows. It must not block.
	TrunkAddrs func(trunk string) []netip.Addr
	MaxCalls   int // calls at a time for one user [8]
	// MaxOutside is how many calls to trunks and foreign domains one user may
	// have at a time [4], MaxOutsideHour how many in an hour [60].
	MaxOutside, MaxOutsideHour int
	// MaxAllCalls is how many calls this node takes before it refuses new ones
	// with 503 [1000].
	MaxAllCalls int
	// Short tells that memory is: no new call is taken. nil: it never is.
	Short func() bool
	// MaxSourceCalls is how many calls at a time may come from one address of
	// callers we do not know [a tenth of MaxAllCalls, 10 at least].
	MaxSourceCalls int
	Timers         Timers

	Directory *directory.Directory
	// Presence is told of tabs, phones and calls, and closed after the Gateway.
	Presence *presence.Book
	// OwnPeople keeps people to those in their own directories when they look
	// for colleagues.
	OwnPeople bool
	Store     store.Store
	Media     *media.Loop
	Dialer    Dialer
	// ICEServers are told to browsers [none].
	ICEServers []ICEServer
	// Tell is told of each new state of a user's call: ringing, early,
	// connected, held, ended; nil for nobody. It must not block.
	Tell func(user string, v machine.CallView)
	// MayPickUp tells whether a user may take the calls that ring another; it must
	// not block. nil: nobody may take those of others.
	MayPickUp func(user, of string) bool
	// Lit is told whose Lamp may have changed. It must not block. nil: nobody is.
	Lit func(user string)
	// Chat keeps the users' messages; nil: there are none.
	Chat *chat.Book
	// Policy decides on automatic answers; nil denies all of them.
	Policy Authority
	// Profile tells how a phone wants to be asked; nil asks in every valid way.
	Profile func(name, userAgent string) profile.Profile
	// Methods are the triggers there are, in the order a test tries them.
	Methods []profile.Method
	// Splash announces an automatic answer [media.Splash].
	Splash media.Tone
}

func (c *Config) validate() error {
	if c.Directory == nil || c.Presence == nil || c.Store == nil || c.Media == nil || c.Dialer == nil {
		return errors.New("gateway: Directory, Presence, Store, Media and Dialer must be set")
	}
	c.MaxCalls = cmp.Or(c.MaxCalls, 8)
	c.MaxOutside = cmp.Or(c.MaxOutside, 4)
	c.MaxOutsideHour = cmp.Or(c.MaxOutsideHour, 60)
	c.MaxAllCalls = cmp.Or(c.MaxAllCalls, 1000)
	c.MaxSourceCalls = cmp.Or(c.MaxSourceCalls, max(10, c.MaxAllCalls/10))
	c.Timers.Ring = cmp.Or(c.Timers.Ring, time.Minute)
	c.Timers.CancelWait = cmp.Or(c.Timers.CancelWait, time.Second)
	c.Timers.AutoAnswer = cmp.Or(c.Timers.AutoAnswer, 4*time.Second)
	c.Timers.KeyWait = cmp.Or(c.Timers.KeyWait, 8*time.Second)
	c.Timers.MutedLimit = cmp.Or(c.Timers.MutedLimit, 2*time.Minute)
	c.Timers.UnmuteWait = cmp.Or(c.Timers.UnmuteWait, time.Minute)
	c.Timers.MediaLost = cmp.Or(c.Timers.MediaLost, 30*time.Second)
	c.Timers.TabGone = cmp.Or(c.Timers.TabGone, 10*time.Second)
	c.Timers.Ended = cmp.Or(c.Timers.Ended, 30*time.Second)
	c.Timers.PCIdle = cmp.Or(c.Timers.PCIdle, 75*time.Second)
	c.Timers.PathWait = cmp.Or(c.Timers.PathWait, 5*time.Second)
	c.Splash = cmp.Or(c.Splash, media.Splash)
	c.Node = cmp.Or(c.Node, NewNodeName())
	return nil
}

// Authority decides who may make a phone answer by itself. policy implements it.
type Authority interface {
	// Decide answers and records. It may block on the store and the audit
	// file, at most until ctx ends; without a record there is no allow.
	Decide(ctx context.Context, q policy.Question) policy.Decision
	// Revoke takes back the grant that a decision named for the requester. It
	// may block on the store.
	Revoke(ctx context.Context, owner, grant string, requester policy.Identity) (policy.Revocation, error)
	// Unmuted records that an owner un-muted his phone. It must not block.
	Unmuted(u policy.Unmute)
}

// Gateway holds the running calls and the tabs of this node. Its methods may
// be called from any goroutine.
type Gateway struct {
	cfg      Config
	log      *slog.Logger
	bindings *location.Bindings
	board    *board
	stories  *story.Book
	repeats  repeats
	tally    *tally

	mu    sync.Mutex
	calls map[machine.CallID]*Call
	tests map[string]*testRun // phones being tested, by user/device
	// begun counts the running calls by who began them (Call.payer).
	begun map[string]int
	// ringing counts the calls of strangers that ring somebody.
	ringing  map[ringing]int
	closing  bool          // none but emergency calls are taken
	over     bool          // none at all
	empty    chan struct{} // closed when closing and without calls
	outside  outside
	activity activity

	running    sync.WaitGroup // call goroutines
	began      atomic.Uint64
	refused    [4]atomic.Uint64 // by refusals
	silent     atomic.Uint64    // talks in tabs without a path for sound
	owners     sync.Map         // of LegID: its *owner, which knows the call that has the leg now
	asked      atomic.Uint64    // the last ID of a machine.Asked that waits
	asks       sync.Map         // by that ID: the channel for its reply
	writer     chan func()      // store writes nobody waits for
	overdue    sync.Map         // of CallID: calls that are over and whose record the store may still have
	background sync.WaitGroup
	stop       context.CancelFunc
	closeOnce  sync.Once
	closed     chan struct{}
}

// New makes a Gateway and starts its background writer; Close ends it. It does
// no I/O: bindings are read before.
func New(cfg Config, bindings *location.Bindings, log *slog.Logger) (*Gateway, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	g := &Gateway{
		cfg: cfg, log: log, bindings: bindings, stop: stop,
		calls: map[machine.CallID]*Call{}, tests: map[string]*testRun{}, begun: map[string]int{},
		ringing: map[ringing]int{}, writer: make(chan func(), 1024),
		empty: make(chan struct{}), closed: make(chan struct{}), stories: story.New(), tally: newTally(log),
	}
	g.repeats.gw, g.repeats.users = g, map[string][]*repeat{}
	g.outside = outside{calls: cfg.MaxOutside, hourly: cfg.MaxOutsideHour, users: map[string]*outsideUse{}}
	g.activity.of = map[string]uint64{}
	g.board = newBoard(cfg.Timers.Ended)
	g.board.tell, g.board.lit, g.board.moved = cfg.Tell, cfg.Lit, g.moved
	g.background.Add(2)
	go g.writeLoop(ctx)
	changed, cancel := cfg.Directory.Changed() // from now on, not from when the goroutine runs
	lists, unlist := cfg.Presence.Lists()
	for _, user := range bindings.Users() {
		g.moved(user)
	}
	go g.watchDevices(ctx, changed, lists, func() { cancel(); unlist() })
	return g, nil
}

// Close refuses new calls, ends the running ones and waits for them, for the
// writer and for the tabs' media. ctx bounds the wait. Calls after the first
// wait as well.
func (g *Gateway) Close(ctx context.Context) error {
	g.Drain()
	g.mu.Lock()
	g.over = true
	for _, c := range g.calls {
		c.post(machine.ShutDown{})
	}
	for _, test := range g.tests {
		test.stop()
	}
	g.mu.Unlock()
	g.closeOnce.Do(func() {
		go func() {
			defer close(g.closed)
			g.running.Wait()
			g.repeats.close()
			g.board.close()
			g.stop()
			g.background.Wait()
			g.tally.close()
		}()
	})
	select {
	case <-g.closed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("gateway: calls did not end in time: %w", ctx.Err())
	}
}

func (g *Gateway) call(id machine.CallID) (*Call, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c, ok := g.calls[id]
	return c, ok
}

// later queues a store write nobody waits for. When the queue is full the
// write is dropped, which is logged: calls never wait for a store.
func (g *Gateway) later(what string, f func(context.Context) error) (queued bool) {
	job := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := f(ctx); err != nil {
			g.tally.add(slog.LevelWarn, "store writes failed; they are lost", "", "what", what, "err", err)
		}
	}
	select {
	case g.writer <- job:
		return true
	default:
		g.tally.add(slog.LevelWarn, "store writes pile up; they are lost", "", "what", what)
		return false
	}
}

// writeLoop does what was queued, and at the end what is still there.
func (g *Gateway) writeLoop(ctx context.Context) {
	defer g.background.Done()
	again := time.NewTicker(recordAgain)
	defer again.Stop()
	for {
		select {
		case job := <-g.writer:
			job()
		case <-again.C:
			g.writeAgain()
		case <-ctx.Done():
			for len(g.writer) > 0 {
				(<-g.writer)()
			}
			g.writeAgain()
			return
		}
	}
}

// writeAgain tries what must not be lost once more.
func (g *Gateway) writeAgain() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	g.deleteRecords(ctx)
}

// watchDevices wakes a user's tabs when his record, his devices or his
// bindings changed, or the presence of those whom they show.
func (g *Gateway) watchDevices(ctx context.Context, changed, lists <-chan string, cancel func()) {
	defer g.background.Done()
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return
		case user := <-changed:
			g.board.wake(user)
		case user := <-g.bindings.Changed():
			g.board.wake(user)
			if g.cfg.Chat != nil {
				g.cfg.Chat.Registered(user)
			}
		case user := <-lists:
			g.board.nudge(user)
		}
	}
}

// retold asks a call for its story so far.
type retold struct{ reply chan<- story.Story }

// Story is what happened in a call that runs or ended within the last hour:
// all of it for an administrator, else what happened on the user's own side.
// False when there is no such call, or it is none of his. It blocks until the
// call has told its counters, a second at most.
func (g *Gateway) Story(ctx context.Context, user string, admin bool, id machine.CallID) (story.Story, bool) {
	if c, running := g.call(id); running {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		reply := make(chan story.Story, 1)
		if c.box.Post(retold{reply}) {
			select {
			case now := <-reply:
				g.stories.Renew(now)
			case <-ctx.Done(): // it has just ended, or is very busy: what is known is told
			}
		}
	}
	return g.stories.Read(id, user, admin)
}

// Stories are the newest calls, the running ones first, without their events.
func (g *Gateway) Stories(limit int) []story.Story { return g.stories.List(limit) }

// Trace takes a SIP message of a leg for the story of its call. It does not
// block.
func (g *Gateway) Trace(leg machine.LegID, m story.Message) { g.stories.Message(leg, m) }

// retell is the call's story as it stands, with the counters of its legs.
func (c *Call) retell() story.Story {
	out := story.Of(&c.state)
	for i, l := range out.Legs {
		if end := c.end(l.ID); end != nil {
			out.Legs[i].Media = story.CountersOf(end.Stats())
		}
	}
	return out
}

// NewNodeName makes a name for a node that has none yet.
func NewNodeName() string { return randomID("n") }

// randomID makes an id of 80 random bits, safe in URIs, JSON and file names.
func randomID(prefix string) string {
	return prefix + "_" + strings.ToLower(rand.Text()[:16])
}
