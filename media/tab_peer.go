package media

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/stun"
	"github.com/pion/webrtc/v3"

	"ringsplash/media/sdp"
)

const (
	gatherWait = time.Second
	// A browser checks each 2.5 s at least. Disconnected: it should restart
	// ICE. Failed, so much later: only a restart can help.
	iceDisconnected = 5 * time.Second
	iceFailed       = 20 * time.Second
	iceKeepAlive    = 2 * time.Second
	// dtlsRepeat is the first retransmission of a handshake flight (RFC 6347
	// 4.2.4.1 says 1 s for the open internet; ICE has measured the path already).
	dtlsRepeat = 200 * time.Millisecond
)

// tabPeer is one PeerConnection of a tab.
type tabPeer struct {
	tab *TabEnd
	id  string // sdp.TabOffer.PeerConnection
	pc  *webrtc.PeerConnection

	// Under tab.mu.
	ufrag, password  string
	session, version uint64

	gathered chan struct{}
	early    earlyDTLS
	broken   atomic.Bool // it cannot take another offer
	over     atomic.Bool // closed, or about to be
	path     atomic.Pointer[tabPath]
	sealer   atomic.Pointer[sealer]
	opener   atomic.Pointer[opener]
}

// tabPath is the selected pair: from which socket, to what address.
type tabPath struct {
	socket *browserSocket
	to     netip.AddrPort
	link   *tcpLink // nil over UDP
}

func (p *tabPath) send(packet []byte) bool {
	if p.link != nil {
		return p.link.send(packet) == nil
	}
	_, err := p.socket.udp.WriteToUDPAddrPort(packet, p.to)
	return err == nil
}

func newTabPeer(t *TabEnd, id string) (*tabPeer, error) {
	p := &tabPeer{tab: t, id: id, session: uint64(newSSRC()), gathered: make(chan struct{}, 1)}
	var codecs webrtc.MediaEngine
	// The PeerConnection sees one audio m-line that stands for the transport.
	err := codecs.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000},
	}, webrtc.RTPCodecTypeAudio)
	if err != nil {
		return nil, fmt.Errorf("media: no codec table: %w", err)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&codecs), webrtc.WithSettingEngine(p.settings()),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	p.pc, err = api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{t.side.certificate}})
	if err != nil {
		return nil, fmt.Errorf("media: no PeerConnection: %w", err)
	}
	p.pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) { t.wake() })
	p.pc.OnICEGatheringStateChange(func(s webrtc.ICEGathererState) {
		if s == webrtc.ICEGathererStateComplete {
			select {
			case p.gathered <- struct{}{}:
			default:
			}
		}
	})
	dtls := p.pc.SCTP().Transport()
	dtls.OnStateChange(func(s webrtc.DTLSTransportState) {
		switch s {
		case webrtc.DTLSTransportStateConnecting:
			p.early.release()
		case webrtc.DTLSTransportStateConnected:
			p.secure(dtls)
		}
	})
	dtls.ICETransport().OnSelectedCandidatePairChange(p.selected)
	return p, nil
}

func (p *tabPeer) settings() webrtc.SettingEngine {
	side := p.tab.side
	s := webrtc.SettingEngine{LoggerFactory: pionLog{side.loop.log}}
	mux := &iceMux{port: side.port, peer: p}
	s.SetICEUDPMux(mux)
	s.SetICETCPMux(mux)
	s.SetNet(side.net)
	s.SetNetworkTypes([]webrtc.NetworkType{
		webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6,
	})
	s.SetIncludeLoopbackCandidate(true) // portNet holds our listen addresses only
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.DisableActiveTCP(true)
	s.SetLite(true)
	// The page's handshake begins with its first valid check; nomination comes
	// 50-100 ms later, and changes the pair if it names another.
	s.SetICEBindingRequestHandler(func(*stun.Message, ice.Candidate, ice.Candidate, *ice.CandidatePair) bool {
		return p.path.Load() == nil
	})
	s.SetICETimeouts(side.disconnected, side.failed, iceKeepAlive)
	_ = s.SetAnsweringDTLSRole(webrtc.DTLSRoleServer) // no error for a role there is
	s.SetDTLSRetransmissionInterval(dtlsRepeat)
	// ICE proved the address, so the cookie of RFC 6347 4.2.1 would only cost
	// a round trip.
	s.SetDTLSInsecureSkipHelloVerify(true)
	s.SetSRTPProtectionProfiles(srtpProfiles...)
	return s
}

// take gives the transport of an offer to the PeerConnection and waits until
// the checks of the page would be understood. Caller holds tab.mu.
func (p *tabPeer) take(o *sdp.TabOffer) error {
	select {
	case <-p.gathered:
	default:
	}
	err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.Transport()})
	if err != nil {
		return sdp.Bad("%v", err)
	}
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return sdp.Bad("%v", err)
	}
	if err = p.pc.SetLocalDescription(answer); err != nil {
		return sdp.Bad("%v", err)
	}
	// Not from ICETransport.GetLocalParameters, which races with its own Start.
	own, err := answer.Unmarshal()
	if err != nil || len(own.MediaDescriptions) != 1 {
		return sdp.Bad("the PeerConnection does not answer it: %v", err)
	}
	ufrag, _ := own.MediaDescriptions[0].Attribute("ice-ufrag")
	if ufrag == p.ufrag {
		return nil // the same ICE as before
	}
	p.ufrag = ufrag
	p.password, _ = own.MediaDescriptions[0].Attribute("ice-pwd")
	select {
	case <-p.gathered:
		return nil
	case <-time.After(gatherWait):
		return fmt.Errorf("media: no candidates after %v: the machine is overloaded, try again", gatherWait)
	}
}

// selected notes the pair the page nominated.
func (p *tabPeer) selected(pair *webrtc.ICECandidatePair) {
	defer p.tab.loop.recovered("ICE")
	local, err1 := netip.ParseAddr(pair.Local.Address)
	remote, err2 := netip.ParseAddr(pair.Remote.Address)
	if err1 != nil || err2 != nil {
		return
	}
	s := p.tab.side.port.socket(local)
	if s == nil {
		return
	}
	path := &tabPath{socket: s, to: unmapped(netip.AddrPortFrom(remote, pair.Remote.Port))}
	if pair.Local.Protocol == webrtc.ICEProtocolTCP {
		if path.link = s.link(path.to); path.link == nil {
			return
		}
	}
	p.path.Store(path)
}

func (p *tabPeer) state() TabState {
	if p.broken.Load() {
		return TabFailed
	}
	switch p.pc.ConnectionState() {
	case webrtc.PeerConnectionStateConnected:
		return TabConnected
	case webrtc.PeerConnectionStateDisconnected:
		return TabDisconnected
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		return TabFailed
	default:
		return TabConnecting
	}
}

func (p *tabPeer) sendRTP(packet []byte) bool {
	path, sealer := p.path.Load(), p.sealer.Load()
	if path == nil || sealer == nil {
		return false
	}
	sealed, ok := sealer.seal(packet)
	return ok && path.send(sealed)
}

func (p *tabPeer) writeRTCP(packets []rtcp.Packet) {
	if p.sealer.Load() != nil && p.path.Load() != nil {
		_ = p.pc.WriteRTCP(packets) // lost like any packet
	}
}

// receiveRTP takes an RTP packet from an address this PeerConnection proved, in
// the goroutine that read it. Only the negotiated audio is decrypted.
func (p *tabPeer) receiveRTP(pkt []byte) {
	o, table := p.opener.Load(), p.tab.payloads.Load()
	if o == nil || table == nil || table.rx[pkt[1]&0x7f] == sdp.FormatNone || p.tab.peer.Load() != p {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if packet, ok := o.open(pkt); ok {
		p.tab.receive(packet)
	} else {
		p.tab.counters.droppedBad.Add(1)
	}
}

// receiveRTCP takes a report of the page.
func (p *tabPeer) receiveRTCP(pkt []byte) {
	o := p.opener.Load()
	if o == nil || p.tab.peer.Load() != p {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if plain, ok := o.openRTCP(pkt); ok {
		p.tab.receiveRTCP(plain)
	}
}

// close ends the PeerConnection and waits for its goroutines.
func (p *tabPeer) close() {
	defer p.tab.loop.recovered("the end of a PeerConnection")
	p.over.Store(true)
	p.path.Store(nil)
	p.tab.side.port.forget(p)
	_ = p.pc.GracefulClose()
}
