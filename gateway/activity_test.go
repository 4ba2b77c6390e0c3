package gateway

import (
	"context"
	"testing"

	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/media/sdp"
	"ringsplash/policy"
)

// activities are what may happen to a phone between its Hold and its Resume.
var activities = []struct {
	name      string
	meanwhile func(w *workbench)
	opens     bool
}{
	{"nothing else", func(*workbench) {}, true},
	{"it rings", func(w *workbench) {
		w.incoming("sip:alice@example.test", sdp.PCMU)
		w.dial.next(w.t)
	}, false},
	{"it calls", func(w *workbench) {
		w.callOf("alice", "sip:bob@example.test", sdp.PCMU)
		w.dial.next(w.t)
	}, false},
	{"it called", func(w *workbench) {
		own, _ := w.callOf("alice", "sip:bob@example.test", sdp.PCMU)
		called := w.dial.next(w.t)
		called.sink(machine.Refused{LegID: called.id, Status: 486})
		own.waits(w.t, "reject busy")
	}, false},
}

// Hold and Resume at the phone are its user's own doing only while nothing else
// happens to the phone.
func TestResumeAfterActivity(t *testing.T) {
	for _, row := range activities {
		t.Run(row.name, func(t *testing.T) { heldAndResumed(t, row.meanwhile, row.opens) })
	}
}

// heldAndResumed presses Hold and Resume at a phone that answered by itself.
func heldAndResumed(t *testing.T, meanwhile func(*workbench), opens bool) {
	w := newWorkbench(t, func(c *Config) {
		c.Profile = func(string, string) profile.Profile {
			return profile.Profile{
				Headers: profile.Unknown("gw.test").Headers, Mute: profile.MuteSDP, Splash: profile.SplashOff,
				ResumeUnmutes: true,
			}
		}
		c.Policy = &fakePolicy{answer: policy.Decision{Allow: true, Grant: "self"}}
	})
	w.register("alice", "desk", "urn:uuid:a")
	w.register("bob", "desk", "urn:uuid:b")
	must(t, w.interwork("alice", "desk"))
	tab, news := w.openTab("alice", Resume{})
	w.incoming("sip:alice@example.test", sdp.PCMU)
	w.dial.next(t)
	call := w.sees(tab, news, "the call", inState("ringing")).Calls[0]
	_, err := tab.Do(context.Background(), Command{Do: "answer", Call: call.ID, Version: call.Version, On: "desk"})
	must(t, err)
	phone := w.dial.next(t)
	end := w.answer(phone, sdp.PCMU)
	w.sees(tab, news, "the locked phone", func(s Snapshot) bool { return s.Calls[0].Microphone == "shut" })

	for i, direction := range []sdp.Direction{sdp.SendOnly, sdp.SendRecv} {
		offer, err := end.Offer([]sdp.Codec{sdp.PCMU}, direction)
		must(t, err)
		phone.sink(machine.Offered{LegID: phone.id, SDP: offer})
		phone.waitsTimes(t, "answer", i+1)
		_, err = end.TakeAnswer(phone.sdp)
		must(t, err)
		if direction == sdp.SendOnly {
			meanwhile(w)
		}
	}
	microphone := "shut"
	if opens {
		microphone = "live"
	}
	w.sees(tab, news, "the microphone "+microphone, func(s Snapshot) bool {
		for _, c := range s.Calls {
			if c.ID == call.ID {
				return c.Microphone == microphone
			}
		}
		return false
	})
}
