package bench

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"

	"ringsplash/policy"
	"ringsplash/store"
	"ringsplash/test/storetest"
)

// household answers from memory, so that what is measured is policy and its store.
type household struct{}

func (household) Interworking(context.Context, string, string) (bool, uint64, error) {
	return true, 0, nil
}

func (household) DND(context.Context, string) (bool, error)                  { return false, nil }
func (household) DoNotDisturb(context.Context, string) (bool, uint64, error) { return false, 0, nil }

func (household) Switches(context.Context, string, func(string, string, bool, uint64)) error {
	return nil
}
func (household) SwitchOff(context.Context, string, string, uint64) error { return nil }
func (household) Known(context.Context, string, []string, bool) (friend, known bool, err error) {
	return false, false, nil
}
func (household) UserAt(string) (name, number string) { return "bob", "1002" }

// asked is a third party whom only the last of 50 addresses lets in.
var asked = policy.Question{
	Requester: policy.Identity{Address: "sip:bob@example.test", Level: policy.Proven, How: "digest", User: "bob"},
	Owner:     "alice", Device: "desk", Kind: policy.ThirdParty,
}

func fiftyAddresses() policy.Grants {
	g := policy.Grants{AllowAddresses: true}
	for i := range 49 {
		g.Addresses = append(g.Addresses, fmt.Sprintf("*.branch%d.example.com", i))
	}
	g.Addresses = append(g.Addresses, "bob@example.test")
	return g
}

// BenchmarkGrantsRead is the read of the grants from Redis: exactly one
// command, so one round trip.
func BenchmarkGrantsRead(b *testing.B) {
	server := storetest.StartRedis(b)
	book := bookOn(b, redisOf(b, server))
	if _, err := book.Put(b.Context(), "alice", "alice", fiftyAddresses()); err != nil {
		b.Fatal(err)
	}
	before, reads := commands(b, server), 0
	for b.Loop() {
		if _, err := book.Get(b.Context(), "alice"); err != nil {
			b.Fatal(err)
		}
		reads++
	}
	b.StopTimer()
	// Asking for the count is a command itself.
	if got := commands(b, server) - before - 1; got != reads {
		b.Errorf("%d reads took %d commands", reads, got)
	}
}

// BenchmarkAuditWrite is a decision with its record, synced to the disk: one at
// a time, then 32 callers at once, who share syncs.
func BenchmarkAuditWrite(b *testing.B) {
	s, err := store.OpenBolt(b.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	click := asked
	click.Kind, click.Requester = policy.Click, policy.Identity{
		Address: "sip:alice@example.test", Level: policy.Self, How: "tab",
		User: "alice",
	}
	b.Run("alone", func(b *testing.B) {
		book := bookOn(b, s)
		for b.Loop() {
			book.Decide(b.Context(), click)
		}
	})
	b.Run("together", func(b *testing.B) {
		book := bookOn(b, s)
		b.SetParallelism(16)
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				book.Decide(b.Context(), click)
			}
		})
	})
}

func bookOn(b *testing.B, s store.Store) *policy.Book {
	b.Helper()
	book, err := policy.New(policy.Config{Store: s, People: household{}, AuditDir: b.TempDir(), Node: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = book.Close() })
	return book
}

func redisOf(b *testing.B, r *storetest.Redis) store.Store {
	b.Helper()
	s, err := store.OpenRedis(b.Context(), r.URL(), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// commands is how many commands the server has carried out so far.
func commands(b *testing.B, r *storetest.Redis) int {
	b.Helper()
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(r.URL(), "redis://"), "/0"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("INFO stats\r\n")); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		n := 0
		if _, err := fmt.Sscanf(lines.Text(), "total_commands_processed:%d", &n); err == nil {
			return n
		}
	}
	b.Fatal("redis-server did not say how many commands it has carried out")
	return 0
}
