package phones

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringsplash/test/rig"
)

// clicked lets bob call alice and alice's tab click "Answer on Desk phone". Her
// phone rang in the ordinary way before; set to answer by itself after its 180,
// it answers the next INVITE, as a phone that obeys the trigger would.
func clicked(t *testing.T, g *rig.Gateway, alice, bob *rig.Phone) *rig.Tab {
	t.Helper()
	tab := g.LogIn(t, rig.Alice).OpenTab(t)
	bob.Dial("alice")
	alice.WaitEvent("CALL_INCOMING")
	bob.WaitEvent("CALL_RINGING")
	call := tab.InState("ringing")
	alice.Command("answermode", "auto")
	if r := tab.Do("answer", "call", call.ID, "version", call.Version, "on", "desk"); !r.OK {
		t.Fatalf("answer on the deskphone: %+v", r.Error)
	}
	if on := tab.Microphone("shut").On; on == nil || *on != "desk" {
		t.Fatalf("the call is on %v", on)
	}
	bob.WaitEvent("CALL_ESTABLISHED")
	return tab
}

// invites are the INVITEs a phone received, whole.
func invites(p *rig.Phone) (found []string) {
	for _, m := range strings.Split(p.Messages(), "\nUDP ") {
		if _, text, ok := strings.Cut(m, "-> "+p.Addr); ok && strings.Contains(text, "\nINVITE sip:") {
			found = append(found, text)
		}
	}
	return found
}

func hasTrigger(invite string) bool {
	lower := strings.ToLower(invite)
	return strings.Contains(lower, "\nanswer-mode:") || strings.Contains(lower, "answer-after=") ||
		strings.Contains(lower, "\nalert-info:")
}

// listening is a gateway that has baresip listen only before the un-mute.
func listening(t *testing.T) rig.Options {
	t.Helper()
	own := filepath.Join(t.TempDir(), "profiles.yaml")
	if err := os.WriteFile(own, []byte("profiles: [{name: listening, match: [baresip], method: answer-mode}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	return rig.Options{More: fmt.Sprintf("profiles: %q", own)}
}

// The whole way of Click-to-Answer with real phones: muted until the owner's
// own Unmute, heard then, muted again after Mute.
func TestClickToAnswer(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, listening(t))
	for _, codec := range []string{"PCMU", "PCMA"} {
		t.Run(codec, func(t *testing.T) {
			alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone, Codec: codec})
			bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone, Codec: codec})
			wire := rig.StartCapture(t)
			tab := clicked(t, g, alice, bob)

			wire.Hears(alice, callerTone) // the caller is on the phone's loudspeaker
			for _, hz := range []float64{659.26, 987.77} {
				if wire.To(alice).Heard(hz) == 0 {
					t.Errorf("no splash of %g Hz went to the phone", hz)
				}
			}
			silent(t, bob)
			id := tab.InState("connected").ID
			if r := tab.Do("unmute", "call", id); !r.OK {
				t.Fatalf("unmute: %+v", r.Error)
			}
			tab.Microphone("live")
			bob.Hears(calleeTone)
			chats(t, g, wire, alice, bob, tab)
			if r := tab.Do("mute", "call", id); !r.OK {
				t.Fatalf("mute: %+v", r.Error)
			}
			tab.Microphone("shut")
			bob.HearsNot(calleeTone)
			tab.Do("hangup", "call", id)
			alice.WaitEvent("CALL_CLOSED")
			bob.WaitEvent("CALL_CLOSED")
			got := invites(alice)
			triggers := 0
			for _, m := range got {
				if hasTrigger(m) {
					triggers++
					if !strings.Contains(m, "a=sendonly") {
						t.Errorf("the auto INVITE does not offer sendonly:\n%s", m)
					}
				}
			}
			if triggers != 1 {
				t.Errorf("%d INVITEs with a trigger reached the phone, want 1", triggers)
			}
		})
	}
}

// chats has alice write with bob from her tab, in a talk on her phone that he hears.
// The phone sees nothing of it: its sound goes on in the same streams, and nothing
// is asked of it.
func chats(t *testing.T, g *rig.Gateway, wire *rig.Capture, alice, bob *rig.Phone, tab *rig.Tab) {
	t.Helper()
	media := func() (found []string) {
		for _, s := range append(wire.Of(alice), wire.Of(bob)...) {
			found = append(found, fmt.Sprintf("%v to %v, SSRC %x, payload type %d", s.From, s.To, s.SSRC, s.PayloadType))
		}
		return found
	}
	requests := func() int {
		all := alice.Messages()
		return len(invites(alice)) + strings.Count(all, "\nUPDATE sip:") + strings.Count(all, "\nMESSAGE sip:")
	}
	had, asked := media(), requests()
	bobs := g.LogIn(t, rig.Bob).OpenTab(t)
	written := func(from, to *rig.Tab, whom, text string) {
		t.Helper()
		_ = from.Do("typing", "to", whom, "active", true)
		if r := from.Do("message", "to", whom, "text", text); !r.OK {
			t.Fatalf("write during the call: %+v", r.Error)
		}
		rig.Until(t, rig.Patience, "the other tab shows "+text, func() bool {
			var list []struct{ Last struct{ Text string } }
			return to.Part("conversations", &list) && len(list) == 1 && list[0].Last.Text == text
		})
	}
	written(tab, bobs, "bob", "Can you see the drawing?")
	written(bobs, tab, "alice", "Yes, I can.")
	wire.Hears(alice, callerTone)
	if now := media(); !slices.Equal(now, had) {
		t.Errorf("the media changed with the chat: %q, before %q", now, had)
	}
	if now := requests(); now != asked {
		t.Errorf("%d requests reached the phone with the chat", now-asked)
	}
}

// silent checks that sound of some kind arrives at the phone for a second, and
// that nothing in it is loud: digital silence.
func silent(t *testing.T, p *rig.Phone) {
	t.Helper()
	start := p.Received().Duration()
	rig.Until(t, rig.Patience, "a second of sound arrives at the caller", func() bool {
		return p.Received().Duration() >= start+time.Second
	})
	if loud := p.Received().Loud(); loud > 0 {
		t.Errorf("the caller heard something for %v before the un-mute", loud)
	}
}

// Only the chosen phone of two ever gets a trigger; the other rings in the
// ordinary way and is cancelled.
func TestClickReachesOnePhone(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	desk := phone(t, g, rig.PhoneOptions{User: rig.Alice, Device: "desk", Tone: calleeTone})
	lab := phone(t, g, rig.PhoneOptions{User: rig.Alice, Device: "lab", Tone: 1000})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})
	tab := clicked(t, g, desk, bob)
	lab.WaitEvent("CALL_CLOSED")
	for _, m := range invites(lab) {
		if hasTrigger(m) {
			t.Errorf("the other phone got a trigger:\n%s", m)
		}
	}
	tab.Do("hangup", "call", tab.InState("connected").ID)
	desk.WaitEvent("CALL_CLOSED")
}

// A phone that obeys no trigger: it is taken back in time and rings again, and
// the tab says why. A hand then answers live.
func TestClickOnPhoneThatDoesNotObey(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{Timers: map[string]string{"auto_answer": "1s"}})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})
	tab := g.LogIn(t, rig.Alice).OpenTab(t)
	bob.Dial("alice")
	alice.WaitEvent("CALL_INCOMING")
	call := tab.InState("ringing")
	if r := tab.Do("answer", "call", call.ID, "version", call.Version, "on", "desk"); !r.OK {
		t.Fatalf("answer: %+v", r.Error)
	}
	alice.WaitEvent("CALL_CLOSED")   // the ringing branch
	alice.WaitEvent("CALL_INCOMING") // the auto INVITE, which only rings
	alice.WaitEvent("CALL_CLOSED")
	alice.WaitEvent("CALL_INCOMING") // the ordinary one
	tab.Call("with a reason", func(c rig.TabCall) bool {
		return c.State == "ringing" && strings.Contains(c.Reason, "did not answer by itself")
	})
	alice.Accept()
	bob.WaitEvent("CALL_ESTABLISHED")
	bob.Hears(calleeTone) // a hand: live at once
	tab.Do("hangup", "call", call.ID)
	bob.WaitEvent("CALL_CLOSED")
}

// Without interworking the click is refused in words, and the call rings on.
func TestClickWithoutInterworking(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	lab := phone(t, g, rig.PhoneOptions{User: rig.Alice, Device: "lab", Tone: calleeTone})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})
	tab := g.LogIn(t, rig.Alice).OpenTab(t)
	bob.Dial("alice")
	lab.WaitEvent("CALL_INCOMING")
	call := tab.InState("ringing")
	if r := tab.Do("answer", "call", call.ID, "version", call.Version, "on", "lab"); r.OK || r.Error.Message == "" {
		t.Fatalf("reply %+v", r)
	}
	tab.InState("ringing")
	lab.Accept()
	bob.Hears(calleeTone)
	bob.Hangup()
	lab.WaitEvent("CALL_CLOSED")
}
