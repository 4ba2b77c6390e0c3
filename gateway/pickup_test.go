package gateway

import (
	"net/netip"
	"testing"

	"ringsplash/gateway/machine"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// picksUp sends carol's INVITE for the call that rings alice's phone.
func (w *workbench) picksUp(ringing machine.LegID, who policy.Identity) (*fakeLeg, *media.RTPEnd) {
	end := w.peer()
	offer, err := end.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
	must(w.t, err)
	leg := newFakeLeg(machine.LegID(randomID("l")))
	w.gw.Begin(func(sink Sink) Incoming {
		leg.sink = sink
		return Incoming{
			Leg: leg, From: who, Device: "desk", Dialled: "sip:alice@example.test", Offer: offer, Replaces: ringing, PickUp: "alice",
			Source: netip.MustParseAddrPort("127.0.0.1:5064"),
		}
	})
	return leg, end
}

// A lamp key takes the ringing call where its user may; nobody else does.
func TestPickUpThroughCalls(t *testing.T) {
	w := newWorkbench(t, func(c *Config) {
		c.MayPickUp = func(user, of string) bool { return user == "carol" && of == "alice" }
	})
	w.register("alice", "desk", "urn:uuid:a")
	tab, news := w.openTab("alice", Resume{})
	caller, callerEnd := w.incoming("sip:1001@example.test", sdp.PCMU)
	phone := w.dial.next(t)
	phone.sink(machine.Rang{LegID: phone.id, Status: 180})
	caller.waits(t, "ring")
	carol := policy.Identity{Address: "sip:carol@example.test", Display: "Carol", Level: policy.Proven, User: "carol"}
	for _, no := range []policy.Identity{
		{Address: "sip:carol@example.test", Level: policy.Unverified},
		{Address: "sip:dave@example.test", Level: policy.Proven, User: "dave"},
	} {
		leg, _ := w.picksUp(phone.id, no)
		leg.waits(t, "reject forbidden")
	}
	leg, end := w.picksUp(phone.id, carol)
	_, err := end.TakeAnswer(leg.waits(t, "answer").sdp)
	must(t, err)
	_, err = callerEnd.TakeAnswer(caller.waits(t, "answer").sdp)
	must(t, err)
	phone.waits(t, "cancel answered_elsewhere")
	phone.sink(machine.Refused{LegID: phone.id, Status: 487})
	callerEnd.Hear(media.HoldMusic)
	end.Hear(media.HoldMusic)
	heardWithin(t, end, 5)
	heardWithin(t, callerEnd, 5)
	w.sees(tab, news, "the call was answered elsewhere", func(s Snapshot) bool {
		return len(s.Calls) == 1 && s.Calls[0].State == "ended" && s.Calls[0].Cause == machine.CauseElsewhere
	})
	if e := w.history("alice", "in", false); e.Cause != string(machine.CauseElsewhere) {
		t.Fatalf("alice's history %+v", e)
	}
	caller.sink(machine.Ended{LegID: caller.id, Cause: machine.CauseHangUp})
	leg.waits(t, "hangup hang_up")
}
