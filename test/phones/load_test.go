package phones

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ringsplash/test/rig"
)

// callAlice lets sipp call alice as bob, count times, rate a second, each call
// wait long.
func callAlice(t *testing.T, g *rig.Gateway, count, rate int, wait time.Duration, args ...string) *rig.Sipp {
	t.Helper()
	return g.StartSipp(t, "uac_load", rig.SippOptions{
		Env: []string{fmt.Sprintf("CALLS=%d", count), fmt.Sprintf("WAIT_MS=%d", wait.Milliseconds()), "LIMIT=1500", "QUIET=yes"},
		Args: append([]string{
			"-r", fmt.Sprint(rate), "-s", "alice", "-key", "fuser", "bob", "-key", "fdomain", rig.Domain,
			"-au", "bob", "-ap", rig.Bob.SIPPassword("desk"), "-auth_uri", "alice@" + rig.Domain,
		}, args...),
	})
}

// answeringPhones are alice's two phones; both answer every call.
func answeringPhones(t *testing.T, g *rig.Gateway, ring time.Duration) {
	t.Helper()
	for _, device := range []string{"desk", "lab"} {
		scripted(t, g, rig.Alice, device, "uas_phone",
			rig.SippOptions{Env: []string{"CALLS=1000000", "LIMIT=600", fmt.Sprintf("RING_MS=%d", ring.Milliseconds())}})
	}
}

// held are what calls hold and must give back.
func held(m map[string]float64) string {
	return fmt.Sprintf("%v calls, %v legs, %v RTP ports, %v media ends, %v goroutines, %v open files",
		m["ringsplash_calls"], m["ringsplash_legs"], m["ringsplash_rtp_ports"], m["ringsplash_media_ends"], m["go_goroutines"],
		m["process_open_fds"])
}

// givenBack waits until nothing of the calls is left.
func givenBack(t *testing.T, g *rig.Gateway, before map[string]float64) {
	t.Helper()
	var now map[string]float64
	for end := time.Now().Add(40 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		now = g.Metrics(t)
		if now["ringsplash_calls"] == 0 && now["ringsplash_legs"] == 0 && now["ringsplash_rtp_ports"] == 0 &&
			now["ringsplash_media_ends"] == 0 &&
			now["go_goroutines"] <= before["go_goroutines"]+5 && now["process_open_fds"] <= before["process_open_fds"]+5 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("40 s after the last BYE there are still %s; at the start %s", held(now), held(before))
		}
	}
}

// 200 calls, 20 a second, each forked to two phones that both answer: none
// fails at the caller, and afterwards nothing is left of them.
func TestLoad(t *testing.T) {
	g := rig.Start(t, rig.Options{More: "max_calls: 1000", Timers: map[string]string{"sip_t1": "100ms"}})
	answeringPhones(t, g, 200*time.Millisecond)
	before := g.Metrics(t)
	caller := callAlice(t, g, 200, 20, time.Second).OK()
	if strings.Contains(caller.Log(), "REFUSED") {
		t.Error("calls were refused")
	}
	ended := time.Now()
	givenBack(t, g, before)
	m := g.Metrics(t)
	t.Logf("all given back %v after the last call", time.Since(ended).Round(100*time.Millisecond))
	if m["ringsplash_calls_total"] != 200 || m["ringsplash_gate_passed_while_shut_total"] != 0 ||
		m[`ringsplash_calls_refused_total{cause="overload"}`] != 0 {
		t.Errorf("%v calls begun, %v refused, %v packets through shut gates", m["ringsplash_calls_total"],
			m[`ringsplash_calls_refused_total{cause="overload"}`], m["ringsplash_gate_passed_while_shut_total"])
	}
}

// A gateway that has less memory than it needs says so, and takes no call.
func TestShortOfMemory(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "8MiB") // the configuration takes no such limit
	g := rig.Start(t, rig.Options{})
	probe := g.NewProbe(t)
	invite := probe.Ask(rig.Request{Method: "INVITE", URI: rig.Alice.Address(), Body: offer("127.0.0.1", "0 PCMU/8000")})
	if invite.Status != 503 || invite.Header.Get("Retry-After") == "" {
		t.Errorf("a call gets %v", invite)
	}
	if status, _, _ := g.Get(t, "/readyz"); status != 503 {
		t.Errorf("/readyz says %d", status)
	}
}

// A gateway that is full refuses at once, says so wherever it is asked, and
// the calls it has do not notice. Emergency calls it takes.
func TestFullGateway(t *testing.T) {
	pbx := rig.NewAddr()
	o := trunkAt(pbx)
	o.More = "max_all_calls: 1\nemergency: {\"112\": pbx}"
	g := rig.Start(t, o)
	carol := phone(t, g, rig.PhoneOptions{User: rig.Carol})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})
	connect(t, bob, alice, "alice")
	probe := g.NewProbe(t)
	for range 200 {
		invite := probe.Ask(rig.Request{Method: "INVITE", URI: rig.Alice.Address(), Body: offer("127.0.0.1", "0 PCMU/8000")})
		if invite.Status != 503 || invite.Header.Get("Retry-After") == "" || invite.Phrase == "" {
			t.Fatalf("one call too many gets %v with Retry-After %q", invite, invite.Header.Get("Retry-After"))
		}
	}
	if resp := probe.Options(); resp.Status != 503 {
		t.Errorf("OPTIONS gets %v", resp)
	}
	if status, _, _ := g.Get(t, "/readyz"); status != 503 {
		t.Errorf("/readyz says %d", status)
	}
	if n := g.Metrics(t)[`ringsplash_calls_refused_total{cause="overload"}`]; n < 200 {
		t.Errorf("/metrics counts %v refused calls", n)
	}
	carol.Dial("0123")
	carol.WaitClosed("503")
	help := g.StartSipp(t, "uas_phone", rig.SippOptions{Addr: pbx, Env: []string{"RING_MS=100"}}).Listening()
	carol.Dial("112")
	carol.WaitEvent("CALL_ESTABLISHED")
	carol.Hangup()
	help.OK()
	if !strings.Contains(help.Messages(), "INVITE sip:112@"+pbx) {
		t.Error("the trunk was not asked for 112")
	}
	undisturbed(t, alice, callerTone)
	undisturbed(t, bob, calleeTone)
	bob.Hangup()
	alice.WaitEvent("CALL_CLOSED")
	rig.Until(t, rig.Patience, "there is room again", func() bool { return probe.Options().Status == 200 })
	connect(t, bob, alice, "alice")
	bob.Hangup()
	alice.WaitEvent("CALL_CLOSED")
}

// undisturbed checks that the phone has heard nothing but the tone since a
// second after its call began, but for one window of 100 ms.
func undisturbed(t *testing.T, p *rig.Phone, hz float64) {
	t.Helper()
	p.Hears(hz)
	rec := p.Received().From(time.Second)
	if heard := rec.Heard(hz); heard < rec.Duration()*98/100-time.Second/5 {
		t.Errorf("the call was disturbed: %g Hz for %v of %v", hz, heard, rec.Duration())
	}
}
