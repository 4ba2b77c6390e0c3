package media

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"ringsplash/media/sdp"
)

// ErrNoDTMF: telephone-event was not negotiated, or the digit is not one.
var ErrNoDTMF = errors.New("media: no telephone-event negotiated")

// wire is the transport under an End: RTP sockets, or the SRTP of a tab. An End
// never calls two of its methods at once.
type wire interface {
	// sendRTP sends one plain RTP packet: a 12-byte header without CSRC or
	// extension, then the payload. Payload type, sequence number, timestamp,
	// marker and SSRC are final. It must not block, log or allocate, must not
	// keep packet, and may overwrite it up to its capacity (at least
	// len(packet)+64), so SRTP can be made in place. It says whether the packet
	// was sent; until the transport is ready that is false.
	sendRTP(packet []byte) bool
	// sendRTCP sends a compound packet, about every 5 s, from the loop's tick.
	// A slow transport must hand it to a goroutine of its own.
	sendRTCP(packets []rtcp.Packet)
	// close frees the transport: sockets, ports, PeerConnection. Called once,
	// and it must not wait for a goroutine that may be inside End.receive.
	close()
}

// Source is what can be heard: an *End (also *RTPEnd and *TabEnd), or a Tone.
type Source interface {
	feed() (*End, *tone)
}

// End is the audio side of one leg: what its device sends is received, gated
// and routed to those who hear it; what it hears is sent to it. All methods are
// safe for concurrent use and none waits for the network.
//
// The seam under it, for a transport in this package: newEnd(loop, wire, shut)
// makes one; setPayloads says which payload types are in use, after each
// offer/answer; setSSRC fixes the SSRC we send with; each decrypted RTP packet
// goes packet.parse, then receive; each RTCP packet goes to receiveRTCP. Until
// setPayloads nothing is received or sent.
type End struct {
	loop *Loop
	wire wire
	gate Gate

	payloads  atomic.Pointer[payloads]
	listeners atomic.Pointer[[]*End] // who hears this end; replaced, never changed
	muted     atomic.Bool
	closed    atomic.Bool
	in        reception
	out       out
	onDigit   atomic.Pointer[func(byte)]
	onKey     atomic.Pointer[func(byte)]
	counters  counters
}

// out is the sending half of an End.
type out struct {
	// busy makes the tick look here: a tone, digits or both.
	busy atomic.Bool
	// hears is the end being relayed, nil when none. It changes under the
	// loop's routes lock.
	hears atomic.Pointer[End]
	tap   atomic.Pointer[func(sdp.Codec, []byte)]

	mu      sync.Mutex
	held    bool // the far side does not want to receive
	stream  stream
	packing packing
	tone    playing // what Hear chose, when that is a tone
	once    playing // what PlayOnce put before it
	done    func()  // of once
	digits  digits
	report  report
	buf     [maxPacket + 64]byte
}

type counters struct {
	received, sent           atomic.Uint64
	receivedBytes, sentBytes atomic.Uint64
	droppedMuted             atomic.Uint64
	droppedCodec             atomic.Uint64
	droppedStranger          atomic.Uint64
	droppedBad               atomic.Uint64
}

// newEnd makes an end over w, its gate born shut or open, and puts it under the
// loop's tick. It is ErrClosed when the loop is closed.
func newEnd(l *Loop, w wire, shut bool) (*End, error) {
	e := &End{loop: l, wire: w}
	e.gate.born(shut)
	e.out.stream.start()
	e.out.stream.ssrc = newSSRC()
	e.out.report.born(l.now())
	if err := l.add(e); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *End) feed() (*End, *tone) { return e, nil }

// Gate is the lock on what this end sends.
func (e *End) Gate() *Gate { return &e.gate }

// Codecs are the negotiated codecs, preferred first; none before the first
// offer/answer is complete.
func (e *End) Codecs() []sdp.Codec {
	p := e.payloads.Load()
	if p == nil {
		return nil
	}
	return append([]sdp.Codec(nil), p.codecs...)
}

// OnDigit has f called with each DTMF digit (0-9 * # A-D) this end sent and its
// gate let through, once per event (RFC 4733 2.3). f runs on the path of the
// packets: it must return at once. nil ends it.
func (e *End) OnDigit(f func(digit byte)) {
	e.onDigit.Store(&f)
}

// OnKey has f called with each DTMF digit this end sent while its gate was not
// open, once per event. The event itself goes nowhere, and neither does what
// follows of it when the gate opens meanwhile. f runs on the path of the
// packets: it must return at once. nil ends it.
func (e *End) OnKey(f func(digit byte)) {
	e.onKey.Store(&f)
}

// WithholdKey keeps the telephone-events of one digit back that this end sends
// within d: a phone that sent the key by INFO may send it as an event too.
func (e *End) WithholdKey(digit byte, d time.Duration) {
	e.in.noKey.Store(int32(strings.IndexByte(dtmfDigits, digit)))
	e.in.noKeyUntil.Store(e.loop.now() + int64(d))
}

// Tap has f called with codec and payload of every audio packet sent to this
// end, tones included. f runs on the path of the packets: it must return at
// once, must not keep payload and must not call this end. nil ends it.
func (e *End) Tap(f func(c sdp.Codec, payload []byte)) {
	e.out.tap.Store(&f)
}

// Mute drops what this end sends while on is true, and its listeners get
// silence: the user's own mute, in software. The gate is not touched.
func (e *End) Mute(on bool) { e.muted.Store(on) }

// Close ends the end: nobody hears it, it hears nothing, its ports are free.
// A PlayOnce under way is over. Calls after the first do nothing.
func (e *End) Close() {
	if e.closed.Swap(true) {
		return
	}
	e.loop.remove(e)
	e.loop.detach(e)
	o := &e.out
	o.mu.Lock()
	done := o.done
	o.once, o.done, o.tone, o.digits = playing{}, nil, playing{}, digits{}
	o.busy.Store(false)
	e.wire.close()
	o.mu.Unlock()
	if done != nil {
		e.loop.later(done)
	}
}

// setPayloads takes the payload types of a completed offer/answer. held says
// that the far side does not want to receive (RFC 3264 5.1: sendonly, inactive).
func (e *End) setPayloads(p *payloads, held bool) {
	e.out.mu.Lock()
	defer e.out.mu.Unlock()
	e.payloads.Store(p)
	if len(p.codecs) > 0 && p.tx[e.out.stream.audio] == noPayloadType {
		e.out.stream.audio = p.codecs[0].Format()
	}
	e.out.held = held
	e.out.packing.n = 0
	e.out.stream.forget()
}

// setSSRC fixes the SSRC of what is sent, when the transport has announced one.
func (e *End) setSSRC(ssrc uint32) {
	e.out.mu.Lock()
	e.out.stream.ssrc = ssrc
	e.out.mu.Unlock()
}

// Stats are the counters since the end was made.
func (e *End) Stats() Stats {
	c := &e.counters
	return Stats{
		Received: c.received.Load(), Sent: c.sent.Load(),
		ReceivedBytes: c.receivedBytes.Load(), SentBytes: c.sentBytes.Load(),
		DroppedByGate: e.gate.dropped.Load(), PassedWhileShut: e.gate.unlawful.Load(),
		DroppedMuted: c.droppedMuted.Load(), DroppedCodec: c.droppedCodec.Load(),
		DroppedStranger: c.droppedStranger.Load(), DroppedBad: c.droppedBad.Load(),
		Lost:         e.in.lost(),
		LastReceived: e.loop.wall(e.in.last.Load()),
	}
}
