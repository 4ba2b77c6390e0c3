package media

import (
	"cmp"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	pion "github.com/pion/sdp/v3"

	"ringsplash/media/sdp"
)

// readCase is one file of testdata/sdp and what must be read of it.
var readCases = []struct {
	file   string
	codecs []sdp.Codec
	addr   string
	dir    sdp.Direction
	dtmf   bool
	media  int
	err    error
}{
	{"baresip", []sdp.Codec{sdp.Opus, sdp.G722, sdp.PCMU, sdp.PCMA}, "192.0.2.10:11000", sdp.SendRecv, true, 1, nil},
	{"static-types-only", []sdp.Codec{sdp.PCMA, sdp.PCMU}, "192.0.2.11:5004", sdp.SendRecv, false, 1, nil},
	{"media-level-c", []sdp.Codec{sdp.PCMU}, "192.0.2.12:4000", sdp.SendRecv, false, 1, nil},
	{"session-direction", []sdp.Codec{sdp.PCMU}, "192.0.2.13:4000", sdp.RecvOnly, false, 1, nil},
	{"media-direction-wins", []sdp.Codec{sdp.PCMU}, "192.0.2.13:4000", sdp.SendOnly, false, 1, nil},
	{"hold-rfc2543", []sdp.Codec{sdp.PCMU}, "0.0.0.0:4000", sdp.SendOnly, false, 1, nil},
	{"hold-rfc2543-recvonly", []sdp.Codec{sdp.PCMU}, "0.0.0.0:4000", sdp.Inactive, false, 1, nil},
	{"bare-lf-no-t", []sdp.Codec{sdp.PCMU, sdp.PCMA}, "192.0.2.14:4000", sdp.SendRecv, true, 1, nil},
	{"spaces-in-o-and-odd-case", []sdp.Codec{sdp.Opus, sdp.PCMA}, "192.0.2.15:4000", sdp.SendRecv, true, 1, nil},
	{"fax-and-video", []sdp.Codec{sdp.PCMU}, "192.0.2.16:4000", sdp.SendRecv, true, 3, nil},
	{"first-audio-disabled", []sdp.Codec{sdp.PCMA}, "192.0.2.17:4002", sdp.SendRecv, false, 2, nil},
	{"savp-then-avp", []sdp.Codec{sdp.PCMU}, "192.0.2.18:4002", sdp.SendRecv, false, 2, nil},
	{"crypto-on-avp", []sdp.Codec{sdp.PCMU, sdp.PCMA}, "192.0.2.19:4000", sdp.SendRecv, false, 1, nil},
	{"rebound-static-type", []sdp.Codec{sdp.PCMA}, "192.0.2.20:4000", sdp.SendRecv, false, 1, nil},
	{"ipv6", []sdp.Codec{sdp.PCMU}, "[2001:db8::7]:4000", sdp.SendRecv, false, 1, nil},
	{"trailing-nul-and-junk", []sdp.Codec{sdp.PCMU}, "192.0.2.21:4000", sdp.SendRecv, false, 1, nil},
	{"unknown-codecs-only", nil, "", "", false, 1, sdp.ErrNoCodec},
	{"savp-only", nil, "", "", false, 1, sdp.ErrSecureOnly},
	{"no-audio", nil, "", "", false, 1, sdp.ErrNoAudio},
	{"audio-port-0", nil, "", "", false, 1, sdp.ErrNoAudio},
	{"empty", nil, "", "", false, 0, sdp.ErrBad},
	{"no-port", nil, "", "", false, 0, sdp.ErrBad},
	{"port-70000", nil, "", "", false, 0, sdp.ErrBad},
}

func readTestdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "sdp", name+".sdp"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// soundIn is the audio m-line of a description that an end with addresses of
// both families would take, and its place.
func soundIn(b []byte) (*description, int, *mediaLine, error) {
	d, err := readSDP(b)
	if err != nil {
		return nil, 0, nil, err
	}
	i, err := d.audioLine(0, func(m *mediaLine) error { return cmp.Or(m.carried(), m.known()) })
	if err != nil {
		return nil, 0, nil, err
	}
	return d, i, &d.media[i], nil
}

func TestReadSDP(t *testing.T) {
	for _, c := range readCases {
		t.Run(c.file, func(t *testing.T) {
			b := readTestdata(t, c.file)
			d, _, line, err := soundIn(b)
			if !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if err != nil {
				return
			}
			if codecs := sdp.Codecs(line.formats); !reflect.DeepEqual(codecs, c.codecs) {
				t.Fatalf("codecs %v, want %v", codecs, c.codecs)
			}
			addr, err := line.address()
			if err != nil {
				t.Fatal(err)
			}
			if got := addr.String(); got != c.addr || line.described(addr.Addr()) != c.dir || hasEvent(line.formats) != c.dtmf ||
				len(d.media) != c.media {
				t.Errorf("%s %s dtmf %t, %d m-lines", got, line.described(addr.Addr()), hasEvent(line.formats), len(d.media))
			}
		})
	}
}

func TestUnusableAddresses(t *testing.T) {
	for _, c := range []struct {
		c, m, why string
		kind      error
	}{
		{"c=IN IP4 phone.example.test", "m=audio 4000 RTP/AVP 0", "only IP addresses", sdp.ErrHostName},
		{"c=IN IP4 224.2.1.1/127", "m=audio 4000 RTP/AVP 0", "not the address of one phone", sdp.ErrMulticast},
		{"c=IN IP4 255.255.255.255", "m=audio 4000 RTP/AVP 0", "not the address of one phone", sdp.ErrMulticast},
		{"c=IN IP6 ff02::1", "m=audio 4000 RTP/AVP 0", "not the address of one phone", sdp.ErrMulticast},
		{"c=IN IP4 192.0.2.1", "m=audio 53 RTP/AVP 0", "below 1024", sdp.ErrBad},
		{"c=IN IP6 fe80::1%eth0", "m=audio 4000 RTP/AVP 0", "only IP addresses", sdp.ErrHostName},
		{"c=IN IP6 2001:db8::1", "m=audio 4000 RTP/AVP 0", "family", ErrFamily},
		{"c=IN IP4 192.0.2.1", "m=audio 4000 UDP/TLS/RTP/SAVPF 0", "UDP/TLS/RTP/SAVPF", sdp.ErrSecureOnly},
		{"c=IN IP4 192.0.2.1", "m=audio 4000 TCP/MRCPv2 0", "MRCPv2", sdp.ErrTransport},
		{"a=nothing", "m=audio 4000 RTP/AVP 0", "no c= line", sdp.ErrBad},
	} {
		l := newLoop(t, Config{})
		e, err := l.NewRTPEnd(RTPOptions{Peer: localhost})
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.TakeOffer([]byte("v=0\r\n" + c.c + "\r\n" + c.m + "\r\n"))
		if !errors.Is(err, sdp.ErrBad) || !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s %s: %v", c.c, c.m, err)
		}
	}
}

func TestLimitsOfSDP(t *testing.T) {
	for name, text := range map[string]string{
		"size":    "v=0\n" + strings.Repeat("a=x\n", maxSDP/4),
		"m-lines": strings.Repeat("m=audio 4000 RTP/AVP 0\n", maxMediaLines+1),
		"formats": "m=audio 4000 RTP/AVP" + strings.Repeat(" 0", maxFormats+1),
	} {
		if _, err := readSDP([]byte(text)); !errors.Is(err, sdp.ErrBad) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzSDP: what a stranger sends never panics, and what we answer to it is
// read back, by pion too.
func FuzzSDP(f *testing.F) {
	for _, c := range readCases {
		f.Add(readTestdata(f, c.file))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, place, line, err := soundIn(b)
		if err != nil {
			return
		}
		types := chosen(line.formats, []sdp.Codec{sdp.PCMU, sdp.PCMA, sdp.G722, sdp.Opus})
		if len(types) == 0 {
			return
		}
		o := &ours{
			addr: netip.MustParseAddrPort("192.0.2.1:4000"), slots: slotsOf(d), audio: place, types: types,
			direction: line.direction.Reply(sdp.SendRecv),
		}
		text, err := o.marshal()
		if err != nil {
			t.Fatalf("cannot answer %q: %v", b, err)
		}
		back, again, its, err := soundIn(text)
		if err != nil || len(back.media) != len(d.media) || again != place {
			t.Fatalf("the answer is not read back: %v\n%s", err, text)
		}
		if !reflect.DeepEqual(sdp.Codecs(its.formats), sdp.Codecs(types)) {
			t.Fatalf("the answer has other codecs:\n%s", text)
		}
		if len(d.media) == 1 && strings.HasPrefix(line.proto, "RTP/AVP") {
			if err := new(pion.SessionDescription).Unmarshal(text); err != nil {
				t.Fatalf("pion does not read the answer: %v\n%s", err, text)
			}
		}
	})
}
