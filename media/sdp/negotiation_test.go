package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	pion "github.com/pion/sdp/v3"
)

// home is where we receive.
var home = netip.MustParseAddrPort("127.0.0.1:5000")

// begun is a negotiation in which every address can be reached.
func begun() *Negotiation {
	return NewNegotiation(func(netip.AddrPort) error { return nil })
}

// answerTo answers the offer that was taken.
func answerTo(n *Negotiation, codecs []Codec, dir Direction) ([]byte, Agreement, error) {
	a, err := n.Choose(codecs, dir)
	if err != nil {
		return nil, a, err
	}
	text, err := n.Answer(home, a)
	return text, a, err
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
	n := begun()
	first, err := n.Offer(home, []Codec{Opus, PCMU, PCMA, G722}, SendOnly, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []string{
		"m=audio 5000 RTP/AVP 111 0 8 9 110 101", "a=rtpmap:111 opus/48000/2", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
		"a=rtpmap:9 G722/8000",
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
	second, err := n.Offer(home, []Codec{PCMU}, SendRecv, false)
	if err != nil {
		t.Fatal(err)
	}
	if i, v := o(t, second); i != id || v != version+1 {
		t.Errorf("o= %d %d after %d %d", i, v, id, version)
	}
	if _, err := n.Offer(home, []Codec{"GSM"}, SendRecv, false); !errors.Is(err, ErrNoCodec) {
		t.Errorf("an offer of nothing: %v", err)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	n := begun()
	good := theirs("0")
	if _, err := n.TakeAnswer(good); !errors.Is(err, ErrBad) {
		t.Errorf("an answer without an offer: %v", err)
	}
	if _, err := n.Choose([]Codec{PCMU}, SendRecv); !errors.Is(err, ErrBad) {
		t.Errorf("our answer without an offer: %v", err)
	}
	if _, err := n.Offer(home, []Codec{PCMU}, SendRecv, false); err != nil {
		t.Fatal(err)
	}
	refused := []byte(strings.Replace(string(good), "m=audio 4000", "m=audio 0", 1))
	if _, err := n.TakeAnswer(refused); !errors.Is(err, ErrNoCodec) {
		t.Errorf("port 0: %v", err)
	}
	for range 2 { // a 183, then the 200
		if _, err := n.TakeAnswer(good); err != nil {
			t.Errorf("a good answer after bad ones: %v", err)
		}
	}
}

// m-lines keep their places through a dialog, payload types their meaning.
func TestDialogOfDescriptions(t *testing.T) {
	n := begun()
	offer := string(readTestdata(t, "fax-and-video"))
	offer = strings.ReplaceAll(strings.ReplaceAll(offer, "RTP/AVP 0 101", "RTP/AVP 0 111"), "rtpmap:101", "rtpmap:111")
	if _, err := n.TakeOffer([]byte(offer)); err != nil {
		t.Fatal(err)
	}
	answer, _, err := answerTo(n, []Codec{PCMU}, SendRecv)
	if err != nil {
		t.Fatal(err)
	}
	places := regexp.MustCompile(`(?s)m=image 0 udptl t38\r\n.*m=audio \d+ RTP/AVP 0 111\r\n.*m=video 0 RTP/AVP 96\r\n`)
	if !places.Match(answer) {
		t.Errorf("answer\n%s", answer)
	}
	id, version := o(t, answer)
	again, err := n.Offer(home, []Codec{PCMU, Opus}, SendRecv, false)
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
	if _, err := n.TakeAnswer(
		[]byte("v=0\r\nc=IN IP4 127.0.0.1\r\nm=image 0 udptl t38\r\nm=audio 4000 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\n")); err != nil {
		t.Error(err)
	}
}

// A payload type of ours that the far side uses for something else takes a
// number that nothing else has.
func TestNumbersMeanOneThing(t *testing.T) {
	n := begun()
	if _, err := n.TakeOffer(theirs("110 111", "rtpmap:110 PCMU/8000", "rtpmap:111 telephone-event/8000")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := answerTo(n, []Codec{PCMU}, SendRecv); err != nil {
		t.Fatal(err)
	}
	again, err := n.Offer(home, []Codec{PCMU, Opus}, SendRecv, false)
	if want := "m=audio 5000 RTP/AVP 110 96 111 97"; err != nil || lineWith(again, "m=") != want {
		t.Errorf("%q, want %q, %v", lineWith(again, "m="), want, err)
	}
	// They refuse that, and use the number of opus themselves.
	if _, err := n.TakeOffer(theirs("0 96", "rtpmap:96 telephone-event/8000")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := answerTo(n, []Codec{PCMU}, SendRecv); err != nil {
		t.Fatal(err)
	}
	again, err = n.Offer(home, []Codec{PCMU, Opus}, SendRecv, false)
	if want := "m=audio 5000 RTP/AVP 0 98 96 97"; err != nil || lineWith(again, "m=") != want {
		t.Errorf("%q, want %q, %v", lineWith(again, "m="), want, err)
	}
}

func TestRTCPMuxOnlyWhenOffered(t *testing.T) {
	n := begun()
	for _, line := range []string{"sendrecv", "rtcp-mux"} {
		if _, err := n.TakeOffer(theirs("0", line)); err != nil {
			t.Fatal(err)
		}
		text, a, err := answerTo(n, []Codec{PCMU}, SendRecv)
		if mux := line == "rtcp-mux"; err != nil || strings.Contains(string(text), "a=rtcp-mux") != mux || a.Mux != mux {
			t.Errorf("offered %s: %v\n%s", line, err, text)
		}
	}
}
