package sipua

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
)

func TestParseReferTo(t *testing.T) {
	for value, want := range map[string]referTo{
		"<sip:carol@example.test>":                    {uri: "sip:carol@example.test"},
		"sip:carol@example.test":                      {uri: "sip:carol@example.test"},
		`"Carol" <sip:carol@example.test;user=phone>`: {uri: "sip:carol@example.test;user=phone"},
		"<tel:+44123>":                                {uri: "tel:+44123"},
		"<sip:c@h?Answer-Mode=Auto&Call-Info=x>":      {uri: "sip:c@h"},
		"<sip:c@h;method=INVITE>":                     {uri: "sip:c@h;method=INVITE"},
		"<sip:c@h?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>": {
			uri: "sip:c@h", attended: true, replaces: replaced{callID: "a@b", local: "1", remote: "2"},
		},
		"<sip:c@h?Subject=x&replaces=a%3bfrom-tag%3D2%3Bto-tag%3D1%3Bearly-only>": {
			uri: "sip:c@h", attended: true, replaces: replaced{callID: "a", local: "1", remote: "2", earlyOnly: true},
		},
	} {
		got, err := parseReferTo(value)
		if err != nil {
			t.Errorf("%s: %v", value, err)
		}
		same(t, value, got, want)
	}
	for _, bad := range []string{
		"", "<>", "carol", "<http://x>", "<sip:c@h;method=BYE>", "<sip:c@h?Replaces=a>", "<sip:c@h?Replaces=%zz>",
		"<sip:c@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>", "<sip:c@h\r\n>",
	} {
		if got, err := parseReferTo(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, got)
		}
	}
}

// A blind transfer: 202 with the first report, each further one a NOTIFY with
// sipfrag; the BYE comes after the last is answered (RFC 3515).
func TestRefer(t *testing.T) {
	t.Parallel()
	b := newParty(t, func(c *setup) { c.notifyPatience = time.Hour })
	w := newWire(t, "127.0.0.2")
	in, ok := talking(b, w, "refer")
	w.send(b.at("udp"), w.within(ok, "REFER", 2, "", "Refer-To: <sip:carol@example.test?Answer-Mode=Auto>"))
	e := expect[machine.Referred](in)
	same(t, "event", e, machine.Referred{LegID: in.leg.ID(), To: "sip:carol@example.test"})
	w.send(b.at("udp"), w.within(ok, "REFER", 3, "", "Refer-To: <sip:dave@example.test>"))
	w.response(500, "REFER") // one at a time
	in.leg.Report(100, "Trying")
	w.response(202, "REFER")
	for _, status := range []string{"100 Trying", "180 Ringing"} {
		n := w.request("NOTIFY")
		same(t, "sipfrag", string(n.Body()), "SIP/2.0 "+status+"\r\n")
		same(t, "event", message.Header(n, "Event"), "refer")
		same(t, "state", message.Header(n, "Subscription-State"), "active;expires=180")
		same(t, "type", message.Header(n, "Content-Type"), "message/sipfrag;version=2.0")
		w.send(b.at("udp"), w.reply(n, 200, "OK", "", ""))
		if status == "100 Trying" {
			in.leg.Report(180, "Ringing")
		}
	}
	in.leg.Report(200, "OK")
	in.leg.HangUp(machine.CauseTransferred)
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseTransferred)
	n := w.request("NOTIFY")
	same(t, "state", message.Header(n, "Subscription-State"), "terminated;reason=noresource")
	if got := w.drain(50*time.Millisecond, is("BYE")); got > 0 {
		t.Fatal("BYE before the last NOTIFY was answered")
	}
	w.send(b.at("udp"), w.reply(n, 200, "OK", "", ""))
	w.send(b.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
	b.gone()
}

func TestReferRefused(t *testing.T) {
	t.Parallel()
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	in, ok := talking(b, w, "norefer")
	w.send(b.at("udp"), w.within(ok, "REFER", 2, ""))
	w.response(400, "REFER")
	w.send(b.at("udp"), w.within(ok, "REFER", 3, "", "Refer-To: <sip:carol@example.test;method=BYE>"))
	w.response(400, "REFER")
	w.send(b.at("udp"), w.within(ok, "REFER", 4, "", "Refer-To: <sip:carol@example.test>"))
	expect[machine.Referred](in)
	in.leg.Report(403, "Not Allowed")
	w.response(403, "REFER")
	// One that wants no NOTIFYs gets none; a later one has an id.
	w.send(b.at("udp"), w.within(ok, "REFER", 5, "", "Refer-To: <sip:carol@example.test>", "Refer-Sub: false"))
	expect[machine.Referred](in)
	in.leg.Report(100, "Trying")
	same(t, "refer-sub", message.Header(w.response(202, "REFER"), "Refer-Sub"), "false")
	in.leg.Report(486, "Busy Here")
	w.send(b.at("udp"), w.within(ok, "REFER", 6, "", "Refer-To: <sip:carol@example.test>"))
	expect[machine.Referred](in)
	in.leg.Report(100, "Trying")
	n := w.request("NOTIFY")
	same(t, "event", message.Header(n, "Event"), "refer;id=6")
	w.send(b.at("udp"), w.reply(n, 200, "OK", "", ""))
	hangUpFrom(b, w, in, ok, 7)
	b.gone()
	// Outside a dialog nothing is transferred.
	w.send(b.at("udp"), rawMessage("REFER sip:alice@example.test SIP/2.0", []string{
		w.via(), "Max-Forwards: 70", "From: <sip:x@y>;tag=1", "To: <sip:alice@example.test>", "Call-ID: out", "CSeq: 1 REFER",
		"Contact: <sip:x@" + w.addr() + ">", "Refer-To: <sip:carol@example.test>",
	}, ""))
	w.response(403, "REFER")
}

// named is the Replaces for the dialog of res, as its far end writes it.
func named(res *sip.Response) string {
	return res.CallID().Value() + ";to-tag=" + message.Tag(res.To()) + ";from-tag=" + message.Tag(res.From())
}

// Replaces finds the leg it names, in a Refer-To and in an INVITE (RFC 3891 3).
func TestReplaces(t *testing.T) {
	t.Parallel()
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	in, ok := talking(b, w, "first")
	other, second := talking(b, w, "second")
	w.send(b.at("udp"), w.within(ok, "REFER", 2, "", "Refer-To: <sip:alice@example.test?Replaces="+url.QueryEscape(named(second))+
		">"))
	same(t, "event", expect[machine.Referred](in), machine.Referred{
		LegID: in.leg.ID(), To: "sip:alice@example.test", Attended: true, Replaces: other.leg.ID(),
	})
	in.leg.Report(100, "Trying")
	w.send(b.at("udp"), w.reply(w.request("NOTIFY"), 200, "OK", "", ""))
	in.leg.Report(481, "Dialog Lost")
	w.send(b.at("udp"), w.reply(w.request("NOTIFY"), 200, "OK", "", ""))
	w.send(b.at("udp"), w.within(ok, "REFER", 3, "", "Refer-To: <sip:alice@example.test?Replaces="+
		url.QueryEscape("gone;to-tag=1;from-tag=2")+">"))
	same(t, "unknown", expect[machine.Referred](in).Replaces, machine.LegID(""))
	in.leg.Report(403, "No")

	w.send(b.at("udp"), w.invite("alice", "third", 1, offerSDP, "Require: replaces", "Replaces: "+named(second)))
	third := b.desk.next()
	same(t, "replaces", third.in.Replaces, other.leg.ID())
	third.leg.Reject(machine.CauseForbidden)
	w.response(403, "INVITE")
	for value, status := range map[string]int{
		named(second) + ";early-only":                                  486,
		strings.Replace(named(second), ";from-tag=", ";from-tag=x", 1): 481,
		"nothing":                  400,
		"none;to-tag=1;from-tag=2": 481,
	} {
		w.send(b.at("udp"), w.invite("alice", "r"+message.NewToken(), 1, offerSDP, "Replaces: "+value))
		w.response(status, "INVITE")
	}
	hangUpFrom(b, w, in, ok, 4)
	hangUpFrom(b, w, other, second, 2)
	b.gone()
	w.send(b.at("udp"), w.invite("alice", "late", 1, offerSDP, "Replaces: "+named(second)))
	w.response(481, "INVITE")
}

// A phone that rings can be picked up: the tags of its dialog may come in either
// order, and no other dialog is taken for it.
func TestReplacesOfARingingPhone(t *testing.T) {
	g, _ := withAccess(t, nil)
	phone := phoneOf(t, g, "udp")
	ours := g.call("", func(in *gateway.Invite) { in.Binding = &g.Access().Bindings("alice")[0] })
	rings := phone.desk.next()
	rings.leg.Ring(nil)
	expect[machine.Rang](ours)
	d, ok := g.dialogOf(ours.leg.ID())
	if !ok {
		t.Fatal("no dialog is known of a phone that rings")
	}
	for _, r := range []replaced{
		{callID: d.CallID, local: d.Remote, remote: d.Local}, {callID: d.CallID, local: d.Local, remote: d.Remote, earlyOnly: true},
	} {
		got := make(chan place, 1)
		g.lookUp(r, func(at place, _ *message.Refusal) { got <- at })
		same(t, "place", <-got, place{ours.leg.ID(), "alice"})
	}
	for _, r := range []replaced{{callID: d.CallID, local: d.Remote, remote: "x"}, {callID: "x", local: d.Remote, remote: d.Local}} {
		got := make(chan *message.Refusal, 1)
		g.lookUp(r, func(_ place, no *message.Refusal) { got <- no })
		same(t, "no place", (<-got).Status, 481)
	}
	rings.leg.Answer([]byte(answerSDP))
	expect[machine.Answered](ours)
	got := make(chan place, 2)
	g.lookUp(replaced{callID: d.CallID, local: d.Remote, remote: d.Local}, func(at place, _ *message.Refusal) { got <- at })
	same(t, "a talk", <-got, place{leg: ours.leg.ID()})
	g.lookUp(replaced{callID: d.CallID, local: d.Local, remote: d.Remote}, func(at place, _ *message.Refusal) { got <- at })
	same(t, "a talk by swapped tags", <-got, place{})
}
