package sdp

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	pion "github.com/pion/sdp/v3"
)

const goodTransport = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=setup:actpass\r\na=rtcp-mux\r\n" +
	"a=fingerprint:sha-256 " +
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"

// goodOffer is what Chromium offers for our three m-lines, shortened, with a
// data channel behind them.
const goodOffer = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 " +
	"3\r\na=extmap-allow-mixed\r\n" +
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n" + goodTransport +
	"a=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendrecv\r\na=msid:- x\r\n" +
	"a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 " +
	"red/48000/2\r\na=fmtp:63 111/111\r\n" +
	"a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:110 " +
	"telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\na=ssrc:1 cname:x\r\n" +
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97 103\r\nc=IN IP4 0.0.0.0\r\n" + goodTransport +
	"a=mid:1\r\na=sendrecv\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:103 H264/90000\r\n" +
	"m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=bundle-only\r\n" + goodTransport +
	"a=mid:2\r\na=sendrecv\r\na=rtpmap:96 VP8/90000\r\n" +
	"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n" + goodTransport + "a=mid:3\r\na=sctp-port:5000\r\n"

func tabAnswer(t *testing.T, text string, codecs ...Codec) *pion.SessionDescription {
	t.Helper()
	o, err := ReadTabOffer(text)
	if err != nil {
		t.Fatal(err)
	}
	types, err := o.Choose(codecs)
	if err != nil {
		t.Fatal(err)
	}
	answer := TabAnswer{
		Ufrag: "uuuu", Password: strings.Repeat("p", 22), Fingerprint: "sha-256 AA",
		Candidates: []string{"candidate:1"}, SSRC: 42, Types: types,
	}
	written := answer.Write(o)
	var d pion.SessionDescription
	if err := d.UnmarshalString(written); err != nil {
		t.Fatalf("%v\n%s", err, written)
	}
	return &d
}

func TestTabAnswerKeepsOurOrderAndTheirNumbers(t *testing.T) {
	for _, c := range []struct {
		want    []Codec
		formats string
	}{
		{[]Codec{PCMA, Opus, PCMU}, "8 111 0 126 110"},
		{[]Codec{G722}, "9 126"},
		{[]Codec{Opus}, "111 110"},
		{[]Codec{PCMU, PCMU}, "0 126"},
	} {
		m := tabAnswer(t, goodOffer, c.want...).MediaDescriptions[0]
		if got := strings.Join(m.MediaName.Formats, " "); got != c.formats {
			t.Errorf("%v is answered by %s, want %s", c.want, got, c.formats)
		}
		for _, key := range []string{"extmap", "rtcp-fb", "ice-options"} {
			if _, ok := m.Attribute(key); ok {
				t.Errorf("the answer has a=%s, which nothing here honours", key)
			}
		}
	}
}

func TestTabAnswerKeepsVideoLinesAlive(t *testing.T) {
	d := tabAnswer(t, goodOffer, PCMU)
	if group, _ := d.Attribute("group"); group != "BUNDLE 0 1 2" {
		t.Errorf("the bundle is %q", group)
	}
	for i, m := range d.MediaDescriptions {
		_, inactive := m.Attribute("inactive")
		_, both := m.Attribute("sendrecv")
		if mid, _ := m.Attribute("mid"); mid != fmt.Sprint(i) {
			t.Errorf("m-line %d has mid %q", i, mid)
		}
		if refused := m.MediaName.Port.Value == 0; refused != (i == 3) {
			t.Errorf("m-line %d: refused is %v", i, refused)
		}
		if both != (i == 0) || inactive != (i > 0) {
			t.Errorf("m-line %d: sendrecv %v, inactive %v", i, both, inactive)
		}
	}
}

func TestTabAnswerMirrorsDirection(t *testing.T) {
	for offered, want := range map[Direction]Direction{
		SendRecv: SendRecv, SendOnly: RecvOnly, RecvOnly: SendOnly,
		Inactive: Inactive,
	} {
		text := strings.Replace(goodOffer, "a=sendrecv", "a="+string(offered), 1)
		if _, ok := tabAnswer(t, text, PCMU).MediaDescriptions[0].Attribute(string(want)); !ok {
			t.Errorf("%s is not answered by %s", offered, want)
		}
	}
}

func TestTabRefusesOffers(t *testing.T) {
	swap := func(old, new string) string {
		if !strings.Contains(goodOffer, old) {
			t.Fatalf("the offer has no %q", old)
		}
		return strings.ReplaceAll(goodOffer, old, new)
	}
	for name, c := range map[string]struct {
		text   string
		codecs []Codec
		want   error
	}{
		"empty":            {"", []Codec{PCMU}, ErrBad},
		"noise":            {"hello\x00\xff", []Codec{PCMU}, ErrBad},
		"huge":             {goodOffer + strings.Repeat("a=x\r\n", maxSDP), []Codec{PCMU}, ErrBad},
		"no m-line":        {goodOffer[:strings.Index(goodOffer, "m=")], []Codec{PCMU}, ErrBad},
		"no audio":         {swap("m=audio", "m=text"), []Codec{PCMU}, ErrBad},
		"no mid":           {swap("a=mid:0\r\n", ""), []Codec{PCMU}, ErrBad},
		"strange mid":      {swap("a=mid:1\r\n", "a=mid:1 x\r\n"), []Codec{PCMU}, ErrBad},
		"no ufrag":         {swap("a=ice-ufrag:abcd\r\n", ""), []Codec{PCMU}, ErrBad},
		"short password":   {swap("a=ice-pwd:abcdefghijklmnopqrstuv", "a=ice-pwd:abc"), []Codec{PCMU}, ErrBad},
		"no fingerprint":   {swap("a=fingerprint", "a=thumb"), []Codec{PCMU}, ErrBad},
		"weak fingerprint": {swap("sha-256", "md5"), []Codec{PCMU}, ErrBad},
		"cut fingerprint":  {swap(":EE:FF\r\n", "\r\n"), []Codec{PCMU}, ErrBad},
		"passive browser":  {swap("actpass", "passive"), []Codec{PCMU}, ErrBad},
		"two ports":        {swap("a=rtcp-mux\r\n", ""), []Codec{PCMU}, ErrBad},
		"no common codec":  {swap("G722/8000", "L16/8000"), []Codec{G722}, ErrNoCodec},
		"nothing wanted":   {goodOffer, nil, ErrNoCodec},
		"unknown wanted":   {goodOffer, []Codec{"speex"}, ErrNoCodec},
	} {
		o, err := ReadTabOffer(c.text)
		if err == nil {
			_, err = o.Choose(c.codecs)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzTabOffer(f *testing.F) {
	f.Add(goodOffer)
	f.Add(strings.Replace(goodOffer, "a=group:BUNDLE 0 1 2 3\r\n", "", 1))
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ReadTabOffer(text)
		if err != nil {
			if !errors.Is(err, ErrBad) {
				t.Fatalf("not a bad description: %v", err)
			}
			return
		}
		types, err := o.Choose([]Codec{Opus, G722, PCMA, PCMU})
		if err != nil {
			return
		}
		answer := TabAnswer{Ufrag: "u", Password: "p", Fingerprint: "sha-256 AA", Types: types}
		var d pion.SessionDescription
		if err := d.UnmarshalString(answer.Write(o)); err != nil {
			t.Fatalf("our answer cannot be read: %v", err)
		}
		if len(d.MediaDescriptions) != len(o.sections) {
			t.Fatalf("%d m-lines answered by %d", len(o.sections), len(d.MediaDescriptions))
		}
		if err := d.UnmarshalString(o.Transport()); err != nil {
			t.Fatalf("the PeerConnection's offer cannot be read: %v", err)
		}
	})
}
