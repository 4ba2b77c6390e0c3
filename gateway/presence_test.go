package gateway

import (
	"context"
	"slices"
	"testing"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
	"ringsplash/media/sdp"
	"ringsplash/policy"
	"ringsplash/presence"
)

func (w *workbench) sets(user, state string) {
	w.t.Helper()
	must(w.t, w.dir.SetPresence(w.t.Context(), user, directory.PresencePatch{Set: &state}))
}

func (w *workbench) visible(user, to string) {
	w.t.Helper()
	must(w.t, w.dir.SetPresence(w.t.Context(), user, directory.PresencePatch{Visible: &to}))
}

func (w *workbench) knows(user, other string, friend bool) {
	w.t.Helper()
	_, err := w.dir.AddEntry(w.t.Context(), user, directory.EntryDraft{Addresses: []string{other}, Friend: friend})
	must(w.t, err)
}

// showsState tells whether a tab shows somebody in that state.
func showsState(user string, state presence.State) func(Snapshot) bool {
	return func(s Snapshot) bool {
		return slices.ContainsFunc(s.Presence, func(p PresenceView) bool {
			return p.Address == "sip:"+user+"@example.test" && p.State == state
		})
	}
}

func isShown(state presence.State) func(Snapshot) bool {
	return func(s Snapshot) bool { return s.Me.Presence.State == state }
}

// A colleague's tab follows bob through his day.
func TestPresenceFollowsTabsPhonesAndCalls(t *testing.T) {
	w := newWorkbench(t, nil)
	w.knows("alice", "bob", false)
	alice, news := w.openTab("alice", Resume{})
	w.sees(alice, news, "that bob is offline", showsState("bob", presence.Offline))
	w.register("bob", "desk", "urn:uuid:1")
	w.sees(alice, news, "his phone", showsState("bob", presence.Phone))
	must(t, w.bind.Remove(t.Context(), "bob", "urn:uuid:1", 0))
	w.sees(alice, news, "that it is gone", showsState("bob", presence.Offline))

	bob, _ := w.openTab("bob", Resume{})
	w.sees(alice, news, "his tab", showsState("bob", presence.Available))
	hand := func(idle time.Duration) {
		_, err := bob.Do(context.Background(), Command{Do: "activity", Idle: int(idle.Seconds())})
		must(t, err)
	}
	hand(9 * time.Minute)
	w.sees(alice, news, "that he was there", showsState("bob", presence.Available))
	hand(10 * time.Minute)
	w.sees(alice, news, "that he went", showsState("bob", presence.Away))
	hand(0)
	w.sees(alice, news, "a hand", showsState("bob", presence.Available))
	hand(time.Hour)
	second, _ := w.openTab("bob", Resume{})
	w.sees(alice, news, "another tab of his", showsState("bob", presence.Available))
	second.remove()
	w.sees(alice, news, "that it is closed", showsState("bob", presence.Away))
	hand(0)

	leg, _ := w.incoming("0123", sdp.PCMU) // bob calls somebody outside
	w.sees(alice, news, "his call", showsState("bob", presence.Call))
	for _, p := range alice.Snapshot().Presence {
		if p.Note != "" || p.Display != "bob@example.test" {
			t.Errorf("more than the state is told: %+v", p)
		}
	}
	w.dial.next(t)
	leg.sink(machine.Ended{LegID: leg.id})
	w.sees(alice, news, "its end", showsState("bob", presence.Available))
	w.sets("bob", directory.SetInvisible)
	w.sees(alice, news, "that he hides", showsState("bob", presence.Offline))
	if p := alice.Snapshot().Presence[0]; p.Devices != (ReachedView{}) || !p.Since.IsZero() {
		t.Errorf("who hides is told from who is offline: %+v", p)
	}
}

// A call that rings somebody is none that he is in.
func TestRingingIsNoCallOfHis(t *testing.T) {
	w := newWorkbench(t, nil)
	alice, news := w.openTab("alice", Resume{})
	w.incoming("alice", sdp.PCMU)
	snap := w.sees(alice, news, "the ringing", inState("ringing"))
	if snap.Me.Presence.State != presence.Available {
		t.Errorf("she is %s while it rings", snap.Me.Presence.State)
	}
}

func TestDoNotDisturbRingsNothing(t *testing.T) {
	w := newWorkbench(t, nil)
	w.register("alice", "desk", "urn:uuid:1")
	alice, news := w.openTab("alice", Resume{})
	w.sets("alice", directory.SetDND)
	w.sees(alice, news, "what she set", isShown(presence.DND))

	leg, _ := w.incoming("alice", sdp.PCMU)
	leg.waits(t, "reject dnd")
	snap := w.sees(alice, news, "the call among those that are over", inState("ended"))
	if c := snap.Calls[0]; c.Cause != machine.CauseDND || c.Reason != machine.CauseDND.Sentence(machine.Callee).Text {
		t.Errorf("she reads %+v", c)
	}
	w.sees(alice, news, "that she missed one", func(s Snapshot) bool { return s.Counters.Missed == 1 })
	select {
	case <-w.dial.legs:
		t.Fatal("her phone rings")
	default:
	}

	// From a tab it is told at once too, and she finds that one as well.
	bob, bobs := w.openTab("bob", Resume{})
	placed, err := bob.Do(context.Background(), Command{Do: "call", To: "1001"})
	must(t, err)
	var own machine.CallView // his phone's call may be on his board yet
	w.sees(bob, bobs, "why", func(s Snapshot) bool {
		i := slices.IndexFunc(s.Calls, func(c machine.CallView) bool { return c.ID == placed.Call })
		if i >= 0 {
			own = s.Calls[i]
		}
		return own.State == "ended"
	})
	if own.Cause != machine.CauseDND || own.Reason != machine.CauseDND.Sentence(machine.Caller).Text {
		t.Errorf("he reads %+v", own)
	}
	w.sees(alice, news, "both", func(s Snapshot) bool { return s.Counters.Missed == 2 })

	w.register("alice", "lab", "urn:uuid:2")
	hers, _ := w.callOf("alice", "alice", sdp.PCMU)
	w.dial.next(t) // her own call rings her other phone
	hers.sink(machine.Ended{LegID: hers.id})
	w.sets("alice", "")
	w.incoming("alice", sdp.PCMU)
	w.dial.next(t)
}

// Who may not see somebody cannot find out by a call that he wants no calls.
func TestDoNotDisturbIsHiddenFromThoseWhoMayNotSee(t *testing.T) {
	w := newWorkbench(t, nil)
	w.visible("alice", directory.VisibleFriends)
	bob, news := w.openTab("bob", Resume{})
	call := func() machine.CallView {
		t.Helper()
		_, err := bob.Do(context.Background(), Command{Do: "call", To: "1001"})
		must(t, err)
		v := w.sees(bob, news, "the end", inState("ended")).Calls[0]
		_, err = bob.Do(context.Background(), Command{Do: "dismiss", Call: v.ID})
		must(t, err)
		return v
	}
	offline := call()
	w.sets("alice", directory.SetDND)
	hidden := call()
	if offline.Cause != hidden.Cause || offline.Reason != hidden.Reason || offline.State != hidden.State {
		t.Errorf("%s %q tells from %s %q", hidden.Cause, hidden.Reason, offline.Cause, offline.Reason)
	}
	if a, b := machine.CauseOffline.Outcome(), machine.CauseDNDHidden.Outcome(); a != b {
		t.Errorf("on the wire %+v tells from %+v", b, a)
	}
	w.knows("alice", "bob", true)
	w.book.Seen("bob", "alice")
	for deadline := time.Now().Add(5 * time.Second); call().Cause != machine.CauseDND; {
		if time.Now().After(deadline) {
			t.Fatal("her friend is not told")
		}
	}
}

func TestPeopleAreFoundWithTheirPresenceByRight(t *testing.T) {
	w := newWorkbench(t, nil)
	w.openTab("alice", Resume{})
	find := func(gw *Gateway, user, query string) []PersonView {
		t.Helper()
		found, err := gw.People(context.Background(), user, query)
		must(t, err)
		return found
	}
	found := find(w.gw, "bob", "ali")
	if len(found) != 1 || found[0].Address != "sip:alice@example.test" || found[0].Number != "1001" ||
		found[0].Presence.State != presence.Available || !found[0].Presence.Devices.Browser {
		t.Errorf("he finds %+v", found)
	}
	if found := find(w.gw, "alice", "ali"); len(found) != 0 {
		t.Errorf("she finds herself: %+v", found)
	}
	w.visible("alice", directory.VisibleNobody)
	if p := find(w.gw, "bob", "ali")[0].Presence; p != (StateView{State: presence.Offline}) {
		t.Errorf("he sees her: %+v", p)
	}

	w.gw.cfg.OwnPeople = true
	if found := find(w.gw, "bob", "ali"); len(found) != 0 {
		t.Errorf("he finds who is not in his directory: %+v", found)
	}
	w.knows("bob", "alice", false)
	if found := find(w.gw, "bob", "ali"); len(found) != 1 {
		t.Errorf("he does not find who is in his directory: %+v", found)
	}
}

// A call says at once whom a number is, in the words of the one who looks.
func TestACallNamesItsOtherParty(t *testing.T) {
	w := newWorkbench(t, nil)
	for address, display := range map[string]string{"bob": "My Bob", "tel:+15551234": "Mum"} {
		_, err := w.dir.AddEntry(t.Context(), "alice", directory.EntryDraft{Display: display, Addresses: []string{address}})
		must(t, err)
	}
	alice, news := w.openTab("alice", Resume{})
	named := func(display string) func(Snapshot) bool {
		return func(s Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].Peer.Display == display }
	}
	call := func(who policy.Identity) *fakeLeg {
		t.Helper()
		leg, _ := w.from(who, "alice", sdp.PCMU)
		return leg
	}
	over := func(leg *fakeLeg) {
		t.Helper()
		leg.sink(machine.Ended{LegID: leg.id})
		id := w.sees(alice, news, "the end", inState("ended")).Calls[0].ID
		_, err := alice.Do(context.Background(), Command{Do: "dismiss", Call: id})
		must(t, err)
	}
	leg := call(policy.Identity{Address: "sip:bob@example.test", Display: "Bobby", Level: policy.Proven, User: "bob"})
	v := w.sees(alice, news, "her name for him", named("My Bob")).Calls[0]
	over(leg)
	// What was pressed before the name came still means the same caller.
	if v.Version < 2 {
		t.Fatalf("the name made no version: %d", v.Version)
	}
	leg = call(policy.Identity{Address: "tel:+15551234", Level: policy.Asserted, Trunk: "pbx"})
	w.sees(alice, news, "an outside number's name", named("Mum"))
	over(leg)

	// A stranger who says that he has her number is not called by her name.
	leg = call(policy.Identity{Address: "tel:+15551234", Display: "Your mother", Level: policy.Unverified})
	w.sees(alice, news, "what the stranger says", named("Your mother"))
	w.sees(alice, news, "nothing else", func(s Snapshot) bool { return s.Calls[0].Version == 1 })
	over(leg)

	w.register("bob", "desk", "urn:uuid:2")
	_, err := alice.Do(context.Background(), Command{Do: "call", To: "1002"})
	must(t, err)
	w.sees(alice, news, "the name of whom she called", named("My Bob"))
}
