package phones

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringsplash/test/rig"
)

// The hand at the phone: baresip, made to answer by itself and muted, is heard
// once its * is pressed, and not before. Whatever keys and key tones the caller
// sends open nothing, and none of them reaches the phone.
func TestUnmuteKeyOfThePhone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tones := filepath.Join(dir, "star.wav")
	// A voice first, then the tones of a * that is held down.
	voice, star := filepath.Join(dir, "voice.wav"), filepath.Join(dir, "key.wav")
	sox(t, "-n", voice, "synth", "5", "sine", fmt.Sprint(callerTone))
	sox(t, "-n", star, "synth", "60", "sine", "941", "synth", "sine", "mix", "1209", "gain", "-3")
	sox(t, voice, star, tones)
	g := rig.Start(t, rig.Options{})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone, Codec: "PCMU"})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Sound: tones, Codec: "PCMU"})
	wire := rig.StartCapture(t)
	tab := clicked(t, g, alice, bob)
	tab.Call("which key to press",
		func(c rig.TabCall) bool { return strings.Contains(c.Reason, "Press * on the phone or Unmute here") })
	wire.Hears(alice, callerTone) // the splash is over
	rig.Until(t, rig.Patience, "the caller holds a key down", func() bool {
		last := wire.To(alice).Last(300 * time.Millisecond)
		return last.Duration() > 0 && last.Heard(callerTone) == 0
	})
	for _, key := range []string{"*", "1", "#", "*"} {
		bob.SendDigit(key)
	}
	alice.SendDigit("5")
	silent(t, bob)
	tab.Microphone("shut")
	if alice.Saw("CALL_DTMF_START") {
		t.Error("a key of the caller reached the phone whose gate is shut")
	}

	alice.SendDigit("*")
	tab.Microphone("live")
	bob.Hears(calleeTone)
	if bob.Saw("CALL_DTMF_START") {
		t.Error("the key that un-mutes was passed on")
	}
	alice.SendDigit("7")
	bob.WaitEvent("CALL_DTMF_START")

	record, err := os.ReadFile(g.AuditFile())
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(record), `"by":"key"`); n != 1 {
		t.Errorf("%d un-mutes by key on record, want 1", n)
	}
	alice.Hangup()
	bob.WaitEvent("CALL_CLOSED")
}

// sox makes a sound file that baresip takes: from is a file or -n.
func sox(t *testing.T, from string, rest ...string) {
	t.Helper()
	format := []string{"-r", "48000", "-c", "2", "-b", "16"}
	args := []string{from}
	if from != "-n" { // joins two files
		args, rest = append(args, rest[0]), rest[1:]
	}
	args = append(append(args, format...), rest...)
	if out, err := exec.Command("sox", args...).CombinedOutput(); err != nil {
		t.Fatalf("sox %v: %v: %s", args, err, out)
	}
}
