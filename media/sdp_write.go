package media

import (
	"net/netip"
	"strconv"
	"strings"

	pion "github.com/pion/sdp/v3"

	"ringsplash/media/sdp"
)

// usualPacketTime is the ptime we ask for, in ms. Nearly everything sends that.
const usualPacketTime = 20

// encodings are the rtpmap texts of the formats.
var encodings = [sdp.FormatCount]string{
	sdp.FormatPCMU: "PCMU/8000", sdp.FormatPCMA: "PCMA/8000", sdp.FormatG722: "G722/8000",
	sdp.FormatOpus: "opus/48000/2", sdp.FormatEvent8: "telephone-event/8000", sdp.FormatEvent48: "telephone-event/48000",
}

// ours is a description of ours to be written.
type ours struct {
	session, version uint64
	addr             netip.AddrPort
	// slots are all m-lines in their order; the one at audio is in use, the
	// others are refused with port 0 (RFC 3264 6, 8.2).
	slots []slot
	audio int
	// Of the audio m-line.
	types     []sdp.PayloadType
	direction sdp.Direction
	rtcpMux   bool
}

// slot is what an m-line keeps through a dialog: its place, kind and transport.
type slot struct {
	kind, proto string
	fmts        []string
}

// slotsOf are the slots of a received description.
func slotsOf(d *description) []slot {
	all := make([]slot, len(d.media))
	for i, m := range d.media {
		all[i] = slot{kind: m.kind, proto: m.proto, fmts: m.fmts}
		if len(m.fmts) == 0 {
			all[i].fmts = []string{"0"} // the grammar wants one
		}
	}
	return all
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
		m := &pion.MediaDescription{MediaName: pion.MediaName{
			Media: s.kind, Protos: strings.Split(s.proto, "/"), Formats: s.fmts,
		}}
		if i == o.audio {
			o.describeAudio(m)
		}
		d.MediaDescriptions = append(d.MediaDescriptions, m)
	}
	return d.Marshal()
}

func (o *ours) describeAudio(m *pion.MediaDescription) {
	m.MediaName.Port = pion.RangedPort{Value: int(o.addr.Port())}
	m.MediaName.Formats = nil
	for _, t := range o.types {
		n := strconv.Itoa(int(t.Number))
		m.MediaName.Formats = append(m.MediaName.Formats, n)
		m.WithValueAttribute("rtpmap", n+" "+encodings[t.Format])
		switch {
		case t.Format == sdp.FormatOpus:
			m.WithValueAttribute("fmtp", n+" minptime=10;useinbandfec=1")
		case t.Format.Event():
			m.WithValueAttribute("fmtp", n+" 0-15")
		}
	}
	m.WithValueAttribute("ptime", strconv.Itoa(usualPacketTime))
	if o.rtcpMux {
		m.WithPropertyAttribute("rtcp-mux")
	}
	m.WithPropertyAttribute(string(o.direction))
}
