package media

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"

	pion "github.com/pion/sdp/v3"

	"ringsplash/media/sdp"
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

func answerTo(t *testing.T, text string, codecs ...sdp.Codec) *pion.SessionDescription {
	t.Helper()
	o, err := readTabOffer(text)
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := o.audio.choose(codecs)
	if err != nil {
		t.Fatal(err)
	}
	answer := tabAnswer{
		ufrag: "uuuu", password: strings.Repeat("p", 22), fingerprint: "sha-256 AA",
		candidates: []string{"candidate:1"}, ssrc: 42, audio: chosen,
	}
	written := answer.write(o)
	var d pion.SessionDescription
	if err := d.UnmarshalString(written); err != nil {
		t.Fatalf("%v\n%s", err, written)
	}
	return &d
}

func TestTabAnswerKeepsOurOrderAndTheirNumbers(t *testing.T) {
	for _, c := range []struct {
		want    []sdp.Codec
		formats string
	}{
		{[]sdp.Codec{sdp.PCMA, sdp.Opus, sdp.PCMU}, "8 111 0 126 110"},
		{[]sdp.Codec{sdp.G722}, "9 126"},
		{[]sdp.Codec{sdp.Opus}, "111 110"},
		{[]sdp.Codec{sdp.PCMU, sdp.PCMU}, "0 126"},
	} {
		m := answerTo(t, goodOffer, c.want...).MediaDescriptions[0]
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
	d := answerTo(t, goodOffer, sdp.PCMU)
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
	for offered, want := range map[sdp.Direction]sdp.Direction{
		sdp.SendRecv: sdp.SendRecv, sdp.SendOnly: sdp.RecvOnly, sdp.RecvOnly: sdp.SendOnly,
		sdp.Inactive: sdp.Inactive,
	} {
		text := strings.Replace(goodOffer, "a=sendrecv", "a="+string(offered), 1)
		if _, ok := answerTo(t, text, sdp.PCMU).MediaDescriptions[0].Attribute(string(want)); !ok {
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
	l := newLoop(t, Config{})
	tab, states := newTab(t, l)
	p := newPage(t, pageOptions{codec: sdp.PCMU})
	dial(t, tab, p, nil, sdp.PCMU)
	await(t, states, TabConnected)
	for name, c := range map[string]struct {
		text   string
		codecs []sdp.Codec
		want   error
	}{
		"empty":            {"", []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"noise":            {"hello\x00\xff", []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"huge":             {goodOffer + strings.Repeat("a=x\r\n", maxSDP), []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"no m-line":        {goodOffer[:strings.Index(goodOffer, "m=")], []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"no audio":         {swap("m=audio", "m=text"), []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"no mid":           {swap("a=mid:0\r\n", ""), []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"strange mid":      {swap("a=mid:1\r\n", "a=mid:1 x\r\n"), []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"no ufrag":         {swap("a=ice-ufrag:abcd\r\n", ""), []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"short password":   {swap("a=ice-pwd:abcdefghijklmnopqrstuv", "a=ice-pwd:abc"), []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"no fingerprint":   {swap("a=fingerprint", "a=thumb"), []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"weak fingerprint": {swap("sha-256", "md5"), []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"cut fingerprint":  {swap(":EE:FF\r\n", "\r\n"), []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"passive browser":  {swap("actpass", "passive"), []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"two ports":        {swap("a=rtcp-mux\r\n", ""), []sdp.Codec{sdp.PCMU}, sdp.ErrBad},
		"no common codec":  {swap("G722/8000", "L16/8000"), []sdp.Codec{sdp.G722}, sdp.ErrNoCodec},
		"nothing wanted":   {goodOffer, nil, sdp.ErrNoCodec},
		"unknown wanted":   {goodOffer, []sdp.Codec{"speex"}, sdp.ErrNoCodec},
	} {
		if _, err := tab.TakeOffer(c.text, c.codecs); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := tab.AddCandidate("m=audio"); !errors.Is(err, sdp.ErrBad) {
		t.Errorf("a candidate that is none: %v", err)
	}
	for _, good := range []string{"", "candidate:1 1 udp 1 192.0.2.1 1 typ host"} {
		if err := tab.AddCandidate(good); err != nil {
			t.Errorf("candidate %q: %v", good, err)
		}
	}
	// All that left the call alone.
	tab.Hear(tab)
	p.speak(sdp.PCMU, 'e')
	await(t, p.heard, "0 e")
}

func FuzzTabOffer(f *testing.F) {
	f.Add(goodOffer)
	f.Add(strings.Replace(goodOffer, "a=group:BUNDLE 0 1 2 3\r\n", "", 1))
	f.Fuzz(func(t *testing.T, text string) {
		o, err := readTabOffer(text)
		if err != nil {
			if !errors.Is(err, sdp.ErrBad) {
				t.Fatalf("not a bad description: %v", err)
			}
			return
		}
		chosen, err := o.audio.choose([]sdp.Codec{sdp.Opus, sdp.G722, sdp.PCMA, sdp.PCMU})
		if err != nil {
			return
		}
		answer := tabAnswer{ufrag: "u", password: "p", fingerprint: "sha-256 AA", audio: chosen}
		var d pion.SessionDescription
		if err := d.UnmarshalString(answer.write(o)); err != nil {
			t.Fatalf("our answer cannot be read: %v", err)
		}
		if len(d.MediaDescriptions) != len(o.sections) {
			t.Fatalf("%d m-lines answered by %d", len(o.sections), len(d.MediaDescriptions))
		}
		if err := d.UnmarshalString(o.transport()); err != nil {
			t.Fatalf("the PeerConnection's offer cannot be read: %v", err)
		}
	})
}

func TestCandidatesHoldBothAddresses(t *testing.T) {
	public := netip.MustParseAddr("203.0.113.7")
	l := newLoop(t, Config{Public: map[netip.Addr]netip.Addr{localhost: public}})
	port := fmt.Sprint(l.WebRTCAddr().Port())
	var got []string
	for _, line := range l.tabs.port.candidates() {
		f := strings.Fields(line)
		got = append(got, f[2]+" "+f[4])
		if f[5] != port {
			t.Errorf("%s is not on port %s", line, port)
		}
	}
	want := []string{"udp 127.0.0.1", "udp 203.0.113.7", "tcp 127.0.0.1", "tcp 203.0.113.7"}
	if !slices.Equal(got, want) {
		t.Errorf("candidates %v, want %v", got, want)
	}
}

// A port that listens on all addresses names those of the interfaces.
func TestTabOnAllAddresses(t *testing.T) {
	l := newLoop(t, Config{Listen: []netip.Addr{netip.IPv4Unspecified()}})
	for _, line := range l.tabs.port.candidates() {
		if strings.Contains(line, "0.0.0.0") {
			t.Errorf("a page cannot use %q", line)
		}
	}
	tab, states := newTab(t, l)
	tab.Hear(tab)
	p := newPage(t, pageOptions{codec: sdp.PCMU, anywhere: true})
	dial(t, tab, p, nil, sdp.PCMU)
	await(t, states, TabConnected)
	p.speak(sdp.PCMU, 'e')
	await(t, p.heard, "0 e")
}

func TestPortTaken(t *testing.T) {
	l := newLoop(t, Config{})
	_, err := Listen(Config{WebRTCPort: int(l.WebRTCAddr().Port())}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "media.webrtc_port") {
		t.Errorf("a port in use: %v", err)
	}
}
