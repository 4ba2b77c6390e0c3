package sdp

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// theirs is a description of the far side: the formats of its m-line (or the
// m-lines whole) and further attributes.
func theirs(formats string, attributes ...string) []byte {
	if !strings.HasPrefix(formats, "m=") {
		formats = "m=audio 4000 RTP/AVP " + formats
	}
	text := "v=0\r\no=phone 1 1 IN IP4 192.0.2.1\r\ns=call\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + formats + "\r\n"
	for _, a := range attributes {
		text += "a=" + a + "\r\n"
	}
	return []byte(text)
}

const (
	opus96   = "rtpmap:96 opus/48000/2"
	event97  = "rtpmap:97 telephone-event/8000"
	event98  = "rtpmap:98 telephone-event/48000"
	event101 = "rtpmap:101 telephone-event/8000"
	opus111  = "rtpmap:111 opus/48000/2"
	crypto   = "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

// offered are offers of the far side, what we want (codecs and direction), and
// what comes of both: the formats and direction of our answer, what each may
// send, or the error.
var offered = []struct {
	name    string
	theirs  string
	lines   []string
	ours    string
	answer  string
	outcome string
	err     error
}{
	// codecs
	{"PCMU and PCMU", "0", nil, "PCMU sendrecv", "0 sendrecv", "PCMU", nil},
	{"their static G722", "9 0", nil, "G722 sendrecv", "9 sendrecv", "G722", nil},
	{"our order, their numbers", "0 96", []string{opus96}, "opus PCMU sendrecv", "96 0 sendrecv", "opus PCMU", nil},
	{"only what both have", "0 8 9 18", nil, "opus PCMA sendrecv", "8 sendrecv", "PCMA", nil},
	{"nothing common", "0", nil, "opus sendrecv", "", "", ErrNoCodec},
	{"nothing wanted", "0", nil, "GSM sendrecv", "", "", ErrNoCodec},
	{"nothing we know", "18 3", nil, "PCMU sendrecv", "", "", ErrNoCodec},
	// key tones
	{
		"events of both clocks", "0 96 97 98",
		[]string{opus96, event97, event98},
		"opus PCMU sendrecv", "96 0 98 97 sendrecv", "opus PCMU dtmf", nil,
	},
	{"one codec, its event", "0 96 97 98", []string{opus96, event97, event98}, "PCMU sendrecv", "0 97 sendrecv", "PCMU dtmf", nil},
	{"the other event clock", "96 97", []string{opus96, event97}, "opus sendrecv", "96 97 sendrecv", "opus dtmf", nil},
	{"events alone", "97", []string{event97}, "PCMU sendrecv", "", "", ErrNoCodec},
	// SRTP
	{"SRTP mandatory", "m=audio 4000 RTP/SAVP 0", []string{crypto}, "PCMU sendrecv", "", "", ErrSecureOnly},
	{"DTLS mandatory", "m=audio 4000 UDP/TLS/RTP/SAVPF 0", nil, "PCMU sendrecv", "", "", ErrSecureOnly},
	{"SRTP optional, on the plain line", "0 8", []string{crypto}, "PCMU sendrecv", "0 sendrecv", "PCMU", nil},
	{
		"SRTP optional, a line each", "m=audio 4002 RTP/SAVP 0\r\nm=audio 4000 RTP/AVP 0", nil,
		"PCMU sendrecv", "0 sendrecv", "PCMU", nil,
	},
	{"no RTP at all", "m=audio 4000 TCP/MRCPv2 0", nil, "PCMU sendrecv", "", "", ErrTransport},
	// what we do not know
	{
		"unknown lines", "0\r\nb=AS:64\r\nk=clear:x\r\nq=?\r\nnonsense",
		[]string{"candidate:1", "x-own", ""},
		"PCMU sendrecv", "0 sendrecv", "PCMU", nil,
	},
	{
		"unknown m-lines", "m=image 4002 udptl t38\r\nm=audio 4000 RTP/AVP 0\r\nm=text 4004 RTP/AVP 98", nil,
		"PCMU sendrecv", "0 sendrecv", "PCMU", nil,
	},
	{"no audio", "m=image 4002 udptl t38", nil, "PCMU sendrecv", "", "", ErrNoAudio},
	{"audio refused", "m=audio 0 RTP/AVP 0", nil, "PCMU sendrecv", "", "", ErrNoAudio},
	{"held the old way", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0", nil, "PCMU sendrecv", "0 recvonly", "PCMU", nil},
}

// wanted reads "opus PCMU sendrecv".
func wanted(text string) (codecs []Codec, dir Direction) {
	f := strings.Fields(text)
	for _, c := range f[:len(f)-1] {
		codecs = append(codecs, Codec(c))
	}
	return codecs, Direction(f[len(f)-1])
}

// outcome writes codecs and key tones as the tables do.
func outcome(n Negotiated) string {
	text := strings.Trim(fmt.Sprint(n.Codecs), "[]")
	if n.DTMF {
		text += " dtmf"
	}
	return text
}

func TestTheyOffer(t *testing.T) {
	for _, c := range offered {
		t.Run(c.name, func(t *testing.T) {
			n := begun()
			codecs, dir := wanted(c.ours)
			var text []byte
			var a Agreement
			_, err := n.TakeOffer(theirs(c.theirs, c.lines...))
			if err == nil {
				text, a, err = answerTo(n, codecs, dir)
			}
			if !errors.Is(err, c.err) {
				t.Fatalf("%v, want %v", err, c.err)
			}
			if err != nil {
				return
			}
			formats := strings.TrimPrefix(lineWith(text, "m=audio 5000"), "m=audio 5000 RTP/AVP ")
			if got := formats + " " + string(a.Local); got != c.answer || outcome(a.Negotiated) != c.outcome {
				t.Errorf("answered %q, outcome %q, want %q, %q", got, outcome(a.Negotiated), c.answer, c.outcome)
			}
			if lineWith(text, "a="+string(a.Local)) == "" || strings.Contains(string(text), "crypto") {
				t.Errorf("answer\n%s", text)
			}
		})
	}
}

// answered are answers of the far side to our offer of PCMU, PCMA and opus in
// both directions, and what comes of them.
var answered = []struct {
	name    string
	theirs  string
	lines   []string
	outcome string
	remote  Direction
	err     error
}{
	{"all", "111 0 8 101 110", []string{opus111, event101}, "opus PCMU PCMA dtmf", SendRecv, nil},
	{"their order", "8 0", nil, "PCMA PCMU", SendRecv, nil},
	{"they only listen", "0", []string{"recvonly"}, "PCMU", RecvOnly, nil},
	{"they only speak", "0", []string{"sendonly"}, "PCMU", SendOnly, nil},
	{"silence", "0", []string{"inactive"}, "PCMU", Inactive, nil},
	{"other numbers", "96 98", []string{opus96, event98}, "opus dtmf", SendRecv, nil},
	{"more than we offered", "0 9", nil, "PCMU", SendRecv, nil},
	{"not offered", "9", nil, "", "", ErrNoCodec},
	{"refused", "m=audio 0 RTP/AVP 0", nil, "", "", ErrNoCodec},
	{"in another place", "m=video 0 RTP/AVP 96\r\nm=audio 4000 RTP/AVP 8", nil, "PCMA", SendRecv, nil},
	{"SRTP, which we did not offer", "m=audio 4000 RTP/SAVP 0", []string{crypto}, "", "", ErrSecureOnly},
	{"crypto lines on plain RTP", "0", []string{crypto}, "PCMU", SendRecv, nil},
	{"unknown lines", "0\r\nb=AS:64\r\nq=?", []string{"x-own"}, "PCMU", SendRecv, nil},
	{"no audio", "m=image 4002 udptl t38", nil, "", "", ErrBad},
}

func TestTheyAnswer(t *testing.T) {
	for _, c := range answered {
		t.Run(c.name, func(t *testing.T) {
			n := begun()
			if _, err := n.Offer(home, []Codec{PCMU, PCMA, Opus}, SendRecv, false); err != nil {
				t.Fatal(err)
			}
			for range 2 { // a 183, then the 200
				a, err := n.TakeAnswer(theirs(c.theirs, c.lines...))
				if !errors.Is(err, c.err) {
					t.Fatalf("%v, want %v", err, c.err)
				}
				if err == nil && (outcome(a.Negotiated) != c.outcome || a.Remote != c.remote || a.Local != SendRecv) {
					t.Errorf("%+v, want %s, %s", a.Negotiated, c.outcome, c.remote)
				}
			}
		})
	}
}

// replies are our directions in answers: a row for each direction offered, a
// column for each that we want, both in the order of directions.
var (
	directions = []Direction{SendRecv, SendOnly, RecvOnly, Inactive}
	replies    = map[Direction][]Direction{
		SendRecv: {SendRecv, SendOnly, RecvOnly, Inactive},
		SendOnly: {RecvOnly, Inactive, RecvOnly, Inactive},
		RecvOnly: {SendOnly, SendOnly, Inactive, Inactive},
		Inactive: {Inactive, Inactive, Inactive, Inactive},
	}
)

func TestDirectionsOfAnswers(t *testing.T) {
	for there, row := range replies {
		for i, want := range directions {
			n := begun()
			if _, err := n.TakeOffer(theirs("0", string(there))); err != nil {
				t.Fatal(err)
			}
			a, err := n.Choose([]Codec{PCMU}, want)
			if err != nil || a.Remote != there || a.Local != row[i] {
				t.Errorf("%s offered, %s wanted: %+v, %v; want %s", there, want, a.Negotiated, err, row[i])
			}
		}
	}
}

// Each of our codecs meets itself and no other.
func TestEveryCodecWithEveryOther(t *testing.T) {
	numbers := map[Codec]string{PCMU: "0", PCMA: "8", G722: "9", Opus: "96"}
	for there, number := range numbers {
		for here := range numbers {
			n := begun()
			if _, err := n.TakeOffer(theirs(number, opus96)); err != nil {
				t.Fatal(err)
			}
			if _, err := n.Choose([]Codec{here}, SendRecv); (err == nil) != (here == there) {
				t.Errorf("%s offered, %s wanted: %v", there, here, err)
			}
		}
	}
}
