package media

import (
	"github.com/pion/rtcp"

	"ringsplash/media/sdp"
)

// Ear is an end without a device behind it: what it hears goes to a function.
// A simulated phone's loudspeaker is one.
type Ear struct{ *End }

// NewEar makes an Ear in one codec. f is called with the payload of every
// packet (20 ms) on the path of the packets: it must return at once and must
// not keep payload.
func (l *Loop) NewEar(c sdp.Codec, f func(payload []byte)) (*Ear, error) {
	e, err := newEnd(l, noWire{}, false)
	if err != nil {
		return nil, err
	}
	number := []sdp.PayloadType{{Number: 96, Format: c.Format()}}
	e.setPayloads(newPayloads(number, number), false)
	e.setPacketTime(sdp.PacketTime)
	e.Tap(func(got sdp.Codec, payload []byte) {
		if got == c {
			f(payload)
		}
	})
	return &Ear{e}, nil
}

// noWire is the wire of an Ear: there is none.
type noWire struct{}

func (noWire) sendRTP([]byte) bool    { return true }
func (noWire) sendRTCP([]rtcp.Packet) {}
func (noWire) close()                 {}

// Ends is how many ends are alive.
func (l *Loop) Ends() int {
	if ends := l.ends.Load(); ends != nil {
		return len(*ends)
	}
	return 0
}
