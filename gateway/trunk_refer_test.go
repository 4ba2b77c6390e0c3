package gateway

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"ringsplash/gateway/machine"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// refersFirst are the lines, of which the first may transfer.
func refersFirst(c *Config) {
	lines(c)
	c.Trunks[1].Refer = true
}

// fromTrunk lets somebody behind the trunk call the user's phone, which answers.
func (w *workbench) fromTrunk(trunk, number string) (far, phone *fakeLeg, farEnd, phoneEnd *media.RTPEnd) {
	w.t.Helper()
	end := w.peer()
	offer, err := end.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
	must(w.t, err)
	far = newFakeLeg(machine.LegID(randomID("l")))
	w.gw.Begin(func(sink Sink) Incoming {
		far.sink = sink
		return Incoming{
			Leg: far, From: policy.Identity{Address: "tel:+4930123", Trunk: trunk, Level: policy.Proven}, Dialled: "sip:" + number +
				"@example.test",
			Offer: offer, Source: netip.MustParseAddrPort("127.0.0.1:5064"),
		}
	})
	phone = w.dial.next(w.t)
	phoneEnd = w.answer(phone, sdp.PCMU)
	_, err = end.TakeAnswer(far.waits(w.t, "answer").sdp)
	must(w.t, err)
	return far, phone, end, phoneEnd
}

// paid tells for whom calls to the outside were counted.
func (w *workbench) paid() (users []string) {
	w.gw.outside.mu.Lock()
	defer w.gw.outside.mu.Unlock()
	for name := range w.gw.outside.users {
		users = append(users, name)
	}
	return users
}

// A trunk that may transfers the user it talks with: to another user, or back
// to itself as it names the number. Nobody pays for that.
func TestTrunkTransfers(t *testing.T) {
	for _, row := range []struct{ name, to, uri string }{
		{"a user", "sip:bob@example.test", ""},
		{"a user's number", "sip:1002@127.0.0.1:5060", ""},
		{"back to itself", "sip:200@127.0.0.10:5060;user=phone", "sip:200@127.0.0.10:5060"},
		{"an extension that we have not", "sip:300@example.test", "sip:300@127.0.0.10:5060"},
		{"not by our dial plan", "sip:0044@example.test", "sip:0044@127.0.0.10:5060"},
		{"an emergency number, of its own", "sip:112@127.0.0.10", "sip:112@127.0.0.10:5060"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorkbench(t, refersFirst)
			w.register("alice", "desk", "urn:uuid:a")
			w.register("bob", "desk", "urn:uuid:b")
			far, phone, _, phoneEnd := w.fromTrunk("first", "1001")
			far.sink(machine.Referred{LegID: far.id, To: row.to})
			next := w.dial.next(t)
			far.waits(t, "report 100")
			if next.in.URI != row.uri || (row.uri == "") != (next.in.Binding != nil) || row.uri != "" && next.in.Trunk != "first" {
				t.Fatalf("INVITE %+v", next.in)
			}
			if next.in.From.Address != "sip:alice@example.test" {
				t.Errorf("the target is told of %+v", next.in.From)
			}
			nextEnd := w.answer(next, sdp.PCMU)
			far.waits(t, "report 200").waits(t, "hangup transferred")
			phoneEnd.Hear(media.HoldMusic)
			nextEnd.Hear(media.HoldMusic)
			heardWithin(t, nextEnd, 5)
			heardWithin(t, phoneEnd, 5)
			if got := w.paid(); len(got) > 0 {
				t.Errorf("counted for %v", got)
			}
			next.sink(machine.Ended{LegID: next.id, Cause: machine.CauseHangUp})
			phone.waits(t, "hangup hang_up")
		})
	}
}

// No trunk is led anywhere else, by whatever it says, and none transfers that
// was not allowed to or that talks with nobody of ours.
func TestTrunkTransfersNowhereElse(t *testing.T) {
	refused := func(t *testing.T, far *fakeLeg, w *workbench, want string) {
		t.Helper()
		far.waits(t, want)
		select {
		case leg := <-w.dial.legs:
			t.Fatalf("INVITE %+v", leg.in)
		default:
		}
	}
	for _, to := range []string{"sip:200@127.0.0.11", "sip:x@premium.example", "sip:x@127.0.0.9:5060"} {
		t.Run(to, func(t *testing.T) {
			w := newWorkbench(t, refersFirst)
			w.register("alice", "desk", "urn:uuid:a")
			far, _, _, _ := w.fromTrunk("first", "1001")
			far.sink(machine.Referred{LegID: far.id, To: to})
			refused(t, far, w, "report 403")
		})
	}
	t.Run("a trunk that may not", func(t *testing.T) {
		w := newWorkbench(t, refersFirst)
		w.register("alice", "desk", "urn:uuid:a")
		w.register("bob", "desk", "urn:uuid:b")
		far, _, _, _ := w.fromTrunk("second", "1001")
		far.sink(machine.Referred{LegID: far.id, To: "sip:bob@example.test"})
		refused(t, far, w, "report 403")
		if told := far.told(); slices.Contains(told, "report 100") {
			t.Errorf("the trunk was told %v", told)
		}
	})
	t.Run("its redirection", func(t *testing.T) {
		w := newWorkbench(t, refersFirst)
		w.register("alice", "desk", "urn:uuid:a")
		far, _, _, _ := w.fromTrunk("first", "1001")
		far.sink(machine.Referred{LegID: far.id, To: "sip:200@127.0.0.10"})
		next := w.dial.next(t)
		next.sink(machine.Refused{LegID: next.id, Status: 302, Contacts: []string{"sip:0044@127.0.0.10"}})
		refused(t, far, w, "report 480")
	})
	t.Run("two trunks", func(t *testing.T) {
		w := newWorkbench(t, refersFirst)
		w.register("alice", "desk", "urn:uuid:a")
		far, phone, _, _ := w.fromTrunk("first", "1001")
		phone.sink(machine.Referred{LegID: phone.id, To: "sip:0044@example.test"}) // on alice's account
		other := w.dial.next(t)
		if other.in.Trunk != "second" {
			t.Fatalf("INVITE %+v", other.in)
		}
		w.answer(other, sdp.PCMU)
		phone.waits(t, "report 200")
		far.sink(machine.Referred{LegID: far.id, To: "sip:200@127.0.0.10"})
		refused(t, far, w, "report 403")
	})
}

// Two calls of the trunk with two users become one call of these, and of
// nobody's leg but its own.
func TestTrunkTransfersAttended(t *testing.T) {
	w := newWorkbench(t, refersFirst)
	w.register("alice", "desk", "urn:uuid:a")
	w.register("bob", "desk", "urn:uuid:b")
	one, alice, _, aliceEnd := w.fromTrunk("first", "1001")
	two, bob, _, bobEnd := w.fromTrunk("first", "1002")
	one.sink(machine.Referred{LegID: one.id, Attended: true, Replaces: bob.id})
	one.waits(t, "report 403")
	one.sink(machine.Referred{LegID: one.id, Attended: true, Replaces: alice.id})
	one.waits(t, "report 481")
	one.sink(machine.Referred{LegID: one.id, Attended: true, Replaces: two.id})
	one.waits(t, "report 200").waits(t, "hangup transferred")
	two.waits(t, "hangup transferred")
	aliceEnd.Hear(media.HoldMusic)
	bobEnd.Hear(media.HoldMusic)
	heardWithin(t, aliceEnd, 5)
	heardWithin(t, bobEnd, 5)
	if got := strings.Join(w.paid(), " "); got != "" {
		t.Errorf("counted for %s", got)
	}
	alice.sink(machine.Ended{LegID: alice.id, Cause: machine.CauseHangUp})
	bob.waits(t, "hangup hang_up")
}
