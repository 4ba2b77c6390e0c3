package media

import (
	"encoding/binary"

	"ringsplash/media/sdp"
)

// noPayloadType marks a format that was not negotiated.
const noPayloadType = 0xff

// opusFrame is the usual 20 ms of opus in ticks of its 48 kHz clock.
const opusFrame = 960

// span is how many ticks of the RTP clock a payload lasts. An opus packet does
// not say without decoding; 20 ms is what everybody sends. An event tells its
// length up to now (RFC 4733 2.3.5).
func span(f sdp.Format, payload []byte) uint32 {
	switch {
	case f == sdp.FormatOpus:
		return opusFrame
	case !f.Event():
		return uint32(len(payload))
	case len(payload) < 4:
		return 0
	}
	return uint32(binary.BigEndian.Uint16(payload[2:]))
}

// payloads is what one end may receive and send. It never changes once an End
// has it; a new negotiation makes a new one.
type payloads struct {
	codecs []sdp.Codec // preferred first
	rx     [128]sdp.Format
	tx     [sdp.FormatCount]uint8
}

// newPayloads makes the table of an end. rx are the payload types the far side
// may send us, tx those it told us to send, preferred codec first. They are the
// same for a WebRTC end and for most phones, but need not be (RFC 3264 5.1).
func newPayloads(rx, tx []sdp.PayloadType) *payloads {
	p := &payloads{codecs: sdp.Codecs(tx)}
	for i := range p.tx {
		p.tx[i] = noPayloadType
	}
	for _, t := range rx {
		p.rx[t.Number&0x7f] = t.Format
	}
	for _, t := range tx {
		if p.tx[t.Format] == noPayloadType {
			p.tx[t.Format] = t.Number & 0x7f
		}
	}
	return p
}

// out is the format and payload type in which something of format f goes out
// here: as it is, by the mu/A-law table, or not at all. beside is the audio
// format of the stream, to which the clock of an event should belong.
func (p *payloads) out(f, beside sdp.Format) (sdp.Format, uint8, bool) {
	if f.Event() {
		var other sdp.Format
		if f, other = beside.Events(); p.tx[f] == noPayloadType {
			f = other
		}
		return f, p.tx[f], p.tx[f] != noPayloadType
	}
	if p.tx[f] == noPayloadType {
		f = f.OtherLaw()
	}
	return f, p.tx[f], f != sdp.FormatNone && p.tx[f] != noPayloadType
}

// dtmf tells whether telephone-event may be sent here.
func (p *payloads) dtmf() bool {
	return p.tx[sdp.FormatEvent8] != noPayloadType || p.tx[sdp.FormatEvent48] != noPayloadType
}
