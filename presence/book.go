package presence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"ringsplash/directory"
	"ringsplash/internal/mailbox"
)

// Config of a Book. Directory and Log are needed.
type Config struct {
	Directory *directory.Directory
	// Visible is the most people who may see anybody [directory.VisibleDomain];
	// each user can narrow it for himself.
	Visible string
	Log     *slog.Logger
}

// Book composes everybody's presence and knows who may see it. Its methods do no
// I/O and may be called from any goroutine.
type Book struct {
	cfg Config

	mu      sync.Mutex
	users   map[string]*entry
	circles map[string]*circle
	// watchers are those whose lists a user is in.
	watchers map[string]map[string]struct{}
	pending  map[string]struct{} // circles to be read
	changed  map[*mailbox.Names]struct{}
	lists    map[*mailbox.Names]struct{}
	closed   bool

	wake    chan struct{}
	stop    context.CancelFunc
	running sync.WaitGroup
}

// entry is one user.
type entry struct {
	sources
	view  View
	named named
	timer *time.Timer
	due   time.Time // when timer fires, zero for never
}

// named is what lists say of a user and find him by.
type named struct {
	there           bool
	number, display string
}

// New begins to follow the directory; Close ends it. It does not block.
func New(cfg Config) (*Book, error) {
	if cfg.Directory == nil || cfg.Log == nil {
		return nil, errors.New("presence: Directory and Log must be set")
	}
	cfg.Visible = directory.Narrower(directory.VisibleDomain, cfg.Visible)
	ctx, stop := context.WithCancel(context.Background())
	b := &Book{
		cfg: cfg, users: map[string]*entry{}, circles: map[string]*circle{}, watchers: map[string]map[string]struct{}{},
		pending: map[string]struct{}{}, changed: map[*mailbox.Names]struct{}{}, lists: map[*mailbox.Names]struct{}{},
		wake: make(chan struct{}, 1), stop: stop,
	}
	changed, cancel := cfg.Directory.Changed() // from now on
	for _, u := range cfg.Directory.Users() {
		b.Of(u.Name)
		b.users[u.Name].named = named{true, u.Number, u.Display}
	}
	b.running.Go(func() { b.follow(ctx, changed, cancel) })
	return b, nil
}

// Close stops following and closes the channels of Changed and Lists.
func (b *Book) Close() {
	b.stop()
	b.running.Wait()
	b.mu.Lock()
	b.closed = true
	for _, e := range b.users {
		if e.timer != nil {
			e.timer.Stop()
		}
	}
	ending := slices.Concat(slices.Collect(maps.Keys(b.changed)), slices.Collect(maps.Keys(b.lists)))
	clear(b.changed)
	clear(b.lists)
	b.mu.Unlock()
	for _, n := range ending {
		n.Close()
	}
}

// Of is the user's presence as those who may see it see it; Offline for nobody
// we know.
func (b *Book) Of(user string) View {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.look(user)
}

// Seen is Of for a watcher who is a user of ours; false when he may not see it:
// then the user looks offline, and nothing more is to be said of him.
func (b *Book) Seen(watcher, user string) (View, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.may(watcher, user) {
		return View{User: user, State: Offline}, false
	}
	return b.look(user), true
}

// Here says what is to be seen of the user's devices on this node now.
func (b *Book) Here(user string, live Live) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.entry(user); e != nil && e.live != live {
		e.live = live
		b.look(user)
	}
}

// ErrNoDevice: the user has no such device.
var ErrNoDevice = errors.New("presence: no such device")

// Published takes what a phone says of its user, over what it said before. It
// is soft state: it ends with p.Until, and with the node.
func (b *Book) Published(_ context.Context, user, device string, p Publication) error {
	if _, ok := b.cfg.Directory.Device(user, device); !ok {
		return fmt.Errorf("%w: %s of %s", ErrNoDevice, device, user)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entry(user)
	if e == nil {
		return fmt.Errorf("%w: %s of %s", ErrNoDevice, device, user)
	}
	if p.State != Call && p.State != Busy && p.State != Away {
		delete(e.published, device)
	} else {
		e.published[device] = p
	}
	b.look(user)
	return nil
}

// Changed returns the names of users whose presence changed, or who may see it,
// from now on, and a function that ends it. A name that changes again before it
// was received comes once.
func (b *Book) Changed() (<-chan string, func()) { return b.subscribe(b.changed) }

// Lists is as Changed, of users whose own presence or List changed.
func (b *Book) Lists() (<-chan string, func()) { return b.subscribe(b.lists) }

func (b *Book) subscribe(to map[*mailbox.Names]struct{}) (<-chan string, func()) {
	n := mailbox.NewNames()
	b.mu.Lock()
	to[n] = struct{}{}
	b.mu.Unlock()
	return n.Out(), func() {
		b.mu.Lock()
		delete(to, n)
		b.mu.Unlock()
		n.Close()
	}
}

// entry is the user's, made when there is none; nil when there is no such user.
// Under mu.
func (b *Book) entry(user string) *entry {
	e := b.users[user]
	if e == nil {
		if _, ok := b.cfg.Directory.User(user); !ok {
			return nil
		}
		e = &entry{sources: sources{published: map[string]Publication{}}, view: View{User: user, State: Offline}}
		b.users[user] = e
	}
	return e
}

// look composes the user's view anew, and tells when it is another. Under mu.
func (b *Book) look(user string) View {
	e := b.entry(user)
	if e == nil {
		return View{User: user, State: Offline}
	}
	u, _ := b.cfg.Directory.User(user)
	now := time.Now()
	mayOthers := e.set.Visible != u.Presence.Visible
	e.set = u.Presence
	e.expire(now)
	b.arm(user, e, now)
	v := View{User: user}
	v.State, v.Note = e.compose(now)
	if v.State != Offline {
		v.Browser, v.Phones = e.live.Tabs > 0, e.live.Phones
		if v.Since = e.view.Since; v.State != e.view.State {
			v.Since = now
		}
	}
	if v != e.view || mayOthers {
		e.view = v
		b.tell(user, mayOthers)
	}
	return v
}

// arm looks again when the state may change by itself. Under mu.
func (b *Book) arm(user string, e *entry, now time.Time) {
	at := e.next(now)
	if at.Equal(e.due) || b.closed {
		return
	}
	if e.due = at; e.timer != nil {
		e.timer.Stop()
	}
	if !at.IsZero() {
		e.timer = time.AfterFunc(at.Sub(now), func() { b.Of(user) })
	}
}

// tell wakes those who follow everybody, and those who have the user in their
// lists and see the change; all of them when who may see it changed. Under mu.
func (b *Book) tell(user string, all bool) {
	for n := range b.changed {
		n.Add(user)
	}
	b.tellList(user)
	for watcher := range b.watchers[user] {
		if all || b.may(watcher, user) {
			b.tellList(watcher)
		}
	}
}

func (b *Book) tellList(watcher string) {
	for n := range b.lists {
		n.Add(watcher)
	}
}
