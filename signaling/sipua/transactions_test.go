package sipua

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
	"ringsplash/test/rig"
)

// ringing is a call of a stranger at w that rings alice, with its 180.
func ringing(t *testing.T, g *party, w *rawPeer) (*line, *sip.Response) {
	t.Helper()
	alice := "sip:alice@" + rig.Domain
	w.send(g.at("udp"), w.stranger("INVITE", alice, "sip:x@example.org", alice))
	in := g.desk.next()
	in.leg.Ring(nil)
	return in, w.response(180, "INVITE")
}

// A stranger who has a call may have few requests open in it, and what he does
// not acknowledge is hardly repeated; he can still hang up.
func TestStrangerInACallIsBounded(t *testing.T) {
	g, _ := withAccess(t, nil)
	w := newWire(t, "127.0.0.2")
	in, rings := ringing(t, g, w)
	const n = 60
	for i := range n {
		w.send(g.at("udp"), w.within(rings, "INVITE", i+2, offerSDP))
	}
	answers, refused := map[string]int{}, 0
	count := func(m sip.Message) bool {
		res, ok := m.(*sip.Response)
		if !ok || res.IsProvisional() || res.CSeq().SeqNo < 2 || res.CSeq().SeqNo > n+1 {
			return false
		}
		if answers[branchOf(m)]++; message.Header(res, "Retry-After") != "" && answers[branchOf(m)] == 1 {
			same(t, "status", res.StatusCode, 500)
			refused++
		}
		return true
	}
	w.drain(sip.T1, count)
	if open, _ := g.Transactions(); open > maxInCall+1 {
		t.Errorf("%d open transactions", open)
	}
	w.drain(16*sip.T1, count)
	same(t, "answered", len(answers), n)
	if refused < n-2*maxInCall {
		t.Errorf("%d refused of %d", refused, n)
	}
	for branch, times := range answers {
		if times > 3 {
			t.Fatalf("%s was answered %d times", branch, times)
		}
	}
	open, _ := g.Transactions()
	same(t, "open after the repeats", open, 1)
	w.send(g.at("udp"), w.within(rings, "BYE", n+2, ""))
	w.response(200, "BYE")
	same(t, "cause", expect[machine.Ended](in).Cause, machine.CauseCallerGone)
}

// A 200 that a stranger does not acknowledge is repeated a few times.
func TestStrangersAnswerIsRepeatedAFewTimes(t *testing.T) {
	g, _ := withAccess(t, nil)
	w := newWire(t, "127.0.0.2")
	in, _ := ringing(t, g, w)
	in.leg.Answer([]byte(answerSDP))
	n := w.drain(40*sip.T1, func(m sip.Message) bool { r, ok := m.(*sip.Response); return ok && r.IsSuccess() })
	same(t, "times", n, strangersOKs)
}

// Identifiers that nobody needs are refused before anything is kept of them.
func TestLongIdentifiersAreRefused(t *testing.T) {
	g, _ := withAccess(t, nil)
	w := newWire(t, "127.0.0.2")
	us, far := "sip:"+rig.Domain, "sip:x@example.org"
	for _, row := range []struct {
		before string
		max    int
	}{{";branch=", 256}, {";tag=", 256}, {"Call-ID: ", 1024}} {
		for size, want := range map[int]int{row.max: 200, row.max + 1: 400} {
			lines := strings.Split(w.stranger("OPTIONS", us, far, us), "\r\n")
			for i, line := range lines {
				if at := strings.Index(line, row.before); at >= 0 {
					lines[i] = line[:at] + row.before + strings.Repeat("x", size)
				}
			}
			w.send(g.at("udp"), strings.Join(lines, "\r\n"))
			w.response(want, "OPTIONS")
		}
	}
	same(t, "kept", len(g.txs.known), 0)
}

// requestOf is an INFO with that Via.
func requestOf(t *testing.T, via string, seq int) *sip.Request {
	t.Helper()
	m, err := message.NewParser().ParseSIP([]byte(rawMessage("INFO sip:a@b.test SIP/2.0", []string{
		via, "From: <sip:x@example.org>;tag=a", "To: <sip:a@b.test>;tag=b", "Call-ID: c", fmt.Sprintf("CSeq: %d INFO", seq),
	}, "")))
	if err != nil {
		t.Fatal(err)
	}
	return m.(*sip.Request)
}

// What is kept for repeats is bounded in bytes: long answers are not kept, and
// the oldest are forgotten first.
func TestKeptAnswersAreBounded(t *testing.T) {
	now := time.Unix(1e9, 0)
	x, l := newTransactions(1000), new(leg)
	keep := func(i, size int) (known bool, final []byte) {
		req := requestOf(t, fmt.Sprintf("Via: SIP/2.0/UDP a.test;branch=z9hG4bK%d", i), i)
		key := message.TransactionKey(req)
		if no := x.let(key, message.Flow{Transport: "udp", Peer: mustAddr("192.0.2.1:1")}, sender{within: l}, now); no != nil {
			t.Fatal(no)
		}
		x.keep(req, make([]byte, size), now)
		x.end(x.known[key])
		kept, known := x.find(key)
		return known, kept.final
	}
	known, final := keep(1, maxFinal)
	same(t, "a usual answer", fmt.Sprint(known, len(final)), fmt.Sprint(true, maxFinal))
	known, final = keep(2, maxFinal+1)
	same(t, "a long one", fmt.Sprint(known, len(final)), "true 0")
	for i := range 2 * maxKept / maxFinal {
		keep(3+i, maxFinal)
	}
	bytes := 0
	for _, o := range x.over {
		bytes += len(o.key) + len(o.final)
	}
	if bytes > maxKept || bytes < maxKept-2*maxFinal || bytes != x.kept || len(x.known) != len(x.over) {
		t.Errorf("%d bytes in %d answers, counted %d, known %d", bytes, len(x.over), x.kept, len(x.known))
	}
	x.sweep(now.Add(64 * sip.T1))
	same(t, "later", x.kept+len(x.known)+len(x.over)+len(x.calls), 0)
}

// One call may have few transactions open, whoever it is with; its BYE is let in.
func TestTransactionsOfACallAreBounded(t *testing.T) {
	now, at := time.Unix(1e9, 0), message.Flow{Transport: "udp", Peer: mustAddr("192.0.2.1:1")}
	x, one, other := newTransactions(1000), new(leg), new(leg)
	for i := range maxInCall {
		same(t, "within the bound", x.let(fmt.Sprint(i), at, sender{within: one}, now), (*message.Refusal)(nil))
	}
	same(t, "above it", x.let("more", at, sender{within: one}, now), tooManyInCall)
	same(t, "another call", x.let("other", at, sender{within: other}, now), (*message.Refusal)(nil))
	same(t, "its end", x.let("bye", at, sender{within: one, bye: true}, now), (*message.Refusal)(nil))
	x.end(x.known["0"])
	x.end(x.known["1"])
	same(t, "when some ended", x.let("again", at, sender{within: one}, now), (*message.Refusal)(nil))
}
