package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/policy"
	"ringsplash/store"
)

func bolt(t *testing.T) *house {
	s, err := store.OpenBolt(t.TempDir(), quiet)
	require.NoError(t, err)
	return newHouse(t, s)
}

// What is to go to a phone or far end waits in the store over a restart, goes
// once, and says what became of it.
func TestOutboxOverARestart(t *testing.T) {
	drivers(t, func(t *testing.T, h *house) {
		away := &post{phones: []string{"desk"}, answer: func(Letter) int { return 0 }, news: make(chan struct{}, 100)}
		b := h.open("a", nil)
		b.Serve(away, away)
		ours, far := send(t, b, "alice", "bob", "to a phone"), send(t, b, "alice", carol, "to a far end")
		<-away.news
		<-away.news
		require.NoError(t, b.Close())

		there := &post{phones: []string{"desk"}, news: make(chan struct{}, 100)}
		b = h.open("a", nil)
		mine := follow(t, b, "alice")
		b.Serve(there, there)
		mine(func(list []Conversation) bool {
			return len(list) == 2 && list[0].Last.State == Delivered && list[1].Last.State == Delivered
		})
		sent := there.sent()
		slices.SortFunc(sent, func(x, y Letter) int { return len(x.Device) - len(y.Device) })
		require.Len(t, sent, 2)
		require.Equal(t, []string{far, "to a far end", carol}, []string{sent[0].ID, sent[0].Text, sent[0].To.Address})
		require.Equal(t, []string{ours, "desk", bob}, []string{sent[1].ID, sent[1].Device, sent[1].To.Address})
		require.NotEmpty(t, sent[0].Ways)
		require.NoError(t, b.Close())
		left, err := h.store.Scan(t.Context(), "outbox/", "", 10)
		require.NoError(t, err)
		require.Empty(t, left)
	})
}

// early starts deliveries before each message is written, and gives them time to
// go wrong.
type early struct {
	store.Store
	begin   func()
	deleted chan struct{}
}

func (e *early) Put(ctx context.Context, key string, value []byte, v store.Version, ttl time.Duration) (store.Version, error) {
	if strings.HasPrefix(key, "message/") {
		e.begin()
		select {
		case <-e.deleted:
		case <-time.After(100 * time.Millisecond):
		}
	}
	return e.Store.Put(ctx, key, value, v, ttl)
}

func (e *early) Delete(ctx context.Context, key string, version store.Version) error {
	if strings.HasPrefix(key, "outbox/") {
		e.deleted <- struct{}{}
	}
	return e.Store.Delete(ctx, key, version)
}

// A delivery that begins while its message is being written waits for it.
func TestDeliveryWaitsForItsMessage(t *testing.T) {
	h := bolt(t)
	e := &early{Store: h.store, deleted: make(chan struct{}, 100)}
	sip := &post{phones: []string{"desk"}, news: make(chan struct{}, 100)}
	b := h.open("a", func(c *Config) { c.Store = e })
	e.begin = b.deliver
	b.Serve(sip, sip)
	ours, far := send(t, b, "alice", "bob", "to a phone"), send(t, b, "alice", carol, "to a far end")
	<-sip.news
	<-sip.news
	sent := sip.sent()
	slices.SortFunc(sent, func(x, y Letter) int { return strings.Compare(x.ID, y.ID) })
	require.Equal(t, []string{ours, far}, []string{sent[0].ID, sent[1].ID})
}

// A phone that comes back gets what it missed, unless it was read meanwhile; 415
// is the end for it, other refusals are not.
func TestPhones(t *testing.T) {
	h := bolt(t)
	var status atomic.Int64
	sip := &post{phones: []string{"desk"}, answer: func(Letter) int { return int(status.Load()) }, news: make(chan struct{}, 100)}
	b := h.open("a", nil)
	b.Serve(sip, sip)
	status.Store(503)
	id := send(t, b, "alice", "bob", "one")
	<-sip.news
	status.Store(200)
	b.Registered("bob")
	<-sip.news
	require.Equal(t, id, sip.sent()[1].ID)

	status.Store(415)
	send(t, b, "alice", "bob", "two")
	<-sip.news
	status.Store(480)
	read := send(t, b, "alice", "bob", "three")
	<-sip.news
	require.NoError(t, b.Read(t.Context(), "bob", alice, read))
	status.Store(200)
	last := send(t, b, "alice", "bob", "four")
	b.Registered("bob")
	<-sip.news
	sent := sip.sent()
	require.Equal(t, last, sent[len(sent)-1].ID)
	require.Len(t, sent, 5)
}

// What a far end says is the state of the message, and a refusal its cause.
func TestFarEnds(t *testing.T) {
	h := bolt(t)
	var status atomic.Int64
	sip := &post{answer: func(Letter) int { return int(status.Load()) }}
	b := h.open("a", nil)
	b.Serve(sip, sip)
	mine := follow(t, b, "alice")
	for code, want := range map[int64]string{404: "message.nobody", 415: "message.not_taken", 403: "message.refused"} {
		status.Store(code)
		send(t, b, "alice", carol, "hello")
		mine(func(list []Conversation) bool {
			return len(list) == 1 && list[0].Last.State == Failed && list[0].Last.CauseSentence.Code == want
		})
	}
	status.Store(202)
	id := send(t, b, "alice", carol, "kept there")
	mine(stated(Sent))
	who := policy.Identity{Address: carol, Level: policy.Asserted}
	claimed, other := who, who
	claimed.Level, other.Address = policy.Unverified, "sip:dave@partner.example"
	require.Equal(t, ErrRefused, b.Receipted(t.Context(), "alice", claimed, id, Read))
	require.Equal(t, ErrRefused, b.Receipted(t.Context(), "alice", other, id, Read))
	mine(stated(Sent))
	require.NoError(t, b.Receipted(t.Context(), "alice", who, id, Read))
	mine(stated(Read))
	require.NoError(t, b.Receipted(t.Context(), "alice", who, id, Failed))
	mine(stated(Read))
	_, err := b.Send(t.Context(), Draft{User: "alice", To: "sip:nobody@elsewhere.example", Text: "x"})
	require.Equal(t, "not_found", err.(*Refusal).Code)
}

// A repeated message from outside is one; receipts go out when they were asked
// for, and that it was read only when the administrator lets it.
func TestReceive(t *testing.T) {
	for _, tell := range []bool{false, true} {
		h := bolt(t)
		sip := &post{}
		b := h.open("a", func(c *Config) {
			c.TellRead = tell
			c.Friend = func(context.Context, string, policy.Identity) (bool, error) { return true, nil }
		})
		b.Serve(sip, sip)
		hers := follow(t, b, "alice")
		in := from(carol, "hello")
		in.ID, in.Wants = "their-1", Receipts{Delivered: true, Read: true}
		require.NoError(t, b.Receive(t.Context(), in))
		require.NoError(t, b.Receive(t.Context(), in))
		var last string
		hers(func(list []Conversation) bool {
			ok := len(list) == 1 && list[0].Unread == 1
			if ok {
				last = list[0].Last.ID
			}
			return ok
		})
		for range 2 {
			require.NoError(t, b.Received(t.Context(), "alice", carol, last))
			require.NoError(t, b.Read(t.Context(), "alice", carol, last))
		}
		want := []State{Delivered}
		if tell {
			want = append(want, Read)
		}
		var have []State
		for _, r := range sip.receipts {
			require.Equal(t, "their-1", r.Ref)
			have = append(have, r.State)
		}
		require.Equal(t, want, have)
	}
}

// Strangers, where they may write, fill little: so many messages without an
// answer, so many conversations, and nobody's who is known.
func TestStrangersFillLittle(t *testing.T) {
	h := bolt(t)
	b := h.open("a", func(c *Config) { c.FromOutside = FromEveryone })
	wrote := 0
	for n := range unansweredMax + 20 {
		h.later(time.Minute)
		if b.Receive(t.Context(), from(carol, fmt.Sprint(n))) == nil {
			wrote++
		}
	}
	require.Equal(t, unansweredMax, wrote)
	send(t, b, "bob", "alice", "from the house")
	for n := range strangersMax + 5 {
		h.later(time.Minute)
		in := from(fmt.Sprintf("sip:s%d@partner.example", n), "hello")
		in.Source = fmt.Sprint("192.0.2.", n)
		require.NoError(t, b.Receive(t.Context(), in))
	}
	follow(t, b, "alice")(func(list []Conversation) bool { return len(list) == listMax })
	require.Equal(t, []string{"from the house"}, texts(t, b, "alice", "bob"))
	require.Empty(t, texts(t, b, "alice", carol)) // who wrote longest ago made room
	n := 0
	for _, err := range b.peers(t.Context(), "alice") {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, strangersMax+1, n)
	in := from("sip:fast@partner.example", "x")
	var err error
	for range perMinute + 1 {
		err = b.Receive(t.Context(), in)
	}
	require.Equal(t, ErrTooMany, err)
}
