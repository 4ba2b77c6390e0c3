package media

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/pion/rtp"

	"ringsplash/media/sdp"
)

// speaker sends counted bytes in packets of so many ms.
type speaker struct {
	end  *End
	seq  uint16
	ts   uint32
	pt   uint8
	said []byte
}

func (s *speaker) sound(ms int) *packet {
	s.seq++
	p := &packet{payloadType: s.pt, seq: s.seq, timestamp: s.ts, ssrc: 7}
	for range ms * bytesPerMS {
		p.payload = append(p.payload, byte(s.ts>>2))
		s.ts++
	}
	s.said = append(s.said, p.payload...)
	return p
}

func (s *speaker) say(ms int) { s.end.receive(s.sound(ms)) }

// joined is what packets of sound say, one after the other; times and numbers
// must not have a gap.
func joined(t *testing.T, packets []rtp.Packet) []byte {
	t.Helper()
	var all []byte
	for i, p := range packets {
		if i > 0 {
			a := packets[i-1]
			if p.SequenceNumber != a.SequenceNumber+1 || p.Timestamp != a.Timestamp+uint32(len(a.Payload)) || p.SSRC != a.SSRC ||
				p.Marker {
				t.Fatalf("packet %d is %v after %v of %d bytes", i, p.Header, a.Header, len(a.Payload))
			}
		}
		all = append(all, p.Payload...)
	}
	return all
}

// Whatever length packets come in, they go in the one that was asked for, and
// not a byte is lost, moved or repeated.
func TestPacketsAreCutAndJoined(t *testing.T) {
	lengths := []int{10, 20, 30, 40, 60}
	for _, c := range []struct {
		name     string
		from, to []sdp.PayloadType
		want     func(byte) byte
	}{
		{"PCMU", g711Types, g711Types[:1], func(b byte) byte { return b }},
		{"PCMU to PCMA", g711Types, pcmaTypes, func(b byte) byte { return muToA[b] }},
		{
			"G722",
			[]sdp.PayloadType{{Number: 0, Format: sdp.FormatG722}},
			[]sdp.PayloadType{{Number: 9, Format: sdp.FormatG722}},
			func(b byte) byte { return b },
		},
	} {
		for _, in := range lengths {
			for _, out := range lengths {
				t.Run(fmt.Sprintf("%s %d to %d", c.name, in, out), func(t *testing.T) {
					l := still()
					mic, _ := newBare(t, l, false, c.from)
					ear, far := newBare(t, l, false, c.to)
					ear.setPacketTime(out)
					ear.Hear(mic)
					s := &speaker{end: mic, seq: 65530, ts: 1<<32 - 400}
					for range 240 / in {
						s.say(in)
					}
					sent := far.sent()
					for _, p := range sent {
						if len(p.Payload) != out*bytesPerMS || p.PayloadType != c.to[0].Number {
							t.Fatalf("a packet of %d bytes, type %d", len(p.Payload), p.PayloadType)
						}
					}
					if !sent[0].Marker {
						t.Error("the first packet has no marker")
					}
					sent[0].Marker = false
					for i := range s.said {
						s.said[i] = c.want(s.said[i])
					}
					if !bytes.Equal(joined(t, sent), s.said) {
						t.Error("it is not what was said")
					}
				})
			}
		}
	}
}

// An end that asked for nothing, and opus, get packets as they come.
func TestPacketsPassAsTheyCome(t *testing.T) {
	for _, c := range []struct {
		types []sdp.PayloadType
		want  int // ms asked for
	}{{g711Types, 0}, {opusTypes, 40}} {
		l := still()
		mic, _ := newBare(t, l, false, c.types)
		ear, far := newBare(t, l, false, c.types)
		ear.setPacketTime(c.want)
		ear.Hear(mic)
		s := &speaker{end: mic, pt: c.types[0].Number}
		for _, ms := range []int{20, 30, 10, 60} {
			s.say(ms)
		}
		sent := far.sent()
		if len(sent) != 4 || len(sent[1].Payload) != 30*bytesPerMS || len(sent[3].Payload) != 60*bytesPerMS {
			t.Errorf("asked for %d ms, sent %d packets", c.want, len(sent))
		}
	}
}

// What is lost on the way here stays visible: a gap in the numbers, and no
// sound at a time that is not its own. What comes late or twice goes nowhere.
func TestLossWhileJoining(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, false, g711Types)
	ear, far := newBare(t, l, false, g711Types)
	ear.setPacketTime(40)
	ear.Hear(mic)
	s := &speaker{end: mic}
	s.say(20)
	lost := s.sound(20)
	s.say(20)
	again := *s.sound(20)
	mic.receive(&again)
	mic.receive(&again)
	mic.receive(lost)
	sent := far.sent()
	if len(sent) != 2 || len(sent[0].Payload) != 160 || len(sent[1].Payload) != 320 {
		t.Fatalf("%d packets were sent", len(sent))
	}
	if sent[1].SequenceNumber != sent[0].SequenceNumber+2 || sent[1].Timestamp != sent[0].Timestamp+320 {
		t.Errorf("%v after %v", sent[1].Header, sent[0].Header)
	}
	if !bytes.Equal(sent[1].Payload, s.said[320:]) {
		t.Error("the sound after the gap is another")
	}
	// From here on it is whole again.
	s.say(20)
	s.say(20)
	if sent = far.sent(); len(sent) != 3 || sent[2].SequenceNumber != sent[1].SequenceNumber+1 ||
		sent[2].Timestamp != sent[1].Timestamp+320 {
		t.Fatalf("%v after %v", sent[2].Header, sent[1].Header)
	}
}

// A key pressed between two halves of a packet: the first half goes before it,
// and each packet of the event goes once.
func TestEventWhileJoining(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, false, g711Types)
	ear, far := newBare(t, l, false, g711Types)
	ear.setPacketTime(40)
	ear.Hear(mic)
	s := &speaker{end: mic}
	s.say(20)
	s.say(20)
	s.say(20)
	began := s.ts
	for i := range 3 {
		s.seq++
		event := &packet{payloadType: 101, seq: s.seq, timestamp: began, ssrc: 7, payload: []byte{5, 0x80, 0, byte(160 + i)}}
		again := *event
		mic.receive(event)
		mic.receive(&again)
	}
	s.ts += 160
	s.say(20)
	s.say(20)
	sent := far.sent()
	want := []int{320, 160, 4, 4, 4, 320}
	if len(sent) != len(want) {
		t.Fatalf("%d packets were sent, want %d", len(sent), len(want))
	}
	for i, p := range sent {
		if len(p.Payload) != want[i] || p.SequenceNumber != sent[0].SequenceNumber+uint16(i) {
			t.Errorf("packet %d has %d bytes, %v", i, len(p.Payload), p.Header)
		}
	}
	if at := sent[2].Timestamp - sent[0].Timestamp; at != 480 {
		t.Errorf("the key was pressed at %d, want 480", at)
	}
	if at := sent[5].Timestamp - sent[0].Timestamp; at != 640 {
		t.Errorf("the sound goes on at %d, want 640", at)
	}
}

// Sources and tones that follow each other while packets are joined make one
// stream without a break.
func TestSourcesChangeWhileJoining(t *testing.T) {
	for _, ms := range []int{10, 30, 60} {
		l := still()
		listener, far := newBare(t, l, false, g711Types)
		listener.setPacketTime(ms)
		a, _ := newBare(t, l, false, g711Types)
		b, _ := newBare(t, l, false, g711Types)
		talkers := []*talker{{end: a, ssrc: 1, ts: 9, clock: 8000}, {end: b, ssrc: 2, seq: 65500, ts: 1 << 31, pt: 8, clock: 8000}}
		now := 1000
		var sentAt []int
		for i := range 600 {
			now += 20
			at(l, now)
			if i%17 == 0 {
				listener.Hear([]Source{a, Ringback, b, Silence}[i/17%4])
			}
			if i == 50 {
				if err := listener.SendDigits("5"); err != nil {
					t.Fatal(err)
				}
			}
			for _, s := range talkers {
				s.say()
			}
			listener.tick(uint64(now/20), l.now())
			for n := far.count(); len(sentAt) < n; {
				sentAt = append(sentAt, now)
			}
		}
		whole, before, sent := 0, rtp.Packet{}, far.sent()
		for i, p := range sent {
			if i > 0 && (p.SequenceNumber != before.SequenceNumber+1 || p.SSRC != before.SSRC || int32(p.Timestamp-before.Timestamp) < 0) {
				t.Fatalf("%d ms: %v after %v", ms, p.Header, before.Header)
			}
			// a key keeps the time it was pressed at
			if want, got := int64(sentAt[i]-sentAt[0])*8, int64(p.Timestamp-sent[0].Timestamp); p.PayloadType != 101 &&
				(got-want > 8*160 || want-got > 8*160) {
				t.Fatalf("%d ms: packet %d is at %d, the clock at %d", ms, i, got, want)
			}
			if len(p.Payload) == ms*bytesPerMS {
				whole++
			}
			before = p
		}
		if whole*ms < 600*20*8/10 {
			t.Errorf("%d ms: only %d packets have the length that was asked for", ms, whole)
		}
	}
}

// Cutting and joining costs no memory.
func TestJoiningAllocatesNothing(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, false, g711Types)
	ear, err := newEnd(l, nowhere{}, false)
	if err != nil {
		t.Fatal(err)
	}
	ear.setPayloads(newPayloads(pcmaTypes, pcmaTypes), false)
	ear.setPacketTime(30)
	ear.Hear(mic)
	p := packet{ssrc: 7, payload: make([]byte, 160)}
	if n := testing.AllocsPerRun(1000, func() {
		p.seq, p.timestamp, p.payloadType = p.seq+1, p.timestamp+160, 0
		mic.receive(&p)
	}); n != 0 {
		t.Errorf("%.0f allocations a packet", n)
	}
}

// Two phones, each with a packet length of its own, through offer and answer
// and real sockets: each gets what it asked for, a tone too.
func TestPacketLengthIsNegotiated(t *testing.T) {
	l := newLoop(t, Config{})
	one, other := newPhone(t, localhost), newPhone(t, localhost)
	a := connect(t, l, one, RTPOptions{}, "0", "a=ptime:60")
	b, err := l.NewRTPEnd(RTPOptions{Peer: localhost})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv); err != nil {
		t.Fatal(err)
	}
	if _, err := b.TakeAnswer(other.sdp("0", "a=ptime:30", "a=maxptime:10")); err != nil {
		t.Fatal(err)
	}
	other.to = b.Addr()
	a.Hear(b)
	b.Hear(a)
	for i := range uint16(6) {
		other.send(rtp.Packet{Header: rtp.Header{SequenceNumber: i, Timestamp: uint32(i) * 80, SSRC: 2}, Payload: make([]byte, 80)})
	}
	if p := one.receive(); len(p.Payload) != 480 {
		t.Errorf("%d bytes instead of 60 ms", len(p.Payload))
	}
	one.send(rtp.Packet{Header: rtp.Header{SequenceNumber: 1, SSRC: 1}, Payload: make([]byte, 480)})
	for range 6 {
		if p := other.receive(); len(p.Payload) != 80 {
			t.Errorf("%d bytes instead of 10 ms", len(p.Payload))
		}
	}
	a.Hear(HoldMusic)
	for range 3 {
		if p := one.receive(); len(p.Payload) != 480 {
			t.Errorf("%d bytes of music instead of 60 ms", len(p.Payload))
		}
	}
}
