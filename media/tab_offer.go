package media

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	pion "github.com/pion/sdp/v3"

	"ringsplash/media/sdp"
)

// tabOffer is what matters of a browser's offer.
type tabOffer struct {
	// pc tells PeerConnections apart: the o= line without its version stays
	// the same for the life of one (RFC 8829 5.2.2), and so does its certificate.
	pc                           string
	ufrag, password, fingerprint string
	sections                     []tabSection
	audio                        *tabSection
}

// tabSection is one m-line of the offer.
type tabSection struct {
	kind, proto, mid string
	formats          []string
	direction        sdp.Direction
	bundled          bool
	rejected         bool // port 0 without bundle-only
	attributes       *pion.MediaDescription
}

// readTabOffer reads an offer and checks all that a PeerConnection of ours
// needs, because one that has begun to take an offer cannot go back. Every
// error is an sdp.ErrBad.
func readTabOffer(text string) (*tabOffer, error) {
	if len(text) > maxSDP {
		return nil, sdp.Bad("%d bytes; at most %d are read", len(text), maxSDP)
	}
	var d pion.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return nil, sdp.Bad("%v", err)
	}
	if len(d.MediaDescriptions) == 0 || len(d.MediaDescriptions) > maxMediaLines {
		return nil, sdp.Bad("it has %d m-lines", len(d.MediaDescriptions))
	}
	o := &tabOffer{sections: make([]tabSection, len(d.MediaDescriptions))}
	group, _ := d.Attribute(pion.AttrKeyGroup)
	bundle := strings.Fields(group)
	for i, m := range d.MediaDescriptions {
		if err := o.sections[i].read(m, bundle); err != nil {
			return nil, err
		}
		if s := &o.sections[i]; o.audio == nil && s.kind == "audio" && !s.rejected {
			o.audio = s
		}
	}
	if o.audio == nil {
		return nil, sdp.Bad("it has no audio m-line")
	}
	if err := o.readTransport(&d); err != nil {
		return nil, err
	}
	o.pc = fmt.Sprintf("%s %d %s", d.Origin.Username, d.Origin.SessionID, o.fingerprint)
	return o, nil
}

func (s *tabSection) read(m *pion.MediaDescription, bundle []string) error {
	*s = tabSection{
		kind: m.MediaName.Media, proto: strings.Join(m.MediaName.Protos, "/"),
		formats: m.MediaName.Formats, direction: sdp.SendRecv, attributes: m,
	}
	s.mid, _ = m.Attribute(pion.AttrKeyMID)
	_, only := m.Attribute("bundle-only")
	s.rejected = m.MediaName.Port.Value == 0 && !only
	if !isToken(s.mid) {
		return sdp.Bad("an m-line has no a=mid")
	}
	for _, field := range append([]string{s.kind, s.proto}, s.formats...) {
		if !isToken(strings.ReplaceAll(field, "/", "")) {
			return sdp.Bad("an m-line holds %q", field)
		}
	}
	for i, mid := range bundle {
		s.bundled = s.bundled || i > 0 && mid == s.mid
	}
	for _, dir := range []sdp.Direction{sdp.SendRecv, sdp.SendOnly, sdp.RecvOnly, sdp.Inactive} {
		if _, ok := m.Attribute(string(dir)); ok {
			s.direction = dir
		}
	}
	return nil
}

// readTransport reads ICE and DTLS of the audio m-line, which carries them all.
func (o *tabOffer) readTransport(d *pion.SessionDescription) error {
	get := func(key string) string {
		if v, ok := o.audio.attributes.Attribute(key); ok {
			return v
		}
		v, _ := d.Attribute(key)
		return v
	}
	o.ufrag, o.password = get("ice-ufrag"), get("ice-pwd")
	// RFC 8839 5.4: at least 4 and 22 ice-chars, at most 256.
	if !isICE(o.ufrag, 4) || !isICE(o.password, 22) {
		return sdp.Bad("a=ice-ufrag or a=ice-pwd is missing or broken")
	}
	hash, value, _ := strings.Cut(get("fingerprint"), " ")
	if o.fingerprint = strings.ToLower(hash) + " " + strings.ToUpper(value); !isFingerprint(o.fingerprint) {
		return sdp.Bad("a=fingerprint must be sha-256, sha-384 or sha-512")
	}
	switch setup := get("setup"); setup {
	case "actpass", "active":
	default:
		return sdp.Bad("a=setup:%s: the browser must be ready to be the DTLS client", setup)
	}
	if _, ok := o.audio.attributes.Attribute(pion.AttrKeyRTCPMux); !ok {
		return sdp.Bad("a=rtcp-mux is missing")
	}
	return nil
}

// isToken is the grammar of mids, kinds and format numbers (RFC 8866 9, token).
func isToken(s string) bool {
	for _, c := range s {
		if c <= ' ' || c >= 127 || strings.ContainsRune(`"(),/:;<=>?@[\]`, c) {
			return false
		}
	}
	return s != ""
}

func isICE(s string, least int) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '+' && c != '/' {
			return false
		}
	}
	return len(s) >= least && len(s) <= 256
}

func isFingerprint(s string) bool {
	hash, value, _ := strings.Cut(s, " ")
	size := map[string]int{"sha-256": 32, "sha-384": 48, "sha-512": 64}[hash]
	raw, err := hex.DecodeString(strings.ReplaceAll(value, ":", ""))
	return err == nil && size > 0 && len(raw) == size && strings.Count(value, ":") == size-1
}

// answered is the audio of an answer: payload types in our order.
type answered struct {
	types []sdp.PayloadType
	lines []string // a=rtpmap and a=fmtp
}

// choose takes from the audio m-line what wanted names, in wanted's order, and
// the telephone-event that belongs to it. The numbers stay the browser's.
func (s *tabSection) choose(wanted []sdp.Codec) (answered, error) {
	var a answered
	offered := s.offered()
	add := func(f sdp.Format) {
		for _, t := range offered {
			if t.Format == f {
				a.add(t)
				return
			}
		}
	}
	for _, c := range wanted {
		if f := c.Format(); f != sdp.FormatNone {
			add(f)
		}
	}
	if len(a.types) == 0 {
		return a, fmt.Errorf("%w: the browser offers %s, wanted is %v", sdp.ErrNoCodec, s.names(), wanted)
	}
	events := map[sdp.Format]bool{}
	for _, t := range a.types {
		if f := t.Format.EventBeside(); !events[f] {
			events[f] = true
			add(f)
		}
	}
	return a, nil
}

func (a *answered) add(t sdp.PayloadType) {
	for _, have := range a.types {
		if have.Number == t.Number {
			return
		}
	}
	a.types = append(a.types, t)
	name := string(t.Format.Codec()) + "/8000"
	fmtp := ""
	switch t.Format {
	case sdp.FormatOpus:
		name, fmtp = "opus/48000/2", "minptime=10;useinbandfec=1"
	case sdp.FormatEvent8:
		name, fmtp = "telephone-event/8000", "0-15"
	case sdp.FormatEvent48:
		name, fmtp = "telephone-event/48000", "0-15"
	}
	a.lines = append(a.lines, fmt.Sprintf("a=rtpmap:%d %s", t.Number, name))
	if fmtp != "" {
		a.lines = append(a.lines, fmt.Sprintf("a=fmtp:%d %s", t.Number, fmtp))
	}
}

// offered are the payload types of the m-line we know, in its order.
func (s *tabSection) offered() []sdp.PayloadType {
	mapped := map[string]sdp.Format{}
	for _, at := range s.attributes.Attributes {
		if number, name, ok := strings.Cut(at.Value, " "); ok && at.Key == "rtpmap" {
			mapped[number] = formatOfEncoding(strings.TrimSpace(name))
		}
	}
	var types []sdp.PayloadType
	for _, number := range s.formats {
		n, err := strconv.ParseUint(number, 10, 7)
		f, ok := mapped[number]
		if !ok {
			f = staticFormats[uint8(n)]
		}
		// 64-95 with the marker bit would look like RTCP (RFC 5761 4).
		if err == nil && f != sdp.FormatNone && (n < 64 || n > 95) {
			types = append(types, sdp.PayloadType{Number: uint8(n), Format: f})
		}
	}
	return types
}

// names lists the codecs of the m-line for an error text.
func (s *tabSection) names() string {
	var names []string
	for _, t := range s.offered() {
		if c := t.Format.Codec(); c != "" {
			names = append(names, string(c))
		}
	}
	if len(names) == 0 {
		return "none that is known here"
	}
	return strings.Join(names, ", ")
}

// vp8 is the payload type of VP8 in a video m-line, "" if it has none.
func (s *tabSection) vp8() string {
	for _, at := range s.attributes.Attributes {
		number, name, ok := strings.Cut(at.Value, " ")
		if at.Key == "rtpmap" && ok && isToken(number) && strings.EqualFold(strings.TrimSpace(name), "VP8/90000") {
			return number
		}
	}
	return ""
}
