package phones

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ringsplash/test/rig"
)

// A hundred INVITEs a second of strangers to a user whose phone is busy: what
// they make of her tab, her list of calls and the log stays little, she can
// call, and those she knows reach her.
func TestSoakStrangersCall(t *testing.T) {
	if *soakCalls == 0 {
		t.Skip("a long run: make soak")
	}
	const run = 45 * time.Second
	for _, addresses := range []int{1, 10} {
		g := rig.Start(t, rig.Options{})
		scripted(t, g, rig.Alice, "desk", "uas_reject",
			rig.SippOptions{Env: []string{"STATUS=486 Busy Here", "CALLS=1000000", "LIMIT=600", "QUIET=yes"}})
		bob := g.LogIn(t, rig.Bob).OpenTab(t)
		owner := g.LogIn(t, rig.Alice)
		tab := owner.OpenTab(t)
		bytes, lines := tab.Bytes(), strings.Count(g.Log(), "\n")
		flooded := make(chan rig.FloodResult, 1)
		go func() { flooded <- rig.Flood{Method: "INVITE", Addresses: addresses, Rate: 100}.Run(t, g, run) }()
		calls := 0
		var sent rig.FloodResult
		for over := false; !over; {
			select {
			case sent = <-flooded:
				over = true
			case <-time.After(2 * time.Second):
			}
			for who, r := range map[string]rig.TabReply{"alice": tab.Do("call", "to", "bob"), "bob": bob.Do("call", "to", "alice")} {
				if !r.OK {
					t.Fatalf("%s cannot call: %+v", who, r)
				}
				calls++
				(map[string]*rig.Tab{"alice": tab, "bob": bob})[who].Do("hangup", "call", r.Call)
			}
		}
		// What people did makes some of it: two calls, two rows, a dozen lines a time.
		bytes, lines = tab.Bytes()-bytes, strings.Count(g.Log(), "\n")-lines
		var list struct {
			History []struct {
				Stranger bool
				Count    int
			}
		}
		if status := owner.Do(http.MethodGet, "/api/v1/history?limit=200", nil, &list); status != http.StatusOK {
			t.Fatalf("the list of calls gets %d", status)
		}
		rows, told := 0, 0
		for _, h := range list.History {
			if h.Stranger {
				rows, told = rows+1, told+h.Count
			}
		}
		t.Logf("%d INVITEs of %d addresses in %v: %d bytes to her tab, %d rows that tell of %d calls, %d lines in the log, beside "+
			"%d calls of people",
			sent.Sent, addresses, run, bytes, rows, told, lines, calls)
		if bytes > 4<<20 {
			t.Errorf("%d bytes for her tab", bytes)
		}
		if rows > addresses || rows == 0 {
			t.Errorf("%d rows", rows)
		}
		if most := 300 + 30*calls; lines > most {
			t.Errorf("%d lines in the log, not %d at most", lines, most)
		}
	}
}
