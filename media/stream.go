package media

import (
	"math/rand/v2"

	"ringsplash/media/sdp"
)

// maxJump is how far a sequence number may jump before it is taken as a new
// stream instead of loss (RFC 3550 A.1, MAX_DROPOUT).
const maxJump = 3000

// stream is one outgoing RTP stream. Sequence numbers go up by one and
// timestamps follow the wall clock, whatever feeds it, so that the receiver
// sees one unbroken stream when the source changes. Guarded by out.mu.
type stream struct {
	ssrc    uint32
	started bool
	seq     uint16 // highest sent
	// history has bit i set when seq-i was sent. A number is never used twice:
	// SRTP would encrypt two packets with one key stream (RFC 3711 9.1).
	history uint64

	// The time line: at anchorAt (ns, loop clock) the timestamp was anchorTS,
	// in a packet of audio format audio that lasts span ticks.
	anchorTS uint32
	anchorAt int64
	span     uint32
	audio    sdp.Format

	mapping mapping
}

// mapping turns numbers of the source being relayed into ours.
type mapping struct {
	from    *End
	ssrc    uint32
	epoch   uint32
	seqOff  uint16
	tsOff   uint32
	tsKnown bool
	// An event whose clock is not that of the audio has a time line of its own.
	eventIn, eventOut uint32
	eventKnown        bool
}

func (s *stream) start() {
	s.started = true
	s.seq = uint16(rand.Uint32()) & 0x7fff // room before the first wrap, RFC 3711 3.3.1
	s.anchorTS = rand.Uint32()
}

// now is the timestamp for a packet that starts something new at time at.
func (s *stream) now(at int64, clock uint32) uint32 {
	gone := uint32((at - s.anchorAt) / 1000 * int64(clock) / 1e6)
	if s.anchorAt == 0 {
		gone = 0
	}
	return s.anchorTS + max(gone, s.span)
}

// forget ends the present mapping: the next packet of any source starts anew.
func (s *stream) forget() { s.mapping = mapping{} }

// follows tells whether p goes on with what is being relayed.
func (s *stream) follows(from *End, p *packet) bool {
	m := &s.mapping
	if m.from != from || m.ssrc != p.ssrc || m.epoch != p.epoch {
		return false
	}
	jump := int16(p.seq + m.seqOff - s.seq)
	return jump <= maxJump && jump >= -maxJump
}

// place finds sequence number, timestamp and marker for a relayed packet that
// goes out in format as. It is false for a packet that must not be sent: a
// repetition, or one from before the mapping began.
func (s *stream) place(from *End, p *packet, as sdp.Format) (seq uint16, ts uint32, marker, ok bool) {
	m := &s.mapping
	fresh := !s.follows(from, p)
	if fresh {
		*m = mapping{from: from, ssrc: p.ssrc, epoch: p.epoch, seqOff: s.seq + 1 - p.seq}
		s.history = ^uint64(0) // what is late from here on belongs before the mapping
	}
	seq = p.seq + m.seqOff
	if !s.unused(seq) {
		return 0, 0, false, false
	}
	if as.Event() {
		return seq, s.eventTime(p), p.marker, true
	}
	if !m.tsKnown {
		m.tsKnown = true
		m.tsOff = s.now(p.at, as.Clock()) - p.timestamp
		fresh = true
	}
	return seq, p.timestamp + m.tsOff, p.marker || fresh, true
}

// eventTime is the timestamp of a relayed telephone-event. All packets of one
// event carry the time of its beginning (RFC 4733 2.5.1.2).
func (s *stream) eventTime(p *packet) uint32 {
	m := &s.mapping
	if m.tsKnown && p.format.Clock() == s.audio.Clock() {
		return p.timestamp + m.tsOff
	}
	if !m.eventKnown || m.eventIn != p.timestamp {
		m.eventKnown, m.eventIn = true, p.timestamp
		m.eventOut = s.now(p.at, s.audio.Clock())
	}
	return m.eventOut
}

// unused tells whether seq was not sent yet, as far as the history reaches.
func (s *stream) unused(seq uint16) bool {
	back := int(int16(s.seq - seq))
	return back < 0 || back < 64 && s.history>>back&1 == 0
}

// sent notes what went out. span is how long it lasts, in ticks of its clock.
func (s *stream) sent(seq uint16, ts uint32, as sdp.Format, span uint32, at int64) {
	ahead := int(int16(seq - s.seq))
	if ahead <= 0 {
		s.history |= 1 << -ahead
		return
	}
	s.history = s.history<<ahead | 1
	s.seq = seq
	if !as.Event() {
		s.anchorTS, s.anchorAt, s.span, s.audio = ts, at, span, as
		return
	}
	// An event keeps the time of its beginning while it grows, and some phones
	// send audio beside it: the time line never goes back for one.
	span = span * (s.audio.Clock() / 1000) / (as.Clock() / 1000)
	switch {
	case s.anchorAt != 0 && ts == s.anchorTS:
		s.span = max(s.span, span)
	case s.anchorAt == 0 || int32(ts-s.anchorTS) > 0:
		s.anchorTS, s.anchorAt, s.span = ts, at, span
	}
}
