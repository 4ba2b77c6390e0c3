package media

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"ringsplash/media/sdp"
)

func newRTPEnd(t *testing.T, l *Loop) *RTPEnd {
	t.Helper()
	e, err := l.NewRTPEnd(RTPOptions{Peer: localhost})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// lineWith is the first line of a description that begins so.
func lineWith(text []byte, prefix string) string {
	for l := range strings.Lines(string(text)) {
		if strings.HasPrefix(l, prefix) {
			return strings.TrimSpace(l)
		}
	}
	return ""
}

// What sdp agreed on takes effect on the end, and the end says what sdp cannot
// know: that it is closed, that an address is its own.
func TestAgreementTakesEffect(t *testing.T) {
	e := newRTPEnd(t, newLoop(t, Config{}))
	at := netip.MustParseAddrPort("127.0.0.1:4000")
	for _, mux := range []string{"a=sendrecv", "a=rtcp-mux"} {
		if _, err := e.TakeOffer(sdpAt(at, "0 8", mux)); err != nil {
			t.Fatal(err)
		}
		text, got, err := e.Answer([]sdp.Codec{sdp.PCMA}, sdp.SendRecv)
		if err != nil || lineWith(text, "c=") != "c=IN IP4 127.0.0.1" || !slices.Equal(got.Codecs, e.Codecs()) ||
			!slices.Equal(got.Codecs, []sdp.Codec{sdp.PCMA}) || e.usesMux() != (mux == "a=rtcp-mux") {
			t.Errorf("%s: %+v, codecs %v, mux %t, %v\n%s", mux, got, e.Codecs(), e.usesMux(), err, text)
		}
	}
	if _, err := e.TakeOffer(sdpAt(e.Addr(), "0")); !errors.Is(err, sdp.ErrBad) {
		t.Errorf("our own port offered: %v", err)
	}
	if _, err := e.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv); err != nil {
		t.Fatal(err)
	}
	if _, err := e.TakeAnswer(sdpAt(e.Addr(), "0")); !errors.Is(err, sdp.ErrBad) {
		t.Errorf("our own port: %v", err)
	}
	for range 2 { // a 183, then the 200
		if _, err := e.TakeAnswer(sdpAt(at, "0")); err != nil || !slices.Equal(e.Codecs(), []sdp.Codec{sdp.PCMU}) {
			t.Errorf("a good answer: %v, codecs %v", err, e.Codecs())
		}
	}
	e.Close()
	if _, err := e.TakeAnswer(sdpAt(at, "0")); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestAddressWritten(t *testing.T) {
	public := netip.MustParseAddr("198.51.100.1")
	l := newLoop(t, Config{
		Listen:    []netip.Addr{localhost},
		Public:    map[netip.Addr]netip.Addr{localhost: public},
		LocalNets: []netip.Prefix{netip.MustParsePrefix("192.168.0.0/16")},
	})
	for peer, want := range map[string]netip.Addr{
		"192.168.3.4": localhost, "127.0.0.1": localhost, "203.0.113.9": public, "::ffff:203.0.113.9": public,
	} {
		e, err := l.NewRTPEnd(RTPOptions{Peer: netip.MustParseAddr(peer)})
		if err != nil {
			t.Fatal(err)
		}
		text, err := e.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
		if got := lineWith(text, "c="); err != nil || got != "c=IN IP4 "+want.String() {
			t.Errorf("to %s: %q, want %s (%v)", peer, got, want, err)
		}
	}
	// A phone that signals over IPv6 has media over IPv4 perhaps.
	e, err := l.NewRTPEnd(RTPOptions{Peer: netip.MustParseAddr("2001:db8::1")})
	if err != nil || e.Addr().Addr() != public {
		t.Fatalf("an IPv6 peer without an IPv6 address: %v", err)
	}
	if _, err := e.TakeOffer(
		[]byte(strings.ReplaceAll(string(sdpAt(netip.MustParseAddrPort("[2001:db8::1]:4000"), "0")), "IP4", "IP6"))); !errors.Is(err,
		ErrFamily) || !strings.Contains(err.Error(), "media.listen") {
		t.Errorf("IPv6 media without an IPv6 address: %v", err)
	}
}
