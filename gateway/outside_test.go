package gateway

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/internal/address"
	"ringsplash/media/sdp"
	"ringsplash/policy"
	"ringsplash/test/rig"
)

// lines are trunks in this order; "dead" does not answer.
func lines(c *Config) {
	at := func(name, host string, rows ...Prefix) Trunk {
		return Trunk{Name: name, Host: host + ":5060", Prefixes: rows}
	}
	c.Trunks = []Trunk{
		at("dead", "127.0.0.9", Prefix{Match: "0", Strip: 1}),
		at("first", "127.0.0.10", Prefix{Match: "0", Strip: 1, Add: "+49"}, Prefix{Match: "9", Strip: 1}),
		at("second", "127.0.0.11", Prefix{Match: "0"}, Prefix{Match: "00", Strip: 2, Add: "+"}),
	}
	c.Emergency = map[string]string{"112": "second"}
	c.TrunkUp = func(name string) bool { return name != "dead" }
	c.TrunkAddrs = func(name string) []netip.Addr {
		if name != "second" {
			return nil
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.11"), netip.MustParseAddr("127.0.0.12")}
	}
	c.MaxOutside, c.MaxOutsideHour = 1, 2
}

func TestWays(t *testing.T) {
	w := newWorkbench(t, lines)
	for number, want := range map[string][]way{
		"030":  {{"first", "sip:+4930@127.0.0.10:5060"}, {"second", "sip:030@127.0.0.11:5060"}, {"dead", "sip:30@127.0.0.9:5060"}},
		"0044": {{"second", "sip:+44@127.0.0.11:5060"}}, // the longest match only
		"91":   {{"first", "sip:1@127.0.0.10:5060"}},
		"9":    {},
		"7":    {},
	} {
		if got := w.gw.ways(number); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", number, got, want)
		}
	}
}

// A 3xx is followed within the dial plan, and never to a foreign address.
func TestRedirect(t *testing.T) {
	for contact, want := range map[string]string{
		"sip:91@127.0.0.11":          "sip:1@127.0.0.10:5060", // a number of the dial plan
		"tel:91":                     "sip:1@127.0.0.10:5060",
		"sip:alice@example.test":     "",                      // one of us: her phone
		"sip:91@127.0.0.12":          "sip:1@127.0.0.10:5060", // of the trunk too
		"sip:91@premium.example":     "reject",
		"sip:91@127.0.0.9":           "reject", // another trunk's host
		"sip:7@127.0.0.11":           "reject", // not in the dial plan
		"mailto:alice@elsewhere.org": "reject",
	} {
		t.Run(contact, func(t *testing.T) {
			w := newWorkbench(t, lines)
			w.register("alice", "desk", "urn:uuid:a")
			caller, _ := w.incoming("sip:0044@example.test", sdp.PCMU)
			leg := w.dial.next(t)
			leg.sink(machine.Refused{LegID: leg.ID(), Status: 302, Contacts: []string{contact}})
			if want == "reject" {
				caller.waits(t, "reject redirected")
				return
			}
			if next := w.dial.next(t); next.in.URI != want || (want == "") != (next.in.Binding != nil) {
				t.Fatalf("INVITE %+v", next.in)
			}
		})
	}
	t.Run("in a circle", func(t *testing.T) {
		w := newWorkbench(t, lines)
		caller, _ := w.incoming("sip:0044@example.test", sdp.PCMU)
		for range 1 + machine.MaxRedirects {
			leg := w.dial.next(t)
			leg.sink(machine.Refused{LegID: leg.ID(), Status: 302, Contacts: []string{"sip:0044@127.0.0.11"}})
		}
		caller.waits(t, "reject redirected")
	})
}

// A user has so many outside calls at a time and in an hour; emergency numbers
// and other users are not touched.
func TestOutsideLimits(t *testing.T) {
	w := newWorkbench(t, lines)
	w.incoming("sip:91@example.test", sdp.PCMU)
	first := w.dial.next(t)
	refused, _ := w.incoming("sip:91@example.test", sdp.PCMU)
	refused.waits(t, "reject outside_limit")
	w.incoming("sip:112@example.test", sdp.PCMU)
	if leg := w.dial.next(t); leg.in.Trunk != "second" {
		t.Fatalf("emergency call: %+v", leg.in)
	}
	first.sink(machine.Refused{LegID: first.ID(), Status: 486})
	rig.Until(t, rig.Patience, "the call is off the books", func() bool {
		w.gw.outside.mu.Lock()
		defer w.gw.outside.mu.Unlock()
		return w.gw.outside.users["bob"].running == 0
	})

	o, now := outside{calls: 9, hourly: 2, users: map[string]*outsideUse{}}, time.Now()
	took := []bool{
		o.take("bob", now), o.take("bob", now.Add(time.Minute)), o.take("bob", now.Add(2*time.Minute)),
		o.take("alice", now), o.take("bob", now.Add(time.Hour+time.Second)),
	}
	if want := []bool{true, true, false, true, true}; !reflect.DeepEqual(took, want) {
		t.Errorf("took %v, want %v", took, want)
	}
}

// Nothing leaves on nobody's account, whatever led there.
func TestNobodysAccount(t *testing.T) {
	w := newWorkbench(t, lines)
	c := w.gw.newCall("c1")
	for _, kind := range []machine.LegKind{machine.TrunkLeg, machine.URILeg} {
		if cause := c.mayLeave(machine.Target{Kind: kind, Trunk: "first", URI: "sip:1@127.0.0.10"},
			machine.Callee); cause != machine.CauseForbidden {
			t.Errorf("%s: %q", kind, cause)
		}
	}
}

// Who asks for privacy is shown to a trunk only.
func TestPrivateCaller(t *testing.T) {
	for text, shown := range map[string]string{
		"sip:91@example.test":    "sip:bob@example.test",
		"sip:alice@example.test": "sip:anonymous@anonymous.invalid",
	} {
		w := newWorkbench(t, lines)
		w.register("alice", "desk", "urn:uuid:a")
		tab, news := w.openTab("alice", Resume{})
		leg, end := newFakeLeg("private"), w.peer()
		offer, err := end.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
		must(t, err)
		w.gw.Begin(func(sink Sink) Incoming {
			leg.sink = sink
			return Incoming{Leg: leg, From: policy.Identity{
				Address: "sip:bob@example.test", Display: "Bob", Level: policy.Proven,
				User: "bob", Private: true,
			}, Dialled: text, Offer: offer}
		})
		if got := w.dial.next(t).in.From.Address; got != shown {
			t.Errorf("%s: shown %s, want %s", text, got, shown)
		}
		if text == "sip:alice@example.test" {
			if snap := w.sees(tab, news, "ringing", inState("ringing")); snap.Calls[0].Peer.Display != "Anonymous" {
				t.Errorf("the tab shows %+v", snap.Calls[0].Peer)
			}
		}
	}
}

// notForHelp is what a node that drains refuses, whatever it dials.
var notForHelp = map[string]Incoming{
	"an ordinary call": {From: policy.Identity{User: "bob"}, Dialled: "sip:91@example.test"},
	"another host":     {From: policy.Identity{User: "bob"}, Dialled: "sip:112@elsewhere.test"},
	"a replacement":    {From: policy.Identity{User: "bob"}, Dialled: "sip:112@example.test", Replaces: "l1"},
	"a stranger":       {From: policy.Identity{Level: policy.Unverified}, Dialled: "sip:112@example.test"},
	"a trunk":          {From: policy.Identity{Trunk: "first"}, Dialled: "sip:112@example.test"},
}

// An emergency call of a user is taken whatever bounds other calls, until the
// last call of a node that is being stopped is over.
func TestEmergencyCalls(t *testing.T) {
	w := newWorkbench(t, func(c *Config) {
		lines(c)
		c.MaxAllCalls, c.MaxCalls = 1, 1
		c.Emergency["911"] = "first"
	})
	helped := func(number string) *fakeLeg {
		t.Helper()
		leg := w.dial.next(t)
		if _, got, _ := address.Cut(leg.in.URI); got != number || leg.in.Trunk != w.gw.cfg.Emergency[number] {
			t.Fatalf("INVITE %s by %s, want %s", leg.in.URI, leg.in.Trunk, number)
		}
		return leg
	}
	w.incoming("sip:91@example.test", sdp.PCMU)
	ordinary := w.dial.next(t)
	tab, _ := w.openTab("bob", Resume{})
	dial := func(to string) error {
		_, err := tab.Do(t.Context(), Command{Do: "call", To: to})
		return err
	}

	w.incoming("sip:112@example.test", sdp.PCMU)
	calls := []*fakeLeg{ordinary, helped("112")}
	must(t, dial("1-1-2"))
	calls = append(calls, helped("112"))
	w.incoming("tel:9911", sdp.PCMU) // with the digit for an outside line
	calls = append(calls, helped("911"))
	w.gw.Drain()
	w.incoming("sip:112@example.test", sdp.PCMU)
	calls = append(calls, helped("112"))
	must(t, dial("112"))
	calls = append(calls, helped("112"))

	// Nothing else comes in that way.
	if err := dial("91"); err == nil {
		t.Error("an ordinary call of the tab was taken")
	}
	for what, in := range notForHelp {
		leg := newFakeLeg("refused")
		in.Leg = leg
		w.gw.Begin(func(Sink) Incoming { return in }) // refuses before it returns
		if got := leg.told(); len(got) != 1 || got[0] != "reject shutting_down" {
			t.Errorf("%s: %v", what, got)
		}
	}
	for text, want := range map[string]machine.Cause{
		"sip:112@example.test": "", "": machine.CauseShuttingDown, "sip:91@example.test": machine.CauseShuttingDown,
	} {
		if got := w.gw.RoomFor(text); got != want {
			t.Errorf("RoomFor(%q) is %q", text, got)
		}
	}

	empty := w.gw.Drain()
	for _, leg := range calls {
		leg.sink(machine.Refused{LegID: leg.ID(), Status: 486})
	}
	<-empty
	late, _ := w.incoming("sip:112@example.test", sdp.PCMU)
	late.waits(t, "reject shutting_down")
}

// What a stolen password can begin is bounded even so.
func TestEmergencyLimit(t *testing.T) {
	w := newWorkbench(t, lines)
	on := w.gw.userClaim("bob", "112")
	for range maxUrgent {
		c := w.gw.newCall(newCallID())
		if cause := w.gw.admit(c, on); cause != "" {
			t.Fatal(cause)
		}
		defer func() { w.gw.forget(c); w.gw.running.Done() }()
	}
	if cause := w.gw.admit(w.gw.newCall("more"), on); cause != machine.CauseOwnLimit {
		t.Errorf("one more: %q", cause)
	}
	if got := w.gw.userClaim("bob", "91"); got != (claim{payer: "user bob", limit: w.gw.cfg.MaxCalls}) {
		t.Errorf("an ordinary call is on %+v", got)
	}
}
