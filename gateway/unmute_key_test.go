package gateway

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ringsplash/gateway/profile"
	"ringsplash/media"
	"ringsplash/policy"
)

// muted is a call that alice's phone answered by itself in the mute mode, with
// a key that un-mutes.
func muted(t *testing.T, mode profile.MuteMode) *script {
	s := clickable(t)
	s.target.Profile.Mute, s.target.Profile.UnmuteKey, s.target.Profile.KeyNamed = mode, "*", true
	s.on(press("alice", "tab1", "answer", "desk")).on(allow).on(Refused{Leg: "d1", Status: 487})
	said := media.RecvOnly
	if mode == profile.MuteGate {
		said = media.SendRecv
	}
	return s.sound(Answered{Leg: "auto"}, pcm[:1], said).wants(splash{"auto", profile.SplashMedia})
}

// key has keys of the phone arrive after a while.
func (s *script) key(e Event, keys string) *script {
	s.clock = s.clock.Add(2 * keyGap)
	s.keys = keys
	defer func() { s.keys = "" }()
	return s.on(e)
}

func (s *script) opensNothing() *script {
	s.t.Helper()
	return s.not(wantGate{}).not(openGate{}).not(reoffer{})
}

// The un-mute key is the owner's act, and goes the way of Unmute.
func TestKeyUnmutes(t *testing.T) {
	for _, e := range []Event{Pressed{"auto"}, Digit{Leg: "auto", Digit: '*'}} {
		s := muted(t, profile.MuteSDP).on(SplashOver{"auto"}).opensNothing()
		if note := s.state.Notes[Callee]; !strings.Contains(note, "Press * on the phone or Unmute here") {
			t.Errorf("note %q", note)
		}
		s.key(e, "*").wants(wantGate{"auto", byKey}, reoffer{"auto", pcm[:1], media.SendRecv}).not(openGate{})
		s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.SendRecv).wants(openGate{"auto"})
		s.key(e, "*").opensNothing() // open already
		s.on(press("alice", "tab1", "mute", "")).wants(shutGate{"auto"})
		s.key(e, "*").wants(wantGate{"auto", byKey})
	}
	muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Pressed{"auto"}, "1*").wants(wantGate{"auto", byKey}, openGate{"auto"})
}

// A key that comes in two ways is one press.
func TestKeyIsTakenOnce(t *testing.T) {
	s := muted(t, profile.MuteSDP).on(SplashOver{"auto"}).key(Digit{Leg: "auto", Digit: '*'},
		"*").wants(reoffer{"auto", pcm[:1], media.SendRecv})
	s.keys = "*"
	s.on(Pressed{"auto"}).opensNothing()
}

func TestKeyOpensNothing(t *testing.T) {
	for name, s := range map[string]*script{
		"during the splash":        muted(t, profile.MuteGate).key(Pressed{"auto"}, "*"),
		"another key":              muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Pressed{"auto"}, "0123456789#ABCD"),
		"of the caller":            muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Digit{Leg: "a", Digit: '*'}, "*"),
		"of the caller, as events": muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Pressed{"a"}, "*"),
		"of another phone":         muted(t, profile.MuteGate).on(SplashOver{"auto"}).key(Pressed{"d2"}, "*"),
		"of a phone that rings":    clicked(t).key(Pressed{"auto"}, "*"),
		"where there is none": clicked(t).sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).on(SplashOver{"auto"}).key(
			Pressed{"auto"}, "*"),
		"after the call": muted(t, profile.MuteGate).on(SplashOver{"auto"}).on(press("alice", "tab1", "hangup", "")).key(
			Pressed{"auto"}, "*"),
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.opensNothing()
		})
	}
}

// A phone that chose to listen only is not said to un-mute by a key, and its
// gate opens when it agreed to send.
func TestNoKeyOfAPhoneThatListens(t *testing.T) {
	s := clickable(t)
	s.target.Profile.Mute, s.target.Profile.UnmuteKey, s.target.Profile.KeyNamed = profile.MuteGate, "*", true
	s.on(press("alice", "tab1", "answer", "desk")).on(allow).on(Refused{Leg: "d1", Status: 487})
	s.sound(Answered{Leg: "auto"}, pcm[:1], media.RecvOnly).on(SplashOver{"auto"})
	if note := s.state.Notes[Callee]; note != noteMuted {
		t.Errorf("note %q", note)
	}
	s.on(press("alice", "tab1", "unmute", "")).wants(wantGate{"auto", byTab}, reoffer{"auto", pcm[:1], media.SendRecv}).not(
		openGate{})
	s.sound(Reoffered{Leg: "auto", Status: 200, SDP: []byte("v=0")}, pcm[:1], media.SendRecv).wants(openGate{"auto"})
}

// A press that comes by INFO as well is not passed on, nor is any key to a
// phone whose gate is shut; the owner's act is on record.
func TestKeyGoesNowhere(t *testing.T) {
	p := &fakePolicy{}
	w := newWorkbench(t, func(c *Config) { c.Policy = p })
	c := w.gw.newCall("c")
	c.state.Phase = Established
	c.state.Legs = []LegState{
		{ID: "a", Kind: PhoneLeg, Stage: Up},
		{
			ID: "b", Side: Callee, Kind: PhoneLeg, Stage: Up, Device: "desk", Instance: "i", Gate: GateShut, Mute: profile.MuteGate,
			UnmuteKey: "*",
		},
	}
	c.state.Parties = [2]Party{{Leg: "a"}, {Leg: "b", User: "alice"}}
	caller, phone := newFakeLeg("a"), newFakeLeg("b")
	c.legs["a"], c.legs["b"] = caller, phone
	c.ends["a"], c.ends["b"] = w.peer(), w.peer()
	c.ends["b"].Gate().Shut()
	c.step(Digit{Leg: "a", Digit: '*'})
	c.step(Digit{Leg: "b", Digit: '5'})
	if c.state.leg("b").Gate != GateShut || len(p.unmuted) > 0 {
		t.Fatalf("gate %s", c.state.leg("b").Gate)
	}
	c.step(Digit{Leg: "b", Digit: '*'})
	c.step(Digit{Leg: "b", Digit: '*'})
	if c.state.leg("b").Gate != GateOpen || c.ends["b"].Gate().State() != media.GateOpen {
		t.Fatalf("gate %s", c.state.leg("b").Gate)
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
	c.state.Phase = Established
	c.state.Legs = []LegState{
		{ID: "a", Kind: PhoneLeg, Stage: Up},
		{ID: "b", Side: Callee, Kind: PhoneLeg, Stage: Up, Gate: GateShut, Mute: profile.MuteGate, UnmuteKey: "*"},
	}
	c.state.Parties = [2]Party{{Leg: "a"}, {Leg: "b", User: "alice"}}
	caller := newFakeLeg("a")
	c.legs["a"], c.legs["b"] = caller, newFakeLeg("b")
	c.ends["a"], c.ends["b"] = w.peer(), w.peer()
	c.ends["b"].Gate().Shut()
	o := c.own("b")
	o.pressed.put('*')
	c.step(Pressed{"b"})
	if c.state.leg("b").Gate != GateOpen {
		t.Fatalf("gate %s", c.state.leg("b").Gate)
	}
	c.state.leg("b").KeyAt = time.Now().Add(-2 * keyGap)
	c.step(Digit{Leg: "b", Digit: '*'})
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
		end, err := w.loop.NewRTPEnd(media.RTPOptions{Peer: w.gw.peerOf(Target{Binding: leg.in.Binding})})
		if err == nil {
			_, err = end.TakeOffer(leg.in.Offer)
		}
		sdp, _, err2 := end.Answer([]media.Codec{media.PCMU}, media.RecvOnly)
		if err != nil || err2 != nil {
			t.Error(err, err2)
		}
		leg.sink(Answered{Leg: leg.id, SDP: sdp})
		w.sees(tab, news, "what to press", func(s Snapshot) bool { return s.Devices[0].Press == "*" })
		leg.waits(t, "reoffer")
		if mode == profile.MuteGate {
			sound, err := end.TakeOffer(leg.sdp)
			sdp, _, err2 := end.Answer([]media.Codec{media.PCMU}, media.SendRecv)
			if err != nil || err2 != nil || sound.Remote != media.SendRecv {
				t.Error(err, err2, sound.Remote)
			}
			leg.sink(Reoffered{Leg: leg.id, Status: 200, SDP: sdp})
			if err := end.SendDigits("7*"); err != nil {
				t.Error(err)
			}
		} else {
			leg.sink(Reoffered{Leg: leg.id, Status: 488})
			leg.sink(Digit{Leg: leg.id, Digit: '7'})
			leg.sink(Digit{Leg: leg.id, Digit: '*'})
		}
		leg.waits(t, "hangup hang_up")
		end.Close()
		leg.sink(Ended{Leg: leg.id})
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
