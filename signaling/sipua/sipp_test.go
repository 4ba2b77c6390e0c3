package sipua

import (
	"strings"
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/test/rig"
)

// sipp is a foreign implementation; the scenarios are test/peers/sipp.
func sipp(t *testing.T, p *party, scenario string, o rig.SippOptions) *rig.Sipp {
	t.Helper()
	g := &rig.Gateway{SIP: mustAddr(p.at("udp"))}
	return g.StartSipp(t, scenario, o)
}

// phoneAt registers nothing: the phone is reached by its address. sipp now and
// then never ends a pause of 0 ms, which is its default, so it gets one of 50.
func phoneAt(t *testing.T, scenario string, env ...string) (*party, *rig.Sipp, string) {
	t.Helper()
	addr := rig.NewAddr()
	a := newParty(t, func(c *setup) { c.AllowDomains = []string{addr} })
	s := sipp(t, a, scenario, rig.SippOptions{Addr: addr, Env: append(env, "LIMIT=30"), Args: []string{"-d", "50"}}).Listening()
	return a, s, "sip:alice@" + addr + ":5060"
}

func TestSippCaller(t *testing.T) {
	b := newParty(t, nil)
	s := sipp(t, b, "uac_call", rig.SippOptions{Args: []string{"-s", "alice", "-d", "300"}})
	in := b.desk.next()
	if !strings.Contains(string(in.in.Offer), "m=audio") {
		t.Fatalf("offer: %q", in.in.Offer)
	}
	in.leg.Ring(nil)
	in.leg.Answer([]byte(answerSDP))
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseHangUp)
	s.OK()
	b.gone()
}

// A hundred calls at 50 a second leave nothing behind.
func TestSippManyCalls(t *testing.T) {
	t.Parallel()
	b := newParty(t, nil)
	const calls = 100
	s := sipp(t, b, "uac_call", rig.SippOptions{Env: []string{"CALLS=100"}, Args: []string{"-s", "alice", "-d", "200", "-r", "50"}})
	lines := make([]*line, calls)
	for i := range lines {
		lines[i] = b.desk.next()
		lines[i].leg.Ring(nil)
		lines[i].leg.Answer([]byte(answerSDP))
	}
	for _, l := range lines {
		same(t, "end", expect[machine.Ended](l).Cause, machine.CauseHangUp)
	}
	s.OK()
	b.gone()
}

func TestSippCallerGivesUp(t *testing.T) {
	b := newParty(t, nil)
	s := sipp(t, b, "uac_cancel", rig.SippOptions{Env: []string{"RING_MS=100"}, Args: []string{"-s", "alice"}})
	in := b.desk.next()
	in.leg.Ring(nil)
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseCallerGone)
	s.OK()
	if !strings.Contains(s.Log(), "CANCELLED") {
		t.Fatalf("sipp says %q", s.Log())
	}
	b.gone()
	in.silent()
}

func TestSippCancelCrosses(t *testing.T) {
	t.Parallel()
	b := newParty(t, nil)
	s := sipp(t, b, "uac_crossing", rig.SippOptions{Args: []string{"-s", "alice"}})
	in := b.desk.next()
	in.leg.Ring(nil)
	in.leg.Answer([]byte(answerSDP))
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseHangUp)
	s.OK()
	b.gone()
}

func TestSippPhoneAnswers(t *testing.T) {
	t.Parallel()
	a, s, uri := phoneAt(t, "uas_phone", "RING_MS=100")
	out := a.call(uri, nil)
	same(t, "rang", expect[machine.Rang](out).Status, 180)
	if sdp := expect[machine.Answered](out).SDP; !strings.Contains(string(sdp), "m=audio") {
		t.Fatalf("answer: %q", sdp)
	}
	out.leg.Reoffer([]byte(holdSDP))
	same(t, "hold", expect[machine.Reoffered](out).Status, 200)
	out.leg.HangUp(machine.CauseHangUp)
	same(t, "end", expect[machine.Ended](out).Cause, machine.CauseHangUp)
	s.OK()
	a.gone()
}

func TestSippPhoneRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status string
		want   int
		cause  machine.Cause
	}{
		{"486 Busy Here", 486, machine.CauseBusy},
		{"603 Decline", 603, machine.CauseDeclined},
		{"420 Bad Extension", 420, machine.CauseUnsupported},
	} {
		t.Run(c.status, func(t *testing.T) {
			a, s, uri := phoneAt(t, "uas_reject", "STATUS="+c.status)
			out := a.call(uri, nil)
			expect[machine.Rang](out)
			no := expect[machine.Refused](out)
			same(t, "status", no.Status, c.want)
			same(t, "cause", machine.CauseOf(no.Status), c.cause)
			s.OK()
			a.gone()
		})
	}
}

func TestSippPhoneIsCancelled(t *testing.T) {
	a, s, uri := phoneAt(t, "uas_cancelled")
	out := a.call(uri, nil)
	expect[machine.Rang](out)
	out.leg.Cancel(machine.CauseElsewhere)
	same(t, "status", expect[machine.Refused](out).Status, 487)
	s.OK()
	if !strings.Contains(s.Log(), `SIP;cause=200;text="Call completed elsewhere"`) {
		t.Fatalf("sipp says %q", s.Log())
	}
	a.gone()
}

// Its 200 crosses our CANCEL: ACK and BYE, and the call hears of its end once.
func TestSippPhoneCrosses(t *testing.T) {
	t.Parallel()
	a, s, uri := phoneAt(t, "uas_crossing")
	out := a.call(uri, nil)
	expect[machine.Rang](out)
	out.leg.HangUp(machine.CauseNoAnswer)
	same(t, "end", expect[machine.Ended](out).Cause, machine.CauseNoAnswer)
	s.OK()
	a.gone()
	out.silent()
}

// Nobody at that address: no 1xx within first_1xx.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	addr := rig.NewAddr()
	a := newParty(t, func(c *setup) { c.AllowDomains = []string{addr}; c.First1xx = 200 * time.Millisecond })
	out := a.call("sip:alice@"+addr+":5060", nil)
	same(t, "status", expect[machine.Refused](out).Status, 408)
	same(t, "cause", machine.CauseOf(408), machine.CauseUnreachable)
	a.gone() // the transaction gives up after 64*T1
	out.silent()
}
