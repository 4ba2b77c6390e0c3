package message

import (
	"encoding/binary"
	"net"
)

const (
	stunCookie  = 0x2112a442
	stunRequest = 0x0001 // Binding request (RFC 8489 5)
	stunSuccess = 0x0101
	xorMapped   = 0x0020 // XOR-MAPPED-ADDRESS (RFC 8489 14.2)
)

// AnswerSTUN answers a STUN Binding request, by which a phone keeps its UDP
// flow open and sees whether it is alive (RFC 5626 4.4.2, 8); nil for anything
// else.
func AnswerSTUN(request []byte, from net.Addr) []byte {
	udp, ok := from.(*net.UDPAddr)
	if !ok || len(request) < 20 || binary.BigEndian.Uint16(request) != stunRequest ||
		binary.BigEndian.Uint32(request[4:]) != stunCookie {
		return nil
	}
	source := udp.AddrPort()
	ip, family := source.Addr().Unmap().AsSlice(), byte(1)
	if len(ip) == 16 {
		family = 2
	}
	out := make([]byte, 28, 44)
	binary.BigEndian.PutUint16(out, stunSuccess)
	binary.BigEndian.PutUint16(out[2:], uint16(8+len(ip))) //nolint:gosec // 12 or 24
	copy(out[4:20], request[4:20])                         // cookie and transaction id
	binary.BigEndian.PutUint16(out[20:], xorMapped)
	binary.BigEndian.PutUint16(out[22:], uint16(4+len(ip))) //nolint:gosec // 8 or 20
	out[25] = family
	binary.BigEndian.PutUint16(out[26:], source.Port()^(stunCookie>>16))
	for i, b := range ip {
		out = append(out, b^request[4+i])
	}
	return out
}
