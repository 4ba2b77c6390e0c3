// Package phones tests the whole gateway with foreign SIP programs on both
// sides of a call. Nothing here looks into the gateway: what counts is what
// the phones saw and heard.
package phones

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ringsplash/test/rig"
)

// The microphones of the two parties hear these tones, no harmonics of each other.
const (
	callerTone = 440
	calleeTone = 700
)

// phone starts a registered deskphone.
func phone(t *testing.T, g *rig.Gateway, o rig.PhoneOptions) *rig.Phone {
	t.Helper()
	return g.NewPhone(t, o).Registered()
}

// connect lets a call b and returns when each hears the other.
func connect(t *testing.T, a, b *rig.Phone, dial string) {
	t.Helper()
	a.Dial(dial)
	b.WaitEvent("CALL_INCOMING")
	a.WaitEvent("CALL_RINGING")
	b.Accept()
	a.WaitEvent("CALL_ESTABLISHED")
	b.WaitEvent("CALL_ESTABLISHED")
	a.Hears(calleeTone)
	b.Hears(callerTone)
}

// Phones that want packets of other lengths than each other hear each other.
func TestPacketTimes(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	for _, row := range []struct {
		codec      string
		alice, bob int // ms
	}{{"PCMU", 10, 60}, {"G722/16000/1", 30, 40}} {
		t.Run(fmt.Sprintf("%s %d and %d ms", row.codec, row.alice, row.bob), func(t *testing.T) {
			alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: callerTone, Codec: row.codec, PacketTime: row.alice})
			bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: calleeTone, Codec: row.codec, PacketTime: row.bob})
			connect(t, alice, bob, "bob")
			bob.Hangup()
			alice.WaitEvent("CALL_CLOSED")
			if !strings.Contains(alice.Messages(), fmt.Sprintf("a=ptime:%d", row.alice)) {
				t.Error("the phone did not ask for its packet length")
			}
		})
	}
}

func TestCall(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	tests := []struct {
		name, caller, callee, dial string
		calleeEnds                 bool
	}{
		{"PCMU", "PCMU", "PCMU", "sip:bob@" + rig.Domain, false},
		{"PCMA", "PCMA", "PCMA", "bob", true},
		{"G722", "G722/16000/1", "G722/16000/1", "1002", false},
		{"Opus", "opus/48000/2", "opus/48000/2", "bob", true},
		{"PCMU to PCMA", "PCMU", "PCMA", "bob", false},
		{"PCMA to PCMU", "PCMA", "PCMU", "bob", true},
		{"whatever they know", "", "", "bob", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: callerTone, Codec: tt.caller})
			bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: calleeTone, Codec: tt.callee})
			connect(t, alice, bob, tt.dial)
			began := time.Now()
			if tt.calleeEnds {
				bob.Hangup()
				alice.WaitEvent("CALL_CLOSED")
			} else {
				alice.Hangup()
				bob.WaitEvent("CALL_CLOSED")
			}
			if d := time.Since(began); d > 2*time.Second {
				t.Errorf("the other leg was gone after %v, want 2s at most", d)
			}
			if own := alice.Received().Heard(callerTone); own > 0 {
				t.Errorf("the caller heard his own tone for %v", own)
			}
			if own := bob.Received().Heard(calleeTone); own > 0 {
				t.Errorf("the callee heard his own tone for %v", own)
			}
		})
	}
}

// The caller's name arrives as our directory knows it, not as his phone wrote it.
func TestDigitsAndCallerID(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: callerTone})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: calleeTone})
	alice.Dial("bob")
	if ev := bob.WaitEvent("CALL_INCOMING"); ev.Peer != rig.Alice.Address() {
		t.Errorf("bob's phone shows %q, want %q", ev.Peer, rig.Alice.Address())
	}
	bob.Accept()
	alice.WaitEvent("CALL_ESTABLISHED")
	bob.Hears(callerTone)
	for _, digit := range []string{"1", "5", "#"} {
		alice.SendDigit(digit)
		if ev := bob.WaitEvent("CALL_DTMF_START"); ev.Param != digit {
			t.Errorf("digit %q arrived as %q", digit, ev.Param)
		}
		bob.WaitEvent("CALL_DTMF_END")
	}
	alice.Hangup()
	bob.WaitEvent("CALL_CLOSED")
}

func TestHoldAndResume(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	for _, side := range []string{"the caller", "the callee"} {
		t.Run(side+" holds", func(t *testing.T) {
			alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: callerTone, Codec: "PCMU"})
			bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: calleeTone, Codec: "PCMU"})
			connect(t, alice, bob, "bob")
			holder, other, holderTone, otherTone := alice, bob, float64(callerTone), float64(calleeTone)
			if side == "the callee" {
				holder, other, holderTone, otherTone = bob, alice, otherTone, holderTone
			}
			wire := rig.StartCapture(t)
			wire.Hears(holder, otherTone)

			holder.Hold()
			other.HearsNot(holderTone)
			before := other.Received().Duration()
			rig.Until(t, rig.Patience, "music on hold", func() bool {
				return other.Received().From(before).Loud() >= 300*time.Millisecond
			})
			wire.Quiet(holder, 500*time.Millisecond)

			holder.Resume()
			other.Hears(holderTone)
			wire.Hears(holder, otherTone) // the phone's own recording ends at its hold

			holder.Hangup()
			other.WaitEvent("CALL_CLOSED")
		})
	}
}

// The embedded store and Redis carry the same call.
func TestCallWithRedis(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{Redis: rig.StartRedis(t)})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: callerTone})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: calleeTone})
	connect(t, alice, bob, "bob")
	alice.Hangup()
	bob.WaitEvent("CALL_CLOSED")
}
