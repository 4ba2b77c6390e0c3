package sipua

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/test/rig"
)

// A trunk's CANCEL says whether somebody took the call on another phone (RFC
// 3326).
func TestCancelSaysWhy(t *testing.T) {
	w := newWire(t, "127.0.0.2")
	b, _ := withAccess(t, func(c *setup) { c.Trunks = []trunk.Config{{Name: "pbx", Address: "sip:" + w.addr()}} })
	elsewhere, gone := machine.CauseElsewhere, machine.CauseCallerGone
	for i, row := range []struct {
		reasons []string
		want    machine.Cause
	}{
		{nil, gone},
		{[]string{`SIP;cause=200;text="Call completed elsewhere"`}, elsewhere},
		{[]string{`Q.850;cause=26`}, elsewhere},
		{[]string{`q.850 ; cause = 26 ;text="x", SIP;cause=487`}, elsewhere},
		{[]string{`Q.850;cause=16;text="Normal, SIP;cause=200"`, `SIP;text="a;b";cause=200`}, elsewhere},
		{[]string{`Q.850;cause=16;text="Normal, SIP;cause=200"`}, gone},
		{[]string{`SIP;cause=26`}, gone},
		{[]string{`Q.850;cause=200`}, gone},
		{[]string{`;cause=200`}, gone},
	} {
		inv := strings.ReplaceAll(w.invite("alice", fmt.Sprint("why", i), 1, offerSDP), "example.test", rig.Domain)
		w.send(b.at("udp"), inv)
		in := b.desk.next()
		var reasons []string
		for _, r := range row.reasons {
			reasons = append(reasons, "Reason: "+r)
		}
		w.send(b.at("udp"), cancelOf(inv, reasons...))
		same(t, fmt.Sprint(row.reasons), expect[machine.Ended](in).Cause, row.want)
	}
	b.gone()
}

// Who proved nothing cannot make his missed call one that was answered; a user
// of ours is believed.
func TestCancelOfStrangerSaysNothing(t *testing.T) {
	g, _ := withAccess(t, nil)
	w := newWire(t, "127.0.0.2")
	ours := func(text string) string { return strings.ReplaceAll(text, "example.test", rig.Domain) }
	ended := func(inv string) machine.Cause {
		w.send(g.at("udp"), inv)
		in := g.desk.next()
		w.send(g.at("udp"), cancelOf(inv, "Reason: SIP;cause=200"))
		return expect[machine.Ended](in).Cause
	}
	same(t, "a stranger", ended(ours(w.invite("alice", "stranger", 1, offerSDP))), machine.CauseCallerGone)
	asBob := func(more ...string) string {
		return strings.Replace(ours(w.invite("alice", "bob", 1, offerSDP, more...)), "carol@example.org", "bob@"+rig.Domain, 1)
	}
	w.send(g.at("udp"), asBob())
	challenge := w.response(407, "INVITE").String()
	same(t, "a user", ended(asBob(rig.Authorize(t, challenge, "", "INVITE", "sip:alice@"+rig.Domain, "bob",
		rig.Bob.SIPPassword("desk"),
		1))), machine.CauseElsewhere)
	g.gone()
}

// An Answer that the CANCEL overtook does nothing, and 487 stays the final.
func TestCancelCrossesAnswer(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	for i := range 20 {
		callID := fmt.Sprint("cross", i)
		inv := w.invite("alice", callID, 1, offerSDP)
		w.send(b.at("udp"), inv)
		in := b.desk.next()
		cancel := strings.Replace(strings.Replace(inv, "INVITE sip", "CANCEL sip", 1), "1 INVITE", "1 CANCEL", 1)
		cancel = cancel[:strings.Index(cancel, "Content-Type")] + "Content-Length: 0\r\n\r\n"
		w.send(b.at("udp"), cancel)
		in.leg.Answer([]byte(answerSDP))
		final := w.find("final", func(m sip.Message) bool {
			r, ok := m.(*sip.Response)
			return ok && r.CallID().Value() == callID && r.CSeq().MethodName == "INVITE" && r.StatusCode >= 200
		}).(*sip.Response)
		if final.StatusCode == 487 {
			same(t, "end", expect[machine.Ended](in).Cause, machine.CauseCallerGone)
			// What is repeated until the ACK is the 487 as well.
			if n := w.drain(120*time.Millisecond, func(m sip.Message) bool {
				r, ok := m.(*sip.Response)
				return ok && r.IsSuccess() && r.CSeq().MethodName == "INVITE"
			}); n > 0 {
				t.Fatal("a 200 after the 487")
			}
			continue
		}
		w.send(b.at("udp"), w.within(final, "ACK", 1, ""))
		hangUpFrom(b, w, in, final, 2)
		w.drain(0, is(""))
	}
	b.gone()
}

// The same at the instant that no test can hit: the CANCEL comes between our
// look at it and the response.
func TestAnswerAfterCancel(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	inv := w.invite("alice", "instant", 1, offerSDP)
	w.send(b.at("udp"), inv)
	in := b.desk.next()
	cancel := strings.Replace(strings.Replace(inv, "INVITE sip", "CANCEL sip", 1), "1 INVITE", "1 CANCEL", 1)
	w.send(b.at("udp"), cancel[:strings.Index(cancel, "Content-Type")]+"Content-Length: 0\r\n\r\n")
	expect[machine.Ended](in)
	b.gone() // so that nobody else uses the leg
	l := in.leg.(*leg)
	if l.submit(l.in, l.response(l.in.req, 200, "OK")) {
		t.Fatal("the 200 was sent")
	}
	w.held = nil
	for range 3 {
		w.response(487, "INVITE")
	}
	for _, m := range w.held {
		if r, ok := m.(*sip.Response); ok && r.StatusCode == 200 && r.CSeq().MethodName == "INVITE" {
			t.Fatal("a 200 after the 487")
		}
	}
}

// cancelOf is the CANCEL of a wire's INVITE.
func cancelOf(invite string, more ...string) string {
	cancel := strings.Replace(strings.Replace(invite, "INVITE sip", "CANCEL sip", 1), "1 INVITE", "1 CANCEL", 1)
	cancel = cancel[:strings.Index(cancel, "Content-Type")]
	for _, header := range more {
		cancel += header + "\r\n"
	}
	return cancel + "Content-Length: 0\r\n\r\n"
}

// A CANCEL is the caller's, whoever has read the branch of his INVITE.
func TestCancelFromElsewhere(t *testing.T) {
	b := newParty(t, nil)
	w, other := newWire(t, "127.0.0.2"), newWire(t, "127.0.0.3")
	inv := w.invite("alice", "cancel-elsewhere", 1, offerSDP)
	w.send(b.at("udp"), inv)
	in := b.desk.next()
	cancel := cancelOf(inv)
	other.send(b.at("udp"), cancel)
	other.response(481, "CANCEL")
	in.silent()
	w.send(b.at("udp"), cancel)
	w.response(487, "INVITE")
	expect[machine.Ended](in)
	b.gone()
}

// A CANCEL over TCP or TLS comes by the connection of its INVITE, or from the
// trunk that sent it.
func TestCancelFromOtherConnection(t *testing.T) {
	test := func(taken bool) func(*testing.T, *party, func() net.Conn, func(string) string) {
		return func(t *testing.T, b *party, dial func() net.Conn, as func(string) string) {
			w := newWire(t, "127.0.0.2") // only writes
			own, other := dial(), dial()
			inv := as(w.invite("alice", "cancel-stream", 1, offerSDP))
			put(t, own, inv)
			in := b.desk.next()
			put(t, other, cancelOf(inv))
			if !taken {
				same(t, "from the other", final(t, other).StatusCode, 481)
				in.silent()
				put(t, own, cancelOf(inv))
			}
			expect[machine.Ended](in)
			b.gone()
		}
	}
	t.Run("stranger", func(t *testing.T) { overStreams(t, nil, test(false)) })
	t.Run("trunk", func(t *testing.T) {
		overStreams(t, func(c *setup) {
			for _, transport := range []string{"tcp", "tls"} {
				c.Trunks = append(c.Trunks, trunk.Config{Name: transport, Address: "sip:127.0.0.1:9", Transport: transport})
			}
		}, test(true))
	})
}
