package media

import (
	"encoding/binary"

	"ringsplash/media/sdp"
)

// rtpHeaderSize is the size of the header we write: no CSRC, no extension.
const rtpHeaderSize = 12

// maxPacket bounds the RTP packets read and written, header included.
const maxPacket = 1500

// packet is one received RTP packet, decrypted. Its payload is a piece of the
// reader's buffer: nobody may keep it after End.receive returned.
type packet struct {
	payloadType uint8
	marker      bool
	seq         uint16
	timestamp   uint32
	ssrc        uint32
	payload     []byte

	// What End.receive finds out.
	format sdp.Format
	at     int64  // loop clock, ns
	epoch  uint32 // changes when packets before this one were held back
	ticket ticket // what the gate said
}

// parse reads the RTP header of b in place (RFC 3550 5.1) and tells whether b
// is a whole RTP packet. The payload may be empty.
func (p *packet) parse(b []byte) bool {
	if len(b) < rtpHeaderSize || b[0]>>6 != 2 {
		return false
	}
	head := rtpHeaderSize + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 { // extension, RFC 3550 5.3.1
		if len(b) < head+4 {
			return false
		}
		head += 4 + 4*int(binary.BigEndian.Uint16(b[head+2:]))
	}
	end := len(b)
	if b[0]&0x20 != 0 { // padding: the last byte counts itself
		pad := int(b[end-1])
		if pad == 0 {
			return false
		}
		end -= pad
	}
	if head > end {
		return false
	}
	p.marker = b[1]&0x80 != 0
	p.payloadType = b[1] & 0x7f
	p.seq = binary.BigEndian.Uint16(b[2:])
	p.timestamp = binary.BigEndian.Uint32(b[4:])
	p.ssrc = binary.BigEndian.Uint32(b[8:])
	p.payload = b[head:end]
	return true
}

// isRTCP tells RTCP from RTP on a shared port by the second byte (RFC 5761 4).
func isRTCP(b []byte) bool {
	return len(b) >= 2 && b[1] >= 192 && b[1] <= 223
}

// writeHeader writes an RTP header into b, which holds at least rtpHeaderSize bytes.
func writeHeader(b []byte, marker bool, payloadType uint8, seq uint16, timestamp, ssrc uint32) {
	b[0] = 2 << 6
	b[1] = payloadType & 0x7f
	if marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], seq)
	binary.BigEndian.PutUint32(b[4:], timestamp)
	binary.BigEndian.PutUint32(b[8:], ssrc)
}
