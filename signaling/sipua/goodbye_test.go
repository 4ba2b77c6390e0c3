package sipua

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
)

// A dialog of ours is ended by another process, with a BYE that its far end
// knows for the dialog's own.
func TestGoodbyeFromAnotherProcess(t *testing.T) {
	t.Parallel()
	a, b := newParty(t, nil), newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, nil)
	w.send(a.at("udp"), w.reply(inv, 200, "OK", "t1", answerSDP, "Contact: <sip:phone@"+w.addr()+">", "Record-Route: <sip:"+w.addr()+
		";lr>", "Content-Type: application/sdp"))
	w.request("ACK")
	expect[machine.Answered](out)
	kept := <-out.kept
	if err := b.Goodbye(kept.Goodbye, machine.CauseRestarted); err != nil {
		t.Fatal(err)
	}
	bye := w.request("BYE")
	same(t, "Call-ID", bye.CallID().Value(), inv.CallID().Value())
	same(t, "our tag", message.Tag(bye.From()), message.Tag(inv.From()))
	same(t, "its tag", message.Tag(bye.To()), "t1")
	same(t, "target", bye.Recipient.String(), "sip:phone@"+w.addr())
	same(t, "route", message.Header(bye, "Route"), "<sip:"+w.addr()+";lr>")
	same(t, "reason", message.Header(bye, "Reason"), machine.CauseRestarted.Outcome().Reason)
	if bye.CSeq().SeqNo <= inv.CSeq().SeqNo {
		t.Errorf("CSeq %d after %d", bye.CSeq().SeqNo, inv.CSeq().SeqNo)
	}
	w.send(b.at("udp"), w.reply(bye, 200, "OK", "", ""))
	b.gone()
	if err := b.Goodbye([]byte("nonsense"), machine.CauseRestarted); err == nil {
		t.Error("nonsense was sent")
	}
	out.leg.HangUp(machine.CauseHangUp)
	w.send(a.at("udp"), w.reply(w.request("BYE"), 481, "Gone", "", ""))
	a.gone()
}

// A phone on a connection that went with the killed process is told on the one
// it registers again with, and not before.
func TestGoodbyeOnANewConnection(t *testing.T) {
	t.Parallel()
	old, _ := withAccess(t, nil)
	phone := phoneOf(t, old, "tcp")
	bound := old.access.Bindings("alice")[0]
	out := old.call("", func(in *gateway.Invite) { in.Binding = &bound })
	in := phone.desk.next()
	in.leg.Answer([]byte(answerSDP))
	expect[machine.Answered](out)
	kept := <-out.kept

	g, f := withAccess(t, nil)
	if err := g.Goodbye(kept.Goodbye, machine.CauseRestarted); err != nil {
		t.Fatal(err)
	}
	again, err := net.Dial("tcp", g.at("tcp"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() })
	flowBinding(f, 1, "tcp", again.LocalAddr().String())
	_ = again.SetReadDeadline(time.Now().Add(wait))
	var bye *sip.Request
	for buf, n := make([]byte, 4096), 0; bye == nil; {
		got, err := again.Read(buf[n:])
		if err != nil {
			t.Fatalf("no BYE: %v\n%s", err, buf[:n])
		}
		n += got
		if m, err := message.NewParser().ParseSIP(buf[:n]); err == nil {
			bye = m.(*sip.Request)
		}
	}
	same(t, "method", bye.Method, sip.BYE)
	if id := bye.CallID().Value(); !strings.Contains(string(kept.Goodbye), id) {
		t.Errorf("the BYE is of the dialog %s", id)
	}
	_, _ = again.Write([]byte("SIP/2.0 200 OK\r\nVia: " + message.Header(bye, "Via") + "\r\n" + bye.From().String() + "\r\n" +
		bye.To().String() + "\r\n" +
		bye.CallID().String() + "\r\n" + bye.CSeq().String() + "\r\nContent-Length: 0\r\n\r\n"))
	g.gone()
}
