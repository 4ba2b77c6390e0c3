package sdp

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Bounds on a description from outside.
const (
	maxSDP        = 32 << 10
	maxMediaLines = 16
	maxFormats    = 64
)

// description is what we need of a session description (RFC 8866). It has a
// reader of its own because pion's refuses a whole description for one m-line
// of a kind it does not know (m=image, for fax), for a missing t= or a line out
// of order, all of which phones send.
type description struct {
	media []mediaLine
}

// mediaLine is one m-line and what belongs to it.
type mediaLine struct {
	kind, proto string
	port        int
	fmts        []string
	host        string // of c=, as written; "" when there is none
	direction   Direction
	rtcpMux     bool
	rtcpPort    int // a=rtcp (RFC 3605), 0 when absent
	// ptime and maxptime in ms (RFC 8866 6.4), 0 when absent.
	ptime, maxptime int
	formats         []PayloadType // those we know, in the m-line's order
	rtpmaps         rtpmaps
}

// read reads a description. Lines it does not know are skipped.
func read(b []byte) (*description, error) {
	if len(b) > maxSDP {
		return nil, Bad("%d bytes; at most %d are read", len(b), maxSDP)
	}
	d := &description{}
	session := mediaLine{direction: SendRecv} // what the m-lines inherit
	for line := range strings.Lines(string(b)) {
		line = strings.Trim(line, " \t\r\n\x00")
		if len(line) < 2 || line[1] != '=' {
			continue
		}
		key, value := line[0], strings.TrimSpace(line[2:])
		if key == 'm' {
			if len(d.media) == maxMediaLines {
				return nil, Bad("more than %d m-lines", maxMediaLines)
			}
			m, err := readMediaLine(value)
			if err != nil {
				return nil, err
			}
			m.host, m.direction, m.ptime, m.maxptime = session.host, session.direction, session.ptime, session.maxptime
			d.media = append(d.media, m)
			continue
		}
		at := &session
		if n := len(d.media); n > 0 {
			at = &d.media[n-1]
		}
		at.take(key, value)
	}
	if len(d.media) == 0 {
		return nil, Bad("no m-line")
	}
	for i := range d.media {
		if m := &d.media[i]; m.kind == "audio" {
			m.formats = m.rtpmaps.types(m.fmts)
		}
	}
	return d, nil
}

// readMediaLine reads "audio 4000 RTP/AVP 0 8 101" (RFC 8866 5.14).
func readMediaLine(value string) (mediaLine, error) {
	f := strings.Fields(value)
	if len(f) < 3 {
		return mediaLine{}, Bad("m-line %q is cut short", value)
	}
	portText, _, _ := strings.Cut(f[1], "/")
	port, err := strconv.Atoi(portText)
	if err != nil || port < 0 || port > 65535 {
		return mediaLine{}, Bad("m-line %q has no valid port", value)
	}
	if len(f)-3 > maxFormats {
		return mediaLine{}, Bad("an m-line with more than %d formats", maxFormats)
	}
	return mediaLine{kind: strings.ToLower(f[0]), port: port, proto: f[2], fmts: f[3:]}, nil
}

// take reads a line below m=, or of the session.
func (m *mediaLine) take(key byte, value string) {
	switch key {
	case 'c':
		// "IN IP4 192.0.2.1", perhaps with "/ttl" (RFC 8866 5.7).
		if f := strings.Fields(value); len(f) >= 3 {
			m.host, _, _ = strings.Cut(f[2], "/")
		}
	case 'a':
		name, arg, _ := strings.Cut(value, ":")
		m.attribute(strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(arg))
	}
}

func (m *mediaLine) attribute(name, arg string) {
	switch name {
	case "sendrecv", "sendonly", "recvonly", "inactive":
		m.direction = Direction(name)
	case "ptime":
		m.ptime = milliseconds(arg)
	case "maxptime":
		m.maxptime = milliseconds(arg)
	case "rtcp-mux":
		m.rtcpMux = true
	case "rtcp":
		if f := strings.Fields(arg); len(f) > 0 {
			if port, err := strconv.Atoi(f[0]); err == nil && port >= 1024 && port <= 65535 {
				m.rtcpPort = port
			}
		}
	case "rtpmap":
		m.rtpmaps.add(arg)
	}
}

// rtpmaps are the formats that rtpmap lines give to payload types.
type rtpmaps map[uint8]Format

// add reads the value of a line, "96 opus/48000/2".
func (m *rtpmaps) add(text string) {
	number, encoding, _ := strings.Cut(text, " ")
	n, err := strconv.ParseUint(number, 10, 7)
	if err != nil || encoding == "" {
		return
	}
	if *m == nil {
		*m = rtpmaps{}
	}
	(*m)[uint8(n)] = formatOf(strings.TrimSpace(encoding))
}

// types are those of an m-line's formats that we know, in its order.
func (m rtpmaps) types(fmts []string) []PayloadType {
	var types []PayloadType
	for _, text := range fmts {
		n, err := strconv.ParseUint(text, 10, 7)
		if err != nil {
			continue
		}
		f, mapped := m[uint8(n)]
		if !mapped {
			f = staticFormats[uint8(n)]
		}
		if f != FormatNone {
			types = append(types, PayloadType{uint8(n), f})
		}
	}
	return types
}

// milliseconds reads the value of ptime or maxptime, which may be a fraction; 0
// when it makes no sense.
func milliseconds(text string) int {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 1 && v <= 1000) {
		return 0
	}
	return int(v)
}

// packetTime is how many ms of sound the m-line's sender wants in a packet, 0
// when it does not say. A longest packet alone is kept by the usual length.
func (m *mediaLine) packetTime() int {
	want := m.ptime
	if m.maxptime == 0 {
		return want
	}
	return min(cmp.Or(want, PacketTime), m.maxptime)
}

// staticFormats are the payload types that need no rtpmap (RFC 3551 6).
var staticFormats = map[uint8]Format{0: FormatPCMU, 8: FormatPCMA, 9: FormatG722}

// carried is nil for RTP without encryption, else why the m-line cannot be
// used. Lower case is wrong, but seen.
func (m *mediaLine) carried() error {
	switch p := strings.ToUpper(m.proto); p {
	case "RTP/AVP", "RTP/AVPF":
		return nil
	case "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF":
		return fmt.Errorf("%w: audio over %s; a phone's audio must be RTP/AVP here", ErrSecureOnly, p)
	}
	return fmt.Errorf("%w: audio over %q; a phone's audio must be RTP/AVP here", ErrTransport, m.proto)
}

// known is nil when we know a codec of the m-line.
func (m *mediaLine) known() error {
	if len(Codecs(m.formats)) == 0 {
		return fmt.Errorf("%w: the far side offers none of PCMU, PCMA, G722 and opus", ErrNoCodec)
	}
	return nil
}

// audioLine picks the audio m-line: the one at first when that will do, else
// the first that does. An offer may have a line for each address family, or an
// encrypted one and a plain one. The error is that of the first in use.
func (d *description) audioLine(first int, check func(*mediaLine) error) (int, error) {
	var why error
	found := -1
	for i := range d.media {
		m := &d.media[i]
		if m.kind != "audio" || m.port == 0 {
			continue
		}
		err := check(m)
		if err == nil && (found < 0 || i == first) {
			found = i
		}
		why = cmp.Or(why, err)
	}
	if found < 0 {
		return -1, cmp.Or(why, fmt.Errorf("%w: the description has no audio in use", ErrNoAudio))
	}
	return found, nil
}

// address is where the m-line's sender receives RTP. The address is unspecified
// for a hold in the manner of RFC 2543 (c=0.0.0.0).
func (m *mediaLine) address() (netip.AddrPort, error) {
	host := strings.Trim(m.host, "[]")
	if host == "" {
		return netip.AddrPort{}, Bad("no c= line")
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" {
		return netip.AddrPort{}, fmt.Errorf("%w: c= has %q; only IP addresses are taken", ErrHostName, m.host)
	}
	addr = addr.Unmap()
	switch {
	case addr.IsMulticast() || addr == broadcast:
		return netip.AddrPort{}, fmt.Errorf("%w: %s is not the address of one phone", ErrMulticast, addr)
	case m.port < 1024:
		return netip.AddrPort{}, Bad("port %d is below 1024", m.port)
	}
	return netip.AddrPortFrom(addr, uint16(m.port)), nil
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// described is the direction as the far side means it: an unspecified address
// says "do not send to me", whatever the attribute (RFC 3264 8.4).
func (m *mediaLine) described(addr netip.Addr) Direction {
	if !addr.IsUnspecified() {
		return m.direction
	}
	return toward(m.direction.Sends(), false)
}
