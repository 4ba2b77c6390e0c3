package media

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"ringsplash/media/sdp"
)

// mimes are the codecs as a browser numbers them.
var mimes = map[sdp.Codec]webrtc.RTPCodecParameters{
	sdp.PCMU: {RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}, PayloadType: 0},
	sdp.PCMA: {RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: 8000}, PayloadType: 8},
	sdp.G722: {RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeG722, ClockRate: 8000}, PayloadType: 9},
	sdp.Opus: {RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2,
		SDPFmtpLine: "minptime=10;useinbandfec=1",
	}, PayloadType: 111},
}

// page is a browser: a real PeerConnection with an audio, a camera and a screen
// m-line, which sends and hears 20 ms frames of one letter.
type page struct {
	t     *testing.T
	pc    *webrtc.PeerConnection
	audio *webrtc.RTPTransceiver
	heard chan string // "PT letter"
	lost  chan struct{}
	stop  chan struct{}
	wg    sync.WaitGroup
	once  sync.Once
}

type pageOptions struct {
	codec    sdp.Codec // the first track's
	tcp      bool
	anywhere bool // not only on loopback
	settings func(*webrtc.SettingEngine)
}

func newPage(t *testing.T, o pageOptions) *page {
	t.Helper()
	s := webrtc.SettingEngine{}
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(func(ip net.IP) bool { return o.anywhere || ip.IsLoopback() })
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	if o.tcp {
		s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}
	if o.settings != nil {
		o.settings(&s)
	}
	var m webrtc.MediaEngine
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	for pt, clock := range map[webrtc.PayloadType]uint32{126: 8000, 110: 48000} {
		c := webrtc.RTPCodecCapability{MimeType: "audio/telephone-event", ClockRate: clock}
		if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: pt},
			webrtc.RTPCodecTypeAudio); err != nil {
			t.Fatal(err)
		}
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&m), webrtc.WithSettingEngine(s),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	p := &page{
		t: t, pc: pc, heard: make(chan string, 1000), stop: make(chan struct{}),
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { p.listen(track) })
	if p.audio, err = pc.AddTransceiverFromTrack(p.track(o.codec)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(p.close)
	return p
}

func (p *page) track(c sdp.Codec) *webrtc.TrackLocalStaticRTP {
	track, err := webrtc.NewTrackLocalStaticRTP(mimes[c].RTPCodecCapability, "microphone", "page")
	if err != nil {
		p.t.Fatal(err)
	}
	return track
}

func (p *page) listen(track *webrtc.TrackRemote) {
	p.wg.Go(func() {
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			if len(packet.Payload) > 0 {
				select {
				case p.heard <- fmt.Sprintf("%d %c", packet.PayloadType, packet.Payload[0]):
				default:
				}
			}
		}
	})
}

// offer makes an offer, as our page does: without waiting for candidates.
func (p *page) offer(o *webrtc.OfferOptions) string {
	p.t.Helper()
	offer, err := p.pc.CreateOffer(o)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.pc.SetLocalDescription(offer); err != nil {
		p.t.Fatal(err)
	}
	return offer.SDP
}

func (p *page) answer(text string) {
	p.t.Helper()
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: text}); err != nil {
		p.t.Fatalf("the page refuses the answer: %v\n%s", err, text)
	}
}

// speak sends frames of letter in codec c until the page or the talk ends.
func (p *page) speak(c sdp.Codec, letter byte) (quiet func()) {
	p.t.Helper()
	track := p.track(c)
	if err := p.audio.Sender().ReplaceTrack(track); err != nil {
		p.t.Fatal(err)
	}
	done := make(chan struct{})
	p.wg.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		h := rtp.Header{Version: 2, SequenceNumber: 100}
		for {
			select {
			case <-p.stop:
				return
			case <-done:
				return
			case <-tick.C:
			}
			h.SequenceNumber++
			h.Timestamp += c.Format().Clock() / 50
			_ = track.WriteRTP(&rtp.Packet{Header: h, Payload: frame(letter)})
		}
	})
	return sync.OnceFunc(func() { close(done) })
}

func frame(letter byte) []byte { return []byte(strings.Repeat(string(letter), 160)) }

func (p *page) close() {
	p.once.Do(func() {
		close(p.stop)
		_ = p.pc.GracefulClose()
		p.wg.Wait()
	})
}

// await reads ch until want comes.
func await[T comparable](t *testing.T, ch <-chan T, want T) {
	t.Helper()
	var got []T
	over := time.After(patience)
	for {
		select {
		case v := <-ch:
			if v == want {
				return
			}
			if len(got) < 20 {
				got = append(got, v)
			}
		case <-over:
			t.Fatalf("%v did not come; came: %v", want, got)
		}
	}
}

// newTab makes a tab end that tells its states.
func newTab(t *testing.T, l *Loop) (*TabEnd, <-chan TabState) {
	t.Helper()
	states := make(chan TabState, 100)
	tab, err := l.NewTabEnd(func(s TabState) { states <- s })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tab.Close)
	return tab, states
}

// dial has the page make an offer and the tab answer it.
func dial(t *testing.T, tab *TabEnd, p *page, o *webrtc.OfferOptions, codecs ...sdp.Codec) string {
	t.Helper()
	offer := p.offer(o)
	answer, err := tab.TakeOffer(offer, codecs)
	if err != nil {
		t.Fatalf("%v\n%s", err, offer)
	}
	p.answer(answer)
	return answer
}
