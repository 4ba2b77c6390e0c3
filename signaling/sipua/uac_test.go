package sipua

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/location"
	"ringsplash/signaling/sipua/message"
)

// dialled calls w and returns the INVITE that came to it.
func dialled(a *party, w *rawPeer, change func(*gateway.Invite)) (*line, *sip.Request) {
	out := a.call("sip:alice@"+w.addr(), change)
	return out, w.request("INVITE")
}

func is(method string) func(sip.Message) bool {
	return func(m sip.Message) bool {
		r, ok := m.(*sip.Request)
		return ok && string(r.Method) == method
	}
}

func TestInviteIsWritten(t *testing.T) {
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, func(in *gateway.Invite) {
		in.Leg = "leg7"
		in.Headers = []profile.Header{
			{Name: "Answer-Mode", Value: "Auto"},
			{Name: "X-Bad\r\nEvil", Value: "1"},
			{Name: "X-Cut", Value: "a\r\nEvil: 1"},
		}
	})
	same(t, "from", inv.From().Value(), `"Bob \"the\" Builder" <sip:bob@example.test>;tag=`+message.Tag(inv.From()))
	same(t, "to", inv.To().Value(), "<sip:alice@example.test>")
	same(t, "contact", inv.Contact().Address.String(), "sip:leg7@"+a.at("udp"))
	same(t, "via", inv.Via().SentBy(), a.at("udp"))
	same(t, "source", inv.Source(), a.at("udp"))
	same(t, "user agent", message.Header(inv, "User-Agent"), "Ringsplash")
	same(t, "answer mode", message.Header(inv, "Answer-Mode"), "Auto")
	same(t, "cut", message.Header(inv, "X-Cut"), "aEvil: 1")
	if strings.Contains(inv.String(), "\nEvil") {
		t.Fatal("a header was smuggled in")
	}
	w.send(a.at("udp"), w.reply(inv, 486, "Busy Here", "t1", "", "Retry-After: 17 (lunch)"))
	no := expect[machine.Refused](out)
	same(t, "status", no.Status, 486)
	same(t, "phrase", no.Phrase, "Busy Here")
	same(t, "retry after", no.RetryAfter, 17*time.Second)
	ack := w.request("ACK")
	same(t, "ack branch", ack.Via().Params.GetOr("branch", ""), inv.Via().Params.GetOr("branch", "?"))
	a.gone()
}

func TestRedirectIsReported(t *testing.T) {
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, nil)
	w.send(a.at("udp"), w.reply(inv, 302, "Moved Temporarily", "t1", "", "Contact: <sip:x@192.0.2.1>, <tel:+44123>"))
	same(t, "contacts", expect[machine.Refused](out).Contacts, []string{"sip:x@192.0.2.1", "tel:+44123"})
}

// The CANCEL waits for the first 1xx and says why (RFC 3261 9.1, RFC 3326).
func TestCancelWaitsForProvisional(t *testing.T) {
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, nil)
	out.leg.Cancel(machine.CauseElsewhere)
	if n := w.drain(120*time.Millisecond, is("CANCEL")); n > 0 {
		t.Fatal("CANCEL before a 1xx")
	}
	w.send(a.at("udp"), w.reply(inv, 100, "Trying", "", ""))
	cancel := w.request("CANCEL")
	same(t, "reason", message.Header(cancel, "Reason"), `SIP;cause=200;text="Call completed elsewhere"`)
	same(t, "branch", cancel.Via().Params.GetOr("branch", ""), inv.Via().Params.GetOr("branch", "?"))
	same(t, "uri", cancel.Recipient.String(), inv.Recipient.String())
	same(t, "cseq", cancel.CSeq().SeqNo, inv.CSeq().SeqNo)
	w.send(a.at("udp"), w.reply(cancel, 200, "OK", "t1", ""))
	w.send(a.at("udp"), w.reply(inv, 487, "Request Terminated", "t1", ""))
	same(t, "outcome", expect[machine.Refused](out).Status, 487)
	a.gone()
}

// A 200 that crosses a Cancel is an answer; the call decides.
func TestAnswerCrossesCancel(t *testing.T) {
	t.Parallel()
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, nil)
	w.send(a.at("udp"), w.reply(inv, 180, "Ringing", "t1", ""))
	expect[machine.Rang](out)
	out.leg.Cancel(machine.CauseElsewhere)
	cancel := w.request("CANCEL")
	w.send(a.at("udp"), w.reply(inv, 200, "OK", "t1", answerSDP))
	w.send(a.at("udp"), w.reply(cancel, 200, "OK", "t1", ""))
	same(t, "answer", expect[machine.Answered](out).SDP, answerSDP)
	w.request("ACK")
	out.leg.HangUp(machine.CauseElsewhere)
	same(t, "end", expect[machine.Ended](out).Cause, machine.CauseElsewhere)
	bye := w.request("BYE")
	same(t, "bye reason", message.Header(bye, "Reason"), `SIP;cause=200;text="Call completed elsewhere"`)
	w.send(a.at("udp"), w.reply(bye, 200, "OK", "", ""))
	a.gone()
}

// A 200 after HangUp gets ACK and BYE, and the call hears nothing of it.
func TestLateAnswer(t *testing.T) {
	t.Parallel()
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, nil)
	w.send(a.at("udp"), w.reply(inv, 180, "Ringing", "t1", ""))
	expect[machine.Rang](out)
	out.leg.HangUp(machine.CauseNoAnswer)
	same(t, "end", expect[machine.Ended](out).Cause, machine.CauseNoAnswer)
	w.request("CANCEL")
	w.send(a.at("udp"), w.reply(inv, 200, "OK", "t1", answerSDP))
	ack := w.request("ACK")
	same(t, "ack tag", message.Tag(ack.To()), "t1")
	bye := w.request("BYE")
	same(t, "bye tag", message.Tag(bye.To()), "t1")
	w.send(a.at("udp"), w.reply(bye, 200, "OK", "", ""))
	a.gone()
	out.silent()
}

// A repeated 200 gets the same ACK; a 200 of another phone ACK and BYE.
func TestTwoAnswers(t *testing.T) {
	t.Parallel()
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, nil)
	ok := w.reply(inv, 200, "OK", "t1", answerSDP)
	w.send(a.at("udp"), ok)
	expect[machine.Answered](out)
	first := w.request("ACK")
	w.send(a.at("udp"), ok)
	again := w.request("ACK")
	same(t, "same ACK", again.Via().Params.GetOr("branch", "2"), first.Via().Params.GetOr("branch", "1"))
	other := w.reply(inv, 200, "OK", "t2", answerSDP)
	w.send(a.at("udp"), other)
	same(t, "ack of the other", message.Tag(w.request("ACK").To()), "t2")
	bye := w.request("BYE")
	same(t, "bye of the other", message.Tag(bye.To()), "t2")
	w.send(a.at("udp"), w.reply(bye, 200, "OK", "", ""))
	w.send(a.at("udp"), other)
	same(t, "repeated other", message.Tag(w.request("ACK").To()), "t2")
	w.send(a.at("udp"), w.back(inv, "t1", "BYE", 1, ""))
	w.response(200, "BYE")
	same(t, "end", expect[machine.Ended](out).Cause, machine.CauseHangUp)
	a.gone()
	out.silent()
}

func TestSilentPhone(t *testing.T) {
	t.Parallel()
	a := newParty(t, func(c *setup) { c.First1xx = 150 * time.Millisecond })
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, nil)
	no := expect[machine.Refused](out)
	same(t, "status", no.Status, 408)
	w.drain(0, is("INVITE"))
	// It wakes up after all.
	w.send(a.at("udp"), w.reply(inv, 180, "Ringing", "t1", ""))
	cancel := w.request("CANCEL")
	w.send(a.at("udp"), w.reply(cancel, 200, "OK", "t1", ""))
	w.send(a.at("udp"), w.reply(inv, 200, "OK", "t1", answerSDP))
	w.request("ACK")
	w.send(a.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
	a.gone()
	out.silent()
}

// A trigger is not repeated once the branch is given up, nor sent again in the
// way the phone wants it (I3, I7). What comes late is taken back as ever.
func TestTriggerLeavesOnce(t *testing.T) {
	t.Parallel()
	trigger := func(in *gateway.Invite) { in.Headers = []profile.Header{{Name: "Answer-Mode", Value: "Auto"}} }
	for name, more := range map[string][]string{
		"421 Extension Required":         {"Require: timer"},
		"422 Session Interval Too Small": {"Min-SE: 7200"},
	} {
		a, w := newParty(t, nil), newWire(t, "127.0.0.3")
		out, inv := dialled(a, w, trigger)
		status, phrase, _ := strings.Cut(name, " ")
		code, _ := strconv.Atoi(status)
		w.send(a.at("udp"), w.reply(inv, code, phrase, "t1", "", more...))
		w.request("ACK")
		same(t, name, expect[machine.Refused](out).Status, code)
		a.gone()
		same(t, name+": second trigger", w.drain(50*time.Millisecond, is("INVITE")), 0)
	}
	for name, giveUp := range map[string]func(*line){
		"silence":    func(*line) {},
		"taken back": func(l *line) { l.leg.Cancel(machine.CauseElsewhere) },
		"hung up":    func(l *line) { l.leg.HangUp(machine.CauseHangUp) },
	} {
		a, w := newParty(t, func(c *setup) { c.First1xx = 300 * time.Millisecond }), newWire(t, "127.0.0.3")
		out, inv := dialled(a, w, trigger)
		giveUp(out)
		if name == "hung up" {
			expect[machine.Ended](out)
		} else {
			same(t, name, expect[machine.Refused](out).Status, 408)
		}
		w.drain(50*time.Millisecond, is("INVITE"))
		same(t, name+": repeated trigger", w.drain(600*time.Millisecond, is("INVITE")), 0)
		w.send(a.at("udp"), w.reply(inv, 180, "Ringing", "t1", ""))
		w.send(a.at("udp"), w.reply(w.request("CANCEL"), 200, "OK", "t1", ""))
		w.send(a.at("udp"), w.reply(inv, 200, "OK", "t1", answerSDP))
		w.request("ACK")
		w.send(a.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
		a.gone()
		out.silent()
	}
}

func TestNothingThere(t *testing.T) {
	a := newParty(t, nil)
	out := a.call("sip:alice@127.0.0.1:1;transport=tcp", nil)
	same(t, "tcp refused", expect[machine.Refused](out).Status, 503)
	out = a.call("sip:alice@foreign.example", nil)
	same(t, "foreign", expect[machine.Refused](out).Status, 403)
	out = a.call("tel:+4412345", nil)
	same(t, "tel", expect[machine.Refused](out).Status, 404)
	out = a.call("", func(in *gateway.Invite) { in.Trunk = "nowhere" })
	same(t, "trunk", expect[machine.Refused](out).Status, 503)
	out = a.call("sip:a b@127.0.0.1", nil)
	same(t, "bad uri", expect[machine.Refused](out).Status, 404)
	a.gone()
}

// Record-Route of the answer becomes the route set, reversed (RFC 3261 12.1.2),
// and a new Contact the target.
func TestRoutesAndTarget(t *testing.T) {
	t.Parallel()
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, nil)
	far, near := "Record-Route: <sip:127.0.0.9:9;lr>", "Record-Route: <sip:"+w.addr()+";lr>"
	w.send(a.at("udp"), w.reply(inv, 200, "OK", "t1", answerSDP, far, near))
	expect[machine.Answered](out)
	ack := w.request("ACK")
	same(t, "request uri", ack.Recipient.String(), "sip:phone@"+w.addr())
	routes := ack.GetHeaders("Route")
	same(t, "routes", []string{routes[0].Value(), routes[1].Value()}, []string{"<sip:" + w.addr() + ";lr>", "<sip:127.0.0.9:9;lr>"})
	w.send(a.at("udp"), strings.Replace(w.back(inv, "t1", "UPDATE", 1, ""), "Contact: <sip:phone@", "Contact: <sip:moved@", 1))
	w.response(200, "UPDATE")
	out.leg.HangUp(machine.CauseHangUp)
	bye := w.request("BYE")
	same(t, "new target", bye.Recipient.User, "moved")
	w.send(a.at("udp"), w.reply(bye, 200, "OK", "", ""))
	a.gone()
}

// A binding is called over the flow it registered on, with its Path.
func TestInviteToBinding(t *testing.T) {
	t.Parallel()
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	bind := &location.Binding{
		Contact: "sip:alice@10.9.8.7:5060;ob", Path: []string{"sip:edge.invalid;lr"}, Transport: "udp",
		Source: w.addr(), Local: a.at("udp"),
	}
	out := a.call("", func(in *gateway.Invite) { in.Binding = bind })
	inv := w.request("INVITE")
	same(t, "request uri", inv.Recipient.String(), bind.Contact)
	same(t, "route", inv.GetHeaders("Route")[0].Value(), "<sip:edge.invalid;lr>")
	w.send(a.at("udp"), strings.Replace(w.reply(inv, 200, "OK", "t1", answerSDP), "<sip:phone@"+w.addr(), "<sip:phone@10.9.8.7:5060",
		1))
	expect[machine.Answered](out)
	same(t, "ack goes over the flow", w.request("ACK").Recipient.String(), "sip:phone@10.9.8.7:5060")
	out.leg.HangUp(machine.CauseHangUp)
	w.send(a.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
	a.gone()
}

// The answer may have been told early only; two early dialogs, one media.
func TestEarlyDialogs(t *testing.T) {
	t.Parallel()
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, nil)
	for range 15 { // more than any channel of a library holds
		w.send(a.at("udp"), w.reply(inv, 183, "Session Progress", "t1", answerSDP))
		same(t, "early", expect[machine.Rang](out).SDP, answerSDP)
	}
	w.send(a.at("udp"), w.reply(inv, 183, "Session Progress", "t2", holdSDP))
	same(t, "other early", len(expect[machine.Rang](out).SDP), 0)
	w.send(a.at("udp"), w.reply(inv, 200, "OK", "t1", ""))
	same(t, "answer", expect[machine.Answered](out).SDP, answerSDP)
	out.leg.HangUp(machine.CauseHangUp)
	w.send(a.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
	a.gone()
}
