package gateway

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringsplash/gateway/machine"
	"ringsplash/media"
	"ringsplash/policy"
)

// TestAdmission: who may begin how many calls, and when none are taken at all.
func TestAdmission(t *testing.T) {
	w := newWorkbench(t, func(c *Config) { c.MaxAllCalls, c.MaxCalls, c.MaxSourceCalls = 12, 3, 2 })
	from := func(id policy.Identity, ip string) func() machine.Cause {
		in := Incoming{From: id, Source: netip.AddrPortFrom(netip.MustParseAddr(ip), 5060)}
		return func() machine.Cause { return w.gw.admit(w.gw.newCall(newCallID()), w.gw.claimOf(in)) }
	}
	bob := from(policy.Identity{User: "bob", Level: policy.Proven}, "192.0.2.1")
	stranger := from(policy.Identity{Level: policy.Unverified}, "192.0.2.1")
	other := from(policy.Identity{Level: policy.Unverified}, "192.0.2.2")
	trunk := from(policy.Identity{Level: policy.Unverified, Trunk: "pbx"}, "192.0.2.9")
	take := func(want machine.Cause, n int, begin func() machine.Cause) {
		t.Helper()
		for range n {
			require.Equal(t, want, begin())
		}
	}
	take("", 3, bob)
	take(machine.CauseOwnLimit, 1, bob)
	take("", 2, stranger)
	take(machine.CauseOwnLimit, 1, stranger)
	take("", 2, other)
	take("", 5, trunk)
	take(machine.CauseOverload, 1, trunk)
	require.Equal(t, machine.CauseOverload, w.gw.Room())
	require.Equal(t, map[machine.Cause]uint64{
		machine.CauseOwnLimit: 2, machine.CauseOverload: 1, machine.CauseShuttingDown: 0,
		machine.CauseBusy: 0,
	}, w.gw.Refused())

	// The calls end, and everybody has room again.
	end := func() {
		w.gw.mu.Lock()
		var all []*Call
		for _, c := range w.gw.calls {
			all = append(all, c)
		}
		w.gw.mu.Unlock()
		for _, c := range all {
			w.gw.forget(c)
			w.gw.running.Done()
		}
	}
	end()
	require.Empty(t, w.gw.begun)
	require.Empty(t, w.gw.Room())
	take("", 3, bob)
	empty := w.gw.Drain()
	take(machine.CauseShuttingDown, 1, stranger)
	select {
	case <-empty:
		t.Fatal("drained while calls run")
	default:
	}
	end()
	select {
	case <-empty:
	case <-time.After(time.Second):
		t.Fatal("not drained when the last call was over")
	}
}

// TestNoPortsNoCall: ports for the legs of a call are there before it is taken.
func TestNoPortsNoCall(t *testing.T) {
	w := newWorkbench(t, func(c *Config) {
		loop, err := media.Listen(media.Config{RTPLow: 31000, RTPHigh: 31009}, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		t.Cleanup(func() { _ = loop.Close() })
		c.Media = loop
	})
	require.Empty(t, w.gw.Room())
	var ends []*media.RTPEnd
	for range 2 {
		end, err := w.gw.cfg.Media.NewRTPEnd(media.RTPOptions{Peer: netip.MustParseAddr("127.0.0.1")})
		require.NoError(t, err)
		ends = append(ends, end)
	}
	require.Equal(t, machine.CauseOverload, w.gw.Room())
	for _, end := range ends {
		end.Close()
	}
	require.Empty(t, w.gw.Room())
}
