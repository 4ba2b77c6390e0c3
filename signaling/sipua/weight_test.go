package sipua

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
)

// A leg that is over is forgotten as soon as its transactions are: nothing else
// holds it, its call or its media.
func TestLegIsForgotten(t *testing.T) {
	a, b := newParty(t, nil), newParty(t, nil)
	var collected atomic.Int32
	func() {
		out := a.call(uriAt("alice", b.at("udp"), "udp"), nil)
		in := b.desk.next()
		in.leg.Ring(nil)
		in.leg.Answer([]byte(answerSDP))
		for answered := false; !answered; {
			_, answered = (<-out.events).(machine.Answered)
		}
		for _, l := range []gateway.Leg{out.leg, in.leg} {
			runtime.AddCleanup(l.(*leg), func(struct{}) { collected.Add(1) }, struct{}{})
		}
		out.leg.HangUp(machine.CauseHangUp)
		expect[machine.Ended](in)
		a.gone()
		b.gone()
	}()
	for end := time.Now().Add(wait); collected.Load() < 2; time.Sleep(20 * time.Millisecond) {
		runtime.GC()
		if time.Now().After(end) {
			t.Fatalf("%d of 2 legs are forgotten", collected.Load())
		}
	}
}
