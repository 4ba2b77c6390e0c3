package gateway

import (
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/media/sdp"
)

// A timer that ran out just before it was stopped says nothing any more.
func TestStoppedTimer(t *testing.T) {
	c := newWorkbench(t, nil).gw.newCall("c")
	c.state.Phase = machine.Ringing
	for _, cmd := range []machine.Effect{
		machine.StopTimer{Timer: machine.RingTimer},
		machine.StartTimer{Timer: machine.RingTimer, After: time.Hour},
	} {
		c.perform(machine.StartTimer{Timer: machine.RingTimer, After: 0})
		late := c.box.Take()
		c.perform(cmd)
		for _, e := range late {
			c.step(e)
		}
		if c.state.Phase != machine.Ringing {
			t.Fatalf("after %T the call is %s", cmd, c.state.Phase)
		}
	}
	c.perform(machine.StartTimer{Timer: machine.RingTimer, After: 0})
	for _, e := range c.box.Take() {
		c.step(e)
	}
	if c.state.Phase != machine.Terminated {
		t.Fatalf("the call is %s", c.state.Phase)
	}
	c.perform(machine.StopTimer{Timer: machine.RingTimer})
}

// The media of a branch that lost is given back at once, not when the talk ends.
func TestLosersGiveTheirPortsBack(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	w.register("alice", "desk", "urn:uuid:b")
	caller, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	won, lost := w.dial.next(t), w.dial.next(t)
	for _, l := range []*fakeLeg{won, lost} {
		l.sink(machine.Rang{LegID: l.id, Status: 180})
	}
	before, _ := w.loop.Pairs()
	w.answer(won, sdp.PCMU) // has a pair of its own
	lost.waits(t, "cancel answered_elsewhere")
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if bound, _ := w.loop.Pairs(); bound == before {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("%d pairs are bound, %d before the answer", bound, before)
		}
	}
	lost.sink(machine.Answered{LegID: lost.id, SDP: []byte("v=0")}) // crossed the CANCEL
	lost.waits(t, "hangup answered_elsewhere")
	won.sink(machine.Ended{LegID: won.id})
	caller.waits(t, "hangup hang_up")
}

// The call of a transfer's target does not wait for a call that failed.
func TestFaultEndsTransfer(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	caller, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	phone := w.dial.next(t)
	w.answer(phone, sdp.PCMU)
	caller.waits(t, "answer")
	phone.sink(machine.Referred{LegID: phone.id, To: "tel:0123"})
	line := w.dial.next(t)
	phone.waits(t, "report 100")
	phone.explodes.Store(true)
	line.sink(machine.Rang{LegID: line.id, Status: 180}) // is reported, which is where it fails
	line.waits(t, "hangup fault")
}
