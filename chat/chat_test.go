package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"ringsplash/directory"
	"ringsplash/policy"
	"ringsplash/store"
	"ringsplash/test/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// house is a store with alice and bob, and the nodes on it.
type house struct {
	t      testing.TB
	store  store.Store
	people *directory.Directory
	now    struct {
		sync.Mutex
		time.Duration
	}
}

// drivers runs a test on each kind of store.
func drivers(t *testing.T, run func(t *testing.T, h *house)) {
	t.Run("bbolt", func(t *testing.T) {
		s, err := store.OpenBolt(t.TempDir(), quiet)
		require.NoError(t, err)
		run(t, newHouse(t, s))
	})
	t.Run("redis", func(t *testing.T) {
		s, err := store.OpenRedis(t.Context(), storetest.StartRedis(t).URL(), quiet)
		require.NoError(t, err)
		run(t, newHouse(t, s))
	})
}

// knownUsers are the records of alice and bob. Hashing their passwords takes half a
// second, so that it is done once.
var knownUsers = sync.OnceValues(func() ([]store.Item, error) {
	dir, err := os.MkdirTemp("", "ringsplash")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := store.OpenBolt(dir, quiet)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	d, err := directory.Open(context.Background(), s, "example.test", quiet)
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }()
	for name, number := range map[string]string{"alice": "1001", "bob": "1002"} {
		u := directory.NewUser{User: directory.User{Name: name, Number: number}, Password: "x"}
		err = errors.Join(err, d.Put(context.Background(), u))
	}
	items, scanErr := s.Scan(context.Background(), "user/", "", 10)
	return items, errors.Join(err, scanErr)
})

func newHouse(t testing.TB, s store.Store) *house {
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	users, err := knownUsers()
	require.NoError(t, err)
	for _, u := range users {
		_, err := s.Put(t.Context(), u.Key, u.Value, 0, 0)
		require.NoError(t, err)
	}
	d, err := directory.Open(t.Context(), s, "example.test", quiet)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return &house{t: t, store: s, people: d}
}

func (h *house) clock() time.Time {
	h.now.Lock()
	defer h.now.Unlock()
	return time.Now().Add(h.now.Duration)
}

func (h *house) later(d time.Duration) {
	h.now.Lock()
	defer h.now.Unlock()
	h.now.Duration += d
}

// open starts a node; change may set what its Config has besides.
func (h *house) open(name string, change func(*Config)) *Book {
	h.t.Helper()
	c := Config{Store: h.store, People: h.people, Node: name, Now: h.clock}
	if change != nil {
		change(&c)
	}
	b, err := Open(h.t.Context(), c, quiet)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, b.Close()) })
	return b
}

const (
	alice = "sip:alice@example.test"
	bob   = "sip:bob@example.test"
	carol = "sip:carol@partner.example"
)

func send(t *testing.T, b *Book, from, to, text string) string {
	t.Helper()
	id, err := b.Send(t.Context(), Draft{User: from, To: to, Text: text})
	require.NoError(t, err)
	return id
}

// follow shows a user's conversations, and gives what waits until they are as
// wanted.
func follow(t *testing.T, b *Book, user string) (until func(func([]Conversation) bool)) {
	t.Helper()
	news := make(chan struct{}, 1)
	stop := b.Follow(user, func() {
		select {
		case news <- struct{}{}:
		default:
		}
	})
	t.Cleanup(stop)
	return func(fits func([]Conversation) bool) {
		t.Helper()
		late := time.After(10 * time.Second)
		for {
			list, _ := b.Conversations(user)
			if fits(list) {
				return
			}
			select {
			case <-news:
			case <-late:
				t.Fatalf("%s sees %+v", user, list)
			}
		}
	}
}

func unread(b *Book, user string) int {
	_, n := b.Conversations(user)
	return n
}

// stated waits for the state of the newest message of the only conversation.
func stated(s State) func([]Conversation) bool {
	return func(list []Conversation) bool { return len(list) == 1 && list[0].Last.State == s }
}

func texts(t *testing.T, b *Book, user, with string) (out []string) {
	t.Helper()
	list, err := b.List(t.Context(), user, with, "", "", 100)
	require.NoError(t, err)
	for _, m := range list {
		out = append(out, m.Text)
	}
	return out
}

// A message is in both conversations under one id, and is sent, delivered and
// read as its recipient's tabs say.
func TestSendDeliverRead(t *testing.T) {
	drivers(t, func(t *testing.T, h *house) {
		b := h.open("a", nil)
		mine, his := follow(t, b, "alice"), follow(t, b, "bob")
		id := send(t, b, "alice", "bob", "Five minutes.")
		mine(stated(Sent))
		his(func(list []Conversation) bool { return len(list) == 1 && list[0].Unread == 1 && list[0].Last.ID == id })
		his(func(list []Conversation) bool { return list[0].With == Party{alice, "alice"} })
		require.Equal(t, 1, unread(b, "bob"))
		require.NoError(t, b.Received(t.Context(), "bob", alice, id))
		mine(stated(Delivered))
		require.Equal(t, 1, unread(b, "bob"))
		require.NoError(t, b.Read(t.Context(), "bob", alice, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"))
		mine(stated(Read))
		require.Zero(t, unread(b, "bob"))
		send(t, b, "alice", "1002", "Another.")
		mine(stated(Sent)) // a mark of the future was not taken
		his(func(list []Conversation) bool { return list[0].Unread == 1 })
		require.Equal(t, []string{"Another.", "Five minutes."}, texts(t, b, "bob", "alice"))
		require.Equal(t, []string{"Another.", "Five minutes."}, texts(t, b, "alice", "bob"))
	})
}

// failing lets some of the writes of a store through.
type failing struct {
	store.Store
	mu    sync.Mutex
	after int // how many writes of messages work until one does not
	wrote []string
}

func (f *failing) Put(ctx context.Context, key string, value []byte, v store.Version, ttl time.Duration) (store.Version, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if space, _, _ := strings.Cut(key, "/"); space == "message" || space == "outbox" {
		f.after--
		if f.after == -1 { // this one, and none after it
			return 0, store.ErrAway
		}
		f.wrote = append(f.wrote, key)
	}
	return f.Store.Put(ctx, key, value, v, ttl)
}

// Nothing is acknowledged, shown or brought anywhere before both copies are in
// the store, and a repeated key completes what was cut short, with the same id.
func TestWrittenBeforeAcknowledged(t *testing.T) {
	drivers(t, func(t *testing.T, h *house) {
		for n := range 4 {
			f := &failing{Store: h.store, after: n}
			sip := &post{phones: []string{"desk"}}
			b := h.open("a", func(c *Config) { c.Store = f })
			b.Serve(sip, sip)
			draft := Draft{User: "alice", To: "bob", Text: fmt.Sprint("text ", n), Key: fmt.Sprint("k", n)}
			id, err := b.Send(t.Context(), draft)
			if n < 3 { // the outbox, his copy, hers
				require.ErrorIs(t, err, store.ErrAway)
				require.Empty(t, sip.sent())
			}
			require.NoError(t, b.Close()) // as after a kill
			f.after = -1
			b = h.open("a", nil)
			again, err := b.Send(t.Context(), draft)
			require.NoError(t, err)
			if id != "" {
				require.Equal(t, id, again)
			}
			require.Len(t, texts(t, b, "alice", "bob"), n+1)
			require.Len(t, texts(t, b, "bob", "alice"), n+1)
			require.NoError(t, b.Close())
		}
	})
}

// post is a Carrier and a Router that keep what they are given.
type post struct {
	phones []string
	answer func(Letter) int

	mu       sync.Mutex
	letters  []Letter
	receipts []Receipt
	news     chan struct{}
}

func (p *post) Phones(user string) []string {
	if user == "bob" {
		return p.phones
	}
	return nil
}

func (p *post) Deliver(_ context.Context, l Letter) Outcome {
	status := 200
	if p.answer != nil {
		status = p.answer(l)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.letters = append(p.letters, l)
	if p.news != nil {
		p.news <- struct{}{}
	}
	return Outcome{Status: status}
}

func (p *post) Receipt(r Receipt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.receipts = append(p.receipts, r)
}

func (p *post) Typing(Typing) {}

func (p *post) Outside(_, dialled string) (string, []Way) {
	if strings.Contains(dialled, "@partner.example") {
		return dialled, []Way{{URI: dialled}}
	}
	return "", nil
}

func (p *post) sent() []Letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Letter{}, p.letters...)
}

// from is a message that a trunk brings for alice.
func from(address, text string) Incoming {
	return Incoming{From: policy.Identity{Address: address, Level: policy.Asserted}, To: "alice", Text: text, Source: "192.0.2.1"}
}

// Who may write from outside is what messages.from_outside says, and who may not
// learns nothing of who is here.
func TestFromOutside(t *testing.T) {
	s, err := store.OpenBolt(t.TempDir(), quiet)
	require.NoError(t, err)
	h := newHouse(t, s)
	friend := func(_ context.Context, _ string, who policy.Identity) (bool, error) { return who.Address == carol, nil }
	gets := map[string][3]bool{FromNobody: {}, "": {true}, FromFriends: {true}, FromEveryone: {true, true, true}}
	for setting, want := range gets {
		b := h.open("a", func(c *Config) { c.FromOutside, c.Friend = setting, friend })
		claimed := from(carol, "claimed")
		claimed.From.Level = policy.Unverified
		for i, in := range []Incoming{from(carol, "hello"), from("sip:dave@partner.example", "hello"), claimed} {
			err := b.Receive(t.Context(), in)
			require.Equal(t, want[i], err == nil, "%s %d: %v", setting, i, err)
			if !want[i] {
				require.Equal(t, ErrRefused, err)
			}
			in.To = "nobody"
			require.Equal(t, ErrRefused, b.Receive(t.Context(), in))
		}
		forged := from(bob, "It is me.")
		require.Equal(t, ErrRefused, b.Receive(t.Context(), forged))
		require.NoError(t, b.Close())
	}
}
