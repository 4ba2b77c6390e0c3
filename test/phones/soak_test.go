package phones

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"ringsplash/test/rig"
)

// The long runs of `make soak`; `make test` leaves them out.
var (
	soakCalls = flag.Int("soak.calls", 0, "how many calls TestSoak makes; 0 skips the long runs")
	soakFlood = flag.Duration("soak.flood", fullFlood, "how long each flood of TestSoakFlood is")
	soakRate  = flag.Int("soak.rate", 50, "how many of them a second")
)

// memory is what the process holds, for people.
func memory(m map[string]float64) string {
	return fmt.Sprintf("RSS %.0f MiB, heap %.0f MiB, %v goroutines, %v open files",
		m["process_resident_memory_bytes"]/(1<<20), m["go_memstats_heap_inuse_bytes"]/(1<<20), m["go_goroutines"],
		m["process_open_fds"])
}

// resident is the RSS in MiB.
func resident(m map[string]float64) float64 { return m["process_resident_memory_bytes"] / (1 << 20) }

// fullFlood makes fourteen floods a minute, and their mutants a million messages.
const fullFlood = 4300 * time.Millisecond

// lightAfter is what the gateway may hold, in MiB, when very many calls are over.
const lightAfter = 90

// Very many calls: nothing is left of them afterwards, and the memory they took
// is given back.
func TestSoak(t *testing.T) {
	if *soakCalls == 0 {
		t.Skip("a long run: make soak")
	}
	g := rig.Start(t, rig.Options{More: "max_calls: 1000"})
	scripted(t, g, rig.Alice, "desk", "uas_phone",
		rig.SippOptions{Env: []string{"CALLS=1000000", "LIMIT=3000", "RING_MS=100", "QUIET=yes"}})
	before := g.Metrics(t)
	t.Logf("at the start: %s", memory(before))
	if mib := resident(before); mib > 34 { // 30 without a phone
		t.Errorf("the gateway without calls holds %.0f MiB", mib)
	}
	caller := callAlice(t, g, *soakCalls, *soakRate, 500*time.Millisecond)
	done := make(chan int, 1)
	go func() { done <- caller.Wait() }()
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	for status := -1; status < 0; {
		select {
		case status = <-done:
			if status != 0 {
				t.Errorf("sipp ended with status %d: some calls failed", status)
			}
		case <-tick.C:
		}
		m := g.Metrics(t)
		t.Logf("after %v calls: %s, media %.1f ms late", m["ringsplash_calls_total"], memory(m),
			1000*m["ringsplash_media_late_seconds"])
	}
	refused := strings.Count(caller.Log(), "REFUSED")
	givenBack(t, g, before)
	after := g.Metrics(t)
	t.Logf("after the last call: %s; %d calls refused", memory(after), refused)
	for end := time.Now().Add(time.Minute); resident(after) > lightAfter; time.Sleep(time.Second) {
		if after = g.Metrics(t); time.Now().After(end) {
			t.Errorf("the gateway still holds more than %d MiB", lightAfter)
			break
		}
	}
	t.Logf("afterwards: %s", memory(after))
	if int(after["ringsplash_calls_total"]) != *soakCalls-refused || refused > 0 {
		t.Errorf("%v of %d calls were taken", after["ringsplash_calls_total"], *soakCalls)
	}
}

// Ten times as many calls as the gateway takes, for a minute: it takes as many
// as ever, refuses the rest, and an established call keeps its tones.
func TestSoakOverload(t *testing.T) {
	if *soakCalls == 0 {
		t.Skip("a long run: make soak")
	}
	const (
		slots = 40
		talk  = 2 * time.Second
		ring  = 100 * time.Millisecond
		run   = 60 * time.Second
	)
	// One slot is the established call's.
	capacity := (slots - 1) / (talk + ring).Seconds()
	offered := int(10 * capacity)
	g := rig.Start(t, rig.Options{More: fmt.Sprintf("max_calls: 1000\nmax_all_calls: %d", slots)})
	carol := phone(t, g, rig.PhoneOptions{User: rig.Carol, Tone: calleeTone})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})
	scripted(t, g, rig.Alice, "desk", "uas_phone",
		rig.SippOptions{Env: []string{"CALLS=1000000", "LIMIT=600", fmt.Sprintf("RING_MS=%d", ring.Milliseconds()), "QUIET=yes"}})
	connect(t, bob, carol, "carol")
	count := offered * int(run.Seconds())
	began := time.Now()
	caller := callAlice(t, g, count, offered, talk)
	if status := caller.Wait(); status != 0 {
		t.Errorf("sipp ended with status %d: some calls got neither 200 nor 503", status)
	}
	took := time.Since(began) - talk
	refused := strings.Count(caller.Log(), "REFUSED")
	goodput := float64(count-refused) / took.Seconds()
	m := g.Metrics(t)
	t.Logf("capacity %.1f calls/s; offered %d/s for %v (%.1f/s in fact): %d taken, %.1f/s, which is %.0f %% of the capacity; %d "+
		"refused; %s, media %.1f ms late",
		capacity, offered, took.Round(time.Second), float64(count)/took.Seconds(), count-refused, goodput, 100*goodput/capacity,
		refused, memory(m), 1000*m["ringsplash_media_late_seconds"])
	if goodput < 0.9*capacity {
		t.Errorf("the goodput is %.1f calls/s, less than 90 %% of %.1f", goodput, capacity)
	}
	undisturbed(t, carol, callerTone)
	undisturbed(t, bob, calleeTone)
	bob.Hangup()
	carol.WaitEvent("CALL_CLOSED")
}
