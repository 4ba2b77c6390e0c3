package gateway

import (
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// stranger lets somebody call text of whom nothing is known but his address.
func (w *workbench) stranger(ip, from, text string) *fakeLeg {
	leg := newFakeLeg(machine.LegID(randomID("l")))
	w.strangerAt(leg, leg, ip, from, text)
	return leg
}

// strangerAt is stranger with a leg of its own, which is made of fake.
func (w *workbench) strangerAt(leg Leg, fake *fakeLeg, ip, from, text string) {
	offer, err := w.peer().Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
	must(w.t, err)
	w.gw.Begin(func(sink Sink) Incoming {
		fake.sink = sink
		return Incoming{
			Leg: leg, From: policy.Identity{Address: from, Display: from, Level: policy.Unverified, How: "from"},
			Dialled: text, Offer: offer, Source: netip.AddrPortFrom(netip.MustParseAddr(ip), 5060),
		}
	})
}

// redialler is the leg of somebody who calls again as soon as he is refused.
type redialler struct {
	*fakeLeg
	redial func()
}

func (r redialler) Reject(c machine.Cause) {
	r.redial()
	r.fakeLeg.Reject(c)
}

// A stranger who is told that his call is over may call again in that moment.
func TestStrangerCallsAgain(t *testing.T) {
	w := newWorkbench(t, nil)
	const ip, eve, bob = "192.0.2.1", "sip:eve@elsewhere.test", "sip:bob@example.test"
	again := make(chan *fakeLeg, 1)
	leg := redialler{newFakeLeg("l_first"), func() { again <- w.stranger(ip, eve, bob) }}
	w.strangerAt(leg, leg.fakeLeg, ip, eve, bob)
	(<-again).waits(t, "reject offline")
}

// Whatever strangers let ring, alice may call and be called by whom we know.
func TestStrangersShutNobodyOff(t *testing.T) {
	w := newWorkbench(t, nil)
	alice, news := w.openTab("alice", Resume{})
	rings := func(n int) func(Snapshot) bool { return func(s Snapshot) bool { return len(s.Calls) == n } }
	first := w.stranger("192.0.2.1", "sip:eve@elsewhere.test", "sip:alice@example.test")
	for range 7 {
		w.stranger("192.0.2.1", "sip:eve@elsewhere.test", "sip:alice@example.test").waits(t, "reject busy")
	}
	second := w.stranger("192.0.2.2", "sip:mallory@elsewhere.test", "sip:1001@example.test")
	w.sees(alice, news, "two strangers", rings(2))
	w.stranger("192.0.2.3", "sip:trudy@elsewhere.test", "sip:1001@example.test").waits(t, "reject busy")
	w.stranger("192.0.2.1", "sip:eve@elsewhere.test", "sip:bob@example.test").waits(t, "reject offline") // nobody else is shut off

	if _, err := alice.Do(t.Context(), Command{Do: "call", To: "0123"}); err != nil {
		t.Fatalf("alice cannot call: %v", err)
	}
	w.dial.next(t)
	w.register("alice", "desk", "urn:uuid:a")
	for range 7 { // with her own call she then has as many as she may have
		w.incoming("sip:alice@example.test", sdp.PCMU)
		w.dial.next(t)
	}
	snap := w.sees(alice, news, "the calls of bob", rings(10))
	late, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	late.waits(t, "reject busy")
	if _, err := alice.Do(t.Context(), Command{Do: "call", To: "0124"}); err != nil {
		t.Errorf("alice cannot call while others ring her: %v", err)
	}

	// A call that is answered, or over, is no burden to the next stranger.
	for _, c := range snap.Calls {
		if c.Peer.Address == "sip:eve@elsewhere.test" {
			if _, err := alice.Do(t.Context(), Command{Do: "answer", Call: c.ID, On: "browser"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	first.waits(t, "answer")
	second.sink(machine.Ended{LegID: second.id, Cause: machine.CauseCallerGone})
	w.sees(alice, news, "the second end", func(s Snapshot) bool {
		for _, c := range s.Calls {
			if c.Peer.Address == "sip:mallory@elsewhere.test" && c.State == "ended" {
				return true
			}
		}
		return false
	})
}

// All strangers together ring a small part of what the node takes, whomever they
// call, and one IPv6 network is one stranger.
func TestStrangersShareOfTheNode(t *testing.T) {
	w := newWorkbench(t, func(c *Config) { c.MaxAllCalls = 8 })
	alice, news := w.openTab("alice", Resume{})
	w.openTab("bob", Resume{})
	first := w.stranger("2001:db8:0:1::1", "sip:eve@elsewhere.test", "sip:alice@example.test")
	w.stranger("2001:db8:0:1:2::2", "sip:eve2@elsewhere.test", "sip:alice@example.test").waits(t, "reject busy")
	w.stranger("2001:db8:0:2::1", "sip:mallory@elsewhere.test", "sip:alice@example.test")
	w.sees(alice, news, "two strangers", func(s Snapshot) bool { return len(s.Calls) == 2 })
	w.stranger("192.0.2.1", "sip:trudy@elsewhere.test", "sip:bob@example.test").waits(t, "reject overload")
	if _, err := alice.Do(t.Context(), Command{Do: "call", To: "0123"}); err != nil {
		t.Fatalf("alice cannot call: %v", err)
	}
	w.dial.next(t)
	first.sink(machine.Ended{LegID: first.id, Cause: machine.CauseCallerGone})
	w.sees(alice, news, "the first end", func(s Snapshot) bool {
		return slices.ContainsFunc(s.Calls, func(c machine.CallView) bool { return c.State == "ended" })
	})
	w.stranger("192.0.2.1", "sip:trudy@elsewhere.test", "sip:bob@example.test")
	w.gw.mu.Lock()
	defer w.gw.mu.Unlock()
	if n := w.gw.ringing[ringing{}]; n != 2 {
		t.Errorf("%d calls of strangers ring", n)
	}
}

// A certificate of some domain is no leave to fill a user's line.
func TestDomainsShare(t *testing.T) {
	w := newWorkbench(t, nil)
	w.openTab("alice", Resume{})
	comes := func() *fakeLeg {
		offer, err := w.peer().Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
		must(t, err)
		leg := newFakeLeg(machine.LegID(randomID("l")))
		w.gw.Begin(func(sink Sink) Incoming {
			leg.sink = sink
			return Incoming{
				Leg: leg, From: policy.Identity{Address: "sip:eve@partner.test", Domain: "partner.test", How: "tls"},
				Dialled: "sip:alice@example.test", Offer: offer, Source: netip.MustParseAddrPort("192.0.2.1:5061"),
			}
		})
		return leg
	}
	for range w.gw.outsideShare() {
		comes()
	}
	comes().waits(t, "reject busy")
}

// inVain lets a stranger call alice, whose phone is busy.
func (w *workbench) inVain(ip, from string) {
	w.t.Helper()
	caller := w.stranger(ip, from, "sip:alice@example.test")
	phone := w.dial.next(w.t)
	phone.sink(machine.Refused{LegID: phone.id, Status: 486})
	caller.waits(w.t, "reject busy")
	w.idle()
}

// idle returns once no call runs.
func (w *workbench) idle() {
	w.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if now, _ := w.gw.Running(); now == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatal("calls do not end")
		}
	}
}

// What strangers do as often as they like makes little: on the screen, in the
// list of calls, in the log.
func TestStrangersGrowNothing(t *testing.T) {
	var out lockedBuffer
	w := newWorkbench(t, nil)
	w.gw.log = slog.New(slog.NewTextHandler(&out, nil))
	w.gw.tally.log = w.gw.log
	w.register("alice", "desk", "urn:uuid:a")
	const eve = "sip:eve@elsewhere.test"
	for range 60 {
		w.inVain("192.0.2.1", eve)
	}
	alice, _ := w.openTab("alice", Resume{})
	if calls := alice.Snapshot().Calls; len(calls) != 1 {
		t.Errorf("%d calls of one stranger are shown", len(calls))
	}
	other, news := w.openTab("alice", Resume{})
	w.sees(other, news, "one missed call", func(s Snapshot) bool { return s.Counters.Missed == 1 })
	if _, err := alice.Do(t.Context(), Command{Do: "seen"}); err != nil {
		t.Fatal(err)
	}
	w.sees(other, news, "that it was seen", func(s Snapshot) bool { return s.Counters.Missed == 0 })
	for i := range 30 {
		w.stranger("192.0.2.1", fmt.Sprintf("sip:%d@elsewhere.test", i), "sip:bob@example.test").waits(t, "reject offline")
		w.idle()
	}
	for i := range 2 * maxEnded {
		leg, _ := w.incoming(fmt.Sprintf("sip:nobody%d@example.test", i), sdp.PCMU)
		leg.waits(t, "reject unknown")
		w.idle() // bob may have so many at a time
	}
	bob, news := w.openTab("bob", Resume{})
	w.sees(bob, news, "his calls", func(s Snapshot) bool { return len(s.Calls) == maxEnded })
	must(t, w.gw.Close(t.Context()))

	if rows, calls := w.strangerRows("alice"); rows != 1 || calls != 60 {
		t.Errorf("60 calls of one stranger are %d rows that tell of %d", rows, calls)
	}
	if rows, calls := w.strangerRows("bob"); rows != repeatSource || calls != 30 {
		t.Errorf("30 calls of one address in 30 names are %d rows that tell of %d", rows, calls)
	}
	fewLines(t, out.String())
}

// strangerRows is how many rows strangers made in the user's list, and of how
// many calls they tell.
func (w *workbench) strangerRows(user string) (rows, calls int) {
	list, err := w.dir.History(w.t.Context(), user, "", 200)
	must(w.t, err)
	for _, h := range list {
		if h.Stranger {
			rows, calls = rows+1, calls+h.Count
		}
	}
	return rows, calls
}

// fewLines wants the calls of the one address counted in the log, not told.
func fewLines(t *testing.T, log string) {
	t.Helper()
	counted := 0
	for line := range strings.Lines(log) {
		if !strings.Contains(line, "192.0.2.1") {
			continue
		}
		counted++
		if !strings.Contains(line, "ended unanswered") {
			t.Errorf("a line for one call of a stranger: %s", line)
		}
	}
	if counted < 2 || counted > 12 {
		t.Errorf("%d lines in the log for 90 calls", counted)
	}
}

// lockedBuffer collects a log.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
