package gateway

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// A press that comes by INFO as well is not passed on, nor is any key to a
// phone whose gate is shut; the owner's act is on record.
func TestKeyGoesNowhere(t *testing.T) {
	p := &fakePolicy{}
	w := newWorkbench(t, func(c *Config) { c.Policy = p })
	c := w.gw.newCall("c")
	c.state.Phase = machine.Established
	c.state.Legs = []machine.LegState{
		{ID: "a", Kind: machine.PhoneLeg, Stage: machine.Up},
		{
			ID: "b", Side: machine.Callee, Kind: machine.PhoneLeg, Stage: machine.Up, Device: "desk", Instance: "i",
			Gate:       machine.GateShut,
			AutoAnswer: machine.AutoAnswer{Mute: profile.MuteGate}, Unmuting: machine.Unmuting{UnmuteKey: "*"},
		},
	}
	c.state.Parties = [2]machine.Party{{Leg: "a"}, {Leg: "b", User: "alice"}}
	caller, phone := newFakeLeg("a"), newFakeLeg("b")
	c.live("a").dialog, c.live("b").dialog = caller, phone
	c.live("a").end, c.live("b").end = w.peer(), w.peer()
	c.live("b").end.Gate().Shut()
	c.step(machine.Digit{LegID: "a", Digit: '*'})
	c.step(machine.Digit{LegID: "b", Digit: '5'})
	if c.state.Leg("b").Gate != machine.GateShut || len(p.unmuted) > 0 {
		t.Fatalf("gate %s", c.state.Leg("b").Gate)
	}
	c.step(machine.Digit{LegID: "b", Digit: '*'})
	c.step(machine.Digit{LegID: "b", Digit: '*'})
	if c.state.Leg("b").Gate != machine.GateOpen || c.live("b").end.Gate().State() != media.GateOpen {
		t.Fatalf("gate %s", c.state.Leg("b").Gate)
	}
	if got := slices.Concat(caller.told(), phone.told()); len(got) > 0 {
		t.Errorf("asked of the legs: %v", got)
	}
	if want := (policy.Unmute{Owner: "alice", Device: "desk", Instance: "i", By: "key", Call: "c"}); len(p.unmuted) != 1 ||
		p.unmuted[0] != want {
		t.Errorf("on record: %+v", p.unmuted)
	}
}

// The key of a phone that sends it as an event at the press and by INFO at the
// release is not passed on, however long it was held.
func TestHeldKeyGoesNowhere(t *testing.T) {
	w := newWorkbench(t, nil)
	c := w.gw.newCall("c")
	c.state.Phase = machine.Established
	c.state.Legs = []machine.LegState{
		{ID: "a", Kind: machine.PhoneLeg, Stage: machine.Up},
		{
			ID: "b", Side: machine.Callee, Kind: machine.PhoneLeg, Stage: machine.Up, Gate: machine.GateShut,
			AutoAnswer: machine.AutoAnswer{Mute: profile.MuteGate}, Unmuting: machine.Unmuting{UnmuteKey: "*"},
		},
	}
	c.state.Parties = [2]machine.Party{{Leg: "a"}, {Leg: "b", User: "alice"}}
	caller := newFakeLeg("a")
	c.live("a").dialog, c.live("b").dialog = caller, newFakeLeg("b")
	c.live("a").end, c.live("b").end = w.peer(), w.peer()
	c.live("b").end.Gate().Shut()
	o := c.own("b")
	o.pressed.put('*')
	c.step(machine.Pressed{LegID: "b"})
	if c.state.Leg("b").Gate != machine.GateOpen {
		t.Fatalf("gate %s", c.state.Leg("b").Gate)
	}
	c.state.Leg("b").KeyAt = time.Now().Add(-2 * machine.KeyGap)
	c.step(machine.Digit{LegID: "b", Digit: '*'})
	if got := caller.told(); len(got) > 0 {
		t.Errorf("the caller was told %v", got)
	}
}

// A test of a phone finds out whether its key reaches us: by INFO, or as an event
// once the phone may send. What then made it come is kept with it.
func TestTestPhoneSeesTheKey(t *testing.T) {
	for _, mode := range []profile.MuteMode{profile.MuteSDP, profile.MuteGate} {
		t.Run(string(mode), func(t *testing.T) { seesTheKey(t, mode) })
	}
}

func seesTheKey(t *testing.T, mode profile.MuteMode) {
	w, _ := testable(t)
	w.gw.cfg.Timers.KeyWait = time.Minute // the press ends it
	tab, news := w.openTab("alice", Resume{})
	go func() {
		leg := <-w.dial.legs
		end, err := w.loop.NewRTPEnd(media.RTPOptions{Peer: w.gw.peerOf(machine.Target{Binding: leg.in.Binding})})
		if err == nil {
			_, err = end.TakeOffer(leg.in.Offer)
		}
		text, _, err2 := end.Answer([]sdp.Codec{sdp.PCMU}, sdp.RecvOnly)
		if err != nil || err2 != nil {
			t.Error(err, err2)
		}
		leg.sink(machine.Answered{LegID: leg.id, SDP: text})
		w.sees(tab, news, "what to press", func(s Snapshot) bool { return s.Devices[0].Press == "*" })
		leg.waits(t, "reoffer")
		if mode == profile.MuteGate {
			sound, err := end.TakeOffer(leg.sdp)
			text, _, err2 := end.Answer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
			if err != nil || err2 != nil || sound.Remote != sdp.SendRecv {
				t.Error(err, err2, sound.Remote)
			}
			leg.sink(machine.Reoffered{LegID: leg.id, Status: 200, SDP: text})
			if err := end.SendDigits("7*"); err != nil {
				t.Error(err)
			}
		} else {
			leg.sink(machine.Reoffered{LegID: leg.id, Status: 488})
			leg.sink(machine.Digit{LegID: leg.id, Digit: '7'})
			leg.sink(machine.Digit{LegID: leg.id, Digit: '*'})
		}
		leg.waits(t, "hangup hang_up")
		end.Close()
		leg.sink(machine.Ended{LegID: leg.id})
	}()
	got, err := w.gw.TestPhone(t.Context(), "alice", "desk")
	must(t, err)
	if !strings.Contains(got.Said, "Its * key un-mutes") {
		t.Errorf("said %q", got.Said)
	}
	w.sees(tab, news, "the key", func(s Snapshot) bool { return s.Devices[0].UnmuteKey == "*" && s.Devices[0].Press == "" })
	if p := w.gw.phoneOf("alice", "desk").Profile; p.Mute != mode {
		t.Errorf("mute mode %s, want %s", p.Mute, mode)
	}
}
