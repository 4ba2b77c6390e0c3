package sipua

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
)

// talking sets up a call from w that the desk answered and w acknowledged.
func talking(b *party, w *rawPeer, callID string) (*line, *sip.Response) {
	w.send(b.at("udp"), w.invite("alice", callID, 1, offerSDP))
	in := b.desk.next()
	in.leg.Answer([]byte(answerSDP))
	ok := w.response(200, "INVITE")
	w.send(b.at("udp"), w.within(ok, "ACK", 1, ""))
	return in, ok
}

// hangUpFrom ends the call from the wire, as a barrier: what came before is done.
func hangUpFrom(b *party, w *rawPeer, in *line, ok *sip.Response, seq int) {
	b.t.Helper()
	w.send(b.at("udp"), w.within(ok, "BYE", seq, ""))
	w.response(200, "BYE")
	same(b.t, "end", expect[machine.Ended](in).Cause, machine.CauseHangUp)
}

// Without an ACK the 200 is repeated at growing intervals, then the call ends
// with BYE (RFC 3261 13.3.1.4).
func TestMissingACK(t *testing.T) {
	t.Parallel()
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	w.send(b.at("udp"), w.invite("alice", "noack", 1, offerSDP))
	in := b.desk.next()
	in.leg.Answer([]byte(answerSDP))
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseDialogLost)
	bye := w.request("BYE")
	oks := 0
	for _, m := range w.held {
		if r, ok := m.(*sip.Response); ok && r.StatusCode == 200 {
			oks++
		}
	}
	// T1 50 ms, T2 400 ms, 3.2 s: at 0, 50, 150, 350, 750, ... every 400 ms.
	if oks < 9 || oks > 12 {
		t.Fatalf("the 200 was sent %d times", oks)
	}
	w.send(b.at("udp"), w.reply(bye, 200, "OK", "", ""))
	b.gone()
}

// A HangUp before the ACK holds its BYE back until the ACK (RFC 3261 15).
func TestByeWaitsForACK(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	w.send(b.at("udp"), w.invite("alice", "early-bye", 1, offerSDP))
	in := b.desk.next()
	in.leg.Answer([]byte(answerSDP))
	ok := w.response(200, "INVITE")
	in.leg.HangUp(machine.CauseHangUp)
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseHangUp)
	if n := w.drain(60*time.Millisecond, is("BYE")); n > 0 {
		t.Fatal("BYE before the ACK")
	}
	w.send(b.at("udp"), w.within(ok, "ACK", 1, ""))
	bye := w.request("BYE")
	same(t, "reason", message.Header(bye, "Reason"), `Q.850;cause=16;text="Normal call clearing"`)
	w.send(b.at("udp"), w.reply(bye, 200, "OK", "", ""))
	b.gone()
}

func TestInDialogRequests(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	in, ok := talking(b, w, "inside")
	to := b.at("udp")
	w.send(to, w.within(ok, "OPTIONS", 2, ""))
	if r := w.response(200, "OPTIONS"); !strings.Contains(message.Header(r, "Allow"), "INVITE") ||
		message.Header(r, "Accept") != "application/sdp" {
		t.Fatalf("OPTIONS: %s", r)
	}
	w.send(to, w.within(ok, "INFO", 3, ""))
	w.response(200, "INFO")
	for i, status := range map[string]int{"MESSAGE": 405, "REFER": 400, "NOTIFY": 489, "PRACK": 481} {
		w.send(to, w.within(ok, i, 4, ""))
		w.response(status, i)
		w.send(to, w.within(ok, "INFO", 5, "")) // CSeq 4 again: out of order
		w.response(200, "INFO")
		break
	}
	w.send(to, w.within(ok, "INFO", 2, ""))
	w.response(500, "INFO")
	w.send(to, strings.Replace(w.within(ok, "INFO", 6, ""), ";tag="+w.tag, ";tag=stranger", 1))
	w.response(481, "INFO")
	info := strings.Replace(w.within(ok, "INFO", 7, "x"), "application/sdp", "text/plain", 1)
	w.send(to, info)
	w.response(415, "INFO")
	hangUpFrom(b, w, in, ok, 8)
	w.send(to, w.within(ok, "INFO", 9, ""))
	w.response(481, "INFO")
	b.gone()
	w.send(to, w.within(ok, "BYE", 10, ""))
	w.response(481, "BYE")
}

// DTMF arrives in the order of the CSeq numbers, whatever the network did.
func TestDigitsInOrder(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	in, ok := talking(b, w, "digits")
	digit := func(seq int, d string) string {
		return strings.Replace(w.within(ok, "INFO", seq, "Signal="+d+"\r\nDuration=160\r\n"), "application/sdp",
			"application/dtmf-relay", 1)
	}
	w.send(b.at("udp"), digit(2, "1"))
	w.response(200, "INFO")
	w.send(b.at("udp"), digit(4, "3"))
	w.send(b.at("udp"), digit(3, "2"))
	w.send(b.at("udp"), digit(5, "*"))
	w.send(b.at("udp"), digit(7, "#")) // 6 is lost for ever
	var got []byte
	for range 5 {
		got = append(got, expect[machine.Digit](in).Digit)
	}
	same(t, "digits", string(got), "123*#")
	hangUpFrom(b, w, in, ok, 8)
	b.gone()
}

// What a peer without telephone-events is keyed goes out as INFO, one after the
// other; after a refusal the rest is dropped.
func TestDigitsByInfo(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	in, ok := talking(b, w, "keys")
	in.leg.Digits("1")
	in.leg.Digits("#5")
	for _, want := range []string{"1", "#"} {
		info := w.request("INFO")
		same(t, "type", message.Header(info, "Content-Type"), "application/dtmf-relay")
		same(t, "body", string(info.Body()), "Signal="+want+"\r\nDuration=100\r\n")
		early := w.drain(100*time.Millisecond, func(m sip.Message) bool { return is("INFO")(m) && m.CSeq().SeqNo != info.CSeq().SeqNo })
		if early > 0 {
			t.Fatal("the next digit did not wait for the answer to this one")
		}
		status := map[string]int{"1": 200, "#": 415}[want]
		w.send(b.at("udp"), w.reply(info, status, "So", "", ""))
	}
	hangUpFrom(b, w, in, ok, 2)
	if n := w.drain(50*time.Millisecond, func(m sip.Message) bool { return strings.Contains(string(m.Body()), "Signal=5") }); n > 0 {
		t.Fatal("a digit was sent after the refusal of the one before")
	}
}

// A re-INVITE or BYE that overtakes the ACK counts as one.
func TestOvertakenACK(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	w.send(b.at("udp"), w.invite("alice", "overtaken", 1, offerSDP))
	in := b.desk.next()
	in.leg.Answer([]byte(answerSDP))
	ok := w.response(200, "INVITE")
	w.send(b.at("udp"), w.within(ok, "INVITE", 2, holdSDP))
	same(t, "hold", expect[machine.Offered](in).SDP, holdSDP)
	in.leg.Answer([]byte(answerSDP))
	again := w.find("200 to 2", func(m sip.Message) bool {
		r, isRes := m.(*sip.Response)
		return isRes && r.StatusCode == 200 && r.CSeq().SeqNo == 2
	}).(*sip.Response)
	same(t, "contact", again.Contact().Address.User, string(in.leg.ID()))
	w.send(b.at("udp"), w.within(ok, "ACK", 1, ""))
	w.send(b.at("udp"), w.within(ok, "BYE", 3, "")) // before the ACK of the re-INVITE
	w.response(200, "BYE")
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseHangUp)
	b.gone()
	in.silent()
}

func TestByeBeforeAnswer(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	w.send(b.at("udp"), w.invite("alice", "bye-early", 1, offerSDP))
	in := b.desk.next()
	in.leg.Ring(nil)
	ringing := w.response(180, "INVITE")
	w.send(b.at("udp"), w.within(ringing, "BYE", 2, ""))
	w.response(200, "BYE")
	w.response(487, "INVITE")
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseCallerGone)
	b.gone()
}

func TestRefusedBeforeTheCall(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	to := b.at("udp")
	n := 0
	invite := func(change func(string) string) string {
		n++
		return change(w.invite("alice", fmt.Sprint("bad", n), 1, offerSDP))
	}
	replace := func(old, with string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				t.Fatalf("%q is not in the INVITE", old)
			}
			return strings.Replace(s, old, with, 1)
		}
	}
	for name, c := range map[string]struct {
		change func(string) string
		status int
		header string
		value  string
	}{
		"no hops left": {replace("Max-Forwards: 70", "Max-Forwards: 0"), 483, "", ""},
		"unknown extension": {
			replace("Max-Forwards: 70", "Max-Forwards: 70\r\nRequire: 100rel, foo, bar"), 420, "Unsupported",
			"foo, bar",
		},
		"proxy extension":    {replace("Max-Forwards: 70", "Max-Forwards: 70\r\nProxy-Require: foo"), 420, "Unsupported", "foo"},
		"no contact":         {replace("Contact: ", "X-Contact: "), 400, "", ""},
		"two From":           {replace("Max-Forwards: 70", "From: <sip:x@y>;tag=2"), 400, "", ""},
		"other CSeq":         {replace("1 INVITE", "1 OPTIONS"), 400, "", ""},
		"other scheme":       {replace("INVITE sip:alice@example.test SIP/2.0", "INVITE soap:alice@example.test SIP/2.0"), 416, "", ""},
		"other version":      {replace("alice@example.test SIP/2.0", "alice@example.test SIP/7.0"), 505, "", ""},
		"other body":         {replace("application/sdp", "application/unknown"), 415, "Accept", "application/sdp"},
		"two Content-Length": {replace("Max-Forwards: 70", "Max-Forwards: 70\r\nContent-Length: 1"), 400, "", ""},
		"compressed body":    {replace("Content-Type", "Content-Encoding: gzip\r\nContent-Type"), 415, "", ""},
		"method unknown":     {func(s string) string { return strings.ReplaceAll(s, "INVITE", "DANCE") }, 405, "Allow", b.allow},
		"bare LF":            {replace("To: <sip:alice@", "To: <sip:alice\n@"), 400, "", ""},
		"bad tag":            {replace(";tag=far", ";tag=<far"), 400, "", ""},
		"missing Call-ID":    {replace("Call-ID: ", "X-Call-ID: "), 400, "", ""},
	} {
		request := invite(c.change)
		w.send(to, request)
		r := w.find(name, func(m sip.Message) bool { // not one to an earlier request, which is repeated for want of an ACK
			r, ok := m.(*sip.Response)
			return ok && r.StatusCode > 100 && strings.Contains(request, branchOf(r))
		}).(*sip.Response)
		same(t, name, r.StatusCode, c.status)
		if c.header != "" {
			same(t, name, message.Header(r, c.header), c.value)
		}
		same(t, name+": server", message.Header(r, "Server"), "Ringsplash")
	}
	select {
	case <-b.desk.lines:
		t.Fatal("a refused INVITE became a call")
	default:
	}
	b.gone()
}

// The same INVITE by two ways, and our own INVITE back to us, are loops.
func TestLoops(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	inv := w.invite("alice", "merged", 1, offerSDP)
	w.send(b.at("udp"), inv)
	in := b.desk.next()
	w.send(b.at("udp"), strings.Replace(inv, w.via(), "", 1)) // a retransmission: absorbed
	w.send(b.at("udp"), w.invite("alice", "merged", 1, offerSDP))
	w.response(482, "INVITE")
	in.leg.HangUp(machine.CauseBusy)
	w.response(486, "INVITE")

	out, mine := dialled(b, w, nil)
	back := rawMessage("INVITE sip:alice@example.test SIP/2.0", []string{
		w.via(), "Max-Forwards: 70", "From: " + mine.From().Value(), "To: " + mine.To().Value(),
		"Call-ID: " + mine.CallID().Value(), "CSeq: " + mine.CSeq().Value(), "Contact: " + mine.Contact().Value(),
	}, offerSDP)
	w.send(b.at("udp"), back)
	w.response(482, "INVITE")
	w.send(b.at("udp"), w.reply(mine, 482, "Loop Detected", "t", ""))
	same(t, "our branch", expect[machine.Refused](out).Status, 482)
	b.gone()
}

func TestOptionsAndStrays(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	head := func(method, to string) string {
		return rawMessage(method+" sip:example.test SIP/2.0", []string{
			w.via(), "Max-Forwards: 0", "From: <sip:x@y>;tag=1", "To: <sip:x@y>" + to, "Call-ID: " + message.NewToken(),
			"CSeq: 1 " + method,
		}, "")
	}
	w.send(b.at("udp"), head("OPTIONS", ""))
	if r := w.response(200, "OPTIONS"); message.Header(r, "Supported") == "" || message.Header(r, "Allow") != b.allow {
		t.Fatal(r)
	}
	for method, status := range map[string]int{
		"BYE": 481, "INFO": 481, "CANCEL": 481, "SUBSCRIBE": 489, "NOTIFY": 489,
		"MESSAGE": 405, "REGISTER": 405,
	} {
		w.send(b.at("udp"), head(method, ""))
		w.response(status, method)
	}
	w.send(b.at("udp"), head("INVITE", ";tag=gone"))
	w.response(481, "INVITE")
	w.send(b.at("udp"), head("ACK", ";tag=gone"))
	w.send(b.at("udp"), "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=z9hG4bKnone\r\nFrom: <sip:a@b>;tag=1\r\nTo: "+
		"<sip:a@b>;tag=2\r\nCall-ID: none\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n")
	w.send(b.at("udp"), head("OPTIONS", ""))
	w.response(200, "OPTIONS")
}
