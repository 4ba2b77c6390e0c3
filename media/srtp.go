package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"
	"unsafe"

	"github.com/pion/dtls/v2"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v2"
	"github.com/pion/webrtc/v3"
)

const (
	// replayWindow is how many packets late one may be (RFC 3711 3.3.2: 64 at least).
	replayWindow = 128
	// maxSSRCs bounds the streams one browser may send under one key: it has
	// one at a time, and a new one after some changes of its track.
	maxSSRCs = 16
	// maxProbes bounds the strange SSRCs tried with one probe context, which
	// remembers each of them.
	maxProbes = 64
	// maxForged bounds the forged packets on which a cipher is tried within
	// forgedTime: 10,000 a second would cost a tenth of a core.
	maxForged  = 200
	forgedTime = int64(time.Second)
	// maxBehindSeq and maxAheadSeq are how far from the newest packet of its
	// SSRC one may be to be tried while there are more forgeries than that.
	maxBehindSeq, maxAheadSeq = 64, 512
)

// srtpProfiles are the protection profiles we accept, best first. Every one has
// its row in srtpProfile.
var srtpProfiles = []dtls.SRTPProtectionProfile{
	dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80,
}

func srtpProfile(p dtls.SRTPProtectionProfile) (srtp.ProtectionProfile, bool) {
	switch p {
	case dtls.SRTP_AEAD_AES_128_GCM:
		return srtp.ProtectionProfileAeadAes128Gcm, true
	case dtls.SRTP_AEAD_AES_256_GCM:
		return srtp.ProtectionProfileAeadAes256Gcm, true
	case dtls.SRTP_AES128_CM_HMAC_SHA1_80:
		return srtp.ProtectionProfileAes128CmHmacSha1_80, true
	}
	return 0, false
}

// dtlsConnOf reads the DTLS connection out of a connected transport. webrtc v3
// keeps it in an unexported field and has no other way to the exporter
// (RFC 5705). Call it from OnStateChange, which holds the transport's lock.
func dtlsConnOf(t *webrtc.DTLSTransport) (*dtls.Conn, error) {
	field := reflect.ValueOf(t).Elem().FieldByName("conn")
	if !field.IsValid() || field.Type() != reflect.TypeFor[*dtls.Conn]() {
		return nil, errors.New("media: webrtc.DTLSTransport has no field conn *dtls.Conn: build with the version of pion/webrtc " +
			"named in go.mod")
	}
	conn := *(**dtls.Conn)(unsafe.Pointer(field.UnsafeAddr()))
	if conn == nil {
		return nil, errors.New("media: DTLS is not connected")
	}
	return conn, nil
}

// srtpKeys exports the keys of a connection in which we are the server (RFC 5764 4.2).
func srtpKeys(conn *dtls.Conn) (*srtp.Config, error) {
	negotiated, _ := conn.SelectedSRTPProtectionProfile()
	profile, ok := srtpProfile(negotiated)
	if !ok {
		return nil, fmt.Errorf("media: the browser negotiated SRTP profile %#x, which is not known here", uint16(negotiated))
	}
	state := conn.ConnectionState()
	keys := &srtp.Config{Profile: profile}
	if err := keys.ExtractSessionKeysFromDTLS(&state, false); err != nil {
		return nil, fmt.Errorf("media: no SRTP keys: %w", err)
	}
	return keys, nil
}

// sealer encrypts what we send. Not for concurrent use.
type sealer struct {
	ctx    *srtp.Context
	header rtp.Header
}

func newSealer(keys *srtp.Config) (*sealer, error) {
	ctx, err := srtp.CreateContext(keys.Keys.LocalMasterKey, keys.Keys.LocalMasterSalt, keys.Profile)
	return &sealer{ctx: ctx}, err
}

// seal encrypts an RTP packet in place, into its spare capacity.
func (s *sealer) seal(packet []byte) ([]byte, bool) {
	sealed, err := s.ctx.EncryptRTP(packet, packet, &s.header)
	return sealed, err == nil
}

// opener decrypts what a browser sends. Its mutex also keeps an End's packets
// in one row when they come on two sockets.
type opener struct {
	mu     sync.Mutex
	clock  func() int64 // ns
	keys   *srtp.Config
	rtp    *srtp.Context
	rtcp   *srtp.Context
	header rtp.Header
	packet packet

	// An SSRC is let into rtp only after a packet of it was authentic: the
	// context keeps a state for every SSRC it sees.
	ssrcs   []authenticSSRC
	probe   *srtp.Context
	probed  int
	reports int // forged ones, since rtcp was made
	spare   [maxPacket]byte

	// forged counts the packets that failed since.
	forged int
	since  int64
}

// authenticSSRC is a stream of the browser, with the newest packet of it.
type authenticSSRC struct {
	ssrc   uint32
	newest uint16
}

func newOpener(keys *srtp.Config, clock func() int64) (*opener, error) {
	o := &opener{keys: keys, clock: clock}
	var err error
	if o.rtp, err = o.context(); err != nil {
		return nil, err
	}
	o.rtcp, err = o.context()
	return o, err
}

func (o *opener) context() (*srtp.Context, error) {
	return srtp.CreateContext(o.keys.Keys.RemoteMasterKey, o.keys.Keys.RemoteMasterSalt, o.keys.Profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
}

// open decrypts and parses pkt in place; it is false for a packet that is
// forged, repeated or broken. Caller holds mu; the packet is valid until then.
func (o *opener) open(pkt []byte) (*packet, bool) {
	if len(pkt) < rtpHeaderSize {
		return nil, false
	}
	ssrc, seq := binary.BigEndian.Uint32(pkt[8:]), binary.BigEndian.Uint16(pkt[2:])
	i := slices.IndexFunc(o.ssrcs, func(s authenticSSRC) bool { return s.ssrc == ssrc })
	if o.flooded() && (i < 0 || !o.ssrcs[i].near(seq)) {
		return nil, false
	}
	if i < 0 {
		if len(o.ssrcs) == maxSSRCs || !o.authentic(pkt) {
			o.failed()
			return nil, false
		}
		i = len(o.ssrcs)
		o.ssrcs = append(o.ssrcs, authenticSSRC{ssrc, seq})
	}
	plain, err := o.rtp.DecryptRTP(pkt, pkt, &o.header)
	if err != nil {
		o.failed()
		return nil, false
	}
	if s := &o.ssrcs[i]; int16(seq-s.newest) > 0 {
		s.newest = seq
	}
	return &o.packet, o.packet.parse(plain)
}

// near tells whether a packet may well be the stream's next.
func (s authenticSSRC) near(seq uint16) bool {
	ahead := int16(seq - s.newest)
	return ahead >= -maxBehindSeq && ahead <= maxAheadSeq
}

// failed notes a packet that was not authentic.
func (o *opener) failed() {
	if o.forged == 0 {
		o.since = o.clock()
	}
	o.forged++
}

// flooded tells that there were too many forgeries lately to try a cipher on
// each. Who forges them does not know where the browser's stream is.
func (o *opener) flooded() bool {
	if o.forged < maxForged {
		return false
	}
	if o.clock()-o.since < forgedTime {
		return true
	}
	o.forged = 0
	return false
}

// authentic tries pkt on a context that is thrown away before it grows.
func (o *opener) authentic(pkt []byte) bool {
	if o.probe == nil || o.probed == maxProbes {
		var err error
		if o.probe, err = o.context(); err != nil {
			return false
		}
		o.probed = 0
	}
	o.probed++
	_, err := o.probe.DecryptRTP(o.spare[:], pkt, nil)
	return err == nil
}

// openRTCP decrypts a report in place. Caller holds mu.
func (o *opener) openRTCP(pkt []byte) ([]byte, bool) {
	if o.flooded() {
		return nil, false
	}
	plain, err := o.rtcp.DecryptRTCP(pkt, pkt, nil)
	if err == nil {
		return plain, true
	}
	o.failed()
	// The context keeps a state for every forged SSRC: away with it in time. A
	// report is no secret and harms nobody when it is repeated.
	if o.reports++; o.reports == maxProbes {
		if fresh, err := o.context(); err == nil {
			o.rtcp, o.reports = fresh, 0
		}
	}
	return nil, false
}
