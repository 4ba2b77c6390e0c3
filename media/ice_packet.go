package media

import (
	"bytes"
	"encoding/binary"
)

// packetKind is what the first bytes say (RFC 7983 7, RFC 5761 4).
type packetKind uint8

const (
	kindOther packetKind = iota
	kindSTUN
	kindDTLS
	kindRTP
	kindRTCP
)

func kindOf(b []byte) packetKind {
	switch {
	case len(b) < 4:
		return kindOther
	case b[0] <= 3:
		return kindSTUN
	case b[0] >= 20 && b[0] <= 63:
		return kindDTLS
	case b[0] < 128 || b[0] > 191:
		return kindOther
	case isRTCP(b):
		return kindRTCP
	default:
		return kindRTP
	}
}

const (
	stunHeader   = 20
	stunCookie   = 0x2112A442
	stunRequest  = 0x0001
	stunSuccess  = 0x0101
	stunUserName = 0x0006
)

// stunUfrag is the first half of the USERNAME of a binding request, which is
// the user name fragment of whom it is for (RFC 8445 7.2.2); nil for anything else.
func stunUfrag(b []byte) []byte {
	if len(b) < stunHeader || binary.BigEndian.Uint16(b) != stunRequest || binary.BigEndian.Uint32(b[4:]) != stunCookie {
		return nil
	}
	for b = b[stunHeader:]; len(b) >= 4; {
		kind, size := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if b = b[4:]; size > len(b) {
			return nil
		}
		if kind == stunUserName {
			ufrag, _, _ := bytes.Cut(b[:size], []byte(":"))
			return ufrag
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	return nil
}

// isStunSuccess tells whether b answers a check with success.
func isStunSuccess(b []byte) bool {
	return len(b) >= stunHeader && binary.BigEndian.Uint16(b) == stunSuccess
}
