package media

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"ringsplash/media/sdp"
)

// both is a loop that listens on an address of each family.
func both(t *testing.T) *Loop {
	t.Helper()
	c, err := bind(netip.IPv6Loopback(), 0)
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	c.Close()
	return newLoop(t, Config{Listen: []netip.Addr{localhost, netip.IPv6Loopback()}})
}

// lineOf is an audio m-line of PCMU with an address of its own.
func lineOf(at netip.AddrPort) string {
	family := "IP4"
	if at.Addr().Is6() {
		family = "IP6"
	}
	return fmt.Sprintf("m=audio %d RTP/AVP 0\r\nc=IN %s %s\r\n", at.Port(), family, at.Addr())
}

const noMedia = "v=0\r\no=phone 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"

// talks proves that sound goes both ways between an end and its phone.
func talks(t *testing.T, e *RTPEnd, p *phone) {
	t.Helper()
	p.to = e.Addr()
	wantTaken(t, "the phone's sound", knock(t, e, p), true)
	e.Hear(Silence)
	p.receive()
	e.Hear(nil)
}

// The address family of an end is that of its far side's media, whatever the
// signalling went over.
func TestFamilyOfTheMedia(t *testing.T) {
	l := both(t)
	four, six := newPhone(t, localhost), newPhone(t, netip.IPv6Loopback())
	for _, c := range []struct {
		name   string
		peer   netip.Addr
		media  string
		sounds *phone
		chosen string // of the answer's m-lines
	}{
		{"IPv4 all through", localhost, lineOf(four.addr), four, "4"},
		{"IPv6 all through", netip.IPv6Loopback(), lineOf(six.addr), six, "6"},
		{"signals over IPv6", netip.IPv6Loopback(), lineOf(four.addr), four, "4"},
		{"signals over IPv4", localhost, lineOf(six.addr), six, "6"},
		{"both, IPv6 first", localhost, lineOf(six.addr) + lineOf(four.addr), six, "60"},
		{"both, IPv4 first", netip.IPv6Loopback(), lineOf(four.addr) + lineOf(six.addr), four, "40"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := l.NewRTPEnd(RTPOptions{Peer: c.peer})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if _, err := e.TakeOffer([]byte(noMedia + c.media)); err != nil {
				t.Fatal(err)
			}
			answer, _, err := e.Answer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for line := range strings.Lines(string(answer)) {
				if strings.HasPrefix(line, "m=audio 0 ") {
					got += "0"
				} else if strings.HasPrefix(line, "m=audio ") {
					got += map[bool]string{true: "4", false: "6"}[strings.Contains(string(answer), "c=IN IP4 127.0.0.1\r\n")]
				}
			}
			if got != c.chosen {
				t.Errorf("answer\n%s", answer)
			}
			talks(t, e, c.sounds)
			// An offer of ours keeps the family, the next offer of theirs the line.
			again, err := e.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
			if err != nil || lineWith(again, "c=") != lineWith(answer, "c=") {
				t.Errorf("our next offer, %v\n%s", err, again)
			}
		})
	}
}

// A phone may change over within a call, and keeps the line it is on while it
// offers that.
func TestFamilyChangesWithinACall(t *testing.T) {
	l := both(t)
	four, six := newPhone(t, localhost), newPhone(t, netip.IPv6Loopback())
	e, err := l.NewRTPEnd(RTPOptions{Peer: localhost})
	if err != nil {
		t.Fatal(err)
	}
	offers := func(media string) {
		t.Helper()
		if _, err := e.TakeOffer([]byte(noMedia + media)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := e.Answer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv); err != nil {
			t.Fatal(err)
		}
	}
	offers(lineOf(netip.AddrPortFrom(four.addr.Addr(), 0)) + lineOf(six.addr))
	talks(t, e, six)
	offers(lineOf(four.addr) + lineOf(six.addr)) // both, and it is on the second
	talks(t, e, six)
	before := e.Addr()
	offers(lineOf(four.addr) + lineOf(netip.AddrPortFrom(six.addr.Addr(), 0)))
	talks(t, e, four)
	if got, _ := l.Pairs(); got != 1 {
		t.Errorf("%d pairs of ports are open, want 1", got)
	}
	if e.Addr() == before {
		t.Error("the end did not move")
	}
}

// A phone that answers with the other family is told our address of that
// family by the next offer.
func TestAnswerOfTheOtherFamily(t *testing.T) {
	l := both(t)
	p := newPhone(t, localhost)
	e, err := l.NewRTPEnd(RTPOptions{Peer: netip.IPv6Loopback()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a 183, then the 200
		if got, err := e.TakeAnswer([]byte(noMedia + lineOf(p.addr))); err != nil || !got.Moved {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	again, err := e.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
	if err != nil || lineWith(again, "c=") != "c=IN IP4 127.0.0.1" {
		t.Fatalf("%v\n%s", err, again)
	}
	if got, err := e.TakeAnswer([]byte(noMedia + lineOf(p.addr))); err != nil || got.Moved {
		t.Fatalf("%+v, %v", got, err)
	}
	talks(t, e, p)
}

// An end that is closed while it changes over leaves no port open.
func TestFamilyChangeAtTheEnd(t *testing.T) {
	l := both(t)
	p := newPhone(t, netip.IPv6Loopback())
	for range 50 {
		e, err := l.NewRTPEnd(RTPOptions{Peer: localhost})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.TakeOffer([]byte(noMedia + lineOf(p.addr))); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { e.Close(); close(done) }()
		_, _, _ = e.Answer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
		<-done
	}
	if got, _ := l.Pairs(); got != 0 {
		t.Errorf("%d pairs of ports are open", got)
	}
}
