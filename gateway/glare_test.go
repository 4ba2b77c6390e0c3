package gateway

import (
	"testing"

	"ringsplash/media"
)

// A phone's offer that meets one of ours is answered by what it says, and ours
// is made anew when it is still wanted.
func TestOffersMeet(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	caller, callerEnd := w.incoming("sip:1001@example.test", media.PCMA)
	phone := w.dial.next(t)
	w.answer(phone, media.PCMA)
	caller.waits(t, "answer")
	_, err := callerEnd.TakeAnswer(caller.sdp)
	must(t, err)
	callerEnd.Hear(media.HoldMusic)

	phone.sink(RefreshDue{Leg: phone.id})
	phone.waits(t, "reoffer") // which waits for its turn: the phone's own is here
	moved := w.peer()
	offer, err := moved.Offer([]media.Codec{media.PCMA}, media.SendRecv)
	must(t, err)
	phone.sink(Offered{Leg: phone.id, SDP: offer})
	phone.waits(t, "answer")
	_, err = moved.TakeAnswer(phone.sdp)
	must(t, err)
	heardWithin(t, moved, 5)
}

// What our offer was to bring about is offered again, unless the phone's own
// offer has done it.
func TestStaleOffer(t *testing.T) {
	stale := Reoffered{Leg: "auto", Status: 491, Stale: true}
	wanted := func() *script {
		s := clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly)
		return s.on(press("alice", "tab1", "unmute", "")).wants(reoffer{"auto", pcm[:1], media.SendRecv})
	}
	s := wanted().sound(Offered{Leg: "auto", SDP: []byte("v=0")}, pcm[:1], media.RecvOnly).not(openGate{})
	s.on(stale).wants(reoffer{"auto", pcm[:1], media.SendRecv}).not(openGate{})
	if s.state.Notes[Callee] == notePressPhone {
		t.Fatal("the phone is said to have refused, which was not asked")
	}
	s = wanted().sound(Offered{Leg: "auto", SDP: []byte("v=0")}, pcm[:1], media.SendRecv).wants(openGate{"auto"})
	s.on(stale).not(reoffer{}).not(hangUp{})

	// An offer that was under way when the leg changed its call is no match for
	// the new far end.
	s = talks(t)
	s.state.leg("d1").Codecs, s.state.leg("d1").Reoffering = []media.Codec{media.G722}, true
	s.sound(Reoffered{Leg: "d1", Status: 200, SDP: []byte("v=0")}, []media.Codec{media.G722},
		media.SendRecv).wants(reoffer{"d1", pcm, media.SendRecv})

	// Two phones without a common codec: the offer that was to help is repeated.
	s = talks(t)
	s.state.leg("d1").Codecs, s.state.leg("d1").Reoffering = []media.Codec{media.G722}, true
	stale.Leg = "d1"
	s.on(stale).phase(Established).wants(reoffer{"d1", pcm, media.SendRecv})
}
