package media

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"strings"
	"testing"

	pion "github.com/pion/sdp/v3"

	"ringsplash/media/sdp"
)

func newRTPEnd(t *testing.T, l *Loop) *RTPEnd {
	t.Helper()
	e, err := l.NewRTPEnd(RTPOptions{Peer: localhost})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// lineWith is the first line of a description that begins so.
func lineWith(text []byte, prefix string) string {
	for l := range strings.Lines(string(text)) {
		if strings.HasPrefix(l, prefix) {
			return strings.TrimSpace(l)
		}
	}
	return ""
}

var origin = regexp.MustCompile(`o=- (\d+) (\d+) IN IP4 127\.0\.0\.1`)

// o reads session id and version.
func o(t *testing.T, text []byte) (id, version uint64) {
	t.Helper()
	m := origin.FindStringSubmatch(lineWith(text, "o="))
	if m == nil {
		t.Fatalf("origin %q", lineWith(text, "o="))
	}
	_, _ = fmt.Sscan(m[1], &id)
	_, _ = fmt.Sscan(m[2], &version)
	return id, version
}

func TestOffer(t *testing.T) {
	e := newRTPEnd(t, newLoop(t, Config{}))
	first, err := e.Offer([]sdp.Codec{sdp.Opus, sdp.PCMU, sdp.PCMA, sdp.G722}, sdp.SendOnly)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("m=audio %d RTP/AVP 111 0 8 9 110 101", e.Addr().Port())
	if got := lineWith(first, "m="); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, l := range []string{
		"a=rtpmap:111 opus/48000/2", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:9 G722/8000",
		"a=rtpmap:110 telephone-event/48000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=ptime:20", "a=sendonly",
		"c=IN IP4 127.0.0.1",
	} {
		if lineWith(first, l) != l {
			t.Errorf("no line %q in\n%s", l, first)
		}
	}
	if strings.Contains(string(first), "rtcp-mux") {
		t.Error("rtcp-mux, which nobody offered")
	}
	if err := new(pion.SessionDescription).Unmarshal(first); err != nil {
		t.Error(err)
	}
	id, version := o(t, first)
	second, err := e.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
	if err != nil {
		t.Fatal(err)
	}
	if i, v := o(t, second); i != id || v != version+1 {
		t.Errorf("o= %d %d after %d %d", i, v, id, version)
	}
	if _, err := e.Offer([]sdp.Codec{"GSM"}, sdp.SendRecv); !errors.Is(err, sdp.ErrNoCodec) {
		t.Errorf("an offer of nothing: %v", err)
	}
}

func TestTakeAnswer(t *testing.T) {
	l := newLoop(t, Config{})
	for _, c := range []struct {
		name    string
		formats string
		lines   []string
		want    Negotiated
		err     error
	}{
		{
			"all", "111 0 8 101 110",
			[]string{"a=rtpmap:111 opus/48000/2", "a=rtpmap:101 telephone-event/8000"},
			Negotiated{[]sdp.Codec{sdp.Opus, sdp.PCMU, sdp.PCMA}, sdp.SendRecv, sdp.SendRecv, true, false, false},
			nil,
		},
		{"their order", "8 0", nil, Negotiated{[]sdp.Codec{sdp.PCMA, sdp.PCMU}, sdp.SendRecv, sdp.SendRecv, false, false, false}, nil},
		{
			"recvonly", "0",
			[]string{"a=recvonly"},
			Negotiated{[]sdp.Codec{sdp.PCMU}, sdp.RecvOnly, sdp.SendRecv, false, false, false},
			nil,
		},
		{"not offered", "9", nil, Negotiated{}, sdp.ErrNoCodec},
		{
			"other numbers", "100 102",
			[]string{"a=rtpmap:100 opus/48000/2", "a=rtpmap:102 telephone-event/48000"},
			Negotiated{[]sdp.Codec{sdp.Opus}, sdp.SendRecv, sdp.SendRecv, true, false, false},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newRTPEnd(t, l)
			if _, err := e.Offer([]sdp.Codec{sdp.PCMU, sdp.PCMA, sdp.Opus}, sdp.SendRecv); err != nil {
				t.Fatal(err)
			}
			answer := sdpAt(netip.MustParseAddrPort("127.0.0.1:4000"), c.formats, c.lines...)
			for range 2 { // a 183, then the 200
				got, err := e.TakeAnswer(answer)
				if !errors.Is(err, c.err) || !reflect.DeepEqual(got, c.want) {
					t.Errorf("%+v, %v", got, err)
				}
			}
			if c.err == nil && !reflect.DeepEqual(e.Codecs(), c.want.Codecs) {
				t.Errorf("codecs %v", e.Codecs())
			}
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	e := newRTPEnd(t, newLoop(t, Config{}))
	good := sdpAt(netip.MustParseAddrPort("127.0.0.1:4000"), "0")
	if _, err := e.TakeAnswer(good); !errors.Is(err, sdp.ErrBad) {
		t.Errorf("an answer without an offer: %v", err)
	}
	if _, _, err := e.Answer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv); !errors.Is(err, sdp.ErrBad) {
		t.Errorf("our answer without an offer: %v", err)
	}
	if _, err := e.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv); err != nil {
		t.Fatal(err)
	}
	refused := sdpAt(netip.MustParseAddrPort("127.0.0.1:0"), "0")
	if _, err := e.TakeAnswer(refused); !errors.Is(err, sdp.ErrNoCodec) || !errors.Is(err, errRejected) {
		t.Errorf("port 0: %v", err)
	}
	own := sdpAt(e.Addr(), "0")
	if _, err := e.TakeAnswer(own); !errors.Is(err, sdp.ErrBad) {
		t.Errorf("our own port: %v", err)
	}
	if _, err := e.TakeAnswer(good); err != nil {
		t.Errorf("a good answer after bad ones: %v", err)
	}
	e.Close()
	if _, err := e.TakeAnswer(good); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

var offeredEvents = []string{"a=rtpmap:96 opus/48000/2", "a=rtpmap:97 telephone-event/8000", "a=rtpmap:98 telephone-event/48000"}

// answers are offers, what we would answer with, and what comes of both.
var answers = []struct {
	name    string
	formats string
	lines   []string
	codecs  []sdp.Codec
	dir     sdp.Direction
	mline   string
	want    Negotiated
	err     error
}{
	{
		"our order, their numbers", "0 96 97 98", offeredEvents,
		[]sdp.Codec{sdp.Opus, sdp.PCMU},
		sdp.SendRecv, "96 0 98 97",
		Negotiated{[]sdp.Codec{sdp.Opus, sdp.PCMU}, sdp.SendRecv, sdp.SendRecv, true, false, false},
		nil,
	},
	{
		"one codec, its event", "0 96 97 98", offeredEvents,
		[]sdp.Codec{sdp.PCMU},
		sdp.SendRecv, "0 97",
		Negotiated{[]sdp.Codec{sdp.PCMU}, sdp.SendRecv, sdp.SendRecv, true, false, false},
		nil,
	},
	{
		"the other event clock", "96 97", offeredEvents,
		[]sdp.Codec{sdp.Opus},
		sdp.SendRecv, "96 97",
		Negotiated{[]sdp.Codec{sdp.Opus}, sdp.SendRecv, sdp.SendRecv, true, false, false},
		nil,
	},
	{
		"hold", "0",
		[]string{"a=sendonly"},
		[]sdp.Codec{sdp.PCMU},
		sdp.SendRecv, "0",
		Negotiated{[]sdp.Codec{sdp.PCMU}, sdp.SendOnly, sdp.RecvOnly, false, false, false},
		nil,
	},
	{
		"inactive", "0",
		[]string{"a=inactive"},
		[]sdp.Codec{sdp.PCMU},
		sdp.SendRecv, "0",
		Negotiated{[]sdp.Codec{sdp.PCMU}, sdp.Inactive, sdp.Inactive, false, false, false},
		nil,
	},
	{
		"they only listen, so do we", "0",
		[]string{"a=recvonly"},
		[]sdp.Codec{sdp.PCMU},
		sdp.RecvOnly, "0",
		Negotiated{[]sdp.Codec{sdp.PCMU}, sdp.RecvOnly, sdp.Inactive, false, false, false},
		nil,
	},
	{"nothing common", "0", nil, []sdp.Codec{sdp.Opus}, sdp.SendRecv, "", Negotiated{}, sdp.ErrNoCodec},
}

func TestAnswer(t *testing.T) {
	l := newLoop(t, Config{})
	for _, c := range answers {
		t.Run(c.name, func(t *testing.T) {
			e := newRTPEnd(t, l)
			if _, err := e.TakeOffer(sdpAt(netip.MustParseAddrPort("127.0.0.1:4000"), c.formats, c.lines...)); err != nil {
				t.Fatal(err)
			}
			text, got, err := e.Answer(c.codecs, c.dir)
			if !errors.Is(err, c.err) || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("%+v, %v", got, err)
			}
			if err != nil {
				return
			}
			want := fmt.Sprintf("m=audio %d RTP/AVP %s", e.Addr().Port(), c.mline)
			if m := lineWith(text, "m="); m != want || lineWith(text, "a="+string(c.want.Local)) == "" {
				t.Errorf("want %q in\n%s", want, text)
			}
		})
	}
}

// m-lines keep their places through a dialog, payload types their meaning.
func TestDialogOfDescriptions(t *testing.T) {
	e := newRTPEnd(t, newLoop(t, Config{}))
	offer := []byte(strings.ReplaceAll(string(readTestdata(t, "fax-and-video")), "192.0.2.16", "127.0.0.1"))
	offer = []byte(strings.ReplaceAll(string(offer), "RTP/AVP 0 101", "RTP/AVP 0 111"))
	offer = []byte(strings.ReplaceAll(string(offer), "rtpmap:101", "rtpmap:111"))
	if _, err := e.TakeOffer(offer); err != nil {
		t.Fatal(err)
	}
	answer, _, err := e.Answer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
	if err != nil {
		t.Fatal(err)
	}
	places := regexp.MustCompile(`(?s)m=image 0 udptl t38\r\n.*m=audio \d+ RTP/AVP 0 111\r\n.*m=video 0 RTP/AVP 96\r\n`)
	if !places.Match(answer) {
		t.Errorf("answer\n%s", answer)
	}
	id, version := o(t, answer)
	again, err := e.Offer([]sdp.Codec{sdp.PCMU, sdp.Opus}, sdp.SendRecv)
	if err != nil {
		t.Fatal(err)
	}
	// 111 is their telephone-event: opus takes another number.
	if !regexp.MustCompile(`(?s)m=image 0 udptl t38\r\n.*m=audio \d+ RTP/AVP 0 96 111 110\r\n.*m=video 0 RTP/AVP 96\r\n`).Match(
		again) {
		t.Errorf("re-offer\n%s", again)
	}
	if i, v := o(t, again); i != id || v != version+1 {
		t.Errorf("o= %d %d after %d %d", i, v, id, version)
	}
	if _, err := e.TakeAnswer(
		[]byte("v=0\r\nc=IN IP4 127.0.0.1\r\nm=image 0 udptl t38\r\nm=audio 4000 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\n")); err != nil {
		t.Error(err)
	}
}

func TestRTCPMuxOnlyWhenOffered(t *testing.T) {
	e := newRTPEnd(t, newLoop(t, Config{}))
	at := netip.MustParseAddrPort("127.0.0.1:4000")
	for _, mux := range []bool{false, true} {
		lines := []string{"a=sendrecv"}
		if mux {
			lines = append(lines, "a=rtcp-mux")
		}
		if _, err := e.TakeOffer(sdpAt(at, "0", lines...)); err != nil {
			t.Fatal(err)
		}
		text, _, err := e.Answer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
		if err != nil || strings.Contains(string(text), "a=rtcp-mux") != mux || e.usesMux() != mux {
			t.Errorf("offered %t: %v\n%s", mux, err, text)
		}
	}
}

func TestAddressWritten(t *testing.T) {
	public := netip.MustParseAddr("198.51.100.1")
	l := newLoop(t, Config{
		Listen:    []netip.Addr{localhost},
		Public:    map[netip.Addr]netip.Addr{localhost: public},
		LocalNets: []netip.Prefix{netip.MustParsePrefix("192.168.0.0/16")},
	})
	for peer, want := range map[string]netip.Addr{
		"192.168.3.4": localhost, "127.0.0.1": localhost, "203.0.113.9": public, "::ffff:203.0.113.9": public,
	} {
		e, err := l.NewRTPEnd(RTPOptions{Peer: netip.MustParseAddr(peer)})
		if err != nil {
			t.Fatal(err)
		}
		text, err := e.Offer([]sdp.Codec{sdp.PCMU}, sdp.SendRecv)
		if got := lineWith(text, "c="); err != nil || got != "c=IN IP4 "+want.String() {
			t.Errorf("to %s: %q, want %s (%v)", peer, got, want, err)
		}
	}
	// A phone that signals over IPv6 has media over IPv4 perhaps.
	e, err := l.NewRTPEnd(RTPOptions{Peer: netip.MustParseAddr("2001:db8::1")})
	if err != nil || e.Addr().Addr() != public {
		t.Fatalf("an IPv6 peer without an IPv6 address: %v", err)
	}
	if _, err := e.TakeOffer(
		[]byte(strings.ReplaceAll(string(sdpAt(netip.MustParseAddrPort("[2001:db8::1]:4000"), "0")), "IP4", "IP6"))); !errors.Is(err,
		ErrFamily) || !strings.Contains(err.Error(), "media.listen") {
		t.Errorf("IPv6 media without an IPv6 address: %v", err)
	}
}

func TestConvertibleAndOfferable(t *testing.T) {
	if !sdp.Convertible(sdp.PCMU, sdp.PCMA) || !sdp.Convertible(sdp.Opus, sdp.Opus) || sdp.Convertible(sdp.PCMU, sdp.G722) {
		t.Error("convertible")
	}
	for _, c := range []struct{ in, want []sdp.Codec }{
		{[]sdp.Codec{sdp.PCMU}, []sdp.Codec{sdp.PCMU, sdp.PCMA}},
		{[]sdp.Codec{sdp.Opus, sdp.PCMA, sdp.G722, sdp.PCMA}, []sdp.Codec{sdp.Opus, sdp.PCMA, sdp.G722, sdp.PCMU}},
		{[]sdp.Codec{sdp.G722, "GSM"}, []sdp.Codec{sdp.G722}},
	} {
		if got := sdp.Offerable(c.in); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %v, want %v", c.in, got, c.want)
		}
	}
}
