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

// shortTimer is a UA whose session timers are seconds long.
func shortTimer(t *testing.T) *party {
	return newParty(t, func(c *setup) { c.SessionExpires, c.MinSE = 2*time.Second, time.Second })
}

// answers ends a call that w answered with more headers in its 200.
func answers(a *party, w *rawPeer, more ...string) (*line, *sip.Request) {
	a.t.Helper()
	out, inv := dialled(a, w, nil)
	w.send(a.at("udp"), w.reply(inv, 200, "OK", "t1", answerSDP, more...))
	expect[machine.Answered](out)
	w.request("ACK")
	return out, inv
}

func over(a *party, w *rawPeer, out *line) {
	a.t.Helper()
	out.leg.HangUp(machine.CauseHangUp)
	w.send(a.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
}

// We refresh by UPDATE where the far end takes it (RFC 4028 7.4, RFC 3311).
func TestRefreshByUpdate(t *testing.T) {
	t.Parallel()
	a := shortTimer(t)
	w := newWire(t, "127.0.0.3")
	out, inv := answers(a, w, "Allow: INVITE, ACK, BYE, UPDATE", "Require: timer", "Session-Expires: 2;refresher=uac")
	same(t, "asked", message.Header(inv, "Session-Expires"), "2")
	same(t, "least", message.Header(inv, "Min-SE"), "1")
	begin := time.Now()
	up := w.request("UPDATE")
	if d := time.Since(begin); d < 500*time.Millisecond {
		t.Fatalf("refreshed after %s", d)
	}
	same(t, "refresher", message.Header(up, "Session-Expires"), "2;refresher=uac")
	same(t, "no offer", len(up.Body()), 0)
	// 422 in the middle of the call: longer, at once.
	w.send(a.at("udp"), w.reply(up, 422, "Session Interval Too Small", "", "", "Min-SE: 3"))
	up = w.find("longer UPDATE", func(m sip.Message) bool {
		r, ok := m.(*sip.Request)
		return ok && r.Method == sip.UPDATE && r.CSeq().SeqNo > up.CSeq().SeqNo
	}).(*sip.Request)
	same(t, "longer", message.Header(up, "Session-Expires"), "3;refresher=uac")
	w.send(a.at("udp"), w.reply(up, 200, "OK", "", "", "Contact: <sip:moved@"+w.addr()+">", "Session-Expires: 3;refresher=uac"))
	up = w.request("UPDATE")
	same(t, "target refreshed", up.Recipient.User, "moved")
	w.send(a.at("udp"), w.reply(up, 200, "OK", "", ""))
	over(a, w, out)
}

// A far end without UPDATE is refreshed by re-INVITE; it may refuse that and
// the call goes on.
func TestRefreshByReinvite(t *testing.T) {
	t.Parallel()
	a := shortTimer(t)
	w := newWire(t, "127.0.0.3")
	out, _ := answers(a, w, "Session-Expires: 2;refresher=uac")
	for _, status := range []int{200, 488} {
		expect[machine.RefreshDue](out)
		out.leg.Reoffer([]byte(offerSDP))
		re := w.request("INVITE")
		if v := message.Header(re, "Session-Expires"); v != "2;refresher=uac" {
			t.Fatalf("Session-Expires: %q", v)
		}
		w.send(a.at("udp"), w.reply(re, status, "So", "", answerSDP, "Session-Expires: 2;refresher=uac"))
		same(t, "status", expect[machine.Reoffered](out).Status, status)
		w.request("ACK")
	}
	expect[machine.RefreshDue](out)
	over(a, w, out)
}

// A far end that is gone does not answer the refresh: media lost, and a BYE in
// case it is there after all.
func TestRefreshUnanswered(t *testing.T) {
	t.Parallel()
	a := shortTimer(t)
	w := newWire(t, "127.0.0.3")
	out, _ := answers(a, w, "Allow: UPDATE", "Session-Expires: 2")
	w.request("UPDATE")
	same(t, "end", expect[machine.Ended](out).Cause, machine.CauseMediaLost)
	bye := w.request("BYE")
	same(t, "reason", message.Header(bye, "Reason"), `SIP;cause=408;text="Media lost"`)
	w.send(a.at("udp"), w.reply(bye, 200, "OK", "", ""))
}

// The far end refreshes: its refresh keeps the call, its silence ends it.
func TestTheirRefresh(t *testing.T) {
	t.Parallel()
	b := shortTimer(t)
	w := newWire(t, "127.0.0.2")
	w.send(b.at("udp"), w.invite("alice", "their-timer", 1, offerSDP, "Supported: timer", "Session-Expires: 1800"))
	in := b.desk.next()
	in.leg.Answer([]byte(answerSDP))
	ok := w.response(200, "INVITE")
	same(t, "agreed", message.Header(ok, "Session-Expires"), "2;refresher=uac")
	same(t, "required", message.Header(ok, "Require"), "timer")
	w.send(b.at("udp"), w.within(ok, "ACK", 1, ""))
	begin := time.Now()
	for seq := 2; seq < 4; seq++ {
		if m := w.read(800 * time.Millisecond); m != nil {
			t.Fatalf("the call did not wait for their refresh: %s", m)
		}
		w.send(b.at("udp"), w.within(ok, "UPDATE", seq, "", "Supported: timer", "Session-Expires: 2;refresher=uac"))
		same(t, "again", message.Header(w.response(200, "UPDATE"), "Session-Expires"), "2;refresher=uac")
	}
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseMediaLost)
	if d := time.Since(begin); d < 2500*time.Millisecond {
		t.Fatalf("ended after %s in spite of two refreshes", d)
	}
	w.send(b.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
	b.gone()
}

func TestSessionInterval(t *testing.T) {
	t.Parallel()
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	for i, c := range []struct {
		headers []string
		status  int
		want    string
		require string
	}{
		{[]string{"Supported: timer", "Session-Expires: 60"}, 422, "", ""},
		{[]string{"k: timer", "x: 60"}, 422, "", ""},
		{[]string{"Session-Expires: 60"}, 200, "60;refresher=uas", ""},
		{[]string{"Supported: timer", "Session-Expires: 90;refresher=uas"}, 200, "90;refresher=uas", ""},
		{[]string{"Supported: timer", "Session-Expires: 90"}, 200, "90;refresher=uac", "timer"},
		{[]string{"Supported: timer", "Session-Expires: 7200", "Min-SE: 3600"}, 200, "3600;refresher=uac", "timer"},
		{[]string{"Supported: timer"}, 200, "1800;refresher=uas", ""},
		{nil, 200, "", ""},
		{[]string{"Supported: timer", "Session-Expires: soon"}, 200, "1800;refresher=uas", ""},
	} {
		name := strings.Join(c.headers, " ")
		w.send(b.at("udp"), w.invite("alice", fmt.Sprint("interval", i), 1, offerSDP, c.headers...))
		if c.status == 422 {
			same(t, name, message.Header(w.response(422, "INVITE"), "Min-SE"), "90")
			continue
		}
		in := b.desk.next()
		in.leg.Answer([]byte(answerSDP))
		ok := w.response(200, "INVITE")
		same(t, name, message.Header(ok, "Session-Expires"), c.want)
		same(t, name+": require", message.Header(ok, "Require"), c.require)
		w.send(b.at("udp"), w.within(ok, "ACK", 1, ""))
		hangUpFrom(b, w, in, ok, 2)
	}
	b.gone()
}

// 422 to our INVITE: asked again with what it wants (RFC 4028 7.3).
func TestIntervalTooSmall(t *testing.T) {
	t.Parallel()
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, inv := dialled(a, w, nil)
	same(t, "asked", message.Header(inv, "Session-Expires"), "1800")
	w.send(a.at("udp"), w.reply(inv, 422, "Session Interval Too Small", "t1", "", "Min-SE: 3600"))
	again := w.find("second INVITE", func(m sip.Message) bool {
		r, ok := m.(*sip.Request)
		return ok && r.IsInvite() && r.CSeq().SeqNo > inv.CSeq().SeqNo
	}).(*sip.Request)
	same(t, "longer", message.Header(again, "Session-Expires"), "3600")
	same(t, "least", message.Header(again, "Min-SE"), "3600")
	w.send(a.at("udp"), w.reply(again, 422, "Session Interval Too Small", "t2", "", "Min-SE: 60"))
	same(t, "outcome", expect[machine.Refused](out).Status, 422)
}

// A far end without timers is asked by OPTIONS, and so is one that the call
// wants to know of: an answer of any kind keeps the call, silence ends it.
func TestProbe(t *testing.T) {
	t.Parallel()
	a := shortTimer(t)
	w := newWire(t, "127.0.0.3")
	out, _ := answers(a, w)
	w.send(a.at("udp"), w.reply(w.request("OPTIONS"), 405, "Method Not Allowed", "", ""))
	w.send(a.at("udp"), w.reply(w.request("OPTIONS"), 200, "OK", "", ""))
	out.leg.Probe()
	w.request("OPTIONS")
	same(t, "end", expect[machine.Ended](out).Cause, machine.CauseMediaLost)
	w.send(a.at("udp"), w.reply(w.request("BYE"), 481, "Gone", "", ""))

	out, _ = answers(a, w)
	w.drain(0, is(""))
	out.leg.Probe()
	w.send(a.at("udp"), w.reply(w.request("OPTIONS"), 481, "Unknown", "", ""))
	same(t, "end", expect[machine.Ended](out).Cause, machine.CauseDialogLost)
}
