package media

import (
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
)

func TestCloseEndsEverything(t *testing.T) {
	l := newLoop(t, Config{})
	over := make(chan struct{})
	for range 3 {
		p := newPhone(t, localhost)
		e := connect(t, l, p, RTPOptions{}, "0")
		e.Hear(HoldMusic)
		p.receive()
		e.PlayOnce(HoldMusic, func() { over <- struct{}{} })
	}
	go func() { _ = l.Close() }()
	for range 3 {
		<-over
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := l.NewRTPEnd(RTPOptions{Peer: localhost}); !errors.Is(err, ErrClosed) {
		t.Errorf("an end of a closed loop: %v", err)
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	for _, c := range []Config{
		{RTPLow: 10, RTPHigh: 2000},
		{RTPLow: 4000, RTPHigh: 4000},
		{RTPLow: 4000, RTPHigh: 70000},
		{RTPHigh: 4000},
		{WebRTCPort: 70000},
	} {
		if l, err := Listen(c, slog.Default()); err == nil {
			_ = l.Close()
			t.Errorf("%+v was taken", c)
		} else if !strings.HasPrefix(err.Error(), "media: ") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := (Config{Listen: []netip.Addr{localhost}, RTPLow: 4001, RTPHigh: 4004}).complete(); err != nil {
		t.Error(err)
	}
}

// A panic on the path of the packets costs that packet.
func TestPanicsAreCaught(t *testing.T) {
	l := newLoop(t, Config{})
	a, b := newPhone(t, localhost), newPhone(t, localhost)
	ea, eb := connect(t, l, a, RTPOptions{}, "0 101", "a=rtpmap:101 telephone-event/8000"), connect(t, l, b, RTPOptions{}, "0")
	eb.Hear(ea)
	ea.OnDigit(func(byte) { panic("on purpose") })
	a.send(rtp.Packet{Header: rtp.Header{PayloadType: 101, SequenceNumber: 1, SSRC: 5}, Payload: []byte{5, 10, 0, 160}})
	a.send(rtp.Packet{Header: rtp.Header{SequenceNumber: 2, Timestamp: 160, SSRC: 5}, Payload: []byte("sound")})
	if got := b.receive(); string(got.Payload) != "sound" {
		t.Errorf("%q", got.Payload)
	}
	eb.PlayOnce(Splash, func() { panic("on purpose") })
	eventually(t, "the tone's panic", func() bool { return l.broken.Load() == 2 })
	last := eb.Stats().Sent
	eb.Hear(Silence)
	eventually(t, "the tick goes on", func() bool { return eb.Stats().Sent > last })
	l.broken.Store(0) // they were wanted
}

func TestLastReceived(t *testing.T) {
	l := still()
	e, _ := newBare(t, l, true, g711Types)
	if !e.Stats().LastReceived.IsZero() {
		t.Error("before the first packet")
	}
	e.receive(&packet{ssrc: 1})
	if d := time.Since(e.Stats().LastReceived); d < 0 || d > patience {
		t.Errorf("%s ago", d)
	}
}
