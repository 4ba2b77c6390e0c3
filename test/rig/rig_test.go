package rig

import (
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func sine(hz float64, level float64, d time.Duration) []int16 {
	s := make([]int16, d*8000/time.Second)
	for i := range s {
		s[i] = int16(level * 32767 * math.Sin(2*math.Pi*hz*float64(i)/8000))
	}
	return s
}

func TestTonesAreToldApart(t *testing.T) {
	samples := append(sine(440, 0.5, time.Second), sine(700, 0.5, 500*time.Millisecond)...)
	rec := Recording{8000, append(samples, make([]int16, 4000)...)}
	for hz, want := range map[float64]time.Duration{440: time.Second, 700: 500 * time.Millisecond, 1000: 0} {
		if got := rec.Heard(hz); got != want {
			t.Errorf("%g Hz heard for %v, want %v", hz, got, want)
		}
	}
	if got := rec.Loud(); got != 1500*time.Millisecond {
		t.Errorf("loud for %v", got)
	}
	if got := (Recording{8000, sine(440, 0.5, time.Second)}).Level(440); math.Abs(got+6.02) > 0.1 {
		t.Errorf("level of a half-scale sine: %.2f dBFS, want -6.02", got)
	}
	if got := (Recording{8000, sine(440, 0.005, time.Second)}).Heard(440); got != 0 {
		t.Errorf("a tone of -46 dBFS counts as heard for %v", got)
	}
}

// Two phones that call each other directly, without a gateway between them,
// check what the other tests measure with.
func TestPhonesDirectly(t *testing.T) {
	nobody := &Gateway{SIP: netip.MustParseAddrPort(NewAddr() + ":5060")}
	for _, codec := range []string{"PCMU", "PCMA", "G722/16000/1", "opus/48000/2"} {
		t.Run(codec, func(t *testing.T) {
			t.Parallel()
			a := nobody.NewPhone(t, PhoneOptions{User: Alice, Tone: 440, Codec: codec, Direct: true})
			b := nobody.NewPhone(t, PhoneOptions{User: Bob, Tone: 700, Codec: codec, Direct: true})
			wire := StartCapture(t)
			a.Dial("sip:bob@" + b.Addr)
			b.WaitEvent("CALL_INCOMING")
			b.Accept()
			a.WaitEvent("CALL_ESTABLISHED")
			a.Hears(700)
			b.Hears(440)
			if strings.HasPrefix(codec, "PCM") {
				wire.Hears(a, 700)
			}
			b.SendDigit("5")
			if ev := a.WaitEvent("CALL_DTMF_START"); ev.Param != "5" {
				t.Errorf("digit %q arrived, want 5", ev.Param)
			}
			b.Hangup()
			a.WaitEvent("CALL_CLOSED")
			if rec := a.Received(); rec.Heard(440) != 0 {
				t.Errorf("the phone hears its own tone for %v", rec.Heard(440))
			}
		})
	}
}
