package media

import (
	"bufio"
	"bytes"
	"testing"
)

// FuzzFrame reads the packets a browser sends over TCP (RFC 4571).
func FuzzFrame(f *testing.F) {
	f.Add([]byte{0, 3, 1, 2, 3, 0, 0, 0, 9})
	f.Add([]byte{255, 255, 1})
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, stream []byte) {
		in, buf, used := bufio.NewReader(bytes.NewReader(stream)), make([]byte, maxPacket), 0
		for {
			pkt, err := readFrame(in, buf)
			if err != nil {
				return
			}
			if used += 2 + len(pkt); used > len(stream) || !bytes.Equal(pkt, stream[used-len(pkt):used]) {
				t.Fatalf("packet %x is not what came", pkt)
			}
			_ = kindOf(pkt)
		}
	})
}
