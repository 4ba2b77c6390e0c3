package sipua

import (
	"strings"
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/test/rig"
)

// Lines that end in LF alone, over UDP: the message is taken as if they had CR.
func TestLinesWithLF(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	w.send(b.at("udp"), strings.ReplaceAll(w.invite("alice", "lf", 1, offerSDP), "\r\n", "\n"))
	in := b.desk.next()
	same(t, "offer", in.in.Offer, offerSDP)
	in.leg.Reject(machine.CauseBusy)
	w.response(486, "INVITE")
}

// A caller who names himself "Last, First" and writes blanks around his tag is
// the same in the BYE.
func TestBlanksAndComma(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	spaced := func(text string) string {
		return strings.ReplaceAll(text, "From: Carol <sip:carol@example.org>;tag="+w.tag,
			`From: "Jones, Carol" <sip:carol@example.org> ; tag = `+w.tag)
	}
	w.send(b.at("udp"), spaced(w.invite("alice", "comma", 1, offerSDP)))
	in := b.desk.next()
	same(t, "name", in.in.From.Display, "Jones, Carol")
	in.leg.Answer([]byte(answerSDP))
	ok := w.response(200, "INVITE")
	same(t, "From", ok.From().Value(), `"Jones, Carol" <sip:carol@example.org>;tag=`+w.tag)
	again := func(text string) string {
		return strings.Replace(text, "From: "+ok.From().Value(), `From: "Jones, Carol" <sip:carol@example.org> ; tag = `+w.tag, 1)
	}
	w.send(b.at("udp"), again(w.within(ok, "ACK", 1, "")))
	w.send(b.at("udp"), again(w.within(ok, "BYE", 2, "")))
	w.response(200, "BYE")
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseHangUp)
	b.gone()
}

// A phone of RFC 2543 has no branch, no tag and no Contact: its call works.
func TestInviteOfRFC2543(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	old := func(text string) string {
		at := strings.Index(text, ";branch=")
		text = text[:at] + text[at+strings.Index(text[at:], "\r\n"):]
		return strings.NewReplacer(";tag="+w.tag, "", "Contact: <sip:carol@"+w.addr()+">\r\n", "").Replace(text)
	}
	w.send(b.at("udp"), old(w.invite("alice", "old", 1, offerSDP)))
	in := b.desk.next()
	in.leg.Answer([]byte(answerSDP))
	ok := w.response(200, "INVITE")
	w.send(b.at("udp"), old(w.within(ok, "ACK", 1, "")))
	in.leg.HangUp(machine.CauseHangUp)
	expect[machine.Ended](in)
	bye := w.request("BYE")
	same(t, "target", bye.Recipient.String(), "sip:"+w.addr())
	w.send(b.at("udp"), w.reply(bye, 200, "OK", "", ""))
	b.gone()
}

// A message whose rest never comes is answered when the peer gives up.
func TestStreamEndsEarly(t *testing.T) {
	b := newParty(t, func(c *setup) { c.Stream.Message = 100 * time.Millisecond })
	c := dialTCP(t, b.at("tcp"))
	text := strings.Replace(rawMessage("OPTIONS sip:example.test SIP/2.0", options("TCP"), ""), "Content-Length: 0",
		"Content-Length: 9", 1)
	res := ask(t, c, text)
	if res == nil || res.StatusCode != 400 {
		t.Fatalf("got %v", res)
	}
}

// However lines end, whoever names himself is answered, over each transport:
// "-" is silence, "close" the end of a stream without an answer.
func TestLineEnds(t *testing.T) {
	ca := rig.NewCA(t)
	lf := func(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }
	for _, network := range []string{"udp", "tcp", "tls"} {
		b, _ := withAccess(t, func(c *setup) {
			secure(ca, network, "localhost")(c)
			c.Access.StrangerRate, c.Access.StrangerBurst = 1e6, 1e6
			c.Stream.Message = time.Second
		})
		for _, row := range []struct {
			name   string
			change func(good string) string
			want   string // over UDP, and where they differ over streams
		}{
			{"good", func(s string) string { return s }, "200"},
			{"LF alone", lf, "200"},
			{"first line with LF", func(s string) string { return strings.Replace(s, "\r\n", "\n", 1) }, "400"},
			{"last line with LF", func(s string) string { return strings.TrimSuffix(s, "\r\n") + "\n" }, "400"},
			{"a line between with LF", func(s string) string { return strings.Replace(s, "\r\nTo", "\nTo", 1) }, "400"},
			{"LF, then CRLF", func(s string) string { return strings.TrimSuffix(lf(s), "\n") + "\r\n" }, "400"},
			{"LF, and a CR within", func(s string) string { return strings.Replace(lf(s), "Max", "M\rax", 1) }, "400"},
			{"CRLF before", func(s string) string { return "\r\n" + s }, "200"},
			{"ping before", func(s string) string { return "\r\n\r\n" + s }, "200"},
			{"LF before", func(s string) string { return "\n" + s }, "200"},
			{"LF before, and LF alone", func(s string) string { return "\n\n" + lf(s) }, "200"},
			{"CR before", func(s string) string { return "\r" + s }, "200"},
			{"sip/2.0", func(s string) string { return strings.Replace(s, " SIP/2.0", " sip/2.0", 1) }, "400"},
			{"no version", func(s string) string { return strings.Replace(s, " SIP/2.0", "", 1) }, "- 400"},
			{"no empty line", func(s string) string { return strings.TrimSuffix(s, "\r\n") }, "200 400"},
			{"no empty line, LF alone", func(s string) string { return lf(strings.TrimSuffix(s, "\r\n")) }, "200 400"},
			{"cut in its last line", func(s string) string { return strings.TrimSuffix(s, "0\r\n\r\n") }, "400"},
			{"cut before Call-ID", func(s string) string { return s[:strings.Index(s, "Call-ID")+3] }, "- close"},
			{"HTTP", func(string) string { return "GET / HTTP/1.1\r\nVia: 1.1 x\r\nHost: y\r\n\r\n" }, "- close"},
			{"too long, LF alone", func(s string) string {
				return lf(strings.Replace(s, "Max", strings.Repeat("X: "+strings.Repeat("x", 70)+"\r\n", 800)+"Max", 1))
			}, "513"},
		} {
			want := strings.Fields(row.want)
			if network != "udp" && len(want) > 1 {
				want = want[1:]
			}
			patience := wait
			if want[0] == "-" {
				patience = 150 * time.Millisecond // silence is what should come
			}
			c := dialAny(t, ca, network, b.at(network))
			text := row.change(rawMessage("OPTIONS sip:"+rig.Domain+" SIP/2.0", options(strings.ToUpper(network)), ""))
			if got := torture(t, c, text, patience); got != want[0] {
				t.Errorf("%s over %s: got %s, want %s", row.name, network, got, want[0])
			}
		}
	}
}
