package gateway

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/media/sdp"
	"ringsplash/store"
)

// records is how many calls the store has, and the goodbyes in them.
func (w *workbench) records() (n, goodbyes int) {
	items, err := w.gw.cfg.Store.Scan(w.t.Context(), "call/", "", 10)
	must(w.t, err)
	for _, it := range items {
		var r callRecord
		must(w.t, json.Unmarshal(it.Value, &r))
		goodbyes += len(r.Goodbyes)
	}
	return len(items), goodbyes
}

// The calls in which a node is killed are ended by its next start, in words.
func TestLostCallsAreEnded(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	caller, _ := w.incoming("sip:1001@example.test", sdp.PCMU)
	phone := w.dial.next(t)
	phone.sink(machine.Kept{LegID: phone.id, Goodbye: []byte("alice's phone")})
	w.answer(phone, sdp.PCMU)
	caller.waits(t, "answer")
	caller.sink(machine.Kept{LegID: caller.id, Goodbye: []byte("bob's phone")})
	eventually(t, "the record of the call", func() bool { n, goodbyes := w.records(); return n == 1 && goodbyes == 2 })

	// The node that was killed says no more; its next start does.
	cfg := w.gw.cfg
	next, err := New(cfg, w.bind, slog.New(slog.DiscardHandler))
	must(t, err)
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		must(t, next.Close(ctx))
	}()
	next.EndLost(t.Context())
	told := map[string]bool{}
	for range 2 {
		select {
		case one := <-w.dial.goodbyes:
			told[one] = true
		default: // EndLost has told them all
		}
	}
	if !told["alice's phone restarted"] || !told["bob's phone restarted"] {
		t.Errorf("told %v", told)
	}
	for _, user := range []string{"alice", "bob"} {
		tab, _, err := next.OpenTab(user, Resume{}, func() {})
		must(t, err)
		snap := tab.Snapshot()
		if len(snap.Calls) != 1 || snap.Calls[0].State != "ended" || snap.Calls[0].Cause != machine.CauseRestarted ||
			snap.Calls[0].Reason == "" {
			t.Errorf("%s sees %+v", user, snap.Calls)
		}
	}
	if row := w.history("alice", "in", false); row.Cause != string(machine.CauseRestarted) || row.Answered == nil ||
		row.Reason == "" {
		t.Errorf("alice's row %+v", row)
	}
	w.history("bob", "out", false)
	if n, _ := w.records(); n != 0 {
		t.Error("the record is still there")
	}

	// A call that ends in the ordinary way leaves none.
	phone.sink(machine.Ended{LegID: phone.id, Cause: machine.CauseHangUp})
	caller.waits(t, "hangup hang_up")
	w.idle()
	eventually(t, "no record", func() bool { n, _ := w.records(); return n == 0 })
}

// forgetful is a store that does not delete while it is away.
type forgetful struct {
	store.Store
	away atomic.Bool
}

func (s *forgetful) Delete(ctx context.Context, key string, v store.Version) error {
	if s.away.Load() {
		return store.ErrAway
	}
	return s.Store.Delete(ctx, key, v)
}

// A call that ends while the store is away is not taken for a lost one later.
func TestRecordOfACallThatEndedWhileTheStoreWasAway(t *testing.T) {
	var s *forgetful
	w := newWorkbench(t, func(c *Config) {
		s = &forgetful{Store: c.Store}
		c.Store = s
	})
	w.register("alice", "desk", "urn:uuid:a")
	caller, _ := w.incoming("sip:1001@example.test", sdp.PCMU)
	phone := w.dial.next(t)
	w.answer(phone, sdp.PCMU)
	caller.waits(t, "answer")
	eventually(t, "the record", func() bool { n, _ := w.records(); return n == 1 })
	s.away.Store(true)
	phone.sink(machine.Ended{LegID: phone.id, Cause: machine.CauseHangUp})
	w.idle()
	w.history("alice", "in", false) // written behind the delete that failed
	s.away.Store(false)
	eventually(t, "no record", func() bool { n, _ := w.records(); return n == 0 })
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
