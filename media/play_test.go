package media

import (
	"encoding/binary"
	"errors"
	"testing"

	"ringsplash/media/sdp"
)

// ticker ticks a still loop's end as the loop would.
type ticker struct {
	l *Loop
	n uint64
}

func (c *ticker) tick(e *End, times int) {
	for range times {
		c.n++
		at(c.l, int(c.n)*20)
		e.tick(c.n, c.l.now())
		c.l.flush(false)
	}
}

func TestPlayOnceThenWhatWasHeard(t *testing.T) {
	l := still()
	e, far := newBare(t, l, false, g711Types)
	mic, _ := newBare(t, l, false, g711Types)
	c := &ticker{l: l, n: 10}
	e.Hear(mic)
	speak := &talker{end: mic, ssrc: 1, clock: 8000}
	done := 0
	e.PlayOnce(Splash, func() { done++ })
	for range Splash.tone.length {
		speak.say() // not heard now
		c.tick(e, 1)
	}
	if n := len(far.sent()); n != Splash.tone.length || done != 1 {
		t.Fatalf("%d packets, done %d times", n, done)
	}
	c.tick(e, 3)
	speak.say()
	all := far.sent()
	if len(all) != Splash.tone.length+1 || done != 1 {
		t.Fatalf("%d packets, done %d times", len(all), done)
	}
	for i := range Splash.tone.length {
		if string(all[i].Payload) != string(Splash.tone.frames[sdp.FormatPCMU][i]) || all[i].Timestamp != all[0].Timestamp+
			uint32(i)*160 {
			t.Errorf("frame %d of the splash: %v", i, all[i].Header)
		}
	}
	// Replaced and closed: done each time, once.
	var first, second int
	e.PlayOnce(Splash, func() { first++ })
	e.PlayOnce(Busy, func() { second++ })
	c.tick(e, 1)
	e.Close()
	l.flush(false)
	e.PlayOnce(Busy, func() { done++ })
	l.flush(false)
	if first != 1 || second != 1 || done != 2 {
		t.Errorf("done %d, %d and %d times", first, second, done)
	}
}

func TestTonesInEveryCodec(t *testing.T) {
	for _, tone := range []Tone{Silence, Splash, Ringback, Busy, HoldMusic} {
		for _, types := range [][]sdp.PayloadType{g711Types, pcmaTypes, opusTypes, {{Number: 9, Format: sdp.FormatG722}}} {
			l := still()
			e, far := newBare(t, l, false, types)
			e.Hear(tone)
			c := &ticker{l: l}
			c.tick(e, tone.tone.length+2)
			all := far.sent()
			if len(all) != tone.tone.length+2 {
				t.Errorf("%s: %d packets", tone, len(all))
				continue
			}
			again := tone.tone
			if !tone.tone.loop {
				again = Silence.tone
			}
			f := types[0].Format
			if got := string(all[tone.tone.length].Payload); got != string(again.frames[f][0]) {
				t.Errorf("%s in %s does not go on as it should", tone, f.Codec())
			}
		}
	}
}

func TestToneOfOneCodecIsSilenceInOthers(t *testing.T) {
	l := still()
	e, far := newBare(t, l, false, opusTypes)
	e.Hear(NewTone("beep", true, make([]int16, 1000)))
	(&ticker{l: l}).tick(e, 1)
	if p := far.sent()[0]; string(p.Payload) != string(Silence.tone.frames[sdp.FormatOpus][0]) {
		t.Errorf("% x", p.Payload)
	}
}

func TestSendDigits(t *testing.T) {
	for _, c := range []struct {
		types []sdp.PayloadType
		pt    uint8
		clock uint32
	}{{g711Types, 101, 8000}, {opusTypes, 110, 48000}, {opusEvent8, 97, 8000}} {
		l := still()
		e, far := newBare(t, l, false, c.types)
		if err := e.SendDigits("5#"); err != nil {
			t.Fatal(err)
		}
		(&ticker{l: l}).tick(e, 30)
		all := far.sent()
		if len(all) != 14 {
			t.Fatalf("%d packets, want 7 for each digit", len(all))
		}
		for i, p := range all {
			step, digit := i%7, i/7
			length := uint16(min(step+1, 5)) * uint16(c.clock/50)
			if p.PayloadType != c.pt || p.Marker != (step == 0) || p.SequenceNumber != all[0].SequenceNumber+uint16(i) ||
				p.Timestamp != all[digit*7].Timestamp || p.Payload[0] != []byte{5, 11}[digit] ||
				(p.Payload[1]&0x80 != 0) != (step >= 4) || binary.BigEndian.Uint16(p.Payload[2:]) != length {
				t.Errorf("packet %d: %v % x", i, p.Header, p.Payload)
			}
		}
		if all[7].Timestamp == all[0].Timestamp {
			t.Error("two digits with one timestamp are one")
		}
	}
}

func TestDigitsThatCannotBeSent(t *testing.T) {
	l := still()
	e, _ := newBare(t, l, false, pcmaTypes)
	if err := e.SendDigits("1"); !errors.Is(err, ErrNoDTMF) {
		t.Errorf("without telephone-event: %v", err)
	}
	e, _ = newBare(t, l, false, g711Types)
	if err := e.SendDigits("1x"); !errors.Is(err, ErrNoDTMF) {
		t.Errorf("x: %v", err)
	}
	for range maxDigits {
		if err := e.SendDigits("1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.SendDigits("1"); err == nil {
		t.Error("the queue has no end")
	}
}

// Each digit is reported once, whatever is lost or late of its packets.
func TestDigitsAreReportedOnce(t *testing.T) {
	l := still()
	e, _ := newBare(t, l, false, g711Types)
	var got []byte
	e.OnDigit(func(d byte) { got = append(got, d) })
	event := func(seq uint16, ts uint32, code, flags byte) {
		e.receive(&packet{payloadType: 101, seq: seq, timestamp: ts, ssrc: 1, payload: []byte{code, flags, 0, 160}})
	}
	event(1, 1000, 1, 10)
	event(2, 1000, 1, 10)
	event(3, 1000, 1, 0x8a)
	event(6, 3000, 11, 0x8a) // only its end arrived
	event(4, 1000, 1, 0x8a)  // late
	event(7, 3000, 11, 0x8a)
	event(8, 5000, 16, 10) // flash is no digit
	event(9, 7000, 15, 10)
	if string(got) != "1#D" {
		t.Errorf("digits %q", got)
	}
}
