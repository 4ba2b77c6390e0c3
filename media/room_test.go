package media

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPairsAreCounted: what is bound comes off what is free, and comes back.
func TestPairsAreCounted(t *testing.T) {
	l, err := Listen(Config{RTPLow: 30000, RTPHigh: 30011}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	bound, free := l.Pairs()
	require.Equal(t, [2]int{0, 6}, [2]int{bound, free})
	end, err := l.NewRTPEnd(RTPOptions{Peer: netip.MustParseAddr("127.0.0.1")})
	require.NoError(t, err)
	bound, free = l.Pairs()
	require.Equal(t, [2]int{1, 5}, [2]int{bound, free})
	end.Close()
	bound, free = l.Pairs()
	require.Equal(t, [2]int{0, 6}, [2]int{bound, free})
}

// TestTotalsOutliveTheirEnds: counters that /metrics shows never fall.
func TestTotalsOutliveTheirEnds(t *testing.T) {
	l, err := Listen(Config{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	for range 2 {
		end, err := l.NewRTPEnd(RTPOptions{Peer: netip.MustParseAddr("127.0.0.1")})
		require.NoError(t, err)
		end.counters.received.Add(3)
		end.gate.dropped.Add(2)
		end.Close()
		end.Close()
	}
	require.Equal(t, Stats{Received: 6, DroppedByGate: 4}, l.Totals())
}

// TestLateness: ticks in time keep it at nothing, one stall hardly shows, ticks
// that are late all the time do, and are forgotten when they are in time again.
func TestLateness(t *testing.T) {
	var l Loop
	for range 1000 {
		l.noteLate(tickEvery)
	}
	require.Zero(t, l.Late())
	l.noteLate(time.Second)
	require.Less(t, l.Late(), 20*time.Millisecond)
	for range 10 {
		l.noteLate(time.Second)
	}
	require.Greater(t, l.Late(), 150*time.Millisecond)
	for range 200 {
		l.noteLate(5 * tickEvery)
	}
	require.InDelta(t, 4*tickEvery, l.Late(), float64(5*time.Millisecond))
	for range 10 * lateWeight {
		l.noteLate(tickEvery)
	}
	require.Less(t, l.Late(), time.Millisecond)
}
