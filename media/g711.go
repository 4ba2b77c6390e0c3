package media

import "ringsplash/media/sdp"

// G.711: 16 bit linear PCM to and from mu-law and A-law, and the tables between
// the two laws (ITU-T G.711).

var (
	muToA = lawTable(decodeMu, encodeA)
	aToMu = lawTable(decodeA, encodeMu)
)

func lawTable(decode func(byte) int16, encode func(int16) byte) *[256]byte {
	t := new([256]byte)
	for i := range t {
		t[i] = encode(decode(byte(i)))
	}
	return t
}

// convertLaw writes src, in format from, to dst in the other law.
// dst is at least as long as src.
func convertLaw(dst, src []byte, from sdp.Format) {
	t := muToA
	if from == sdp.FormatPCMA {
		t = aToMu
	}
	dst = dst[:len(src)]
	for i, b := range src {
		dst[i] = t[b]
	}
}

const (
	muBias = 0x84
	muClip = 32635
)

func encodeMu(s int16) byte {
	v, sign := int(s), 0
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v, muClip) + muBias
	exp := 7
	for mask := 0x4000; exp > 0 && v&mask == 0; mask >>= 1 {
		exp--
	}
	return ^byte(sign | exp<<4 | v>>(exp+3)&0x0f)
}

func decodeMu(b byte) int16 {
	b = ^b
	v := (int(b&0x0f)<<3+muBias)<<(b>>4&7) - muBias
	if b&0x80 != 0 {
		v = -v
	}
	return int16(v)
}

func encodeA(s int16) byte {
	v, sign := int(s)>>3, 0x80
	if v < 0 {
		v, sign = -v-1, 0
	}
	exp := 0
	for v>>exp > 31 {
		exp++
	}
	var code int
	if exp == 0 {
		code = v >> 1 & 0x0f
	} else {
		code = exp<<4 | v>>exp&0x0f
	}
	return byte(code|sign) ^ 0x55
}

func decodeA(b byte) int16 {
	b ^= 0x55
	v := int(b&0x0f)<<4 + 8
	if exp := b >> 4 & 7; exp > 0 {
		v = (v + 0x100) << (exp - 1)
	}
	if b&0x80 == 0 {
		v = -v
	}
	return int16(v)
}
