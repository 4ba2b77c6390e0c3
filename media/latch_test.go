package media

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/pion/rtp"

	"ringsplash/media/sdp"
)

// Loopback addresses stand for a phone's private address and for its NAT.
var (
	inside  = netip.MustParseAddr("127.0.0.3")
	nat     = netip.MustParseAddr("127.0.0.4")
	outside = netip.MustParseAddr("127.0.0.5")
)

// knock sends a packet to e from each of phones, in turn, and tells of which
// the end took it.
func knock(t *testing.T, e *RTPEnd, phones ...*phone) []bool {
	t.Helper()
	var taken []bool
	for i, p := range phones {
		p.to = e.Addr()
		before := e.Stats()
		p.send(rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i), SSRC: 1}, Payload: []byte("knock")})
		eventually(t, "packet arrived", func() bool {
			s := e.Stats()
			return s.Received+s.DroppedStranger > before.Received+before.DroppedStranger
		})
		taken = append(taken, e.Stats().Received > before.Received)
	}
	return taken
}

func describe(t *testing.T, e *RTPEnd, at netip.AddrPort) {
	t.Helper()
	if _, err := e.TakeOffer(sdpAt(at, "0")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.Answer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv); err != nil {
		t.Fatal(err)
	}
}

func wantTaken(t *testing.T, what string, got []bool, want ...bool) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: taken %v, want %v", what, got, want)
			return
		}
	}
}

func TestLatching(t *testing.T) {
	l := newLoop(t, Config{})
	self, behind, mapped, other := newPhone(t, inside), newPhone(t, nat), newPhone(t, nat), newPhone(t, outside)
	newEnd := func(o RTPOptions) *RTPEnd {
		e, err := l.NewRTPEnd(o)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}

	e := newEnd(RTPOptions{Peer: nat})
	wantTaken(t, "before any SDP", knock2(t, e, self), false)
	describe(t, e, self.addr)
	if e.peer.Load().to.IsValid() {
		t.Error("sends into a network of the stranger's choice")
	}
	// The first packet of the signalling source decides; its port does not matter.
	wantTaken(t, "behind NAT", knock(t, e, other, behind, mapped, self, behind), false, true, false, false, true)
	e.Hear(Silence)
	if got := behind.receive(); got.PayloadType != 0 {
		t.Errorf("sent to the latched address: %v", got.Header)
	}
	// A new offer/answer opens it again, and meanwhile sound goes on.
	describe(t, e, self.addr)
	if e.peer.Load().to != behind.addr {
		t.Error("a repeated description interrupts the sound")
	}
	wantTaken(t, "after a new description", knock(t, e, mapped, behind), true, false)

	e = newEnd(RTPOptions{Peer: nat})
	describe(t, e, self.addr)
	wantTaken(t, "the described address comes first", knock(t, e, self, behind), true, false)

	e = newEnd(RTPOptions{Peer: inside})
	describe(t, e, self.addr)
	wantTaken(t, "no NAT", knock(t, e, behind, self, other), false, true, false)

	e = newEnd(RTPOptions{Peer: nat, Trunk: true})
	describe(t, e, self.addr)
	wantTaken(t, "a trunk never latches", knock(t, e, behind, self), false, true)

	e = newEnd(RTPOptions{Peer: nat, Trunk: true, MediaFrom: []netip.Prefix{netip.MustParsePrefix("127.0.0.5/32")}})
	describe(t, e, self.addr)
	wantTaken(t, "media_from", knock(t, e, behind, other, self), false, true, true)
	if to := e.peer.Load().to; to != self.addr {
		t.Errorf("a trunk's RTP goes to %s", to)
	}
}

// knock2 is knock for an end that has no payload types yet, which counts
// everything as bad.
func knock2(t *testing.T, e *RTPEnd, p *phone) []bool {
	t.Helper()
	p.to = e.Addr()
	p.send(rtp.Packet{Header: rtp.Header{SSRC: 1}, Payload: []byte("knock")})
	eventually(t, "packet arrived", func() bool { return e.Stats().DroppedBad == 1 })
	return []bool{e.Stats().Received > 0}
}

// A public address that is not the signalling's is taken at its word.
func TestPublicAddressIsNotLatched(t *testing.T) {
	r := &RTPEnd{options: RTPOptions{Peer: netip.MustParseAddr("198.51.100.7")}}
	for _, c := range []struct {
		sdp   string
		fixed bool
		to    string
	}{
		{"203.0.113.5:4000", true, "203.0.113.5:4000"},
		{"192.168.1.5:4000", false, "invalid AddrPort"},
		{"100.64.3.1:4000", false, "invalid AddrPort"},
		{"169.254.3.1:4000", false, "invalid AddrPort"},
		{"198.51.100.7:4000", true, "198.51.100.7:4000"},
	} {
		r.setPeer(netip.MustParseAddrPort(c.sdp), 0, false)
		if p := r.peer.Load(); p.fixed != c.fixed || p.to.String() != c.to {
			t.Errorf("%s: fixed %t, to %s", c.sdp, p.fixed, p.to)
		}
	}
	// Both private, other subnets: perhaps routed, so it is tried.
	r = &RTPEnd{options: RTPOptions{Peer: netip.MustParseAddr("10.1.0.1")}}
	r.setPeer(netip.MustParseAddrPort("192.168.1.5:4000"), 0, false)
	if p := r.peer.Load(); p.fixed || p.to != p.told {
		t.Errorf("both private: fixed %t, to %s", p.fixed, p.to)
	}
}

// RFC 2543 hold: nothing is sent, what the phone sends is still its own.
func TestHoldWithoutAddress(t *testing.T) {
	l := newLoop(t, Config{})
	p := newPhone(t, localhost)
	e := connect(t, l, p, RTPOptions{}, "0")
	describe(t, e, netip.AddrPortFrom(netip.IPv4Unspecified(), p.addr.Port()))
	if to := e.peer.Load().to; to.IsValid() || !e.out.held {
		t.Errorf("held %t, sends to %s", e.out.held, to)
	}
	wantTaken(t, "on hold", knock(t, e, p), true)
}

func TestPortsAreFreedAndUsedUp(t *testing.T) {
	l := newLoop(t, Config{RTPLow: 41001, RTPHigh: 41006}) // two even pairs
	var ends []*RTPEnd
	for range 2 {
		e := newRTPEnd(t, l)
		if p := e.Addr().Port(); p&1 != 0 || p < 41001 || p > 41005 {
			t.Errorf("port %d", p)
		}
		ends = append(ends, e)
	}
	if _, err := l.NewRTPEnd(RTPOptions{Peer: localhost}); !errors.Is(err, ErrNoPort) {
		t.Errorf("a third pair: %v", err)
	}
	ends[0].Close()
	ends[0].Close()
	if e := newRTPEnd(t, l); e.Addr() != ends[0].Addr() {
		t.Errorf("%s instead of the one that was freed", e.Addr())
	}
}
