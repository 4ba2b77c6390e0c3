package policy

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"ringsplash/store"
	"ringsplash/test/storetest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashEnv); dir != "" {
		crashWriter(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

var quiet = slog.New(slog.DiscardHandler)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// cast is a directory that a test writes. Real ones are tested where they live.
type cast struct {
	mu      sync.Mutex
	off     bool
	quiet   bool
	dnd     bool
	friends []string
	others  []string
	err     error
}

func (c *cast) Interworking(_ context.Context, _, device string) (bool, uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.off && device == "desk", 0, c.err
}

func (c *cast) DND(context.Context, string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dnd, c.err
}

func (c *cast) DoNotDisturb(context.Context, string) (bool, uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.quiet, 0, c.err
}

func (c *cast) Switches(context.Context, string, func(string, string, bool, uint64)) error {
	return nil
}

func (c *cast) SwitchOff(context.Context, string, string, uint64) error { return nil }

func (c *cast) Known(_ context.Context, _ string, addresses []string, _ bool) (friend, known bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, address := range addresses {
		friend, known = friend || slices.Contains(c.friends, address), known || slices.Contains(c.others, address)
	}
	return friend, known, c.err
}

func (c *cast) UserAt(address string) (name, number string) {
	if name, _, ours := strings.Cut(strings.TrimPrefix(address, "sip:"), "@example.test"); ours && name == "bob" {
		return "bob", "1002"
	}
	return "", ""
}

func openStore(t testing.TB) store.Store {
	t.Helper()
	s, err := store.OpenBolt(t.TempDir(), quiet)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func openRedis(t testing.TB, r *storetest.Redis) store.Store {
	t.Helper()
	s, err := store.OpenRedis(t.Context(), r.URL(), quiet)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func openBook(t testing.TB, s store.Store, p People, change func(*Config)) *Book {
	t.Helper()
	cfg := Config{Store: s, People: p, AuditDir: t.TempDir(), Node: "n1", Log: quiet}
	if change != nil {
		change(&cfg)
	}
	b, err := New(cfg)
	require.NoError(t, err)
	b.within = patience // a loaded machine is no hung store
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func bob() Identity {
	return Identity{Address: "sip:bob@example.test", Level: Proven, How: "digest", User: "bob"}
}

// fromBob is bob's INVITE with Answer-Mode: Auto to alice's phone.
func fromBob() Question {
	return Question{Requester: bob(), Owner: "alice", Device: "desk", Instance: "i-desk", Kind: ThirdParty, Call: "c1"}
}

// click is alice's own click.
func click() Question {
	return Question{
		Requester: Identity{Address: "sip:alice@example.test", Level: Self, How: "tab", User: "alice"},
		Owner:     "alice", Device: "desk", Instance: "i-desk", Kind: Click, Call: "c1",
	}
}

func lines(t testing.TB, b *Book) []Record {
	t.Helper()
	return linesIn(t, b.cfg.AuditDir)
}

func linesIn(t testing.TB, dir string) []Record {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, AuditName))
	require.NoError(t, err)
	var out []Record
	for line := range splitLines(text) {
		r, _, err := unseal(line)
		require.NoError(t, err, "%s", line)
		out = append(out, r)
	}
	return out
}

func TestDecideRecordsFirst(t *testing.T) {
	b := openBook(t, openStore(t), &cast{}, nil)
	d := b.Decide(t.Context(), click())
	require.True(t, d.Allow, d.Reason)
	require.Equal(t, "self", d.Grant)
	all := lines(t, b)
	require.Len(t, all, 1)
	r := all[0]
	require.Equal(t, d.ID, r.ID)
	require.Equal(t, []any{
		"alice", "sip:alice@example.test", "tab", "tab", Self, Click, "desk", "i-desk", "c1", true, "self",
		d.Reason.Text, "n1",
	},
		[]any{
			r.Owner, r.Requester, r.Authenticated, r.Evidence, r.Level, r.Kind, r.Device, r.Instance, r.Call, r.Allow, r.Grant,
			r.Reason, r.Node,
		})
	require.NoError(t, VerifyAudit(filepath.Join(b.cfg.AuditDir, AuditName)))
	// The store has it too, where other nodes and the owner read it.
	item, err := b.cfg.Store.Get(t.Context(), decisionKey("alice", d.ID))
	require.NoError(t, err)
	require.Contains(t, string(item.Value), d.ID)
}

// An allow whose record does not reach the disk is no allow. The record may
// reach it later, and is then marked as not used.
func TestNoRecordNoAllow(t *testing.T) {
	b := openBook(t, openStore(t), &cast{}, nil)
	gate, entered := make(chan struct{}), make(chan struct{})
	var once sync.Once
	pass := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(pass) // before the Book is closed, whatever fails
	real := b.audit.sync
	b.audit.sync = func() error {
		once.Do(func() { close(entered) })
		<-gate
		return real()
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-entered; cancel() }()
	d := b.Decide(ctx, click())
	require.False(t, d.Allow)
	require.Equal(t, faultAudit, d.Reason.Code)
	pass()
	require.NoError(t, b.Close())
	all := lines(t, b)
	require.Len(t, all, 2)
	require.True(t, all[0].Allow)
	require.Equal(t, []any{eventVoid, all[0].ID, false}, []any{all[1].Event, all[1].Void, all[1].Allow})
	require.False(t, b.Decide(t.Context(), click()).Allow, "after Close")
}

func TestAuditDiskFull(t *testing.T) {
	b := openBook(t, openStore(t), &cast{}, nil)
	require.True(t, b.Decide(t.Context(), click()).Allow)
	fail := errors.New("no space left on device")
	real := b.audit.sync
	// The writer reads it in its goroutine, after it took a record from the channel.
	b.audit.sync = func() error { return fail }
	d := b.Decide(t.Context(), click())
	require.False(t, d.Allow)
	require.Equal(t, faultAudit, d.Reason.Code)
	// Nothing is in flight but the void record; it is refused as well.
	require.Error(t, b.audit.append(t.Context(), &Record{Event: "test"}))
	b.audit.sync = real
	require.True(t, b.Decide(t.Context(), click()).Allow)
	require.Len(t, lines(t, b), 2, "what failed was cut back")
	require.NoError(t, VerifyAudit(filepath.Join(b.cfg.AuditDir, AuditName)))
}

// The store dies, or hangs, at the moment of a decision: the answer is no
// within the bound of the caller, recorded all the same, and yes again when the
// store is back.
func TestStoreAwayDenies(t *testing.T) {
	server := storetest.StartRedis(t)
	faults := map[string]struct{ harm, heal func() }{
		"killed": {server.Kill, server.Restart},
		"hung":   {server.Freeze, server.Thaw},
	}
	for _, name := range []string{"hung", "killed"} {
		t.Run(name, func(t *testing.T) {
			b := openBook(t, openRedis(t, server), &cast{}, nil)
			require.True(t, b.Decide(t.Context(), click()).Allow)
			b.within = decideFor
			faults[name].harm()
			// An answer that comes after the end of ctx is too late; a loaded
			// machine may be late once, a missing bound always.
			var d Decision
			inTime := false
			for range 5 {
				ctx, cancel := context.WithTimeout(t.Context(), decideFor)
				d = b.Decide(ctx, click())
				inTime = inTime || ctx.Err() == nil
				cancel()
				require.False(t, d.Allow)
				require.Equal(t, faultStore, d.Reason.Code)
			}
			third := b.Decide(t.Context(), fromBob())
			faults[name].heal()
			require.True(t, inTime, "no answer within 300 ms")
			require.False(t, third.Allow)
			b.within = patience
			require.Eventually(t, func() bool {
				return slices.ContainsFunc(lines(t, b),
					func(r Record) bool { return r.ID == d.ID && !r.Allow && r.Reason == Words[faultStore] })
			}, patience, time.Millisecond)
			require.Eventually(t, func() bool { return b.Decide(t.Context(), click()).Allow }, patience, 10*time.Millisecond)
			// What was decided meanwhile arrives in the store as well.
			require.Eventually(t, func() bool {
				all, err := b.Decisions(t.Context(), []string{"alice"}, "", 100)
				return err == nil && len(b.copies.of("alice")) == 0 &&
					slices.ContainsFunc(all, func(r Record) bool { return r.ID == d.ID })
			}, patience, 10*time.Millisecond)
		})
	}
}

func TestPeopleAwayDenies(t *testing.T) {
	people := &cast{friends: []string{"sip:bob@example.test"}}
	b := openBook(t, openStore(t), people, nil)
	_, err := b.Put(t.Context(), "alice", "alice", Grants{AllowFriends: true})
	require.NoError(t, err)
	require.True(t, b.Decide(t.Context(), fromBob()).Allow)
	people.err = store.ErrAway
	require.Equal(t, faultStore, b.Decide(t.Context(), fromBob()).Reason.Code)
}

func TestSimulateLeavesNoTrace(t *testing.T) {
	b := openBook(t, openStore(t), &cast{}, nil)
	_, err := b.Put(t.Context(), "alice", "alice", Grants{AllowAddresses: true, Addresses: []string{"bob@example.test"}})
	require.NoError(t, err)
	for range requesterMax + 1 {
		require.True(t, b.Simulate(t.Context(), "sip:bob@example.test", "alice", "desk").Allow)
	}
	require.False(t, b.Simulate(t.Context(), "sip:eve@example.test", "alice", "desk").Allow)
	require.Equal(t, "self", b.Simulate(t.Context(), "alice", "alice", "desk").Grant)
	_, err = b.Put(t.Context(), "alice", "alice", Grants{Version: 1, AllowAddresses: true, Addresses: []string{"1002@example.test"}})
	require.NoError(t, err)
	before := lines(t, b)
	require.Len(t, before, 2, "the two changes of the grants and nothing else")
	require.True(t, b.Simulate(t.Context(), "sip:bob@example.test", "alice", "desk").Allow, "his number is one of his names")
	require.False(t, b.Simulate(t.Context(), "alice", "alice", "kitchen").Allow, "no interworking there")
	require.Equal(t, before, lines(t, b))
	all, err := b.Decisions(t.Context(), []string{"alice"}, "", 10)
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestDecisionsPages(t *testing.T) {
	var mu sync.Mutex
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	b := openBook(t, openStore(t), &cast{}, func(c *Config) {
		c.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); now = now.Add(time.Second); return now }
	})
	var ids []string
	for range 7 {
		ids = append(ids, b.Decide(t.Context(), click()).ID)
	}
	slices.Reverse(ids)
	for range 2 { // while some wait for the store, and when it has them all
		var got []string
		for before := ""; ; {
			page, err := b.Decisions(t.Context(), []string{"alice"}, before, 3)
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			for _, r := range page {
				got = append(got, r.ID)
			}
			before = got[len(got)-1]
		}
		require.Equal(t, ids, got)
		require.Eventually(t, func() bool { return len(b.copies.of("alice")) == 0 }, patience, time.Millisecond)
	}
}

// A directory that panics ends nothing but its own decision.
func TestPanicDenies(t *testing.T) {
	b := openBook(t, openStore(t), &panicking{}, nil)
	require.Equal(t, faultPanic, b.Decide(t.Context(), click()).Reason.Code)
}

type panicking struct{ cast }

func (*panicking) Interworking(context.Context, string, string) (bool, uint64, error) {
	panic("a fault of the directory")
}
