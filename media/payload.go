package media

import (
	"encoding/binary"
	"slices"
)

// format is what a payload type stands for, as small numbers for the fast path.
type format uint8

const (
	formatNone format = iota
	formatPCMU
	formatPCMA
	formatG722
	formatOpus
	formatEvent8  // telephone-event/8000 (RFC 4733)
	formatEvent48 // telephone-event/48000, beside opus
	formatCount
)

// noPayloadType marks a format that was not negotiated.
const noPayloadType = 0xff

// opusFrame is the usual 20 ms of opus in ticks of its 48 kHz clock.
const opusFrame = 960

// formatOf is formatNone for an unknown codec.
func formatOf(c Codec) format {
	switch c {
	case PCMU:
		return formatPCMU
	case PCMA:
		return formatPCMA
	case G722:
		return formatG722
	case Opus:
		return formatOpus
	}
	return formatNone
}

func (f format) codec() Codec {
	switch f {
	case formatPCMU:
		return PCMU
	case formatPCMA:
		return PCMA
	case formatG722:
		return G722
	case formatOpus:
		return Opus
	}
	return ""
}

func (f format) event() bool { return f == formatEvent8 || f == formatEvent48 }

// clock is the RTP clock rate in Hz. G722 says 8000 (RFC 3551 4.5.2).
func (f format) clock() uint32 {
	if f == formatOpus || f == formatEvent48 {
		return 48000
	}
	return 8000
}

// span is how many ticks of the RTP clock a payload lasts. An opus packet does
// not say without decoding; 20 ms is what everybody sends. An event tells its
// length up to now (RFC 4733 2.3.5).
func (f format) span(payload []byte) uint32 {
	switch {
	case f == formatOpus:
		return opusFrame
	case !f.event():
		return uint32(len(payload))
	case len(payload) < 4:
		return 0
	}
	return uint32(binary.BigEndian.Uint16(payload[2:]))
}

// payloadType is one line of a payload type table.
type payloadType struct {
	number uint8
	format format
}

// payloads is what one end may receive and send. It never changes once an End
// has it; a new negotiation makes a new one.
type payloads struct {
	codecs []Codec // preferred first
	rx     [128]format
	tx     [formatCount]uint8
}

// newPayloads makes the table of an end. rx are the payload types the far side
// may send us, tx those it told us to send, preferred codec first. They are the
// same for a WebRTC end and for most phones, but need not be (RFC 3264 5.1).
func newPayloads(rx, tx []payloadType) *payloads {
	p := &payloads{}
	for i := range p.tx {
		p.tx[i] = noPayloadType
	}
	for _, t := range rx {
		p.rx[t.number&0x7f] = t.format
	}
	for _, t := range tx {
		if p.tx[t.format] != noPayloadType {
			continue
		}
		p.tx[t.format] = t.number & 0x7f
		if c := t.format.codec(); c != "" && !slices.Contains(p.codecs, c) {
			p.codecs = append(p.codecs, c)
		}
	}
	return p
}

// out is the format and payload type in which something of format f goes out
// here: as it is, by the mu/A-law table, or not at all. beside is the audio
// format of the stream, to which the clock of an event should belong.
func (p *payloads) out(f, beside format) (format, uint8, bool) {
	if f.event() {
		f = eventFor(beside)
		if p.tx[f] == noPayloadType {
			f = otherEvent(f)
		}
		return f, p.tx[f], p.tx[f] != noPayloadType
	}
	if p.tx[f] == noPayloadType {
		f = otherLaw(f)
	}
	return f, p.tx[f], f != formatNone && p.tx[f] != noPayloadType
}

// dtmf tells whether telephone-event may be sent here.
func (p *payloads) dtmf() bool {
	return p.tx[formatEvent8] != noPayloadType || p.tx[formatEvent48] != noPayloadType
}

func eventFor(audio format) format {
	if audio == formatOpus {
		return formatEvent48
	}
	return formatEvent8
}

func otherEvent(f format) format {
	if f == formatEvent8 {
		return formatEvent48
	}
	return formatEvent8
}

func otherLaw(f format) format {
	switch f {
	case formatPCMU:
		return formatPCMA
	case formatPCMA:
		return formatPCMU
	}
	return formatNone
}

// Convertible tells whether sound in one codec can be sent in the other: they
// are equal, or mu-law and A-law.
func Convertible(from, to Codec) bool {
	return from == to || from == PCMU && to == PCMA || from == PCMA && to == PCMU
}

// Offerable is codecs in their order, then what can be converted to them.
func Offerable(codecs []Codec) []Codec {
	all := make([]Codec, 0, len(codecs)+1)
	for _, c := range codecs {
		if formatOf(c) != formatNone && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	for _, c := range all[:len(all):len(all)] {
		if o := otherLaw(formatOf(c)).codec(); o != "" && !slices.Contains(all, o) {
			all = append(all, o)
		}
	}
	return all
}
