package media

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"ringsplash/media/sdp"
)

// An offer that is refused leaves the call alone.
func TestTabRefusesOffers(t *testing.T) {
	l := newLoop(t, Config{})
	tab, states := newTab(t, l)
	p := newPage(t, pageOptions{codec: sdp.PCMU})
	good := p.offer(nil)
	answer, err := tab.TakeOffer(good, []sdp.Codec{sdp.PCMU})
	if err != nil {
		t.Fatal(err)
	}
	p.answer(answer)
	await(t, states, TabConnected)
	for name, c := range map[string]struct {
		text   string
		codecs []sdp.Codec
		want   error
	}{
		"noise":          {"hello\x00\xff", []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"our own answer": {answer, []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"nothing wanted": {good, nil, sdp.ErrNoCodec},
	} {
		if _, err := tab.TakeOffer(c.text, c.codecs); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := tab.AddCandidate("m=audio"); !errors.Is(err, sdp.ErrBad) {
		t.Errorf("a candidate that is none: %v", err)
	}
	for _, good := range []string{"", "candidate:1 1 udp 1 192.0.2.1 1 typ host"} {
		if err := tab.AddCandidate(good); err != nil {
			t.Errorf("candidate %q: %v", good, err)
		}
	}
	tab.Hear(tab)
	p.speak(sdp.PCMU, 'e')
	await(t, p.heard, "0 e")
}

func TestCandidatesHoldBothAddresses(t *testing.T) {
	public := netip.MustParseAddr("203.0.113.7")
	l := newLoop(t, Config{Public: map[netip.Addr]netip.Addr{localhost: public}})
	port := fmt.Sprint(l.WebRTCAddr().Port())
	var got []string
	for _, line := range l.tabs.port.candidates() {
		f := strings.Fields(line)
		got = append(got, f[2]+" "+f[4])
		if f[5] != port {
			t.Errorf("%s is not on port %s", line, port)
		}
	}
	want := []string{"udp 127.0.0.1", "udp 203.0.113.7", "tcp 127.0.0.1", "tcp 203.0.113.7"}
	if !slices.Equal(got, want) {
		t.Errorf("candidates %v, want %v", got, want)
	}
}

// A port that listens on all addresses names those of the interfaces.
func TestTabOnAllAddresses(t *testing.T) {
	l := newLoop(t, Config{Listen: []netip.Addr{netip.IPv4Unspecified()}})
	for _, line := range l.tabs.port.candidates() {
		if strings.Contains(line, "0.0.0.0") {
			t.Errorf("a page cannot use %q", line)
		}
	}
	tab, states := newTab(t, l)
	tab.Hear(tab)
	p := newPage(t, pageOptions{codec: sdp.PCMU, anywhere: true})
	dial(t, tab, p, nil, sdp.PCMU)
	await(t, states, TabConnected)
	p.speak(sdp.PCMU, 'e')
	await(t, p.heard, "0 e")
}

func TestPortTaken(t *testing.T) {
	l := newLoop(t, Config{})
	_, err := Listen(Config{WebRTCPort: int(l.WebRTCAddr().Port())}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "media.webrtc_port") {
		t.Errorf("a port in use: %v", err)
	}
}
