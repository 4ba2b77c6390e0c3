package media

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

func TestGateOpensOnlyForTheOwner(t *testing.T) {
	var g, other Gate
	g.born(true)
	other.born(true)
	if g.Open(Unmute{}) || g.Open(UnmuteByOwner(&other)) || g.Want(Unmute{}) || g.State() != GateShut {
		t.Fatal("opened by what is no un-mute of this gate")
	}
	u := UnmuteByOwner(&g)
	if !g.Want(u) || g.State() != GateWanted || g.enter() != refused {
		t.Fatalf("wanted: %s", g.State())
	}
	g.leave()
	g.Shut()
	if g.Open(u) || g.State() != GateShut {
		t.Fatal("opened by an un-mute from before the gate was shut")
	}
	u = UnmuteByOwner(&g)
	if !g.Want(u) || !g.Open(u) || g.State() != GateOpen || !g.Want(u) || g.State() != GateOpen {
		t.Fatalf("un-mute, then wanted again: %s", g.State())
	}
}

func TestGateOfAnOrdinaryEndIsOpen(t *testing.T) {
	l := still()
	open, _ := newBare(t, l, false, g711Types)
	shut, _ := newBare(t, l, true, g711Types)
	var unborn Gate
	if open.Gate().State() != GateOpen || shut.Gate().State() != GateShut || unborn.State() != GateShut {
		t.Error(open.Gate().State(), shut.Gate().State(), unborn.State())
	}
}

// gateWalk drives one end through random events and knows what may come out.
type gateWalk struct {
	*rand.Rand
	mic   *End
	far   *recorder
	stale Unmute
	seq   uint16
	ts    uint32
	// lawful has the mark of each packet that was sent while the gate was open.
	lawful  map[uint32]bool
	refused uint64
}

func (w *gateWalk) open() bool { return w.mic.Gate().State() == GateOpen }

// speak sends one packet with a mark of its own, audio or telephone-event.
func (w *gateWalk) speak() {
	w.seq++
	w.ts += 160
	p := packet{seq: w.seq, timestamp: w.ts, ssrc: 1, payload: make([]byte, 160)}
	mark := w.Uint32()&0x00ffffff | 0x05000000 // the digit 5
	if w.IntN(5) == 0 {
		p.payloadType, p.payload = 101, p.payload[:4]
	}
	binary.BigEndian.PutUint32(p.payload, mark)
	w.lawful[mark] = w.open() && !w.mic.muted.Load()
	if !w.open() {
		w.refused++
	}
	w.mic.receive(&p)
}

func (w *gateWalk) step(listener *End) {
	g := w.mic.Gate()
	switch w.IntN(12) {
	case 0:
		w.stale = UnmuteByOwner(g)
		g.Want(w.stale)
	case 1:
		g.Open(UnmuteByOwner(g))
	case 2:
		before := w.open()
		stale := w.stale.generation != g.word.Load()>>2 || w.stale.gate != g
		if g.Open(w.stale) && stale && !before {
			panic("a stale un-mute opened the gate")
		}
	case 3:
		g.Shut()
	case 4:
		listener.Hear(Silence)
		listener.Hear(w.mic)
	case 5:
		w.mic.Mute(w.IntN(2) == 0)
	case 6:
		w.mic.setPayloads(w.mic.payloads.Load(), w.IntN(2) == 0)
	default:
		w.speak()
	}
}

// I1: no byte passes while the gate is shut, and nothing that was refused comes
// out later.
func TestNothingPassesTheShutGate(t *testing.T) {
	for seed := range uint64(200) {
		l := still()
		mic, _ := newBare(t, l, true, g711Types)
		listener, far := newBare(t, l, false, g711Types)
		listener.Hear(mic)
		digits := 0
		mic.OnDigit(func(byte) { digits++ })
		w := &gateWalk{Rand: rand.New(rand.NewPCG(seed, 1)), mic: mic, far: far, lawful: map[uint32]bool{}}
		for range 400 {
			w.step(listener)
		}
		checkGateWalk(t, seed, w, digits)
	}
}

func checkGateWalk(t *testing.T, seed uint64, w *gateWalk, digits int) {
	t.Helper()
	audible, events := 0, 0
	for mark, lawful := range w.lawful {
		if lawful {
			audible++
		}
		_ = mark
	}
	for _, p := range w.far.sent() {
		mark := binary.BigEndian.Uint32(p.Payload)
		if !w.lawful[mark] {
			t.Fatalf("seed %d: %x came out, sent at a shut gate", seed, mark)
		}
		if p.PayloadType == 101 {
			events++
		}
	}
	if got := len(w.far.sent()); got != audible {
		t.Fatalf("seed %d: %d packets may pass, %d did", seed, audible, got)
	}
	s := w.mic.Stats()
	if s.PassedWhileShut != 0 || s.DroppedByGate != w.refused || digits != events {
		t.Fatalf("seed %d: %+v; refused %d, digits %d of %d", seed, s, w.refused, digits, events)
	}
}

// A digit pressed at the shut gate does not leave by its repetitions.
func TestEventBegunAtTheShutGateStaysIn(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, true, g711Types)
	listener, far := newBare(t, l, false, g711Types)
	listener.Hear(mic)
	mic.OnDigit(func(d byte) { t.Errorf("digit %c", d) })
	for i := range uint16(6) {
		if i == 3 {
			mic.Gate().Open(UnmuteByOwner(mic.Gate()))
		}
		mic.receive(&packet{payloadType: 101, seq: i, timestamp: 800, ssrc: 1, payload: []byte{7, 0x8a, 3, 0x20}})
	}
	if n := len(far.sent()); n != 0 {
		t.Errorf("%d packets of the event came out", n)
	}
}

// A key pressed at the shut gate is told once, by another way than the keys that
// pass; one whose event began before the gate shut is none.
func TestKeyAtTheShutGate(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, false, g711Types)
	listener, far := newBare(t, l, false, g711Types)
	listener.Hear(mic)
	var passed, keys []byte
	mic.OnDigit(func(d byte) { passed = append(passed, d) })
	mic.OnKey(func(d byte) { keys = append(keys, d) })
	seq := uint16(0)
	event := func(ts uint32, code byte) {
		seq++
		mic.receive(&packet{payloadType: 101, seq: seq, timestamp: ts, ssrc: 1, payload: []byte{code, 10, 0, 160}})
	}
	event(1000, 1)
	mic.Gate().Shut()
	event(1000, 1)
	event(3000, 10)
	event(3000, 10)
	event(5000, 11)
	mic.Gate().Open(UnmuteByOwner(mic.Gate()))
	event(5000, 11)
	mic.WithholdKey('*', time.Second)
	event(7000, 10)
	event(8000, 2)
	at(l, 1020)
	event(7000, 10)
	event(9000, 10)
	if string(passed) != "12*" || string(keys) != "*#" {
		t.Errorf("passed %q, pressed at the shut gate %q", passed, keys)
	}
	if n := len(far.sent()); n != 3 {
		t.Errorf("%d packets of events came out, want the 1, the 2 and the second *", n)
	}
}

// A phone whose gate is shut gets no telephone-event: one that gave it back
// would seem to have had its own key pressed.
func TestNoEventGoesToAShutGate(t *testing.T) {
	l := still()
	phone, far := newBare(t, l, true, g711Types)
	caller, _ := newBare(t, l, false, g711Types)
	phone.Hear(caller)
	key := func(ts uint32) {
		caller.receive(&packet{payloadType: 101, seq: uint16(ts / 1000), timestamp: ts, ssrc: 1, payload: []byte{10, 10, 0, 160}})
	}
	key(1000)
	if err := phone.SendDigits("*"); !errors.Is(err, ErrNoDTMF) {
		t.Errorf("a digit is sent to a shut gate: %v", err)
	}
	if n := len(far.sent()); n != 0 {
		t.Fatalf("%d events went to the phone", n)
	}
	phone.Gate().Open(UnmuteByOwner(phone.Gate()))
	key(3000)
	if err := phone.SendDigits("*"); err != nil {
		t.Fatal(err)
	}
	phone.Gate().Shut()
	(&ticker{l: l}).tick(phone, 30)
	if n := len(far.sent()); n != 1 {
		t.Errorf("%d events went to the phone, want the one while it was open", n)
	}
}

// When Shut has returned, nothing is on its way any more.
func TestShutWaitsForThePacketUnderWay(t *testing.T) {
	l := still()
	mic, _ := newBare(t, l, false, g711Types)
	listener, err := newEnd(l, nowhere{}, false)
	if err != nil {
		t.Fatal(err)
	}
	listener.setPayloads(mic.payloads.Load(), false)
	listener.Hear(mic)
	sent := func() uint64 { return listener.Stats().Sent }
	stop := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(stop)
	wg.Go(func() {
		for seq := uint16(0); ; seq++ {
			select {
			case <-stop:
				return
			default:
				mic.receive(&packet{seq: seq, timestamp: uint32(seq) * 160, ssrc: 1, payload: make([]byte, 160)})
			}
		}
	})
	for range 200 {
		before := sent()
		eventually(t, "sound", func() bool { return sent() > before })
		mic.Gate().Shut()
		quiet := sent()
		refused := mic.Stats().DroppedByGate
		eventually(t, "refusal", func() bool { return mic.Stats().DroppedByGate > refused })
		if n := sent(); n != quiet {
			t.Fatalf("%d packets after Shut returned", n-quiet)
		}
		mic.Gate().Open(UnmuteByOwner(mic.Gate()))
	}
	if n := mic.Stats().PassedWhileShut; n != 0 {
		t.Errorf("%d passed while shut", n)
	}
}
