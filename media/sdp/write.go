package sdp

import (
	"net/netip"
	"strconv"
	"strings"

	pion "github.com/pion/sdp/v3"
)

// PacketTime is the ptime we ask for, in ms. Nearly everything sends that.
const PacketTime = 20

// ours is a description of ours to be written.
type ours struct {
	session, version uint64
	addr             netip.AddrPort
	// slots are all m-lines in their order, of which place, kind and transport
	// stay through a dialog; the one at audio is in use, the others are refused
	// with port 0 (RFC 3264 6, 8.2).
	slots []mediaLine
	audio int
	// Of the audio m-line.
	types     []PayloadType
	direction Direction
	rtcpMux   bool
}

// marshal writes the description (RFC 8866).
func (o *ours) marshal() ([]byte, error) {
	family := "IP4"
	if o.addr.Addr().Is6() {
		family = "IP6"
	}
	d := &pion.SessionDescription{
		Origin: pion.Origin{
			Username: "-", SessionID: o.session, SessionVersion: o.version,
			NetworkType: "IN", AddressType: family, UnicastAddress: o.addr.Addr().String(),
		},
		SessionName: "-",
		ConnectionInformation: &pion.ConnectionInformation{
			NetworkType: "IN", AddressType: family, Address: &pion.Address{Address: o.addr.Addr().String()},
		},
		TimeDescriptions: []pion.TimeDescription{{}},
	}
	for i, s := range o.slots {
		m := &pion.MediaDescription{MediaName: pion.MediaName{Media: s.kind, Protos: strings.Split(s.proto, "/"), Formats: s.fmts}}
		if i == o.audio {
			o.describeAudio(m)
		} else if len(s.fmts) == 0 {
			m.MediaName.Formats = []string{"0"} // the grammar wants one
		}
		d.MediaDescriptions = append(d.MediaDescriptions, m)
	}
	return d.Marshal()
}

func (o *ours) describeAudio(m *pion.MediaDescription) {
	m.MediaName.Port = pion.RangedPort{Value: int(o.addr.Port())}
	m.MediaName.Formats = numbers(o.types)
	for i, n := range m.MediaName.Formats {
		f := formats[o.types[i].Format]
		m.WithValueAttribute("rtpmap", n+" "+f.encoding)
		if f.parameters != "" {
			m.WithValueAttribute("fmtp", n+" "+f.parameters)
		}
	}
	m.WithValueAttribute("ptime", strconv.Itoa(PacketTime))
	if o.rtcpMux {
		m.WithPropertyAttribute("rtcp-mux")
	}
	m.WithPropertyAttribute(string(o.direction))
}

// numbers are payload types as an m-line lists them.
func numbers(types []PayloadType) []string {
	all := make([]string, len(types))
	for i, t := range types {
		all[i] = strconv.Itoa(int(t.Number))
	}
	return all
}
