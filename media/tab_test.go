package media

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"

	"ringsplash/media/sdp"
)

func TestTabTalks(t *testing.T) {
	l := newLoop(t, Config{})
	for _, tcp := range []bool{false, true} {
		for _, c := range []sdp.Codec{sdp.PCMU, sdp.PCMA, sdp.G722, sdp.Opus} {
			t.Run(fmt.Sprintf("%s/tcp=%v", c, tcp), func(t *testing.T) {
				tab, states := newTab(t, l)
				desk := newDesk(t, l, c)
				tab.Hear(desk.end)
				desk.end.Hear(tab)
				p := newPage(t, pageOptions{codec: c, tcp: tcp})
				dial(t, tab, p, nil, c)
				await(t, states, TabConnected)
				p.speak(c, 'b')
				await(t, desk.heard, fmt.Sprintf("%d b", mimes[c].PayloadType))
				await(t, p.heard, fmt.Sprintf("%d p", mimes[c].PayloadType))
				// Sound went both ways, so the pair is chosen.
				if path := tab.peer.Load().path.Load(); (path.link != nil) != tcp {
					t.Errorf("the pair is over TCP: %v", path.link != nil)
				}
				tab.Close()
				await(t, states, TabClosed)
			})
		}
	}
}

func TestTabTalksInEveryProfile(t *testing.T) {
	l := newLoop(t, Config{})
	for _, profile := range srtpProfiles {
		t.Run(fmt.Sprintf("%#x", uint16(profile)), func(t *testing.T) {
			tab, _ := newTab(t, l)
			tab.Hear(tab)
			p := newPage(t, pageOptions{codec: sdp.PCMU, settings: func(s *webrtc.SettingEngine) {
				s.SetSRTPProtectionProfiles(profile)
			}})
			dial(t, tab, p, nil, sdp.PCMU)
			p.speak(sdp.PCMU, 'e')
			await(t, p.heard, "0 e")
			want, _ := srtpProfile(profile)
			if got := tab.peer.Load().opener.Load().keys.Profile; got != want {
				t.Errorf("negotiated %v, want %v", got, want)
			}
		})
	}
}

func TestTabTakesICERestart(t *testing.T) {
	l := newLoop(t, Config{})
	tab, states := newTab(t, l)
	tab.Hear(tab)
	p := newPage(t, pageOptions{codec: sdp.PCMU})
	before := dial(t, tab, p, nil, sdp.PCMU)
	await(t, states, TabConnected)
	p.speak(sdp.PCMU, 'e')
	await(t, p.heard, "0 e")

	peer, old := tab.peer.Load(), tab.peer.Load().path.Load()
	offer := p.offer(&webrtc.OfferOptions{ICERestart: true})
	after, err := tab.TakeOffer(offer, []sdp.Codec{sdp.PCMU})
	if err != nil {
		t.Fatal(err)
	}
	// The page goes on with the old pair until it has a new one.
	if c := old.socket.routed(old.to); c == nil || c.peer != peer || peer.path.Load() != old {
		t.Error("the old pair is dead before there is a new one")
	}
	p.answer(after)
	if ufragOf(t, before) == ufragOf(t, after) {
		t.Fatal("the user name fragment is the old one")
	}
	eventually(t, "a pair selected again", func() bool { return peer.path.Load() != old })
	for len(p.heard) > 0 {
		<-p.heard
	}
	await(t, p.heard, "0 e")
	s := l.tabs.port.sockets[0]
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.agents) != 2 || s.agents[iceKey{ufragOf(t, before), false}] != nil {
		t.Errorf("the socket knows %d agents, want the new one on UDP and TCP", len(s.agents))
	}
}

// A tab whose checks stopped is told to be lost, and comes back by ICE restart.
func TestTabComesBackAfterFailure(t *testing.T) {
	l := newLoop(t, Config{})
	l.tabs.disconnected, l.tabs.failed = 200*time.Millisecond, 200*time.Millisecond
	tab, states := newTab(t, l)
	tab.Hear(tab)
	p := newPage(t, pageOptions{codec: sdp.PCMU}) // checks each 2 s, which is too seldom here
	dial(t, tab, p, nil, sdp.PCMU)
	await(t, states, TabConnected)
	await(t, states, TabFailed)
	if tab.peer.Load().path.Load() != nil {
		t.Error("a failed tab is still sent to")
	}
	dial(t, tab, p, &webrtc.OfferOptions{ICERestart: true}, sdp.PCMU)
	await(t, states, TabConnected)
}

func TestTabTakesOtherCodec(t *testing.T) {
	l := newLoop(t, Config{})
	tab, states := newTab(t, l)
	desk := newDesk(t, l, sdp.PCMU)
	tab.Hear(desk.end)
	p := newPage(t, pageOptions{codec: sdp.PCMU})
	dial(t, tab, p, nil, sdp.PCMU, sdp.PCMA)
	await(t, states, TabConnected)
	quiet := p.speak(sdp.PCMU, 'b')
	await(t, p.heard, "0 p")
	eventually(t, "PCMU arrives", func() bool { return tab.Stats().Received > 0 })

	if answer := dial(t, tab, p, nil, sdp.PCMA); !strings.Contains(answer, "m=audio 9 UDP/TLS/RTP/SAVPF 8 126\r\n") {
		t.Errorf("the answer is not sdp.PCMA:\n%s", answer)
	}
	if got := tab.Codecs(); !slices.Equal(got, []sdp.Codec{sdp.PCMA}) {
		t.Errorf("codecs are %v", got)
	}
	var law [1]byte
	convertLaw(law[:], []byte{'p'}, sdp.FormatPCMU)
	await(t, p.heard, fmt.Sprintf("8 %c", law[0]))
	// PCMU is not what was agreed any more; PCMA is.
	for len(p.heard) > 0 {
		<-p.heard
	}
	stale := tab.Stats().Received
	await(t, p.heard, fmt.Sprintf("8 %c", law[0]))
	if got := tab.Stats().Received; got != stale {
		t.Errorf("%d packets of sdp.PCMU were taken after the change", got-stale)
	}
	quiet()
	p.speak(sdp.PCMA, 'a')
	eventually(t, "PCMA arrives", func() bool { return tab.Stats().Received > stale })
}

func TestNewPeerConnectionReplaces(t *testing.T) {
	l := newLoop(t, Config{})
	tab, states := newTab(t, l)
	tab.Hear(tab)
	first := newPage(t, pageOptions{codec: sdp.PCMU})
	dial(t, tab, first, nil, sdp.PCMU)
	first.speak(sdp.PCMU, '1')
	await(t, first.heard, "0 1")
	await(t, states, TabConnected)

	second := newPage(t, pageOptions{codec: sdp.PCMU})
	dial(t, tab, second, nil, sdp.PCMU)
	await(t, states, TabConnected)
	second.speak(sdp.PCMU, '2')
	await(t, second.heard, "0 2")
	for len(second.heard) > 0 {
		if got := <-second.heard; got != "0 2" {
			t.Fatalf("the new page hears %q", got)
		}
	}
	eventually(t, "the old PeerConnection is forgotten", func() bool {
		s := l.tabs.port.sockets[0]
		s.mu.RLock()
		defer s.mu.RUnlock()
		return len(s.agents) == 2
	})
}

func TestTabClosesInAnyState(t *testing.T) {
	l := newLoop(t, Config{})
	t.Run("without an offer", func(t *testing.T) {
		tab, states := newTab(t, l)
		tab.Close()
		await(t, states, TabClosed)
	})
	t.Run("nobody came", func(t *testing.T) {
		tab, _ := newTab(t, l)
		p := newPage(t, pageOptions{codec: sdp.PCMU})
		if _, err := tab.TakeOffer(p.offer(nil), []sdp.Codec{sdp.PCMU}); err != nil {
			t.Fatal(err)
		}
		tab.Close()
	})
	t.Run("in the DTLS handshake", func(t *testing.T) {
		tab, _ := newTab(t, l)
		p := newPage(t, pageOptions{codec: sdp.PCMU})
		offer := p.offer(nil)
		answer, err := tab.TakeOffer(offer, []sdp.Codec{sdp.PCMU})
		if err != nil {
			t.Fatal(err)
		}
		check(t, l, offer, answer)
		eventually(t, "a pair", func() bool { return tab.peer.Load().path.Load() != nil })
		tab.Close()
	})
	t.Run("connected, twice at once", func(t *testing.T) {
		tab, states := newTab(t, l)
		p := newPage(t, pageOptions{codec: sdp.PCMU})
		dial(t, tab, p, nil, sdp.PCMU)
		await(t, states, TabConnected)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(tab.Close)
		}
		wg.Wait()
		await(t, states, TabClosed)
		if _, err := tab.TakeOffer(p.offer(nil), []sdp.Codec{sdp.PCMU}); !errors.Is(err, ErrClosed) {
			t.Errorf("an offer to a closed end: %v", err)
		}
		if err := tab.AddCandidate("candidate:1"); !errors.Is(err, ErrClosed) {
			t.Errorf("a candidate to a closed end: %v", err)
		}
	})
	s := l.tabs.port.sockets[0]
	eventually(t, "nothing is left in the tables", func() bool {
		s.mu.RLock()
		defer s.mu.RUnlock()
		return len(s.agents)+len(s.routes)+len(s.links) == 0
	})
}

func TestTabReports(t *testing.T) {
	l := newLoop(t, Config{})
	tab, states := newTab(t, l)
	tab.Hear(tab)
	p := newPage(t, pageOptions{codec: sdp.PCMU})
	dial(t, tab, p, nil, sdp.PCMU)
	await(t, states, TabConnected)
	p.speak(sdp.PCMU, 'e')
	await(t, p.heard, "0 e")

	report := &rtcp.SenderReport{SSRC: uint32(p.audio.Sender().GetParameters().Encodings[0].SSRC), NTPTime: 0x1234_5678_9abc_def0}
	if err := p.pc.WriteRTCP([]rtcp.Packet{report}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the page's report", func() bool { return tab.out.report.lastSR.Load() == 0x5678_9abc })

	ours := make(chan uint32, 10)
	p.wg.Go(func() {
		for {
			packets, _, err := p.audio.Receiver().ReadRTCP()
			if err != nil {
				return
			}
			for _, r := range packets {
				if sr, ok := r.(*rtcp.SenderReport); ok {
					ours <- sr.SSRC
				}
			}
		}
	})
	tab.out.mu.Lock()
	tab.sendReport(l.now())
	tab.out.mu.Unlock()
	await(t, ours, tab.ssrc)
}

// The keys come out of an unexported field of DTLSTransport, the transports of
// browsers out of what pion's ICE agent does: look at both again when a version
// changes here.
func TestPionVersionsArePinned(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"github.com/pion/webrtc/v3 v3.3.6", "github.com/pion/ice/v2 v2.3.38",
		"github.com/pion/dtls/v2 v2.2.12", "github.com/pion/srtp/v2 v2.0.20",
	} {
		if !strings.Contains(string(mod), want) {
			t.Errorf("go.mod has another version than %s: check dtlsConnOf and iceMux, then change this test", want)
		}
	}
	if _, err := dtlsConnOf(&webrtc.DTLSTransport{}); err == nil || strings.Contains(err.Error(), "no field") {
		t.Errorf("reading the field of an unconnected transport: %v", err)
	}
	if _, ok := srtpProfile(dtls.SRTPProtectionProfile(0x7777)); ok {
		t.Error("an unknown SRTP profile is taken")
	}
}
