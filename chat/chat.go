// Package chat keeps the conversations of our users and brings their messages
// to tabs, phones and far ends.
//
// Writing comes first: the copies of both users are in the store before
// anything is sent or acknowledged, the recipient's before the sender's. A
// message has one id, a ULID, through tabs, SIP and store.
package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ringsplash/directory"
	"ringsplash/internal/sentence"
	"ringsplash/internal/throttle"
	"ringsplash/policy"
	"ringsplash/store"
)

// Senders from outside whose messages a user gets.
const (
	FromNobody   = "nobody"
	FromFriends  = "friends"
	FromEveryone = "everyone"
)

// stripes is how many locks conversations share.
const stripes = 64

// Bounds on what people write.
const (
	// TextMax is how many bytes of UTF-8 a message has at most.
	TextMax = 4096
	// keyMax bounds what a client or a far end calls a message.
	keyMax = 256
	// perMinute is how many messages a sender may write in a minute, and at once.
	perMinute = 30
)

// Errors of the package; compare with errors.Is.
var (
	// ErrRefused: this sender may not write to this user, or there is no such
	// user; nobody may tell the two apart.
	ErrRefused = errors.New("chat: refused")
	// ErrTooMany: the sender writes faster than he may; later it works.
	ErrTooMany = errors.New("chat: too many messages")
	// ErrTooLong: the text has more than TextMax bytes.
	ErrTooLong = errors.New("chat: text too long")
)

// Refusal is why a user's own command was not carried out, for people.
type Refusal struct {
	Code     string // of the browser protocol: not_found, too_long, overload, forbidden, bad_request
	Sentence sentence.Sentence
}

func (r *Refusal) Error() string { return "chat: " + r.Sentence.Text }

func denied(code, say string, args ...any) error { return &Refusal{code, Words.Say(say, args...)} }

// Config of a Book. Store and People are needed.
type Config struct {
	Store  store.Store
	People *directory.Directory
	// Node is the name of this node in records.
	Node string
	// FromOutside is who may write from outside: FromNobody, FromFriends or
	// FromEveryone [FromFriends].
	FromOutside string
	// Friend tells whether an identity is a friend in the user's directory. It
	// may block for the store. nil: nobody is.
	Friend func(ctx context.Context, user string, who policy.Identity) (bool, error)
	// Keep is how long a message is kept [365 days].
	Keep time.Duration
	// TellRead lets far ends that asked for it know that a message was read.
	TellRead bool
	// Now is the clock [time.Now].
	Now func() time.Time
}

// Book has the conversations of all users. Its methods may be called from any
// goroutine.
type Book struct {
	cfg Config
	log *slog.Logger

	ids     ids
	pace    *throttle.Buckets[string] // of messages, by sender
	keys    *throttle.Buckets[string] // of typing
	pairs   [stripes]sync.Mutex       // a conversation is written by one at a time
	readers [stripes]sync.Mutex       // and a user's are read into memory

	carrier Carrier
	router  Router

	mu     sync.Mutex
	people map[string]*person // who is followed
	stale  map[string]struct{}
	lanes  map[lane]*queue
	folded int // bytes of all folds
	// searches counts them, to know which was longest ago.
	searches uint64

	retry   chan struct{}
	slots   chan struct{} // of deliveries
	life    context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
}

// Open makes a Book that follows what other nodes change, and deletes what is
// older than it keeps, until Close. It does not read the conversations.
func Open(_ context.Context, cfg Config, log *slog.Logger) (*Book, error) {
	if cfg.Store == nil || cfg.People == nil {
		return nil, errors.New("chat: Store and People must be set")
	}
	cfg.FromOutside = cmp.Or(cfg.FromOutside, FromFriends)
	cfg.Keep = cmp.Or(cfg.Keep, 365*24*time.Hour)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	b := &Book{
		cfg: cfg, log: log, pace: throttle.NewBuckets[string](throttle.PerSecond(perMinute/60.0, perMinute), 10000),
		keys: throttle.NewBuckets[string](throttle.PerSecond(1, 20), 10000), people: map[string]*person{},
		stale: map[string]struct{}{}, lanes: map[lane]*queue{},
		retry: make(chan struct{}, 1), slots: make(chan struct{}, deliveriesMax),
	}
	b.life, b.stop = context.WithCancel(context.Background())
	changes, err := cfg.Store.Subscribe(b.life, topic)
	if err != nil {
		b.stop()
		return nil, fmt.Errorf("chat: follow changes: %w", err)
	}
	named, unname := cfg.People.Changed()
	b.running.Go(func() {
		defer unname()
		b.follow(changes, named)
	})
	b.running.Go(b.sweepLoop)
	return b, nil
}

// Close ends what runs and waits for it. It does not close the store.
func (b *Book) Close() error {
	b.stop()
	b.mu.Lock()
	for user, p := range b.people {
		b.drop(user, p)
	}
	for _, q := range b.lanes {
		q.rest()
	}
	b.mu.Unlock()
	b.running.Wait()
	return nil
}

// own is the address of one of our users.
func (b *Book) own(user string) string { return "sip:" + user + "@" + b.cfg.People.Domain() }

func wrap(err error, what, user string) error {
	return fmt.Errorf("chat: %s of %s: %w", what, user, err)
}
