package gateway

import (
	"testing"

	"ringsplash/gateway/machine"
	"ringsplash/media"
	"ringsplash/media/sdp"
)

// A phone's offer that meets one of ours is answered by what it says, and ours
// is made anew when it is still wanted.
func TestOffersMeet(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	caller, callerEnd := w.incoming("sip:1001@example.test", sdp.PCMA)
	phone := w.dial.next(t)
	w.answer(phone, sdp.PCMA)
	caller.waits(t, "answer")
	_, err := callerEnd.TakeAnswer(caller.sdp)
	must(t, err)
	callerEnd.Hear(media.HoldMusic)

	phone.sink(machine.RefreshDue{LegID: phone.id})
	phone.waits(t, "reoffer") // which waits for its turn: the phone's own is here
	moved := w.peer()
	offer, err := moved.Offer([]sdp.Codec{sdp.PCMA}, sdp.SendRecv)
	must(t, err)
	phone.sink(machine.Offered{LegID: phone.id, SDP: offer})
	phone.waits(t, "answer")
	_, err = moved.TakeAnswer(phone.sdp)
	must(t, err)
	heardWithin(t, moved, 5)
}
