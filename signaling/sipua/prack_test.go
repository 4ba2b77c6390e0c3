package sipua

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
)

// A reliable 183 gets one PRACK, its repetition none; one that came too early
// counts for nothing (RFC 3262 4).
func TestPrackOfTheirs(t *testing.T) {
	t.Parallel()
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, nil)
	if !strings.Contains(message.Header(inv, "Supported"), "100rel") {
		t.Fatalf("Supported: %q", message.Header(inv, "Supported"))
	}
	progress := func(seq, sdp string) string {
		return w.reply(inv, 183, "Session Progress", "t1", sdp, "Require: 100rel", "RSeq: "+seq)
	}
	w.send(a.at("udp"), progress("100", answerSDP))
	same(t, "early", expect[machine.Rang](out).SDP, answerSDP)
	prack := w.request("PRACK")
	same(t, "rack", message.Header(prack, "RAck"), "100 1 INVITE")
	same(t, "tag", message.Tag(prack.To()), "t1")
	same(t, "target", prack.Recipient.String(), "sip:phone@"+w.addr())
	w.send(a.at("udp"), w.reply(prack, 200, "OK", "", ""))
	w.send(a.at("udp"), progress("100", answerSDP))
	w.send(a.at("udp"), progress("103", ""))
	w.send(a.at("udp"), progress("101", ""))
	second := w.request("PRACK")
	same(t, "second", message.Header(second, "RAck"), "101 1 INVITE")
	w.send(a.at("udp"), w.reply(second, 200, "OK", "", ""))
	expect[machine.Rang](out)
	w.send(a.at("udp"), w.reply(inv, 200, "OK", "t1", ""))
	same(t, "answer", expect[machine.Answered](out).SDP, answerSDP)
	w.request("ACK")
	same(t, "more PRACKs", w.drain(0, is("PRACK")), 0)
	out.leg.HangUp(machine.CauseHangUp)
	w.send(a.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
}

// A far end that insists on 100rel is asked again with it.
func TestExtensionRequired(t *testing.T) {
	t.Parallel()
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, nil)
	w.send(a.at("udp"), w.reply(inv, 421, "Extension Required", "t1", "", "Require: 100rel"))
	again := w.find("second INVITE", func(m sip.Message) bool {
		r, ok := m.(*sip.Request)
		return ok && r.IsInvite() && r.CSeq().SeqNo > inv.CSeq().SeqNo
	}).(*sip.Request)
	same(t, "require", message.Header(again, "Require"), "100rel")
	w.send(a.at("udp"), w.reply(again, 421, "Extension Required", "t2", "", "Require: telepathy"))
	same(t, "outcome", expect[machine.Refused](out).Status, 421)
	a.gone()
}

// required is a call from w that requires reliable responses.
func required(b *party, w *rawPeer, callID string) *line {
	w.send(b.at("udp"), w.invite("alice", callID, 1, offerSDP, "Require: 100rel"))
	return b.desk.next()
}

// Our reliable responses go out one after the other, each repeated until its
// PRACK; the 200 waits for the PRACK of the answer and does not repeat it.
func TestPrackOfOurs(t *testing.T) {
	t.Parallel()
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	in := required(b, w, "reliable")
	in.leg.Ring(nil)
	in.leg.Ring([]byte(answerSDP))
	in.leg.Answer([]byte(answerSDP))
	ringing := w.response(180, "INVITE")
	same(t, "require", message.Header(ringing, "Require"), "100rel")
	same(t, "rseq", message.Header(ringing, "RSeq"), "1")
	w.response(180, "INVITE") // repeated
	if n := w.drain(0, func(m sip.Message) bool {
		r, ok := m.(*sip.Response)
		return ok && r.StatusCode > 180
	}); n > 0 {
		t.Fatal("more was sent before the PRACK")
	}
	w.send(b.at("udp"), w.within(ringing, "PRACK", 2, "", "RAck: 7 1 INVITE"))
	w.response(481, "PRACK")
	w.send(b.at("udp"), w.within(ringing, "PRACK", 3, "", "RAck: 1 1 INVITE"))
	w.response(200, "PRACK")
	early := w.response(183, "INVITE")
	same(t, "answer", string(early.Body()), answerSDP)
	same(t, "rseq", message.Header(early, "RSeq"), "2")
	if n := w.drain(30*time.Millisecond, func(m sip.Message) bool {
		r, ok := m.(*sip.Response)
		return ok && r.IsSuccess()
	}); n > 0 {
		t.Fatal("200 before the PRACK of the answer")
	}
	w.send(b.at("udp"), w.within(early, "PRACK", 4, "", "RAck: 2 1 INVITE"))
	w.response(200, "PRACK")
	ok := w.response(200, "INVITE")
	same(t, "no second answer", string(ok.Body()), "")
	w.send(b.at("udp"), w.within(ok, "ACK", 1, ""))
	hangUpFrom(b, w, in, ok, 5)
	b.gone()
}

// Without a PRACK the INVITE is refused after 64*T1 (RFC 3262 3).
func TestMissingPrack(t *testing.T) {
	t.Parallel()
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	in := required(b, w, "noprack")
	in.leg.Ring(nil)
	w.response(180, "INVITE")
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseDialogLost)
	w.response(504, "INVITE")
}

// A required 100rel in an INVITE without an offer: nothing but the 200, which
// carries ours.
func TestReliableLateOffer(t *testing.T) {
	t.Parallel()
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	w.send(b.at("udp"), w.invite("alice", "latereliable", 1, "", "Require: 100rel"))
	in := b.desk.next()
	in.leg.Ring(nil)
	in.leg.Answer([]byte(offerSDP))
	ok := w.response(200, "INVITE")
	same(t, "offer", string(ok.Body()), offerSDP)
	w.send(b.at("udp"), w.within(ok, "ACK", 1, answerSDP))
	same(t, "answer", expect[machine.Reoffered](in).SDP, answerSDP)
	hangUpFrom(b, w, in, ok, 2)
	b.gone()
}
