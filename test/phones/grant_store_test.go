package phones

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringsplash/test/rig"
	"ringsplash/test/storetest"
)

// allowPublic lets everybody ask alice's phone to answer by itself, or nobody.
func allowPublic(t *testing.T, c *rig.Client, on bool) {
	t.Helper()
	var grants map[string]any
	if status := c.Do(http.MethodGet, "/api/v1/policy", nil, &grants); status != http.StatusOK {
		t.Fatalf("GET policy: status %d", status)
	}
	grants["allowPublic"] = on
	if status := c.Do(http.MethodPut, "/api/v1/policy", grants, nil); status != http.StatusOK {
		t.Fatalf("PUT policy: status %d", status)
	}
}

// Two nodes share a Redis. What is taken back at one is in force at the other
// with the next call. When Redis is gone, or hangs, at the moment of a
// decision, the phone rings in the ordinary way in time, calls go on, and all
// is as before when it is back.
func TestGrantsOnRedis(t *testing.T) {
	redis := storetest.StartRedis(t)
	here := rig.Start(t, rig.Options{Redis: redis.URL()})
	there := rig.Start(t, rig.Options{Redis: redis.URL(), KeyOf: here})
	alice := phone(t, here, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone})
	bob := phone(t, here, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})
	owner, elsewhere := here.LogIn(t, rig.Alice), there.LogIn(t, rig.Alice)
	eves := 0 // one requester may open phones ten times an hour
	opens := func() (bool, time.Duration) {
		eves++
		invite, took := arrives(t, alice, asks(t, here, wish(fmt.Sprintf("sip:eve%d@elsewhere.test", eves))))
		return hasTrigger(invite), took
	}
	for _, on := range []bool{true, false, true} {
		allowPublic(t, elsewhere, on)
		if opened, _ := opens(); opened != on {
			t.Fatalf("set to %v at the other node, the phone was opened: %v", on, opened)
		}
	}
	for name, fault := range map[string]struct{ harm, heal func() }{
		"hung": {redis.Freeze, redis.Thaw}, "killed": {redis.Kill, redis.Restart},
	} {
		t.Run(name, func(t *testing.T) {
			fault.harm()
			// A loaded machine may be late once, a missing bound is always.
			best := time.Hour
			for range 3 {
				opened, took := opens()
				if opened {
					t.Error("the phone was opened without its owner's grants being known")
				}
				best = min(best, took)
			}
			t.Logf("INVITE to ringing in %v", best)
			if best > 600*time.Millisecond {
				t.Errorf("the phone rang after %v; the decision must take 300 ms at most", best)
			}
			connect(t, bob, alice, "alice")
			bob.Hangup()
			alice.WaitEvent("CALL_CLOSED")
			fault.heal()
			rig.Until(t, rig.Patience, "grants are known again", func() bool {
				var d struct{ Allow bool }
				return owner.Do(http.MethodPost, "/api/v1/policy/simulate", map[string]string{"requester": "mallory@elsewhere.test"},
					&d) == http.StatusOK && d.Allow
			})
			if opened, _ := opens(); !opened {
				t.Error("the phone is not opened after Redis came back")
			}
		})
	}
}

// The gateway is killed while it decides: whatever was answered is in the audit
// file, and its chain holds.
func TestAuditOutlivesAKill(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice})
	var answered atomic.Int64
	const askers, before = 8, 40
	done := make(chan struct{})
	for i := range askers {
		p := g.NewProbe(t)
		asker := []rig.User{rig.Bob, rig.Carol}[i%2] // strangers are asked about a few times a second only
		r := wish(asker.Address())
		r.User, r.Password = asker.Name, asker.SIPPassword("desk")
		r.Headers = []string{"Answer-Mode: Auto;require"} // is answered 403 at once
		go func() {
			defer func() { done <- struct{}{} }()
			for answered.Load() < 100*before && g.Alive() && p.Ask(r).Status == http.StatusForbidden {
				answered.Add(1)
			}
		}()
	}
	rig.Until(t, rig.Patience, "decisions are made", func() bool { return answered.Load() >= before })
	g.Kill()
	alice.Kill() // it has no gateway to say goodbye to
	for range askers {
		<-done
	}
	g.Run()
	text, err := os.ReadFile(g.AuditFile())
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), `"event":"decision"`); int64(n) < answered.Load() {
		t.Errorf("%d of %d decisions that were answered are in the audit file", n, answered.Load())
	}
	prev := ""
	for line := range strings.Lines(string(text)) { // each has its own hash, and that of the line before it
		body, hash, _ := strings.Cut(line, `,"hash":"`)
		sum := fmt.Sprintf("%x", sha256.Sum256([]byte(body+"}")))
		if hash != sum+"\"}\n" || !strings.HasSuffix(body, `"prev":"`+prev+`"`) {
			t.Fatalf("the audit file does not hold together at %s", line)
		}
		prev = sum
	}
}
