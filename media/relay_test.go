package media

import (
	"bytes"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"

	"ringsplash/media/sdp"
)

// Two phones talk through the gateway, sockets and all.
func TestPhoneToPhone(t *testing.T) {
	l := newLoop(t, Config{})
	a, b := newPhone(t, localhost), newPhone(t, localhost)
	ea := connect(t, l, a, RTPOptions{}, "0 8 101", "a=rtpmap:101 telephone-event/8000")
	eb := connect(t, l, b, RTPOptions{}, "8 96", "a=rtpmap:96 telephone-event/8000")
	ea.Hear(eb)
	eb.Hear(ea)

	digits := make(chan byte, 9)
	ea.OnDigit(func(d byte) { digits <- d })

	loud := bytes.Repeat([]byte{0x80}, 160) // loudest in mu-law
	a.send(rtp.Packet{Header: rtp.Header{PayloadType: 0, SequenceNumber: 7, Timestamp: 1000, SSRC: 5}, Payload: loud})
	got := b.receive()
	if got.PayloadType != 8 || !bytes.Equal(got.Payload, bytes.Repeat([]byte{encodeA(decodeMu(0x80))}, 160)) {
		t.Errorf("mu-law to A-law: payload type %d, % x", got.PayloadType, got.Payload[:4])
	}
	a.send(rtp.Packet{
		Header:  rtp.Header{PayloadType: 101, SequenceNumber: 8, Timestamp: 1160, SSRC: 5, Marker: true},
		Payload: []byte{5, 10, 0, 160},
	})
	event := b.receive()
	if event.PayloadType != 96 || event.Timestamp != got.Timestamp+160 || event.SequenceNumber != got.SequenceNumber+1 ||
		!event.Marker {
		t.Errorf("telephone-event came as %v after %v", event.Header, got.Header)
	}
	if d := <-digits; d != '5' {
		t.Errorf("digit %q", d)
	}

	b.send(rtp.Packet{Header: rtp.Header{PayloadType: 8, SequenceNumber: 60000, Timestamp: 1, SSRC: 9}, Payload: loud})
	if back := a.receive(); back.PayloadType != 8 || !bytes.Equal(back.Payload, loud) {
		t.Errorf("A-law as it is: payload type %d", back.PayloadType)
	}
	eventually(t, "sent counted", func() bool { return ea.Stats().Sent == 1 })
	s := ea.Stats()
	if s.Received != 2 || s.Sent != 1 || s.ReceivedBytes != 164 || s.SentBytes != 160 || time.Since(s.LastReceived) > patience {
		t.Errorf("stats %+v", s)
	}
}

// Design section 8: our code allocates nothing on the pass-through path.
func TestPassThroughDoesNotAllocate(t *testing.T) {
	l := newLoop(t, Config{})
	for _, c := range []struct{ name, from, to string }{
		{"as it is", "0", "0"}, {"converted", "0", "8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := newPhone(t, localhost), newPhone(t, localhost)
			ea, eb := connect(t, l, a, RTPOptions{}, c.from), connect(t, l, b, RTPOptions{}, c.to)
			eb.Hear(ea)
			raw := make([]byte, 172)
			_ = b.rtp.SetReadDeadline(time.Now().Add(time.Minute))
			seq, clock := uint16(0), uint32(0)
			passed := 0
			allocs := testing.AllocsPerRun(2000, func() {
				seq, clock = seq+1, clock+160
				writeHeader(raw, false, 0, seq, clock, 77)
				if _, err := a.rtp.WriteToUDPAddrPort(raw, a.to); err != nil {
					t.Fatal(err)
				}
				if n, _, err := b.rtp.ReadFromUDPAddrPort(b.buf); err != nil || n != 172 {
					t.Fatal(n, err)
				}
				passed++
			})
			if allocs != 0 {
				t.Errorf("%v allocations for each packet", allocs)
			}
			eventually(t, "every packet counted", func() bool { return eb.Stats().Sent == uint64(passed) })
		})
	}
}

// The proof above would not notice a counter that never counts.
func TestAllocationIsNoticed(t *testing.T) {
	l := newLoop(t, Config{})
	a, b := newPhone(t, localhost), newPhone(t, localhost)
	ea, eb := connect(t, l, a, RTPOptions{}, "0"), connect(t, l, b, RTPOptions{}, "0")
	eb.Hear(ea)
	var kept atomic.Pointer[[]byte]
	eb.Tap(func(_ sdp.Codec, payload []byte) {
		p := append([]byte(nil), payload...)
		kept.Store(&p)
	})
	raw := make([]byte, 172)
	seq := uint16(0)
	_ = b.rtp.SetReadDeadline(time.Now().Add(time.Minute))
	allocs := testing.AllocsPerRun(200, func() {
		seq++
		writeHeader(raw, false, 0, seq, uint32(seq)*160, 77)
		if _, err := a.rtp.WriteToUDPAddrPort(raw, a.to); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.rtp.ReadFromUDPAddrPort(b.buf); err != nil {
			t.Fatal(err)
		}
	})
	if allocs < 1 || len(*kept.Load()) != 160 {
		t.Errorf("%v allocations counted, %d bytes tapped", allocs, len(*kept.Load()))
	}
}

func TestStrangersAreDropped(t *testing.T) {
	l := newLoop(t, Config{})
	a, b, stranger := newPhone(t, localhost), newPhone(t, localhost), newPhone(t, netip.MustParseAddr("127.0.0.9"))
	ea, eb := connect(t, l, a, RTPOptions{}, "0"), connect(t, l, b, RTPOptions{}, "0")
	eb.Hear(ea)
	neighbour := newPhone(t, localhost) // the phone's address, another port
	for _, x := range []*phone{stranger, neighbour} {
		x.to = a.to
		x.send(rtp.Packet{Header: rtp.Header{SequenceNumber: 1, SSRC: 66}, Payload: []byte("stranger")})
	}
	eventually(t, "strangers counted", func() bool { return ea.Stats().DroppedStranger == 2 })
	a.send(rtp.Packet{Header: rtp.Header{SequenceNumber: 2, SSRC: 5}, Payload: []byte("friend")})
	if got := b.receive(); string(got.Payload) != "friend" {
		t.Errorf("%q came through", got.Payload)
	}
	if s := ea.Stats(); s.Received != 1 {
		t.Errorf("%d received", s.Received)
	}
}
