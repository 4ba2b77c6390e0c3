// Package media is the media path: the datagram loop, RTP and WebRTC ends, the
// gate, routing, tones, DTMF and codecs. It is the only importer of pion, with
// sdp below it.
package media

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"ringsplash/media/sdp"
)

// Errors of the package; compare with errors.Is.
var (
	// ErrFamily: a session description has an address of a family we have none of.
	ErrFamily = fmt.Errorf("%w: address family", sdp.ErrBad)
	// ErrNoPort: the RTP port range is used up (503).
	ErrNoPort = errors.New("media: no free RTP port")
	// ErrClosed: the end or the loop was closed.
	ErrClosed = errors.New("media: closed")
)

// Config of a Loop. Zero values are given.
type Config struct {
	// Listen are the addresses to bind; default 127.0.0.1.
	Listen []netip.Addr
	// Public maps a listen address to the one the world sees.
	Public map[netip.Addr]netip.Addr
	// LocalNets are reached from the listen address, everything else from the public one.
	LocalNets []netip.Prefix
	// WebRTCPort is the UDP and TCP port of all browsers; 0 asks the kernel.
	WebRTCPort int
	// OwnComputer takes nothing of browsers but what a listen address sends to
	// itself: no other computer can, whatever network the address is of.
	OwnComputer bool
	// RTPLow and RTPHigh bound the RTP ports; 0,0 lets the kernel choose.
	RTPLow, RTPHigh int
}

// RTPOptions of a new RTP end.
type RTPOptions struct {
	// Peer is where the signalling goes: it selects the address we write until
	// the far side described one of the other family, and is the signalling
	// source that latching may trust.
	Peer netip.Addr
	// Trunk ends never latch: SDP address or MediaFrom only.
	Trunk     bool
	MediaFrom []netip.Prefix
	// Shut makes the gate born shut (a leg that is asked to answer by itself).
	Shut bool
}

// TabState is the transport state of a tab's PeerConnection.
type TabState string

// Tab states.
const (
	TabConnecting   TabState = "connecting"
	TabConnected    TabState = "connected"
	TabDisconnected TabState = "disconnected"
	TabFailed       TabState = "failed"
	TabClosed       TabState = "closed"
)

// Stats are the counters of one end since it was made.
type Stats struct {
	Received, Sent           uint64 // audio packets
	ReceivedBytes, SentBytes uint64 // payload bytes
	DroppedByGate            uint64
	PassedWhileShut          uint64 // always 0
	// DroppedMuted counts what Mute held back, DroppedCodec what was to be sent
	// to this end in a codec it does not take, DroppedStranger packets from
	// addresses that are not the peer's, DroppedBad what was no RTP of a
	// negotiated payload type.
	DroppedMuted, DroppedCodec, DroppedStranger, DroppedBad uint64
	// Lost counts received packets that are missing in the sequence.
	Lost         uint64
	LastReceived time.Time
}
