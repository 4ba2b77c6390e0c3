package sdp

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
)

// readCase is one file of testdata and what must be read of it.
var readCases = []struct {
	file   string
	codecs []Codec
	addr   string
	dir    Direction
	dtmf   bool
	media  int
	err    error
}{
	{"baresip", []Codec{Opus, G722, PCMU, PCMA}, "192.0.2.10:11000", SendRecv, true, 1, nil},
	{"static-types-only", []Codec{PCMA, PCMU}, "192.0.2.11:5004", SendRecv, false, 1, nil},
	{"media-level-c", []Codec{PCMU}, "192.0.2.12:4000", SendRecv, false, 1, nil},
	{"session-direction", []Codec{PCMU}, "192.0.2.13:4000", RecvOnly, false, 1, nil},
	{"media-direction-wins", []Codec{PCMU}, "192.0.2.13:4000", SendOnly, false, 1, nil},
	{"hold-rfc2543", []Codec{PCMU}, "0.0.0.0:4000", SendOnly, false, 1, nil},
	{"hold-rfc2543-recvonly", []Codec{PCMU}, "0.0.0.0:4000", Inactive, false, 1, nil},
	{"bare-lf-no-t", []Codec{PCMU, PCMA}, "192.0.2.14:4000", SendRecv, true, 1, nil},
	{"spaces-in-o-and-odd-case", []Codec{Opus, PCMA}, "192.0.2.15:4000", SendRecv, true, 1, nil},
	{"fax-and-video", []Codec{PCMU}, "192.0.2.16:4000", SendRecv, true, 3, nil},
	{"first-audio-disabled", []Codec{PCMA}, "192.0.2.17:4002", SendRecv, false, 2, nil},
	{"savp-then-avp", []Codec{PCMU}, "192.0.2.18:4002", SendRecv, false, 2, nil},
	{"crypto-on-avp", []Codec{PCMU, PCMA}, "192.0.2.19:4000", SendRecv, false, 1, nil},
	{"rebound-static-type", []Codec{PCMA}, "192.0.2.20:4000", SendRecv, false, 1, nil},
	{"ipv6", []Codec{PCMU}, "[2001:db8::7]:4000", SendRecv, false, 1, nil},
	{"trailing-nul-and-junk", []Codec{PCMU}, "192.0.2.21:4000", SendRecv, false, 1, nil},
	{"unknown-codecs-only", nil, "", "", false, 1, ErrNoCodec},
	{"savp-only", nil, "", "", false, 1, ErrSecureOnly},
	{"no-audio", nil, "", "", false, 1, ErrNoAudio},
	{"audio-port-0", nil, "", "", false, 1, ErrNoAudio},
	{"empty", nil, "", "", false, 0, ErrBad},
	{"no-port", nil, "", "", false, 0, ErrBad},
	{"port-70000", nil, "", "", false, 0, ErrBad},
}

func readTestdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".sdp"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// soundIn is the audio m-line of a description that an end with addresses of
// both families would take, and its place.
func soundIn(b []byte) (*description, int, *mediaLine, error) {
	d, err := read(b)
	if err != nil {
		return nil, 0, nil, err
	}
	i, err := d.audioLine(0, func(m *mediaLine) error { return cmp.Or(m.carried(), m.known()) })
	if err != nil {
		return nil, 0, nil, err
	}
	return d, i, &d.media[i], nil
}

func TestRead(t *testing.T) {
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
			if codecs := Codecs(line.formats); !reflect.DeepEqual(codecs, c.codecs) {
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
		{"c=IN IP4 phone.example.test", "m=audio 4000 RTP/AVP 0", "only IP addresses", ErrHostName},
		{"c=IN IP4 224.2.1.1/127", "m=audio 4000 RTP/AVP 0", "not the address of one phone", ErrMulticast},
		{"c=IN IP4 255.255.255.255", "m=audio 4000 RTP/AVP 0", "not the address of one phone", ErrMulticast},
		{"c=IN IP6 ff02::1", "m=audio 4000 RTP/AVP 0", "not the address of one phone", ErrMulticast},
		{"c=IN IP4 192.0.2.1", "m=audio 53 RTP/AVP 0", "below 1024", ErrBad},
		{"c=IN IP6 fe80::1%eth0", "m=audio 4000 RTP/AVP 0", "only IP addresses", ErrHostName},
		{"c=IN IP4 192.0.2.1", "m=audio 4000 UDP/TLS/RTP/SAVPF 0", "UDP/TLS/RTP/SAVPF", ErrSecureOnly},
		{"c=IN IP4 192.0.2.1", "m=audio 4000 TCP/MRCPv2 0", "MRCPv2", ErrTransport},
		{"a=nothing", "m=audio 4000 RTP/AVP 0", "no c= line", ErrBad},
	} {
		_, err := begun().TakeOffer([]byte("v=0\r\n" + c.c + "\r\n" + c.m + "\r\n"))
		if !errors.Is(err, ErrBad) || !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s %s: %v", c.c, c.m, err)
		}
	}
}

func TestPacketTimeOfADescription(t *testing.T) {
	for lines, want := range map[string]int{
		"": 0, "a=ptime:20\r\n": 20, "a=ptime:30\r\n": 30, "a=ptime: 40 \r\n": 40, "a=ptime:12.5\r\n": 12,
		"a=ptime:30\r\na=maxptime:20\r\n": 20, "a=maxptime:60\r\n": 20, "a=maxptime:10\r\n": 10,
		"a=ptime:0\r\n": 0, "a=ptime:-1\r\n": 0, "a=ptime:NaN\r\n": 0, "a=ptime:1e99\r\n": 0, "a=ptime:\r\n": 0, "a=ptime\r\n": 0,
	} {
		for name, text := range map[string]string{
			"media":   "v=0\r\nm=audio 4000 RTP/AVP 0\r\n" + lines,
			"session": "v=0\r\n" + lines + "m=audio 4000 RTP/AVP 0\r\n",
		} {
			d, err := read([]byte(text))
			if err != nil || d.media[0].packetTime() != want {
				t.Errorf("%s %q: %d ms, want %d (%v)", name, lines, d.media[0].packetTime(), want, err)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	for name, text := range map[string]string{
		"size":    "v=0\n" + strings.Repeat("a=x\n", maxSDP/4),
		"m-lines": strings.Repeat("m=audio 4000 RTP/AVP 0\n", maxMediaLines+1),
		"formats": "m=audio 4000 RTP/AVP" + strings.Repeat(" 0", maxFormats+1),
	} {
		if _, err := read([]byte(text)); !errors.Is(err, ErrBad) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRead: what a stranger sends never panics, and what we answer to it is
// read back, by pion too.
func FuzzRead(f *testing.F) {
	for _, c := range readCases {
		f.Add(readTestdata(f, c.file))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, place, line, err := soundIn(b)
		if err != nil {
			return
		}
		types := chosen(line.formats, []Codec{PCMU, PCMA, G722, Opus}, true)
		if len(types) == 0 {
			return
		}
		o := &ours{
			addr: netip.MustParseAddrPort("192.0.2.1:4000"), slots: d.media, audio: place, types: types,
			direction: line.direction.reply(SendRecv),
		}
		text, err := o.marshal()
		if err != nil {
			t.Fatalf("cannot answer %q: %v", b, err)
		}
		back, again, its, err := soundIn(text)
		if err != nil || len(back.media) != len(d.media) || again != place {
			t.Fatalf("the answer is not read back: %v\n%s", err, text)
		}
		if !reflect.DeepEqual(Codecs(its.formats), Codecs(types)) {
			t.Fatalf("the answer has other codecs:\n%s", text)
		}
		if len(d.media) == 1 && strings.HasPrefix(line.proto, "RTP/AVP") {
			if err := new(pion.SessionDescription).Unmarshal(text); err != nil {
				t.Fatalf("pion does not read the answer: %v\n%s", err, text)
			}
		}
	})
}
