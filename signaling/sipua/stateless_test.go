package sipua

import (
	"cmp"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"ringsplash/signaling/sipua/message"
	"ringsplash/test/rig"
)

// stranger writes a request of somebody who proves nothing.
func (w *rawPeer) stranger(method, uri, from, to string, more ...string) string {
	return rawMessage(method+" "+uri+" SIP/2.0", append([]string{
		w.via(), "Max-Forwards: 70", "From: <" + from + ">;tag=" + w.tag, "To: <" + to + ">",
		"Call-ID: " + message.NewToken(), "CSeq: 1 " + method, "Contact: <sip:x@" + w.addr() + ">",
	}, more...), "")
}

// proven sends a request of Bob's and answers its challenge.
func (w *rawPeer) proven(at, method, uri, to string, want int) {
	w.t.Helper()
	text := w.stranger(method, uri, "sip:bob@"+rig.Domain, to)
	w.send(at, text)
	status := map[string]int{"REGISTER": 401}[method]
	challenge := w.response(cmp.Or(status, 407), method).String()
	answer := rig.Authorize(w.t, challenge, "", method, uri, "bob", rig.Bob.SIPPassword("desk"), 1)
	w.send(at, strings.NewReplacer("branch=z9hG4bK", "branch=z9hG4bK2", "CSeq: 1 ", answer+"\r\nCSeq: 2 ").Replace(text))
	w.response(want, method)
}

// A stranger's request that is refused leaves nothing behind: one answer to each
// time it is sent, always with the same tag, and no transaction.
func TestRefusedWithoutTransaction(t *testing.T) {
	g, _ := withAccess(t, nil)
	w := newWire(t, "127.0.0.2")
	us, alice, far := "sip:"+rig.Domain, "sip:alice@"+rig.Domain, "sip:x@example.org"
	w.send(g.at("udp"), w.stranger("REGISTER", us, alice, alice))
	challenge, err := digest.ParseChallenge(message.Header(w.response(401, "REGISTER"), "WWW-Authenticate"))
	if err != nil {
		t.Fatal(err)
	}
	guess := func(name string) string {
		return fmt.Sprintf(`%s: Digest username="alice", realm="%s", nonce="%s", uri="%s", `+
			`response="00", algorithm=MD5, qop=auth, nc=00000001, cnonce="c"`, name, rig.Domain, challenge.Nonce, us)
	}
	for _, row := range []struct {
		name, text string
		want       int
	}{
		{"register", w.stranger("REGISTER", us, alice, alice), 401},
		{"register elsewhere", w.stranger("REGISTER", "sip:example.org", far, far), 404},
		{"wrong password", w.stranger("REGISTER", us, alice, alice, guess("Authorization")), 403},
		{"call as one of ours", w.stranger("INVITE", "sip:bob@"+rig.Domain, alice, "sip:bob@"+rig.Domain), 407},
		{"call nobody", w.stranger("INVITE", "sip:nobody@"+rig.Domain, far, "sip:nobody@"+rig.Domain), 404},
		{
			"call through too many", strings.Replace(w.stranger("INVITE", alice, far, alice), "Max-Forwards: 70", "Max-Forwards: 0", 1),
			483,
		},
		{"call by a strange scheme", w.stranger("INVITE", "nobodyKnows:opaque", far, alice), 416},
		{"message", w.stranger("MESSAGE", alice, far, alice), 405},
		{"subscribe", w.stranger("SUBSCRIBE", alice, far, alice), 489},
		{"bye", w.stranger("BYE", alice, far, alice+">;tag=a<"), 400},
		{"bye to no call", strings.Replace(w.stranger("BYE", alice, far, alice), "To: <"+alice+">", "To: <"+alice+">;tag=a", 1), 481},
		{"cancel of nothing", w.stranger("CANCEL", alice, far, alice), 481},
		{"refer", w.stranger("REFER", alice, far, alice), 403},
		{"options", w.stranger("OPTIONS", us, far, us), 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			method, _, _ := strings.Cut(row.text, " ")
			var tags []string
			for range 2 {
				w.send(g.at("udp"), row.text)
				res := w.response(row.want, method)
				tags = append(tags, message.Tag(res.To()))
				if bytes := len(res.String()); bytes > 3*len(row.text) {
					t.Errorf("%d bytes for %d", bytes, len(row.text))
				}
			}
			if tags[0] == "" || tags[0] != tags[1] {
				t.Errorf("tags %q", tags)
			}
		})
	}
	open, _ := g.txs.counts()
	same(t, "open transactions", open, 0)
	// A transaction would repeat its refusals of INVITEs, which have had no ACK.
	same(t, "repeats", w.drain(4*sip.T1, func(sip.Message) bool { return true }), 0)
}

// Whatever a stranger asks in the shortest form, no answer is more than three
// times as large: the address it goes to may be forged.
func TestAnswersAreNotMuchLargerThanRequests(t *testing.T) {
	g, _ := withAccess(t, func(c *setup) { c.Calls = busyDesk{} })
	w := newWire(t, "127.0.0.2")
	alice, us, far := "sip:alice@"+rig.Domain, "sip:"+rig.Domain, "sip:x@a.example"
	short := func(method, uri, from, to string) string {
		return fmt.Sprintf("%s %s SIP/2.0\r\nv:SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nf:<%s>\r\nt:<%s>\r\ni:%s\r\nCSeq:1 %[1]s\r\n\r\n",
			method, uri, w.addr(), message.NewToken()[:4], from, to, message.NewToken()[:4])
	}
	texts := []string{short("INVITE", alice, far, alice), short("INVITE", alice, alice, alice), short("REGISTER", us, alice, alice)}
	for _, method := range rig.FloodMethods {
		texts = append(texts, short(method, us, us, us),
			strings.Replace(short(method, us, us, us), "i:", "Require: a-long-option\r\ni:", 1))
	}
	for _, text := range texts {
		w.send(g.at("udp"), text)
		first := w.read(wait)
		if first == nil {
			t.Fatalf("no answer to %s", text)
		}
		w.held = append(w.held, first)
		w.drain(3*sip.T1, func(m sip.Message) bool {
			if n := len(m.String()); n > maxGain*len(text) {
				t.Errorf("%d bytes for %d:\n%s%s", n, len(text), text, m)
			}
			if res := m.(*sip.Response); res.StatusCode == 401 || res.StatusCode == 407 {
				name := map[int]string{401: "WWW-Authenticate", 407: "Proxy-Authenticate"}[res.StatusCode]
				if headers := res.GetHeaders(name); len(headers) == 0 || !strings.Contains(headers[0].Value(), "MD5") {
					t.Errorf("challenges %v", headers)
				}
			}
			return true
		})
	}
}

// What was answered is repeated in full where somebody proved who he is, and
// elsewhere when it is no more than three times as large as the repeat.
func TestRepeatedAnswerIsNotMuchLarger(t *testing.T) {
	g, _ := withAccess(t, nil)
	w := newWire(t, "127.0.0.2")
	_, rings := ringing(t, g, w)
	hops := make([]string, 20)
	for i := range hops {
		hops[i] = fmt.Sprintf("Via: SIP/2.0/UDP hop%d.example;branch=z9hG4bK%s", i, message.NewToken())
	}
	text := w.within(rings, "INFO", 2, "", hops...)
	var small []string
	for line := range strings.SplitSeq(text, "\r\n") {
		if !strings.HasPrefix(line, "Via: SIP/2.0/UDP hop") {
			small = append(small, line)
		}
	}
	answers := func(text string) int {
		w.send(g.at("udp"), text)
		return w.drain(4*sip.T1, func(m sip.Message) bool { r, ok := m.(*sip.Response); return ok && r.CSeq().MethodName == sip.INFO })
	}
	same(t, "answers", answers(text), 1)
	same(t, "to the same again", answers(text), 1)
	same(t, "to a small one", answers(strings.Join(small, "\r\n")), 0)
	newWire(t, "127.0.0.2").proven(g.at("udp"), "REGISTER", "sip:"+rig.Domain, "sip:bob@"+rig.Domain, 200)
	same(t, "to a small one of a regular", answers(strings.Join(small, "\r\n")), 1)
}

// The same over a connection, which stays open.
func TestRefusedOnStream(t *testing.T) {
	g, _ := withAccess(t, nil)
	c := dialTCP(t, g.at("tcp"))
	w := newWire(t, "127.0.0.2")
	alice := "sip:alice@" + rig.Domain
	for method, want := range map[string]int{"REGISTER": 401, "INVITE": 407, "MESSAGE": 405, "BYE": 481} {
		res := ask(t, c, strings.Replace(w.stranger(method, alice, alice, alice), "SIP/2.0/UDP", "SIP/2.0/TCP", 1))
		if res == nil || res.StatusCode != want {
			t.Errorf("%s: %v, want %d", method, res, want)
		}
	}
}

// Who proved nothing may ring a user so often, each source and all together,
// and hears why not; who proved who he is calls on.
func TestStrangersCallsAreCounted(t *testing.T) {
	g, _ := withAccess(t, func(c *setup) {
		c.Access.StrangerCalls, c.Access.CalleeCalls = 1.5, 3 // bursts of 3 and 6, as good as no more meanwhile
		c.Calls = busyDesk{}
	})
	alice := "sip:alice@" + rig.Domain
	calls := func(ip string, n int) map[int]int {
		w, got := newWire(t, ip), map[int]int{}
		for range n {
			w.send(g.at("udp"), w.stranger("INVITE", alice, "sip:x@example.org", alice))
			res := w.find("final", func(m sip.Message) bool {
				r, ok := m.(*sip.Response)
				return ok && r.StatusCode >= 200 && r.CSeq().MethodName == sip.INVITE
			}).(*sip.Response)
			got[res.StatusCode]++
			if res.StatusCode != 486 && message.Header(res, "Retry-After") == "" {
				t.Errorf("%d without Retry-After", res.StatusCode)
			}
			w.held = nil
		}
		return got
	}
	one := calls("127.0.0.2", 20)
	if one[503] < 10 || one[486] < 3 || one[486]+one[503] != 20 {
		t.Errorf("of one source %v", one)
	}
	rest := map[int]int{}
	for i := range 8 {
		for status, n := range calls(fmt.Sprintf("127.0.1.%d", i+1), 3) {
			rest[status] += n
		}
	}
	if rest[480] < 5 || rest[486] < 3 {
		t.Errorf("of many sources %v", rest)
	}
	for range 5 { // a user from the same address
		newWire(t, "127.0.0.2").proven(g.at("udp"), "INVITE", alice, alice, 486)
	}
}

// When memory is scarce, strangers call nobody any more; users call on.
func TestStrangersGoFirstWhenMemoryIsScarce(t *testing.T) {
	var scarce atomic.Bool
	g, _ := withAccess(t, func(c *setup) {
		c.Calls, c.Scarce = busyDesk{}, scarce.Load
	})
	alice := "sip:alice@" + rig.Domain
	w := newWire(t, "127.0.0.2")
	w.send(g.at("udp"), w.stranger("INVITE", alice, "sip:x@example.org", alice))
	w.response(486, "INVITE")
	scarce.Store(true)
	w.send(g.at("udp"), w.stranger("INVITE", alice, "sip:x@example.org", alice))
	same(t, "retry after", message.Header(w.response(503, "INVITE"), "Retry-After"), "5")
	newWire(t, "127.0.0.3").proven(g.at("udp"), "INVITE", alice, alice, 486)
}

// A refusal that a stranger does not acknowledge is repeated once; a repeat of
// his INVITE later is no new call.
func TestStrangersRefusalIsRepeatedOnce(t *testing.T) {
	g, _ := withAccess(t, func(c *setup) { c.Calls = busyDesk{} })
	w := newWire(t, "127.0.0.2")
	alice := "sip:alice@" + rig.Domain
	text := w.stranger("INVITE", alice, "sip:x@example.org", alice)
	final := func(m sip.Message) bool { r, ok := m.(*sip.Response); return ok && r.StatusCode == 486 }
	w.send(g.at("udp"), text)
	if n := w.drain(16*sip.T1, final); n < 2 || n > 3 { // 5 by RFC 3261 17.2.1
		t.Errorf("%d refusals", n)
	}
	open, strangers := g.txs.counts()
	same(t, "open transactions", open+strangers, 0)
	w.send(g.at("udp"), text)
	same(t, "later", w.drain(4*sip.T1, func(sip.Message) bool { return true }), 0)
}

// What a transaction of ours never asked for is not taken for an answer.
func TestResponseToNothingIsDropped(t *testing.T) {
	t.Parallel()
	p := newParty(t, nil)
	info := sip.TransportReadProps{Transport: "UDP", RemoteAddr: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2), Port: 5060}}
	for branch, want := range map[string]bool{
		p.stateless.key.NewBranch(): true, newStateless(message.NewOwnKey()).key.NewBranch(): false, "z9hG4bKx": false, "": false,
	} {
		for _, via := range []string{"Via: SIP/2.0/UDP 127.0.0.1;branch=" + branch, "v : SIP/2.0/UDP 127.0.0.1;rport=5;BRANCH=" +
			branch + " , SIP/2.0/UDP b"} {
			if got := p.first(info, []byte("SIP/2.0 200 OK\r\nX: branch=y\r\n"+via+"\r\nCall-ID: x\r\n\r\n")); got != want {
				t.Errorf("%s: %v", via, got)
			}
		}
	}
}

func TestTransactionsAreBounded(t *testing.T) {
	now := time.Unix(1e9, 0)
	a, b := message.Flow{Transport: "udp", Peer: mustAddr("192.0.2.1:1")},
		message.Flow{Transport: "udp", Peer: mustAddr("192.0.2.2:1")}
	x := newTransactions(1000)
	let := func(prefix string, n int, from sender) (got int) {
		for i := range n {
			source := a
			if i%2 == 1 {
				source = b
			}
			if x.let(fmt.Sprint(prefix, i), source, from, now) == nil {
				got++
			}
		}
		return got
	}
	same(t, "of two strangers", let("s", 1000, sender{stranger: true}), 2*maxOfStranger)
	same(t, "of users", let("u", 2000, sender{}), 1000-2*maxOfStranger)
	same(t, "within calls", let("c", 10, sender{within: new(leg)}), 10)
	now = now.Add(begunWait + time.Second)
	x.sweep(now)
	open, strangers := x.counts()
	same(t, "of what sipgo lost", open+strangers+len(x.known)+len(x.sources)+len(x.calls), 0)
}
