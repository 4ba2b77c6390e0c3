package gateway

import (
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// The whole way, with real calls and media: bob's phone talks to alice's, which
// transfers it to a number outside, on alice's account.
func TestTransferThroughCalls(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	tab, news := w.openTab("alice", Resume{})
	caller, callerEnd := w.incoming("sip:1001@example.test", sdp.PCMU)
	phone := w.dial.next(t)
	w.answer(phone, sdp.PCMU)
	_, err := callerEnd.TakeAnswer(caller.waits(t, "answer").sdp)
	must(t, err)

	phone.sink(machine.Referred{LegID: phone.id, To: "sip:0123@example.test"})
	far := w.dial.next(t)
	if far.in.Trunk != "pbx" || far.in.From.User != "alice" || len(far.in.Headers) != 0 {
		t.Fatalf("INVITE %+v", far.in)
	}
	phone.waits(t, "report 100")
	far.sink(machine.Rang{LegID: far.id, Status: 180})
	phone.waits(t, "report 180")
	farEnd := w.answer(far, sdp.PCMU)
	phone.waits(t, "report 200").waits(t, "hangup transferred")
	w.sees(tab, news, "the call ended for alice", func(s Snapshot) bool {
		return len(s.Calls) == 1 && s.Calls[0].State == "ended" && s.Calls[0].Cause == machine.CauseTransferred
	})
	callerEnd.Hear(media.HoldMusic)
	farEnd.Hear(media.HoldMusic)
	heardWithin(t, farEnd, 5)
	heardWithin(t, callerEnd, 5)
	if e := w.history("alice", "in", false); e.Cause != string(machine.CauseTransferred) {
		t.Fatalf("alice's history %+v", e)
	}
	caller.sink(machine.Ended{LegID: caller.id, Cause: machine.CauseHangUp}) // its sink leads to the second call now
	far.waits(t, "hangup hang_up")
	// It was one call to bob, who called alice.
	if e := w.history("bob", "out", false); e.Address != "sip:alice@example.test" || e.Answered == nil ||
		e.Reason != "You were transferred to 123. The call has ended." {
		t.Fatalf("bob's history %+v", e)
	}
}

// Who is transferred to a call that is over by then has his one row too.
func TestTransferredToNobody(t *testing.T) {
	w := newWorkbench(t, nil)
	c := w.gw.newCall("c")
	end := w.peer()
	bob := newFakeLeg("b")
	h := handover{Joined: machine.Joined{
		From: "c1", Party: machine.Party{User: "bob", Who: policy.Identity{Address: "sip:bob@example.test"}, Direction: "out"},
		Leg: machine.LegState{
			ID: "b", Kind: machine.PhoneLeg, Stage: machine.Up,
			Negotiation: machine.Negotiation{Codecs: g711[:1], Remote: sdp.SendRecv},
		},
	}, live: &liveLeg{dialog: bob, end: end}}
	h.Party.Earlier = &machine.Earlier{
		With: policy.Identity{Address: "sip:alice@example.test"}, Began: time.Now(),
		Talking: time.Now(),
	}
	c.state.Phase = machine.Established
	c.step(h)
	bob.waits(t, "hangup transferred")
	if e := w.history("bob", "out", false); e.Address != "sip:alice@example.test" || e.Reason != "The call was transferred." {
		t.Fatalf("bob's history %+v", e)
	}
	c.state.Phase = machine.Terminated
	h.Party.User = "alice"
	c.afterwards(h)
	w.history("alice", "out", false)
}

// Two calls of alice become one of those she talked to.
func TestAttendedThroughCalls(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	talk := func() (caller, phone *fakeLeg, end *media.RTPEnd) {
		caller, end = w.incoming("sip:1001@example.test", sdp.PCMU)
		phone = w.dial.next(t)
		w.answer(phone, sdp.PCMU)
		_, err := end.TakeAnswer(caller.waits(t, "answer").sdp)
		must(t, err)
		return caller, phone, end
	}
	first, phoneA, firstEnd := talk()
	second, phoneB, secondEnd := talk()
	phoneA.sink(machine.Referred{LegID: phoneA.id, Attended: true, Replaces: "nowhere"})
	phoneA.waits(t, "report 481")
	phoneA.sink(machine.Referred{LegID: phoneA.id, Attended: true, Replaces: phoneB.id})
	phoneA.waits(t, "report 200").waits(t, "hangup transferred")
	phoneB.waits(t, "hangup transferred")
	firstEnd.Hear(media.HoldMusic)
	secondEnd.Hear(media.HoldMusic)
	heardWithin(t, secondEnd, 5)
	heardWithin(t, firstEnd, 5)
	second.sink(machine.Ended{LegID: second.id, Cause: machine.CauseHangUp})
	first.waits(t, "hangup hang_up")
}
