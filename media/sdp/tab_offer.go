package sdp

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	pion "github.com/pion/sdp/v3"
)

// TabOffer is what matters of a browser's offer.
type TabOffer struct {
	// PeerConnection tells them apart: the o= line without its version stays
	// the same for the life of one (RFC 8829 5.2.2), and so does its certificate.
	PeerConnection               string
	ufrag, password, fingerprint string
	sections                     []tabSection
	audio                        *tabSection
}

// tabSection is one m-line of the offer.
type tabSection struct {
	kind, proto, mid string
	formats          []string
	direction        Direction
	bundled          bool
	rejected         bool // port 0 without bundle-only
	attributes       *pion.MediaDescription
}

// ReadTabOffer reads an offer and checks all that a PeerConnection of ours
// needs, because one that has begun to take an offer cannot go back. Every
// error is an ErrBad.
func ReadTabOffer(text string) (*TabOffer, error) {
	if len(text) > maxSDP {
		return nil, Bad("%d bytes; at most %d are read", len(text), maxSDP)
	}
	var d pion.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return nil, Bad("%v", err)
	}
	if len(d.MediaDescriptions) == 0 || len(d.MediaDescriptions) > maxMediaLines {
		return nil, Bad("it has %d m-lines", len(d.MediaDescriptions))
	}
	o := &TabOffer{sections: make([]tabSection, len(d.MediaDescriptions))}
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
		return nil, Bad("it has no audio m-line")
	}
	if err := o.readTransport(&d); err != nil {
		return nil, err
	}
	o.PeerConnection = fmt.Sprintf("%s %d %s", d.Origin.Username, d.Origin.SessionID, o.fingerprint)
	return o, nil
}

func (s *tabSection) read(m *pion.MediaDescription, bundle []string) error {
	*s = tabSection{
		kind: m.MediaName.Media, proto: strings.Join(m.MediaName.Protos, "/"),
		formats: m.MediaName.Formats, direction: SendRecv, attributes: m,
	}
	s.mid, _ = m.Attribute(pion.AttrKeyMID)
	_, only := m.Attribute("bundle-only")
	s.rejected = m.MediaName.Port.Value == 0 && !only
	if !isToken(s.mid) {
		return Bad("an m-line has no a=mid")
	}
	for _, field := range append([]string{s.kind, s.proto}, s.formats...) {
		if !isToken(strings.ReplaceAll(field, "/", "")) {
			return Bad("an m-line holds %q", field)
		}
	}
	s.bundled = len(bundle) > 0 && slices.Contains(bundle[1:], s.mid)
	for _, dir := range []Direction{SendRecv, SendOnly, RecvOnly, Inactive} {
		if _, ok := m.Attribute(string(dir)); ok {
			s.direction = dir
		}
	}
	return nil
}

// readTransport reads ICE and DTLS of the audio m-line, which carries them all.
func (o *TabOffer) readTransport(d *pion.SessionDescription) error {
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
		return Bad("a=ice-ufrag or a=ice-pwd is missing or broken")
	}
	hash, value, _ := strings.Cut(get("fingerprint"), " ")
	if o.fingerprint = strings.ToLower(hash) + " " + strings.ToUpper(value); !isFingerprint(o.fingerprint) {
		return Bad("a=fingerprint must be sha-256, sha-384 or sha-512")
	}
	switch setup := get("setup"); setup {
	case "actpass", "active":
	default:
		return Bad("a=setup:%s: the browser must be ready to be the DTLS client", setup)
	}
	if _, ok := o.audio.attributes.Attribute(pion.AttrKeyRTCPMux); !ok {
		return Bad("a=rtcp-mux is missing")
	}
	return nil
}

// Transport is the offer the PeerConnection gets: the page's ICE and DTLS in
// one m-line, no streams, no candidates.
func (o *TabOffer) Transport() string {
	return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n" +
		"m=audio 9 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n" +
		"a=rtpmap:0 PCMU/8000\r\na=setup:actpass\r\na=ice-ufrag:" + o.ufrag + "\r\na=ice-pwd:" + o.password +
		"\r\na=fingerprint:" + o.fingerprint + "\r\n"
}

// isToken is the grammar of mids, kinds and format numbers (RFC 8866 9, token).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 127 || strings.ContainsRune(`"(),/:;<=>?@[\]`, c)
	})
}

const iceChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"

func isICE(s string, least int) bool {
	return len(s) >= least && len(s) <= 256 && strings.Trim(s, iceChars) == ""
}

func isFingerprint(s string) bool {
	hash, value, _ := strings.Cut(s, " ")
	size := map[string]int{"sha-256": 32, "sha-384": 48, "sha-512": 64}[hash]
	raw, err := hex.DecodeString(strings.ReplaceAll(value, ":", ""))
	return err == nil && size > 0 && len(raw) == size && strings.Count(value, ":") == size-1
}

// Receives tells whether the page wants to be sent sound.
func (o *TabOffer) Receives() bool { return o.audio.direction.Receives() }

// Choose takes from the audio m-line what wanted names, in wanted's order, and
// the telephone-events that belong to it. The numbers stay the browser's.
// It is ErrNoCodec when there is nothing of it.
func (o *TabOffer) Choose(wanted []Codec) ([]PayloadType, error) {
	offered := o.audio.offered()
	types := chosen(offered, wanted, false)
	if len(types) == 0 {
		return nil, fmt.Errorf("%w: the browser offers %v, wanted is %v", ErrNoCodec, Codecs(offered), wanted)
	}
	return types, nil
}

// offered are the payload types of the m-line we know, in its order.
func (s *tabSection) offered() []PayloadType {
	var maps rtpmaps
	for _, at := range s.attributes.Attributes {
		if at.Key == "rtpmap" {
			maps.add(at.Value)
		}
	}
	// 64-95 with the marker bit would look like RTCP (RFC 5761 4).
	return slices.DeleteFunc(maps.types(s.formats), func(t PayloadType) bool { return t.Number >= 64 && t.Number <= 95 })
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
