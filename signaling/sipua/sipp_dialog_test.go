package sipua

import (
	"strings"
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
	"ringsplash/test/rig"
)

// scene runs sipp as a caller against a UA and gives the call that comes.
func scene(t *testing.T, scenario string, change func(*setup), o rig.SippOptions) (*rig.Sipp, *line) {
	t.Helper()
	t.Parallel()
	b := newParty(t, change)
	o.Args = append([]string{"-s", "alice"}, o.Args...)
	o.Env = append(o.Env, "LIMIT=30")
	s := sipp(t, b, scenario, o)
	return s, b.desk.next()
}

// played waits for the end of the scenario, which must have come to a point.
func played(t *testing.T, s *rig.Sipp, point string) {
	t.Helper()
	if s.OK(); !strings.Contains(s.Log(), point) {
		t.Fatalf("sipp says %q, want %q", s.Log(), point)
	}
}

// PRACK, caller: our 1xx are reliable because it requires them (RFC 3262).
func TestSippPrackCaller(t *testing.T) {
	s, in := scene(t, "uac_prack", nil, rig.SippOptions{})
	in.leg.Ring(nil)
	in.leg.Ring([]byte(answerSDP))
	in.leg.Answer([]byte(answerSDP))
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseHangUp)
	played(t, s, "PRACKED")
}

// PRACK, phone: its reliable 183 and 180 are acknowledged in order.
func TestSippPrackPhone(t *testing.T) {
	t.Parallel()
	a, s, uri := phoneAt(t, "uas_prack")
	out := a.call(uri, nil)
	early := expect[machine.Rang](out)
	same(t, "status", early.Status, 183)
	same(t, "ringing", expect[machine.Rang](out).Status, 180)
	same(t, "answer", expect[machine.Answered](out).SDP, string(early.SDP))
	out.leg.HangUp(machine.CauseHangUp)
	played(t, s, "PRACKED")
}

// Several early dialogs and several 2xx on one branch.
func TestSippForkBehind(t *testing.T) {
	t.Parallel()
	a, s, uri := phoneAt(t, "uas_forks")
	out := a.call(uri, nil)
	expect[machine.Rang](out)
	expect[machine.Rang](out)
	expect[machine.Answered](out)
	s.WaitMessage("SECOND IS GONE")
	out.leg.HangUp(machine.CauseHangUp)
	same(t, "end", expect[machine.Ended](out).Cause, machine.CauseHangUp)
	s.OK()
}

// INVITE and re-INVITE without an offer.
func TestSippLateOffer(t *testing.T) {
	s, in := scene(t, "uac_late", nil, rig.SippOptions{Args: []string{"-d", "50"}})
	same(t, "offer", len(in.in.Offer), 0)
	in.leg.Answer([]byte(offerSDP))
	if done := expect[machine.Reoffered](in); !strings.Contains(string(done.SDP), "m=audio") {
		t.Fatalf("answer %q", done.SDP)
	}
	same(t, "re-INVITE", len(expect[machine.Offered](in).SDP), 0)
	in.leg.Answer([]byte(offerSDP))
	expect[machine.Reoffered](in)
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseHangUp)
	played(t, s, "LATE")
}

// UPDATE without and with an offer, DTMF by INFO, target refresh by re-INVITE.
func TestSippMidCall(t *testing.T) {
	s, in := scene(t, "uac_midcall", nil, rig.SippOptions{})
	in.leg.Answer([]byte(answerSDP))
	if hold := expect[machine.Offered](in); !strings.Contains(string(hold.SDP), "sendonly") {
		t.Fatalf("UPDATE with %q", hold.SDP)
	}
	in.leg.Answer([]byte(answerSDP))
	same(t, "digit", expect[machine.Digit](in).Digit, byte('5'))
	expect[machine.Offered](in)
	in.leg.Answer([]byte(answerSDP))
	s.WaitMessage("MOVED")
	in.leg.HangUp(machine.CauseHangUp)
	played(t, s, "MOVED")
}

// 491 to our re-INVITE: tried again after 2.1 to 4 s.
func TestSippGlare(t *testing.T) {
	t.Parallel()
	a, s, uri := phoneAt(t, "uas_glare")
	out := a.call(uri, nil)
	expect[machine.Rang](out)
	expect[machine.Answered](out)
	out.leg.Reoffer([]byte(holdSDP))
	s.WaitMessage("GLARE")
	begin := time.Now()
	same(t, "status", expect[machine.Reoffered](out).Status, 200)
	if d := time.Since(begin); d < 1900*time.Millisecond || d > longestGlare+time.Second {
		t.Fatalf("tried again after %s", d)
	}
	out.leg.HangUp(machine.CauseHangUp)
	played(t, s, "AGAIN")
}

// Session timer, they refresh: 422, a refresh, and the end when none comes.
func TestSippTimerCaller(t *testing.T) {
	s, in := scene(t, "uac_timer", func(c *setup) { c.MinSE, c.SessionExpires = 2*time.Second, 2*time.Second }, rig.SippOptions{})
	in.leg.Answer([]byte(answerSDP))
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseMediaLost)
	played(t, s, "REFRESHED")
}

// Session timer, we refresh: their 422 obeyed, UPDATE sent.
func TestSippTimerPhone(t *testing.T) {
	t.Parallel()
	addr := rig.NewAddr()
	a := newParty(t, func(c *setup) {
		c.AllowDomains, c.MinSE, c.SessionExpires = []string{addr}, 2*time.Second, 2*time.Second
	})
	s := sipp(t, a, "uas_timer", rig.SippOptions{Addr: addr, Env: []string{"LIMIT=30"}}).Listening()
	out := a.call("sip:alice@"+addr+":5060", nil)
	expect[machine.Answered](out)
	s.WaitMessage("REFRESHED")
	out.leg.HangUp(machine.CauseHangUp)
	played(t, s, "REFRESHED")
}

// 481 and 408 in the dialog end it (RFC 3261 12.2.1.2).
func TestSippLostDialog(t *testing.T) {
	for _, status := range []string{"481 No Such Call", "408 Request Timeout"} {
		t.Run(status[:3], func(t *testing.T) {
			t.Parallel()
			a, s, uri := phoneAt(t, "uas_lost", "STATUS="+status)
			out := a.call(uri, nil)
			expect[machine.Answered](out)
			out.leg.Reoffer([]byte(holdSDP))
			same(t, "end", expect[machine.Ended](out).Cause, machine.CauseDialogLost)
			played(t, s, "LOST")
		})
	}
}

// Without an ACK the call ends with BYE (RFC 3261 13.3.1.4).
func TestSippMissingACK(t *testing.T) {
	s, in := scene(t, "uac_noack", nil, rig.SippOptions{})
	in.leg.Answer([]byte(answerSDP))
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseDialogLost)
	played(t, s, "SILENT")
}

// Compact forms, folded lines and a multipart body.
func TestSippOddForms(t *testing.T) {
	s, in := scene(t, "uac_odd", nil, rig.SippOptions{})
	if !strings.Contains(string(in.in.Offer), "m=audio") || strings.Contains(string(in.in.Offer), "hello") {
		t.Fatalf("offer %q", in.in.Offer)
	}
	same(t, "caller", in.in.From.Display, "Caller")
	in.leg.Answer([]byte(answerSDP))
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseHangUp)
	played(t, s, "ODD")
}

// Require of unknown tags, no hops left, and an INVITE by two ways.
func TestSippRefusedInvites(t *testing.T) {
	t.Parallel()
	b := newParty(t, nil)
	for status, args := range map[string][]string{
		"420": {"-key", "hops", "70", "-key", "exthdr", "Require: 100rel, telepathy"},
		"483": {"-key", "hops", "0"},
	} {
		s := sipp(t, b, "uac_refused",
			rig.SippOptions{Env: []string{"LIMIT=30", "STATUS=" + status}, Args: append([]string{"-s", "alice"}, args...)})
		s.OK()
		if status == "420" && !strings.Contains(s.Log(), "Unsupported= telepathy") {
			t.Fatalf("sipp says %q", s.Log())
		}
	}
	s := sipp(t, b, "uac_merged", rig.SippOptions{Env: []string{"LIMIT=30"}, Args: []string{"-s", "alice"}})
	in := b.desk.next()
	s.WaitMessage("MERGED")
	in.leg.Answer([]byte(answerSDP))
	s.WaitMessage("ACK sip:")
	in.leg.HangUp(machine.CauseHangUp)
	played(t, s, "MERGED")
}

// An INVITE with Replaces finds the leg whose place it wants (RFC 3891).
func TestSippReplaces(t *testing.T) {
	t.Parallel()
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	first, ok := talking(b, w, "replaced-"+message.NewToken())
	s := sipp(t, b, "uac_call", rig.SippOptions{
		Env: []string{"LIMIT=30"}, Args: []string{"-s", "alice", "-d", "100", "-key", "exthdr", "Replaces: " + named(ok)},
	})
	in := b.desk.next()
	same(t, "replaces", in.in.Replaces, first.leg.ID())
	in.leg.Answer([]byte(answerSDP))
	first.leg.HangUp(machine.CauseTransferred)
	w.send(b.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseHangUp)
	s.OK()
}
