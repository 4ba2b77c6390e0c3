package bench

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"ringsplash/media"
	"ringsplash/media/sdp"
)

// The far sides run in a process of their own, so that the CPU time of this one
// is the gateway's: a PeerConnection and a phone's socket, ordered about by lines
// of JSON.
const farSideEnv = "RINGSPLASH_BENCH_FAR_SIDE"

// order is a line to the far sides: the answer to their offer, or packets to send.
type order struct {
	Answer string
	RTP    netip.AddrPort
	Send   int
	ToTab  bool
	Forge  int // SRTP packets with a broken tag, forgedRate a second
}

// forgedRate is how many forged packets a second the far side sends.
const forgedRate = 10000

// told is a line of theirs: the offer, or the delays of the packets sent.
type told struct {
	Offer  string
	Port   int
	Delays []time.Duration
}

func BenchmarkRelayWebRTC(b *testing.B) {
	for name, profile := range map[string]dtls.SRTPProtectionProfile{
		"AES128_CM_SHA1_80": dtls.SRTP_AES128_CM_HMAC_SHA1_80, "AES_128_GCM": dtls.SRTP_AEAD_AES_128_GCM,
	} {
		for _, toTab := range []bool{true, false} {
			way := "tab-to-RTP"
			if toTab {
				way = "RTP-to-tab"
			}
			b.Run(way+"/"+name, func(b *testing.B) { relayWebRTC(b, profile, toTab) })
		}
	}
}

// BenchmarkForgedSRTP measures what packets cost that come from where the page
// is, for a stream of its, and are not its own: ns of CPU time for each, and the
// part of a core that forgedRate of them a second take.
func BenchmarkForgedSRTP(b *testing.B) {
	far, tab := webRTC(b, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	const packets = forgedRate / 2
	var costs []time.Duration
	var share float64
	for b.Loop() {
		began, start := time.Now(), cpu(b)
		far.tell(b, order{Forge: packets})
		far.hear(b)
		cost := cpu(b) - start
		costs = append(costs, cost/packets)
		share += cost.Seconds() / time.Since(began).Seconds()
	}
	if s := tab.Stats(); s.DroppedBad < packets {
		b.Fatalf("the gateway saw %d bad packets", s.DroppedBad)
	}
	report(b, "cpu", costs)
	b.ReportMetric(100*share/float64(len(costs)), "%core")
	b.ReportMetric(0, "ns/op")
}

// webRTC connects the far page with a gateway's media, and its audio with the
// far phone's; the way both have used is warm.
func webRTC(b *testing.B, profile dtls.SRTPProtectionProfile) (farSide, *media.TabEnd) {
	b.Helper()
	far := startFarSide(b, profile)
	l, err := media.Listen(media.Config{}, slog.Default())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	connected := make(chan struct{}, 1)
	tab, err := l.NewTabEnd(func(s media.TabState) {
		if s == media.TabConnected {
			connected <- struct{}{}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	end, err := l.NewRTPEnd(media.RTPOptions{Peer: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		b.Fatal(err)
	}
	tab.Hear(end)
	end.Hear(tab)

	hello := far.hear(b)
	offer := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n",
		hello.Port)
	if _, err := end.TakeOffer([]byte(offer)); err != nil {
		b.Fatal(err)
	}
	if _, _, err := end.Answer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv); err != nil {
		b.Fatal(err)
	}
	answer, err := tab.TakeOffer(hello.Offer, []sdp.Codec{sdp.PCMU})
	if err != nil {
		b.Fatal(err)
	}
	far.tell(b, order{Answer: answer, RTP: end.Addr()})
	<-connected
	far.tell(b, order{Send: relayBatch})
	far.hear(b)
	return far, tab
}

func relayWebRTC(b *testing.B, profile dtls.SRTPProtectionProfile, toTab bool) {
	far, _ := webRTC(b, profile)
	far.tell(b, order{Send: relayBatch, ToTab: toTab}) // warm
	far.hear(b)

	var costs, delays []time.Duration
	var allocs uint64
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := cpu(b)
		far.tell(b, order{Send: relayBatch, ToTab: toTab})
		delays = append(delays, far.hear(b).Delays...)
		costs = append(costs, (cpu(b)-start)/relayBatch)
		runtime.ReadMemStats(&after)
		allocs += after.Mallocs - before.Mallocs
	}
	report(b, "cpu", costs)
	report(b, "delay", delays)
	b.ReportMetric(float64(allocs)/float64(len(delays)), "allocs/packet")
	b.ReportMetric(0, "ns/op")
}

type farSide struct {
	in  *json.Encoder
	out *json.Decoder
}

func startFarSide(b *testing.B, profile dtls.SRTPProtectionProfile) farSide {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFarSide$", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", farSideEnv, profile))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close() // it ends by that
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	})
	return farSide{json.NewEncoder(in), json.NewDecoder(bufio.NewReader(out))}
}

func (f farSide) tell(b *testing.B, o order) {
	b.Helper()
	if err := f.in.Encode(o); err != nil {
		b.Fatal(err)
	}
}

func (f farSide) hear(b *testing.B) told {
	b.Helper()
	var t told
	if err := f.out.Decode(&t); err != nil {
		b.Fatal(err)
	}
	return t
}

// TestFarSide is the other process of the benchmarks of WebRTC.
func TestFarSide(t *testing.T) {
	var profile dtls.SRTPProtectionProfile
	if _, err := fmt.Sscan(os.Getenv(farSideEnv), &profile); err != nil {
		t.Skip("only for benchmarks")
	}
	phone, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}, "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	pc, heard := farPage(t, profile, track, socket)
	defer pc.Close()
	up := make(chan struct{})
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(up)
		}
	})
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	orders, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	say := func(v told) {
		if err := out.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	say(told{Offer: offer.SDP, Port: phone.LocalAddr().(*net.UDPAddr).Port})
	var o order
	if err := orders.Decode(&o); err != nil {
		t.Fatal(err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: o.Answer}); err != nil {
		t.Fatal(err)
	}
	<-up
	gateway := net.UDPAddrFromAddrPort(o.RTP)
	link := &farLink{T: t, phone: phone, gateway: gateway, track: track, heard: heard}
	for orders.Decode(&o) == nil {
		forge(t, pc, socket, o.Forge)
		delays := make([]time.Duration, 0, o.Send)
		for range o.Send {
			delays = append(delays, link.send(o.ToTab))
		}
		say(told{Delays: delays})
	}
}

// farLink carries single packets between the phone and the page.
type farLink struct {
	*testing.T
	phone   *net.UDPConn
	gateway *net.UDPAddr
	track   *webrtc.TrackLocalStaticRTP
	heard   <-chan struct{} // a value for each packet the page heard
	packet  rtp.Packet
}

// send tells how long the next packet took.
func (l *farLink) send(toTab bool) time.Duration {
	if l.packet.Payload == nil {
		l.packet = rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, payload)}
	}
	l.packet.SequenceNumber++
	l.packet.Timestamp += payload
	buf := make([]byte, 2000)
	start := time.Now()
	if toTab {
		raw, _ := l.packet.Marshal()
		_, _ = l.phone.WriteToUDP(raw, l.gateway)
		select {
		case <-l.heard:
		case <-time.After(time.Second):
			l.Fatal("the page did not hear a packet")
		}
		return time.Since(start)
	}
	_ = l.track.WriteRTP(&l.packet)
	_ = l.phone.SetReadDeadline(time.Now().Add(time.Second))
	if _, err := l.phone.Read(buf); err != nil {
		l.Fatal(err)
	}
	return time.Since(start)
}

// forge sends packets of the page's own stream that it did not seal.
func forge(t *testing.T, pc *webrtc.PeerConnection, socket *net.UDPConn, count int) {
	if count == 0 {
		return
	}
	sender := pc.GetSenders()[0]
	pair, err := sender.Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil {
		t.Fatal(err)
	}
	gateway := &net.UDPAddr{IP: net.ParseIP(pair.Remote.Address), Port: int(pair.Remote.Port)}
	packet := make([]byte, 12+payload+10)
	packet[0] = 0x80
	binary.BigEndian.PutUint32(packet[8:], uint32(sender.GetParameters().Encodings[0].SSRC))
	for began, n := time.Now(), 0; n < count; time.Sleep(time.Millisecond) {
		for due := min(count, int(time.Since(began).Seconds()*forgedRate)); n < due; n++ {
			binary.BigEndian.PutUint16(packet[2:], uint16(n*7919)) // anywhere
			_, _ = socket.WriteToUDP(packet, gateway)
		}
	}
}

func farPage(t *testing.T, profile dtls.SRTPProtectionProfile, track webrtc.TrackLocal,
	socket net.PacketConn,
) (*webrtc.PeerConnection, <-chan struct{}) {
	t.Helper()
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	s.SetICEUDPMux(webrtc.NewICEUDPMux(nil, socket))
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetSRTPProtectionProfiles(profile)
	var m webrtc.MediaEngine
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&m), webrtc.WithSettingEngine(s),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pc.AddTrack(track); err != nil {
		t.Fatal(err)
	}
	heard := make(chan struct{}, 10000)
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		buf := make([]byte, 2000)
		for {
			if _, _, err := track.Read(buf); err != nil {
				return
			}
			heard <- struct{}{}
		}
	})
	return pc, heard
}
