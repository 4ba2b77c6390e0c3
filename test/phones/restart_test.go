package phones

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/icholy/digest"

	"ringsplash/test/rig"
)

// The gateway is stopped while a call runs: new ones are refused and everybody
// is told, the call goes on, and the process ends with it. Started again,
// everything that people and phones had is still there.
func TestDrainAndRestart(t *testing.T) {
	t.Parallel()
	for _, kept := range []string{"embedded", "redis"} {
		t.Run(kept, func(t *testing.T) {
			o := rig.Options{Timers: map[string]string{"drain": "60s"}}
			if kept == "redis" {
				o.Redis = rig.StartRedis(t)
			}
			g := rig.Start(t, o)
			g.KeepPorts()
			g.Program("dora likes tea\ndora-desk-secret\n", "user", "add", "dora", "--number", "1009", "--password-stdin", "--device",
				"desk")
			alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone})
			bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})
			owner := g.LogIn(t, rig.Alice)
			allow(t, owner, "bob@"+rig.Domain)
			replay := usedCredentials(t, g)
			tab := owner.OpenTab(t)
			connect(t, bob, alice, "alice")
			drains(t, g, tab, alice, bob)
			g.Run()
			if again := replay(); again.Status != 401 {
				t.Errorf("credentials from before the restart were taken again: %v", again)
			}
			connect(t, bob, alice, "alice") // neither phone registered again
			bob.Hangup()
			alice.WaitEvent("CALL_CLOSED")
			keeps(t, g, owner)
		})
	}
}

// drains sends SIGTERM while bob and alice talk: they talk on, and nobody new.
func drains(t *testing.T, g *rig.Gateway, tab *rig.Tab, alice, bob *rig.Phone) {
	t.Helper()
	g.Signal(syscall.SIGTERM)
	refusesCalls(t, g)
	var me struct{ Notice string }
	rig.Until(t, rig.Patience, "the tab is told in words", func() bool {
		return tab.Part("me", &me) && strings.Contains(me.Notice, "being restarted")
	})
	if r := tab.Do("call", "to", "bob"); r.OK || r.Error.Code != "overload" ||
		!strings.Contains(r.Error.Message, "being restarted") {
		t.Errorf("a call of the tab: %+v", r)
	}
	alice.Hears(callerTone)
	bob.Hears(calleeTone)
	bob.Hold() // what belongs to the call still works
	bob.Resume()
	alice.Hears(callerTone)
	bob.Hangup()
	alice.WaitEvent("CALL_CLOSED")
	g.WaitEnd()
}

// keeps wants the grants of before, and the user that was added.
func keeps(t *testing.T, g *rig.Gateway, owner *rig.Client) {
	t.Helper()
	var got map[string]any
	if status := owner.Do(http.MethodGet, "/api/v1/policy", nil, &got); status != http.StatusOK {
		t.Fatalf("the log-in from before the restart gets %d", status)
	}
	if got["allowAddresses"] != true || fmt.Sprint(got["addresses"]) != "[bob@"+rig.Domain+"]" {
		t.Errorf("the grants after the restart are %v", got)
	}
	if out := g.Program("", "user", "list"); !strings.Contains(out, "dora") {
		t.Errorf("the added user is gone:\n%s", out)
	}
	aor := "sip:dora@" + rig.Domain
	if resp := g.NewProbe(t).Ask(rig.Request{
		Method: "REGISTER", From: aor, To: aor, User: "dora",
		Password: "dora-desk-secret",
	}); resp.Status != 200 {
		t.Errorf("the added user's phone gets %v", resp)
	}
}

// refusesCalls checks every way to learn that the gateway takes no calls.
func refusesCalls(t *testing.T, g *rig.Gateway) {
	t.Helper()
	probe := g.NewProbe(t)
	rig.Until(t, rig.Patience, "OPTIONS says 503", func() bool { return probe.Options().Status == 503 })
	invite := probe.Ask(rig.Request{Method: "INVITE", URI: rig.Alice.Address(), Body: offer("127.0.0.1", "0 PCMU/8000")})
	if after, err := strconv.Atoi(invite.Header.Get("Retry-After")); invite.Status != 503 || err != nil || after < 1 {
		t.Errorf("a new call gets %v with Retry-After %q, want 503 with one", invite, invite.Header.Get("Retry-After"))
	}
	if status, header, body := g.Get(t, "/readyz"); status != 503 || header.Get("Retry-After") == "" ||
		!strings.Contains(body, "being restarted") {
		t.Errorf("/readyz says %d %s", status, body)
	}
	if status, _, _ := g.Get(t, "/healthz"); status != 200 {
		t.Errorf("/healthz says %d", status)
	}
}

// usedCredentials registers with digest once and returns what sends the very
// same credentials again.
func usedCredentials(t *testing.T, g *rig.Gateway) (again func() rig.Response) {
	t.Helper()
	request := rig.Request{Method: "REGISTER", From: rig.Carol.Address(), To: rig.Carol.Address()}
	probe := g.NewProbe(t)
	challenge, err := digest.ParseChallenge(probe.Ask(request).Header.Get("WWW-Authenticate"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := digest.Digest(challenge, digest.Options{
		Method: "REGISTER", URI: "sip:" + rig.Domain, Username: "carol", Password: rig.Carol.SIPPassword("desk"), Count: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	request.Headers = []string{"Authorization: " + answer.String()}
	if first := probe.Ask(request); first.Status != 200 {
		t.Fatalf("the first use of the credentials gets %v", first)
	}
	if second := g.NewProbe(t).Ask(request); second.Status != 401 {
		t.Fatalf("the second use of the same credentials gets %v", second)
	}
	return func() rig.Response { return g.NewProbe(t).Ask(request) }
}

// A call that does not end: the drain's limit, or a second SIGTERM, ends it
// with a word to both phones.
func TestDrainEnds(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]string{"limit": "1s", "second SIGTERM": "60s"} {
		t.Run(name, func(t *testing.T) {
			g := rig.Start(t, rig.Options{Timers: map[string]string{"drain": limit}})
			alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone})
			bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})
			connect(t, bob, alice, "alice")
			g.Signal(syscall.SIGTERM)
			refusesCalls(t, g)
			if limit == "60s" {
				g.Signal(syscall.SIGTERM)
			}
			bob.WaitEvent("CALL_CLOSED")
			alice.WaitEvent("CALL_CLOSED")
			g.WaitEnd()
			alice.Kill() // there is no gateway left to say goodbye to
			bob.Kill()
		})
	}
}

// The gateway is killed while a call runs. Started again it tells both phones
// that their call is over, and both users what happened.
func TestKilledInACall(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	g.KeepPorts()
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})
	owner := g.LogIn(t, rig.Alice)
	connect(t, bob, alice, "alice")
	g.Kill()
	g.Run()
	bob.WaitEvent("CALL_CLOSED")
	alice.WaitEvent("CALL_CLOSED")
	var calls []struct{ State, Cause, Reason string }
	tab := owner.OpenTab(t)
	rig.Until(t, rig.Patience, "the tab shows what became of the call", func() bool {
		return tab.Part("calls", &calls) && len(calls) == 1
	})
	if c := calls[0]; c.State != "ended" || c.Cause != "restarted" || !strings.Contains(c.Reason, "stopped unexpectedly") {
		t.Errorf("the tab shows %+v", c)
	}
	for _, user := range []rig.User{rig.Alice, rig.Bob} {
		var list struct {
			History []struct{ Cause, Answered string }
		}
		if status := g.LogIn(t, user).Do(http.MethodGet, "/api/v1/history", nil, &list); status != http.StatusOK {
			t.Fatalf("the list of calls gets %d", status)
		}
		if len(list.History) != 1 || list.History[0].Cause != "restarted" || list.History[0].Answered == "" {
			t.Errorf("%s's list is %+v", user.Name, list.History)
		}
	}
	connect(t, bob, alice, "alice") // and both can talk again
	bob.Hangup()
	alice.WaitEvent("CALL_CLOSED")
}
