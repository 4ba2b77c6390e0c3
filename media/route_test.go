package media

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtp"

	"ringsplash/media/sdp"
)

// at moves the clock of a still loop.
func at(l *Loop, ms int) { l.birth = time.Now().Add(-time.Duration(ms) * time.Millisecond) }

// talker sends 20 ms packets of a source.
type talker struct {
	end   *End
	ssrc  uint32
	seq   uint16
	ts    uint32
	pt    uint8
	clock uint32
}

func (s *talker) say() {
	s.seq++
	s.ts += s.clock / 50
	s.end.receive(&packet{payloadType: s.pt, seq: s.seq, timestamp: s.ts, ssrc: s.ssrc, payload: make([]byte, 160)})
}

// However the source changes, the listener sees one stream: one SSRC, sequence
// numbers without a gap, timestamps that follow the clock.
func TestSourcesChangeWithoutABreak(t *testing.T) {
	for seed := range uint64(15) {
		r := rand.New(rand.NewPCG(seed, 2))
		l := still()
		listener, far := newBare(t, l, false, g711Types)
		var talkers []*talker
		for i := range 3 {
			e, _ := newBare(t, l, false, g711Types)
			talkers = append(talkers, &talker{
				end: e, ssrc: r.Uint32(), seq: uint16(r.Uint32()), ts: r.Uint32(), pt: uint8(8 * (i % 2)),
				clock: 8000,
			})
		}
		now := 1000
		var sentAt []int
		heard := -1
		for range 400 {
			now += 20
			at(l, now)
			if r.IntN(15) == 0 {
				heard = r.IntN(4)
				if heard < 3 {
					listener.Hear(talkers[heard].end)
				} else {
					listener.Hear(Ringback)
				}
			}
			if r.IntN(30) == 0 { // a pause
				pause := r.IntN(3000)
				now += pause
				at(l, now)
				for _, s := range talkers {
					s.ts += uint32(pause) * 8
				}
			}
			for _, s := range talkers {
				s.say()
			}
			listener.tick(uint64(now/20), l.now())
			for len(sentAt) < len(far.sent()) {
				sentAt = append(sentAt, now)
			}
		}
		checkUnbroken(t, seed, far.sent(), sentAt)
	}
}

func checkUnbroken(t *testing.T, seed uint64, all []rtp.Packet, sentAt []int) {
	t.Helper()
	if len(all) < 200 {
		t.Fatalf("seed %d: only %d packets", seed, len(all))
	}
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if b.SSRC != a.SSRC || b.SequenceNumber != a.SequenceNumber+1 {
			t.Fatalf("seed %d: %v after %v", seed, b.Header, a.Header)
		}
		// From the first packet on, within a few packets of the clock.
		want := int64(sentAt[i]-sentAt[0]) * 8
		got := int64(b.Timestamp - all[0].Timestamp)
		if int32(b.Timestamp-a.Timestamp) <= 0 || got-want > 4*160 || want-got > 4*160 {
			t.Fatalf("seed %d: packet %d: timestamp moved %d, the clock %d; %d after the one before", seed, i, got, want,
				int32(b.Timestamp-a.Timestamp))
		}
	}
}

// Loss, disorder and repetition in the source: loss stays visible, a repeated
// number is never sent twice (SRTP would reuse its key stream).
func TestSequenceIsKeptThroughLossAndDisorder(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, false, g711Types)
	listener, far := newBare(t, l, false, g711Types)
	listener.Hear(mic)
	say := func(seq uint16) {
		mic.receive(&packet{seq: seq, timestamp: uint32(seq) * 160, ssrc: 1, payload: make([]byte, 160)})
	}
	for _, seq := range []uint16{65533, 65534, 65534, 1, 0, 65535, 0, 65532, 5, 5} {
		say(seq)
	}
	var got []int
	first := far.sent()[0].SequenceNumber
	for _, p := range far.sent() {
		got = append(got, int(p.SequenceNumber-first))
	}
	want := []int{0, 1, 4, 3, 2, 8}
	if len(got) != len(want) {
		t.Fatalf("sent %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("sent %v, want %v", got, want)
		}
	}
	// A jump is a new stream, not loss: no gap.
	last := far.sent()[len(got)-1]
	say(20000)
	if p := far.sent()[len(got)]; p.SequenceNumber != last.SequenceNumber+1 || !p.Marker {
		t.Errorf("after a jump: %v, before %v", p.Header, last.Header)
	}
}

// Half an hour: sequence numbers wrap.
func TestLongTalk(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, false, g711Types)
	listener, err := newEnd(l, nowhere{}, false)
	if err != nil {
		t.Fatal(err)
	}
	listener.setPayloads(mic.payloads.Load(), false)
	listener.Hear(mic)
	speak := &talker{end: mic, ssrc: 1, clock: 8000}
	const packets = 30 * 60 * 50
	for range packets {
		speak.say()
	}
	if got, in := listener.Stats().Sent, mic.Stats(); got != packets || in.Lost != 0 {
		t.Errorf("%d of %d packets came through, %d lost", got, packets, in.Lost)
	}
}

func TestLossIsCounted(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, false, g711Types)
	for _, p := range []packet{
		{seq: 65534, ssrc: 1}, {seq: 1, ssrc: 1}, {seq: 0, ssrc: 1}, {seq: 4, ssrc: 1}, // 65535, 2 and 3
		{seq: 900, ssrc: 2}, {seq: 902, ssrc: 2}, // 901
	} {
		mic.receive(&p)
	}
	if s := mic.Stats(); s.Lost != 4 || s.Received != 6 {
		t.Errorf("%d lost of %d, want 4 of 6", s.Lost, s.Received)
	}
}

func TestNumbersAreNeverUsedTwice(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	l := still()
	mic, _ := newBare(t, l, false, g711Types)
	listener, far := newBare(t, l, false, g711Types)
	listener.Hear(mic)
	for range 30000 {
		mic.receive(&packet{seq: uint16(r.IntN(40000)), timestamp: r.Uint32(), ssrc: uint32(r.IntN(3)), payload: make([]byte, 1)})
	}
	// The 48 bit index of SRTP, guessed as a receiver does (RFC 3711 3.3.1).
	seen := map[int64]bool{}
	index := int64(far.sent()[0].SequenceNumber)
	for _, p := range far.sent() {
		at := index + int64(int16(p.SequenceNumber-uint16(index)))
		if seen[at] {
			t.Fatalf("index %d was sent twice", at)
		}
		seen[at] = true
		index = max(index, at)
	}
	if len(seen) < 1000 {
		t.Errorf("only %d packets", len(seen))
	}
}

func TestSeveralListeners(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, false, g711Types)
	same, farSame := newBare(t, l, false, g711Types)
	alaw, farA := newBare(t, l, false, pcmaTypes)
	opus, farOpus := newBare(t, l, false, opusTypes)
	for _, e := range []*End{same, alaw, opus} {
		e.Hear(mic)
	}
	speak := &talker{end: mic, ssrc: 1, clock: 8000}
	speak.say()
	mic.receive(&packet{payloadType: 101, seq: 2, timestamp: 320, ssrc: 1, payload: []byte{1, 10, 0, 160}})
	if a, b, c := len(farSame.sent()), len(farA.sent()), len(farOpus.sent()); a != 2 || b != 1 || c != 1 {
		t.Fatalf("packets: %d as it is, %d A-law, %d opus", a, b, c)
	}
	if d := alaw.Stats().DroppedCodec; d != 1 {
		t.Errorf("no telephone-event there: %d dropped", d)
	}
	if d := opus.Stats().DroppedCodec; d != 1 {
		t.Errorf("no G.711 there: %d dropped", d)
	}
	if p := farOpus.sent()[0]; p.PayloadType != 110 || binary.BigEndian.Uint16(p.Payload[2:]) != 960 {
		t.Errorf("event with a 48 kHz clock: payload type %d, % x", p.PayloadType, p.Payload)
	}
	alaw.Hear(nil)
	same.Close()
	speak.seq++
	speak.say()
	if a, b := len(farSame.sent()), len(farA.sent()); a != 2 || b != 1 {
		t.Errorf("still heard: %d, %d", a, b)
	}
	mic.Close()
	if p := opus.out.hears.Load(); p != nil {
		t.Error("a closed end is still heard")
	}
}

// opus with telephone-event/8000 only, as many phones have it.
func TestEventClocks(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, false, opusEvent8)
	browser, far := newBare(t, l, false, opusTypes)
	browser.Hear(mic)
	at(l, 1000)
	mic.receive(&packet{payloadType: 96, seq: 1, timestamp: 5000, ssrc: 1, payload: make([]byte, 40)})
	at(l, 1020)
	mic.receive(&packet{payloadType: 97, seq: 2, timestamp: 70000, ssrc: 1, marker: true, payload: []byte{11, 10, 0, 160}})
	at(l, 1040)
	mic.receive(&packet{payloadType: 97, seq: 3, timestamp: 70000, ssrc: 1, payload: []byte{11, 0x8a, 1, 64}})
	at(l, 1060)
	mic.receive(&packet{payloadType: 96, seq: 4, timestamp: 5000 + 3*960, ssrc: 1, payload: make([]byte, 40)})
	p := far.sent()
	if len(p) != 4 {
		t.Fatalf("%d packets", len(p))
	}
	if p[1].PayloadType != 110 || p[2].Timestamp != p[1].Timestamp || binary.BigEndian.Uint16(p[1].Payload[2:]) != 960 ||
		binary.BigEndian.Uint16(p[2].Payload[2:]) != 1920 {
		t.Errorf("events: %v % x, %v % x", p[1].Header, p[1].Payload, p[2].Header, p[2].Payload)
	}
	if d := p[1].Timestamp - p[0].Timestamp; d < 960 || d > 1000 {
		t.Errorf("the event begins %d ticks after the audio before it", d)
	}
	if d := p[3].Timestamp - p[0].Timestamp; d != 3*960 {
		t.Errorf("the audio goes on after %d ticks", d)
	}
}

func TestMuteGivesSilence(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, false, g711Types)
	listener, far := newBare(t, l, false, g711Types)
	listener.Hear(mic)
	speak := &talker{end: mic, ssrc: 1, clock: 8000}
	for i := range 10 {
		at(l, 20*i+20)
		mic.Mute(i >= 3 && i < 7)
		speak.say()
		listener.tick(uint64(i), l.now())
	}
	all := far.sent()
	if len(all) != 10 || mic.Stats().DroppedMuted != 4 {
		t.Fatalf("%d packets, %d muted", len(all), mic.Stats().DroppedMuted)
	}
	for i, p := range all {
		if quiet := p.Payload[0] == encodeMu(0); quiet != (i >= 3 && i < 7) {
			t.Errorf("packet %d: silence %t", i, quiet)
		}
		if p.SequenceNumber != all[0].SequenceNumber+uint16(i) {
			t.Errorf("packet %d: sequence %d", i, p.SequenceNumber)
		}
	}
}

func TestHeldEndGetsNothing(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, false, g711Types)
	listener, far := newBare(t, l, false, g711Types)
	listener.setPayloads(listener.payloads.Load(), true)
	listener.Hear(mic)
	(&talker{end: mic, ssrc: 1, clock: 8000}).say()
	listener.Hear(HoldMusic)
	listener.tick(1, l.now())
	if n := len(far.sent()); n != 0 {
		t.Errorf("%d packets to an end that is sendonly", n)
	}
}

// What was held back leaves no gap that looks like loss.
func TestMuteIsNoLoss(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, false, g711Types)
	listener, far := newBare(t, l, false, g711Types)
	listener.Hear(mic)
	speak := &talker{end: mic, ssrc: 1, clock: 8000}
	for i := range 10 {
		at(l, 20*i+20)
		mic.Mute(i == 4)
		speak.say()
	}
	all := far.sent()
	for i, p := range all {
		if p.SequenceNumber != all[0].SequenceNumber+uint16(i) {
			t.Errorf("packet %d: sequence %d after %d", i, p.SequenceNumber, all[0].SequenceNumber)
		}
	}
	if len(all) != 9 || !all[4].Marker {
		t.Errorf("%d packets", len(all))
	}
}

// A packet that was on its way when the source changed is not mixed in.
func TestPacketOfTheSourceBefore(t *testing.T) {
	l := still()
	before, _ := newBare(t, l, false, g711Types)
	after, _ := newBare(t, l, false, g711Types)
	listener, far := newBare(t, l, false, g711Types)
	listener.Hear(before)
	listener.Hear(after)
	listener.relay(before, &packet{format: sdp.FormatPCMU, ssrc: 1, at: l.now(), payload: make([]byte, 160)})
	if n := len(far.sent()); n != 0 {
		t.Errorf("%d packets of the source before", n)
	}
	listener.relay(after, &packet{format: sdp.FormatPCMU, ssrc: 1, at: l.now(), payload: make([]byte, 160)})
	if n := len(far.sent()); n != 1 {
		t.Errorf("%d packets of the source now", n)
	}
}
