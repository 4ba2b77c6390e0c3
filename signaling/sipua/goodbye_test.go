package sipua

import (
	"testing"

	"ringsplash/gateway"
)

// A dialog of ours is ended by another process, with a BYE that its far end
// knows for the dialog's own.
func TestGoodbyeFromAnotherProcess(t *testing.T) {
	a, b := newParty(t, nil), newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, nil)
	w.send(a.at("udp"), w.reply(inv, 200, "OK", "t1", answerSDP, "Contact: <sip:phone@"+w.addr()+">", "Record-Route: <sip:"+w.addr()+";lr>", "Content-Type: application/sdp"))
	w.request("ACK")
	expect[gateway.Answered](out)
	kept := <-out.kept
	if err := b.Goodbye(kept.Goodbye, gateway.CauseRestarted); err != nil {
		t.Fatal(err)
	}
	bye := w.request("BYE")
	same(t, "Call-ID", bye.CallID().Value(), inv.CallID().Value())
	same(t, "our tag", tagOf(bye.From()), tagOf(inv.From()))
	same(t, "its tag", tagOf(bye.To()), "t1")
	same(t, "target", bye.Recipient.String(), "sip:phone@"+w.addr())
	same(t, "route", headerValue(bye, "Route"), "<sip:"+w.addr()+";lr>")
	same(t, "reason", headerValue(bye, "Reason"), gateway.CauseRestarted.Outcome().Reason)
	if bye.CSeq().SeqNo <= inv.CSeq().SeqNo {
		t.Errorf("CSeq %d after %d", bye.CSeq().SeqNo, inv.CSeq().SeqNo)
	}
	w.send(b.at("udp"), w.reply(bye, 200, "OK", "", ""))
	b.gone()
	if err := b.Goodbye([]byte("nonsense"), gateway.CauseRestarted); err == nil {
		t.Error("nonsense was sent")
	}
	out.leg.HangUp(gateway.CauseHangUp)
	w.send(a.at("udp"), w.reply(w.request("BYE"), 481, "Gone", "", ""))
	a.gone()
}
