package phones

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringsplash/test/rig"
)

// desk is alice's deskphone as a sipp scenario, called by bob's phone, and her
// tab has clicked "Answer on Desk phone" while it rang.
type desk struct {
	*rig.Sipp
	tab  *rig.Tab
	bob  *rig.Phone
	call string
}

func clickOn(t *testing.T, g *rig.Gateway, scenario string, o rig.SippOptions) desk {
	t.Helper()
	d := desk{Sipp: scripted(t, g, rig.Alice, "desk", scenario, o)}
	d.bob = phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone, Codec: "PCMU"})
	d.tab = g.LogIn(t, rig.Alice).OpenTab(t)
	d.bob.Dial("alice")
	d.bob.WaitEvent("CALL_RINGING")
	call := d.tab.InState("ringing")
	d.call = call.ID
	if r := d.tab.Do("answer", "call", call.ID, "version", call.Version, "on", "desk"); !r.OK {
		t.Fatalf("answer on the deskphone: %+v", r.Error)
	}
	return d
}

// unmute presses Unmute in the tab.
func (d desk) unmute(t *testing.T) {
	t.Helper()
	if r := d.tab.Do("unmute", "call", d.call); !r.OK {
		t.Fatalf("unmute: %+v", r.Error)
	}
}

// hangUp ends the call in the tab; the phone's scenario must have gone to its end.
func (d desk) hangUp(t *testing.T) {
	t.Helper()
	d.tab.Do("hangup", "call", d.call)
	d.bob.WaitEvent("CALL_CLOSED")
	d.OK()
}

func answering(calls, answer, agreed string) rig.SippOptions {
	return rig.SippOptions{Env: []string{"CALLS=" + calls}, Args: []string{"-key", "answer", answer, "-key", "agreed", agreed}}
}

// A phone may lie about directions as it likes and talk from its first
// packet: nothing reaches the caller before the owner's own Unmute.
func TestGateHoldsAgainstThePhone(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	for _, tt := range []struct {
		name, answer string
	}{
		{"says recvonly and talks", "recvonly"},
		{"answers sendrecv and talks", "sendrecv"},
		{"answers sendonly and talks", "sendonly"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire := rig.StartCapture(t)
			d := clickOn(t, g, "uas_desk", answering("2", tt.answer, "sendrecv"))
			d.bob.WaitEvent("CALL_ESTABLISHED")
			d.WaitMessage("ANSWERED")
			d.tab.Microphone("shut")
			silent(t, d.bob)
			if !talks(wire, d) {
				t.Error("the phone sent no tone, so the gate had nothing to hold")
			}
			if log := d.Log(); !strings.Contains(log, "Answer-Mode=Auto dir=sendonly") {
				t.Errorf("the INVITEs were %q", log)
			}
			d.unmute(t)
			d.tab.Microphone("live")
			d.WaitMessage("re-INVITE dir=")
			d.bob.Hears(calleeTone)
			d.hangUp(t)
			if log := d.Log(); !strings.Contains(log, "re-INVITE dir=sendrecv") {
				t.Errorf("no re-INVITE with sendrecv in %q", log)
			}
		})
	}
}

// Phones that do what none should: nothing of them reaches the caller before
// the owner's own Unmute, and what they do on their own un-mutes nothing.
func TestAdversaries(t *testing.T) {
	t.Parallel()
	own := filepath.Join(t.TempDir(), "profiles.yaml")
	text := "profiles: [{name: scripted, match: [sipp], method: answer-mode, talk: true}]"
	if err := os.WriteFile(own, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	g := rig.Start(t, rig.Options{More: fmt.Sprintf("profiles: %q", own)})
	for _, tt := range []struct {
		name, scenario, env string
		calls               string
		want                []string // in the scenario's log, in the end
		heard               bool     // after Unmute
	}{
		{
			"holds and resumes by itself", "uas_desk_holds", "", "2",
			[]string{"HELD got dir=inactive", "RESUMED got dir=sendonly"},
			false,
		},
		{"answers twice with different tags", "uas_desk_twice", "", "2", []string{"SECOND ENDED"}, true},
		{"talks from another port", "uas_desk_otherport", "", "2", nil, false},
		{"answers 3 s after its 180", "uas_desk_slow", "WAIT_MS=3000", "2", []string{"re-INVITE dir=sendrecv"}, true},
		{"answers 6 s after its 180, CANCEL or not", "uas_desk_slow", "WAIT_MS=6000", "2", []string{"re-INVITE dir=sendrecv"}, true},
		{
			"is told to talk", "uas_desk_talk", "", "1",
			[]string{"NOTIFY Event= talk state= terminated;reason=noresource", "re-INVITE dir=sendonly", "re-INVITE dir=sendrecv"},
			true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire := rig.StartCapture(t)
			o := answering(tt.calls, "recvonly", "sendrecv")
			if tt.env != "" {
				o.Env = append(o.Env, tt.env)
			}
			d := clickOn(t, g, tt.scenario, o)
			d.bob.WaitEvent("CALL_ESTABLISHED")
			rig.Until(t, rig.Patience, "the phone sends its tone", func() bool { return talks(wire, d) })
			silent(t, d.bob)
			d.tab.Microphone("shut")
			if tt.heard {
				d.unmute(t)
				d.tab.Microphone("live")
				d.bob.Hears(calleeTone)
			}
			d.hangUp(t)
			for _, want := range tt.want {
				if log := d.Log(); !strings.Contains(log, want) {
					t.Errorf("no %q in the phone's log %q", want, log)
				}
			}
		})
	}
}

// talks tells whether the phone's tone was on the wire.
func talks(wire *rig.Capture, d desk) bool {
	for _, s := range wire.Streams() {
		if s.From.Addr().String() == d.Addr && s.Recording().Heard(calleeTone) > 0 {
			return true
		}
	}
	return false
}

// A phone that offers sendrecv by itself un-mutes nothing: it gets sendonly.
func TestPhoneCannotUnmuteItself(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	wire := rig.StartCapture(t)
	d := clickOn(t, g, "uas_desk_pushes", answering("2", "", ""))
	d.bob.WaitEvent("CALL_ESTABLISHED")
	d.WaitMessage("PUSHED")
	d.tab.Microphone("shut")
	silent(t, d.bob)
	if !talks(wire, d) {
		t.Error("the phone sent no tone, so the gate had nothing to hold")
	}
	if log := d.Log(); !strings.Contains(log, "PUSHED got dir=sendonly") {
		t.Errorf("the phone's offer was answered with %q", log)
	}
	d.hangUp(t)
}

// A phone that lets nobody else open its microphone: the tab says where to
// press, and what the phone sends is still dropped.
func TestPhoneKeepsItsMicrophoneShut(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	d := clickOn(t, g, "uas_desk", answering("2", "recvonly", "recvonly"))
	d.bob.WaitEvent("CALL_ESTABLISHED")
	d.tab.Microphone("shut")
	d.unmute(t)
	d.WaitMessage("re-INVITE dir=")
	d.tab.Call("that tells to press Unmute on the phone", func(c rig.TabCall) bool {
		return strings.HasPrefix(c.Reason, "Press Unmute on the phone")
	})
	d.tab.Microphone("wanted")
	silent(t, d.bob)
	d.hangUp(t)
}

// A 200 that crosses the CANCEL of the auto INVITE is no hand: the call
// connects, muted until the owner's Unmute.
func TestLateAnswerIsNotHeard(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{Timers: map[string]string{"auto_answer": "1s"}})
	d := clickOn(t, g, "uas_desk_late", answering("2", "", ""))
	d.WaitMessage("LATE")
	d.bob.WaitEvent("CALL_ESTABLISHED")
	d.tab.Microphone("shut")
	silent(t, d.bob)
	d.hangUp(t)
}

// The handset is lifted, or the phone answers by itself, in the moment of the
// click: that cannot be told apart, so it is muted until one press.
func TestAnswerCrossesTheClick(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	wire := rig.StartCapture(t)
	d := clickOn(t, g, "uas_desk_crossing", answering("1", "", "sendrecv"))
	d.bob.WaitEvent("CALL_ESTABLISHED")
	d.tab.Microphone("shut")
	silent(t, d.bob)
	if !talks(wire, d) {
		t.Error("the phone sent no tone, so the gate had nothing to hold")
	}
	d.unmute(t)
	d.bob.Hears(calleeTone)
	d.hangUp(t)
	if strings.Contains(d.Log(), "Answer-Mode=Auto") {
		t.Error("a phone that had answered got a trigger")
	}
}

// A phone that does not react to CANCEL gets the auto INVITE all the same.
func TestPhoneIgnoresCancel(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{Timers: map[string]string{"cancel_wait": "500ms"}})
	d := clickOn(t, g, "uas_desk_deaf", answering("2", "sendrecv", "sendrecv"))
	d.bob.WaitEvent("CALL_ESTABLISHED")
	d.WaitMessage("ANSWERED")
	d.tab.Microphone("shut")
	silent(t, d.bob)
	d.unmute(t)
	d.bob.Hears(calleeTone)
	d.hangUp(t)
}

// A phone that refuses the trigger rings once more in the ordinary way, and
// the caller hears ringing all the time; one that declines is left alone.
func TestPhoneRefusesTheTrigger(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	for _, status := range []string{"486 Busy Here", "480 Temporarily Unavailable", "302 Moved Temporarily", "603 Decline"} {
		t.Run(status, func(t *testing.T) {
			rings := status != "603 Decline"
			calls := "2"
			if rings {
				calls = "3"
			}
			o := rig.SippOptions{Env: []string{"STATUS=" + status, "CALLS=" + calls, "CONTACT=sip:carol@" + rig.Domain}}
			d := clickOn(t, g, "uas_desk_refuses", o)
			d.WaitMessage("REFUSED")
			reason := "did not answer by itself"
			if !rings {
				reason = "declined the call"
			}
			d.tab.Call("with a reason", func(c rig.TabCall) bool {
				return c.State == "ringing" && strings.Contains(c.Reason, reason)
			})
			if !rings { // the browser still does, until the owner declines there too
				d.OK() // it did not ring again: the scenario takes no third INVITE
				d.tab.Do("decline", "call", d.call)
				d.bob.WaitClosed("603")
				return
			}
			rig.Until(t, rig.Patience, "the phone rings again", func() bool { return strings.Count(d.Log(), "INVITE Answer-Mode=") == 3 })
			if d.bob.Saw("CALL_CLOSED") || d.bob.Saw("CALL_ESTABLISHED") {
				t.Error("the caller does not hear ringing any more")
			}
			if n := strings.Count(d.Log(), "Answer-Mode=Auto"); n != 1 {
				t.Errorf("%d triggers reached the phone, want 1", n)
			}
			d.bob.Hangup()
			d.OK()
		})
	}
}
