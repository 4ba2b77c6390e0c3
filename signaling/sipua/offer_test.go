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

// longestGlare is longer than the longest wait after a 491.
const longestGlare = 4 * time.Second

// up sets up a call from a to w.
func up(a *party, w *rawPeer) (*line, *sip.Request) {
	a.t.Helper()
	out, inv := dialled(a, w, nil)
	w.send(a.at("udp"), w.reply(inv, 200, "OK", "t1", answerSDP))
	expect[machine.Answered](out)
	w.request("ACK")
	return out, inv
}

func endOf(a *party, w *rawPeer, out *line) {
	a.t.Helper()
	out.leg.HangUp(machine.CauseHangUp)
	expect[machine.Ended](out)
	w.send(a.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
	a.gone()
	out.silent()
}

// 491 to our re-INVITE: tried again after the wait of RFC 3261 14.1.
func TestGlareOurs(t *testing.T) {
	t.Parallel()
	t.Run("owner of the Call-ID", func(t *testing.T) {
		a := newParty(t, nil)
		w := newWire(t, "127.0.0.3")
		out, _ := up(a, w)
		out.leg.Reoffer([]byte(holdSDP))
		re := w.request("INVITE")
		w.send(a.at("udp"), w.reply(re, 491, "Request Pending", "", ""))
		begin := time.Now()
		w.request("ACK")
		again := w.request("INVITE")
		if d := time.Since(begin); d < 2*time.Second || d > longestGlare {
			t.Fatalf("tried again after %s", d)
		}
		same(t, "offer", string(again.Body()), holdSDP)
		w.send(a.at("udp"), w.reply(again, 200, "OK", "", answerSDP))
		w.request("ACK")
		done := expect[machine.Reoffered](out)
		same(t, "status", done.Status, 200)
		endOf(a, w, out)
	})
	t.Run("the other", func(t *testing.T) {
		for range 1000 {
			if d := glareWait(false); d < 0 || d > 2*time.Second {
				t.Fatalf("waits %s", d)
			}
		}
		b := newParty(t, func(c *setup) { c.glare = func(bool) time.Duration { return time.Second } })
		w := newWire(t, "127.0.0.2")
		in, ok := talking(b, w, "glare")
		in.leg.Reoffer([]byte(holdSDP))
		// While we wait, their offer is served. The wait may be next to nothing:
		// then our offer meets theirs once more, and both get 491 again.
		seq, begin := 2, time.Time{}
		for crossed := true; crossed; seq++ {
			re := w.request("INVITE")
			w.send(b.at("udp"), w.reply(re, 491, "Request Pending", "", ""))
			w.request("ACK")
			begin = time.Now()
			w.send(b.at("udp"), w.within(ok, "INVITE", seq, offerSDP))
			if crossed = w.refused(in); crossed {
				w.send(b.at("udp"), w.within(w.response(491, "INVITE"), "ACK", seq, ""))
			}
		}
		in.leg.Answer([]byte(answerSDP))
		same(t, "stale", expect[machine.Reoffered](in).Stale, true)
		in.leg.Reoffer([]byte(holdSDP))
		second := w.response(200, "INVITE")
		w.send(b.at("udp"), w.within(second, "ACK", seq-1, ""))
		again := w.request("INVITE")
		if d := time.Since(begin); d > longestGlare {
			t.Fatalf("tried again after %s", d)
		}
		w.send(b.at("udp"), w.reply(again, 488, "No", "", ""))
		same(t, "status", expect[machine.Reoffered](in).Status, 488)
		hangUpFrom(b, w, in, ok, seq)
		b.gone()
	})
}

// refused waits for what comes of our re-INVITE: 491, or an offer to the leg.
func (w *rawPeer) refused(in *line) bool {
	w.t.Helper()
	for deadline := time.Now().Add(wait); time.Now().Before(deadline); {
		select {
		case e := <-in.events:
			same(w.t, "event", fmt.Sprintf("%T", e), "machine.Offered")
			return false
		default:
		}
		m := w.read(10 * time.Millisecond)
		if m == nil {
			continue
		}
		w.held = append(w.held, m)
		if r, ok := m.(*sip.Response); ok && r.StatusCode == sip.StatusRequestPending {
			return true
		}
	}
	w.t.Fatal("their re-INVITE came to nothing")
	return false
}

// Their re-INVITE while ours is under way gets 491, a second one of theirs 500.
func TestGlareTheirs(t *testing.T) {
	t.Parallel()
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := up(a, w)
	out.leg.Reoffer([]byte(holdSDP))
	re := w.request("INVITE")
	w.send(a.at("udp"), w.back(inv, "t1", "INVITE", 1, offerSDP))
	w.response(491, "INVITE")
	w.send(a.at("udp"), w.reply(re, 200, "OK", "", answerSDP))
	expect[machine.Reoffered](out)
	w.request("ACK")

	w.send(a.at("udp"), w.back(inv, "t1", "INVITE", 2, offerSDP))
	expect[machine.Offered](out)
	w.send(a.at("udp"), w.back(inv, "t1", "INVITE", 3, offerSDP))
	if r := w.response(500, "INVITE"); message.Header(r, "Retry-After") == "" {
		t.Fatal("500 without Retry-After")
	}
	out.leg.Reoffer([]byte(holdSDP)) // made before the answer to theirs
	out.leg.Answer([]byte(answerSDP))
	same(t, "stale", expect[machine.Reoffered](out).Stale, true)
	out.leg.Reoffer([]byte(offerSDP)) // has to wait for their ACK
	ok := w.response(200, "INVITE")
	if n := w.drain(80*time.Millisecond, is("INVITE")); n > 0 {
		t.Fatal("re-INVITE before the ACK")
	}
	w.send(a.at("udp"), w.back(inv, "t1", "ACK", int(ok.CSeq().SeqNo), ""))
	re = w.request("INVITE")
	same(t, "offer", string(re.Body()), offerSDP)
	w.send(a.at("udp"), w.reply(re, 200, "OK", "", answerSDP))
	same(t, "stale", expect[machine.Reoffered](out).Stale, false)
	endOf(a, w, out)
}

// Each Reoffer has its outcome; one that was never sent is told 491.
func TestSupersededOffer(t *testing.T) {
	t.Parallel()
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, _ := up(a, w)
	out.leg.Reoffer([]byte(holdSDP))
	re := w.request("INVITE")
	out.leg.Reoffer([]byte("v=0 second"))
	out.leg.Reoffer([]byte(offerSDP))
	same(t, "second", expect[machine.Reoffered](out).Status, 491)
	w.send(a.at("udp"), w.reply(re, 200, "OK", "", answerSDP))
	same(t, "first", expect[machine.Reoffered](out).Status, 200)
	w.request("ACK")
	re = w.request("INVITE")
	same(t, "third offer", string(re.Body()), offerSDP)
	w.send(a.at("udp"), w.reply(re, 200, "OK", "", answerSDP))
	same(t, "third", expect[machine.Reoffered](out).Status, 200)
	endOf(a, w, out)
}

// 481 and silence to a re-INVITE end the call (RFC 3261 12.2.1.2, 14.1).
func TestLostDialog(t *testing.T) {
	t.Parallel()
	t.Run("481", func(t *testing.T) {
		a := newParty(t, nil)
		w := newWire(t, "127.0.0.3")
		out, _ := up(a, w)
		out.leg.Reoffer([]byte(holdSDP))
		w.send(a.at("udp"), w.reply(w.request("INVITE"), 481, "No Such Call", "", ""))
		same(t, "end", expect[machine.Ended](out).Cause, machine.CauseDialogLost)
		a.gone()
		same(t, "no BYE", w.drain(0, is("BYE")), 0)
	})
	t.Run("silence", func(t *testing.T) {
		a := newParty(t, nil)
		w := newWire(t, "127.0.0.3")
		out, _ := up(a, w)
		out.leg.Reoffer([]byte(holdSDP))
		same(t, "end", expect[machine.Ended](out).Cause, machine.CauseDialogLost)
		w.send(a.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
		a.gone()
	})
}

func TestHoldFromPhone(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	in, ok := talking(b, w, "hold")
	w.send(b.at("udp"), w.within(ok, "INVITE", 2, holdSDP))
	same(t, "hold", expect[machine.Offered](in).SDP, holdSDP)
	in.leg.Answer([]byte(answerSDP))
	second := w.response(200, "INVITE")
	same(t, "answer", string(second.Body()), answerSDP)
	w.send(b.at("udp"), w.within(second, "ACK", 2, ""))
	// UPDATE: without SDP a refresh, with SDP an offer that needs no ACK.
	w.send(b.at("udp"), w.within(ok, "UPDATE", 3, ""))
	w.response(200, "UPDATE")
	w.send(b.at("udp"), w.within(ok, "UPDATE", 4, offerSDP))
	expect[machine.Offered](in)
	in.leg.Answer([]byte(answerSDP))
	same(t, "update answer", string(w.response(200, "UPDATE").Body()), answerSDP)
	// A re-INVITE without SDP: our Answer is an offer, the ACK has the answer.
	w.send(b.at("udp"), w.within(ok, "INVITE", 5, ""))
	same(t, "late", len(expect[machine.Offered](in).SDP), 0)
	in.leg.Answer([]byte(offerSDP))
	third := w.response(200, "INVITE")
	w.send(b.at("udp"), w.within(third, "ACK", 5, answerSDP))
	same(t, "their answer", expect[machine.Reoffered](in).SDP, answerSDP)
	// HangUp with an offer waiting refuses it.
	w.send(b.at("udp"), w.within(ok, "INVITE", 6, holdSDP))
	expect[machine.Offered](in)
	in.leg.HangUp(machine.CauseHangUp)
	expect[machine.Ended](in)
	w.response(487, "INVITE")
	w.send(b.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
	b.gone()
	in.silent()
}

// A re-INVITE that is cancelled before the Answer leaves the dialog as it was.
func TestCancelledOffer(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	in, ok := talking(b, w, "re-cancel")
	re := w.within(ok, "INVITE", 2, holdSDP)
	w.send(b.at("udp"), re)
	expect[machine.Offered](in)
	cancel := strings.Replace(strings.Replace(re, "INVITE sip", "CANCEL sip", 1), "2 INVITE", "2 CANCEL", 1)
	w.send(b.at("udp"), cancel[:strings.Index(cancel, "Content-Type")]+"Content-Length: 0\r\n\r\n")
	w.response(200, "CANCEL")
	w.response(487, "INVITE")
	in.leg.Answer([]byte(answerSDP))
	w.send(b.at("udp"), w.within(ok, "INVITE", 3, offerSDP))
	same(t, "next offer", expect[machine.Offered](in).SDP, offerSDP)
	in.leg.Answer([]byte(answerSDP))
	second := w.response(200, "INVITE")
	same(t, "cseq", second.CSeq().SeqNo, uint32(3))
	w.send(b.at("udp"), w.within(second, "ACK", 3, ""))
	hangUpFrom(b, w, in, ok, 4)
	b.gone()
}
