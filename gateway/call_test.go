package gateway

import (
	"context"
	"fmt"
	"testing"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

func TestPhoneToPhone(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	caller, callerEnd := w.incoming("sip:1001@example.test", sdp.PCMA, sdp.PCMU)
	phone := w.dial.next(t)
	if phone.in.Binding == nil || phone.in.Binding.Device != "desk" || phone.in.From.Address != "sip:bob@example.test" {
		t.Fatalf("INVITE %+v", phone.in)
	}
	phone.sink(machine.Rang{LegID: phone.id, Status: 180})
	caller.waits(t, "ring")
	phoneEnd := w.answer(phone, sdp.PCMU)
	caller.waits(t, "answer")
	_, err := callerEnd.TakeAnswer(caller.sdp)
	must(t, err)
	callerEnd.Hear(media.HoldMusic)
	phoneEnd.Hear(media.HoldMusic)
	heardWithin(t, phoneEnd, 5)
	heardWithin(t, callerEnd, 5)

	phone.sink(machine.Ended{LegID: phone.id, Cause: machine.CauseHangUp})
	caller.waits(t, "hangup hang_up")
	w.history("bob", "out", false)
	w.history("alice", "in", false)
}

func (w *workbench) history(user, direction string, missed bool) directory.HistoryEntry {
	w.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; {
		list, err := w.dir.History(context.Background(), user, "", 10)
		must(w.t, err)
		if len(list) == 1 {
			if list[0].Direction != direction || list[0].Missed != missed || list[0].Reason == "" {
				w.t.Fatalf("%s's history: %+v", user, list[0])
			}
			return list[0]
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s's history has %d rows", user, len(list))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestRefusals(t *testing.T) {
	rows := []struct{ name, dialled, want string }{
		{"unknown", "sip:nobody@example.test", "reject unknown"},
		{"nobody registered", "sip:alice@example.test", "reject offline"},
		{"foreign domain", "sip:x@elsewhere.test", "reject forbidden"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			w := newWorkbench(t, nil)
			leg, _ := w.incoming(row.dialled, sdp.PCMU)
			leg.waits(t, row.want)
		})
	}
	t.Run("too many", func(t *testing.T) {
		w := newWorkbench(t, func(c *Config) { c.MaxAllCalls = 1 })
		w.register("alice", "desk", "urn:uuid:a")
		w.incoming("sip:alice@example.test", sdp.PCMU)
		w.dial.next(t)
		second, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
		second.waits(t, "reject overload")
	})
	t.Run("bad offer", func(t *testing.T) {
		w := newWorkbench(t, nil)
		leg := newFakeLeg("l1")
		w.gw.Begin(func(sink Sink) Incoming {
			leg.sink = sink
			return Incoming{Leg: leg, Dialled: "sip:alice@example.test", Offer: []byte("nonsense")}
		})
		leg.waits(t, "reject bad_description")
	})
	t.Run("stranger to the trunk", func(t *testing.T) {
		w := newWorkbench(t, nil)
		end := w.peer()
		offer, err := end.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
		must(t, err)
		leg := newFakeLeg("l1")
		w.gw.Begin(func(sink Sink) Incoming {
			leg.sink = sink
			return Incoming{
				Leg: leg, Dialled: "sip:00491234@example.test", Offer: offer,
				From: policy.Identity{Address: "sip:x@elsewhere.test"},
			}
		})
		leg.waits(t, "reject unknown")
	})
}

func TestOutToTrunk(t *testing.T) {
	w := newWorkbench(t, nil)
	w.incoming("sip:0(030)12-34@example.test", sdp.PCMU)
	leg := w.dial.next(t)
	if leg.in.Trunk != "pbx" || leg.in.URI != "sip:0301234@127.0.0.9" {
		t.Fatalf("INVITE %+v", leg.in)
	}
}

func TestTabRingsAndDeclines(t *testing.T) {
	w := newWorkbench(t, nil)
	tab, news := w.openTab("alice", Resume{})
	caller, _ := w.incoming("sip:alice@example.test", sdp.G722, sdp.PCMU)
	snap := w.sees(tab, news, "ringing", inState("ringing"))
	if want := snap.Media.Want; want == nil || fmt.Sprint(want.Codecs) != "[G722 PCMU PCMA]" {
		t.Fatalf("media.want %+v", want)
	}
	_, err := tab.Do(context.Background(), Command{Do: "ringing", Call: snap.Calls[0].ID})
	must(t, err)
	caller.waits(t, "ring")
	_, err = tab.Do(context.Background(), Command{Do: "decline", Call: snap.Calls[0].ID})
	must(t, err)
	caller.waits(t, "reject declined")
	snap = w.sees(tab, news, "ended", inState("ended"))
	if snap.Calls[0].Reason != "You declined this call." || snap.Media.Want != nil {
		t.Fatalf("ended view %+v", snap.Calls[0])
	}
	if _, err := tab.Do(context.Background(), Command{Do: "hangup", Call: snap.Calls[0].ID}); err == nil ||
		err.(*machine.CommandError).Code != "ended" {
		t.Fatalf("command to an ended call: %v", err)
	}
	w.history("alice", "in", false)
}

// A PBX that gave the call to another phone of alice's says so in its CANCEL:
// she missed nothing.
func TestAnsweredElsewhereIsNotMissed(t *testing.T) {
	for cause, missed := range map[machine.Cause]bool{machine.CauseElsewhere: false, machine.CauseCallerGone: true} {
		w := newWorkbench(t, nil)
		tab, news := w.openTab("alice", Resume{})
		caller, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
		w.sees(tab, news, "ringing", inState("ringing"))
		caller.sink(machine.Ended{LegID: caller.id, Cause: cause})
		w.sees(tab, news, "ended", inState("ended"))
		h := w.history("alice", "in", missed)
		if h.Cause != string(cause) || h.Reason != cause.Sentence(machine.Callee).Text {
			t.Errorf("alice reads %+v", h)
		}
		w.sees(tab, news, "the counters",
			func(s Snapshot) bool { return s.Counters.History == 1 && (s.Counters.Missed == 1) == missed })
	}
}

func TestTwoTabsOneAnswer(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	one, news1 := w.openTab("alice", Resume{})
	two, news2 := w.openTab("alice", Resume{})
	caller, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	phone := w.dial.next(t)
	phone.sink(machine.Rang{LegID: phone.id, Status: 180})
	snap := w.sees(one, news1, "ringing", inState("ringing"))
	id := snap.Calls[0].ID
	_, err := one.Do(context.Background(), Command{Do: "answer", Call: id, On: "browser"})
	must(t, err)
	_, err = two.Do(context.Background(), Command{Do: "answer", Call: id, On: "browser"})
	if err == nil || err.(*machine.CommandError).Code != "already_answered" {
		t.Fatalf("second answer: %v", err)
	}
	phone.waits(t, "cancel answered_elsewhere")
	caller.waits(t, "answer")
	if v := w.sees(one, news1, "connected", inState("connected")).Calls[0]; !v.Here || *v.On != "browser" {
		t.Fatalf("tab one: %+v", v)
	}
	if v := w.sees(two, news2, "connected", inState("connected")).Calls[0]; v.Here {
		t.Fatalf("tab two: %+v", v)
	}
}

func TestTabResumesAndIsGone(t *testing.T) {
	w := newWorkbench(t, nil)
	tab, _ := w.openTab("alice", Resume{})
	caller, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	mine := Resume{Tab: tab.ID(), Secret: tab.Secret()}
	if other, _ := w.openTab("alice", mine); other.ID() == tab.ID() {
		t.Fatal("a second live socket took the tab")
	} else {
		other.Detach()
	}
	tab.Detach()
	again, news := w.openTab("alice", mine)
	if again.ID() != tab.ID() {
		t.Fatal("not resumed")
	}
	id := w.sees(again, news, "ringing", inState("ringing")).Calls[0].ID
	_, err := again.Do(context.Background(), Command{Do: "answer", Call: id, On: "browser"})
	must(t, err)
	caller.waits(t, "answer")
	if s, _ := w.openTab("bob", mine); s.ID() == tab.ID() {
		t.Fatal("another user resumed the tab")
	}
	if s, _ := w.openTab("alice", Resume{Tab: tab.ID(), Secret: "wrong"}); s.ID() == tab.ID() {
		t.Fatal("a wrong secret resumed the tab")
	}
	again.Detach()
	caller.waits(t, "hangup media_lost")
}

// A leg that panics ends its own call, with 500 to the caller; another call
// goes on.
func TestPanicEndsOneCall(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	good, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	phone := w.dial.next(t)
	bad, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	bad.explodes.Store(true)
	ringing := w.dial.next(t)
	ringing.sink(machine.Rang{LegID: ringing.id, Status: 180})
	bad.waits(t, "hangup fault")
	ringing.waits(t, "hangup fault")
	w.answer(phone, sdp.PCMU)
	good.waits(t, "answer")
}

func TestStop(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:a")
	caller, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	w.dial.next(t)
	must(t, w.gw.Close(context.Background()))
	caller.waits(t, "reject shutting_down")
	late, _ := w.incoming("sip:alice@example.test", sdp.PCMU)
	late.waits(t, "reject shutting_down")
}
