package gateway

import (
	"slices"
	"testing"

	"ringsplash/gateway/machine"
)

// Digits of a phone reach a far end without telephone-events only while that
// hears the phone.
func TestKeysPassWhatIsHeard(t *testing.T) {
	w := newWorkbench(t, nil)
	for name, row := range map[string]struct {
		edit func(*machine.State)
		pass bool
	}{
		"talking": {func(*machine.State) {}, true},
		"muted":   {func(s *machine.State) { s.Parties[machine.Caller].Muted = true }, false},
		"held":    {func(s *machine.State) { s.Parties[machine.Caller].Hold = true }, false},
		"shut":    {func(s *machine.State) { s.Leg("a").Gate = machine.GateShut }, false},
		"wanted":  {func(s *machine.State) { s.Leg("a").Gate = machine.GateWanted }, false},
		"rings":   {func(s *machine.State) { s.Phase = machine.Ringing }, false},
	} {
		c := w.gw.newCall("c")
		c.state.Phase = machine.Established
		c.state.Legs = []machine.LegState{
			{ID: "a", Kind: machine.PhoneLeg, Stage: machine.Up},
			{ID: "b", Side: machine.Callee, Kind: machine.PhoneLeg, Stage: machine.Up},
		}
		c.state.Parties = [2]machine.Party{{Leg: "a"}, {Leg: "b"}}
		row.edit(&c.state)
		far := newFakeLeg("b")
		c.live("b").dialog = far
		c.live("a").end, c.live("b").end = w.peer(), w.peer() // without telephone-event
		c.route()
		own := c.own("a")
		for _, d := range []byte("12") {
			if first := own.keys.put(d); first != (d == '1') {
				t.Errorf("%s: %c wakes the call: %v", name, d, first)
			}
		}
		c.step(machine.Keyed{LegID: "a"})
		c.step(machine.Keyed{LegID: "a"})             // they are passed once
		c.step(machine.Digit{LegID: "a", Digit: '2'}) // the same key, from a phone that sends both
		if got := far.told(); slices.Equal(got, []string{"digits 12"}) != row.pass || !row.pass && len(got) > 0 {
			t.Errorf("%s: the far end was asked %v", name, got)
		}
	}
}

// A flood of digits is neither kept nor does it fill the call's mailbox.
func TestKeysAreBounded(t *testing.T) {
	var k keys
	woken := 0
	for range 1000 {
		if k.put('5') {
			woken++
		}
	}
	if got := len(k.take()); woken != 1 || got != len(k.digits) {
		t.Errorf("woken %d times for %d digits", woken, got)
	}
	if !k.put('6') || k.take() != "6" {
		t.Error("deaf after the flood")
	}
}
