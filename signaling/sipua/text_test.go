package sipua

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/chat"
	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/location"
	"ringsplash/policy"
	"ringsplash/signaling/sipua/event"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/test/rig"
)

// pages is a Book that only notes what it is given.
type pages struct {
	mu    sync.Mutex
	lines []string
	err   error // of all that is written
}

func (p *pages) note(format string, args ...any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	p.lines = append(p.lines, fmt.Sprintf(format, args...))
	return nil
}

func (p *pages) Send(_ context.Context, d chat.Draft) (string, error) {
	return "01J", p.note("%s on %s writes to %s: %s", d.User, d.Device, d.To, d.Text)
}

func (p *pages) Receive(_ context.Context, in chat.Incoming) error {
	return p.note("%s (%s) writes to %s: %s %v", in.From.Address, in.From.How, in.To, in.Text, in.Wants)
}

func (p *pages) Receipted(_ context.Context, user string, from policy.Identity, id string, state chat.State) error {
	return p.note("%s of %s is %s at %s", id, user, state, from.Address)
}

func (p *pages) Typed(from policy.Identity, to string, on bool, lasts time.Duration) {
	_ = p.note("%s types to %s: %v for %s", from.Address, to, on, lasts)
}

// fail makes all that is written fail.
func (p *pages) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

// take is what was noted since the last time.
func (p *pages) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := strings.Join(p.lines, "\n")
	p.lines = nil
	return out
}

// withTexts is a UA whose users can be written to.
func withTexts(t *testing.T, change func(*setup)) (*party, *rig.Office, *pages) {
	book := &pages{}
	g, f := withAccess(t, func(c *setup) {
		c.Texts = &event.TextPeople{Book: book, Phones: func(string) []string { return []string{"desk"} }}
		if change != nil {
			change(c)
		}
	})
	return g, f, book
}

// writes sends a MESSAGE, with Bob's password when by is his, and returns what it
// is answered with.
func (w *rawPeer) writes(at, from, to, by, kind, body string, more ...string) *sip.Response {
	w.t.Helper()
	text := rawMessage("MESSAGE "+to+" SIP/2.0", append([]string{
		w.via(), "Max-Forwards: 70", "From: <" + from + ">;tag=" + w.tag, "To: <" + to + ">",
		"Call-ID: " + message.NewToken(), "CSeq: 1 MESSAGE", "Content-Type: " + kind,
	}, more...), "")
	text = strings.Replace(text, "Content-Length: 0\r\n\r\n", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body), 1)
	w.send(at, text)
	res := w.final()
	if res.StatusCode == 407 && by != "" {
		answer := rig.Authorize(w.t, res.String(), "", "MESSAGE", to, by, rig.Bob.SIPPassword("desk"), 1)
		w.send(at, strings.NewReplacer("branch=z9hG4bK", "branch=z9hG4bK2", "CSeq: 1 ", answer+"\r\nCSeq: 2 ").Replace(text))
		res = w.final()
	}
	return res
}

func (w *rawPeer) final() *sip.Response {
	w.t.Helper()
	res, _ := w.find("a final response", func(m sip.Message) bool {
		res, ok := m.(*sip.Response)
		return ok && !res.IsProvisional()
	}).(*sip.Response)
	return res
}

const (
	hello       = "text/plain;charset=UTF-8"
	isComposing = "application/im-iscomposing+xml"
	typingBody  = "<isComposing><state>active</state></isComposing>"
)

const (
	receipt = "<imdn><message-id>01J</message-id><delivery-notification><status><delivered/></status>" +
		"</delivery-notification></imdn>"
	wrapped = "NS: imdn <urn:ietf:params:imdn>\nimdn.Message-ID: m1\nimdn.Disposition-Notification: display\n\n\nhello"
)

// A phone of ours that asks for receipts has its text taken: the answer says
// whether it is there. What it tells of its own showing is taken, and changes
// nothing.
func TestMessageOfPhoneWithReceipts(t *testing.T) {
	g, _, book := withTexts(t, nil)
	w := newWire(t, "127.0.0.2")
	all := strings.Replace(wrapped, "display", "positive-delivery, negative-delivery, display", 1)
	shown := strings.NewReplacer("delivery-", "display-", "delivered", "displayed").Replace(receipt)
	const cpim = "message/cpim"
	for _, row := range []struct {
		kind, body string
		want       int
		noted      string
	}{
		{cpim, all, 202, "bob on desk writes to alice: hello"},
		{"message/imdn+xml", shown, 200, ""},
		{cpim, "From: <sip:bob@example.test>\n\nContent-Type: message/imdn+xml\n\n" + receipt, 200, ""},
	} {
		res := w.writes(g.at("udp"), rig.Bob.Address(), rig.Alice.Address(), "bob", row.kind, row.body)
		if got := book.take(); res.StatusCode != row.want || got != row.noted {
			t.Errorf("%s: %d %s, noted %q", row.body, res.StatusCode, res.Reason, got)
		}
	}
}

// Who may write to whom, what comes of it, and what is told of it.
func TestMessage(t *testing.T) {
	trunkOf := newWire(t, "127.0.0.3")
	g, _, book := withTexts(t, func(c *setup) {
		c.Trunks = []trunk.Config{{Name: "pbx", Address: "sip:" + trunkOf.addr(), TrustIdentity: true, TrustUDP: true}}
	})
	stranger := newWire(t, "127.0.0.2")
	alice, bob, far := rig.Alice.Address(), rig.Bob.Address(), "sip:eve@elsewhere.test"
	number := "sip:0044123@" + rig.Domain
	asserts := "P-Asserted-Identity: <sip:+44123@pbx.test>"
	for _, row := range []struct {
		name                     string
		peer                     *rawPeer
		from, to, by, kind, body string
		want                     int
		noted                    string
	}{
		{"our user", stranger, bob, alice, "bob", hello, "hello", 202, "bob on desk writes to alice: hello"},
		{"to a number", stranger, bob, number, "bob", hello, "hi", 202, "bob on desk writes to " + number + ": hi"},
		{"by an address of ours", stranger, bob, "sip:1001@" + g.at("udp"), "bob", hello, "hi", 202, "bob on desk writes to alice: hi"},
		{"typing", stranger, bob, alice, "bob", isComposing, typingBody, 200, bob + " types to alice: true for 2m0s"},
		{"forged From without a password", stranger, alice, bob, "", hello, "hello", 407, ""},
		{"forged From with another's password", stranger, alice, bob, "bob", hello, "hello", 403, ""},
		{"a type that nobody takes", stranger, bob, alice, "bob", "text/html", "<b>", 415, ""},
		{"no text", stranger, bob, alice, "bob", hello, "", 400, ""},
		{"too long", stranger, bob, alice, "bob", hello, strings.Repeat("x", 4097), 413, ""},
		{"stranger", stranger, far, alice, "", hello, "hello", 403, ""},
		{"stranger to nobody", stranger, far, "sip:zoe@" + rig.Domain, "", hello, "hello", 403, ""},
		{"stranger to elsewhere", stranger, far, "sip:a@elsewhere.test", "", hello, "hello", 403, ""},
		{
			"trunk", trunkOf, far, alice, "", "message/cpim", wrapped, 202,
			"sip:+44123@pbx.test (trunk pbx) writes to alice: hello {false true}",
		},
		{
			"trunk in our name", trunkOf, bob, alice, "", hello, "hi", 202,
			"sip:+44123@pbx.test (trunk pbx) writes to alice: hi {false false}",
		},
		{"receipt", trunkOf, far, alice, "", "message/imdn+xml", receipt, 200, "01J of alice is delivered at sip:+44123@pbx.test"},
	} {
		res := row.peer.writes(g.at("udp"), row.from, row.to, row.by, row.kind, row.body, asserts, "Answer-Mode: Auto")
		if got := book.take(); res.StatusCode != row.want || got != row.noted {
			t.Errorf("%s: %d %s, want %d; noted %q, want %q", row.name, res.StatusCode, res.Reason, row.want, got, row.noted)
		}
		if row.want == 415 && message.Header(res, "Accept") != event.Accept {
			t.Errorf("415 says %q is taken", message.Header(res, "Accept"))
		}
	}
	for err, want := range map[error]int{
		chat.ErrRefused: 403, chat.ErrTooMany: 480, chat.ErrTooLong: 413, context.DeadlineExceeded: 500,
	} {
		book.fail(err)
		res := trunkOf.writes(g.at("udp"), far, alice, "", hello, "hello", asserts)
		if wait := message.Header(res, "Retry-After") != ""; res.StatusCode != want || wait != (want == 480 || want == 500) {
			t.Errorf("%v: %s", err, res)
		}
	}
}

// A stranger cannot tell who is here by what he is answered, whoever may write.
func TestMessageOfStrangerRefusedAlike(t *testing.T) {
	for _, unproven := range []bool{false, true} {
		g, _, book := withTexts(t, func(c *setup) { c.Texts.Unproven = unproven })
		book.fail(chat.ErrRefused)
		w := newWire(t, "127.0.0.2")
		ask := func(user string) string {
			res := w.writes(g.at("udp"), "sip:eve@elsewhere.test", "sip:"+user+"@"+rig.Domain, "", hello, "hello")
			vary := regexp.MustCompile(`(branch=|tag=|Call-ID: |sip:)[^;>\r]*`)
			return vary.ReplaceAllString(res.String(), "$1…")
		}
		is, isNot := ask("alice"), ask("zoe")
		if is != isNot || !strings.HasPrefix(is, "SIP/2.0 403") {
			t.Errorf("somebody:\n%s\nnobody:\n%s", is, isNot)
		}
	}
}

// Forty messages in ten seconds are too many; the answer says when to come again.
func TestMessageFlood(t *testing.T) {
	g, _, book := withTexts(t, func(c *setup) { c.Texts.Unproven = true })
	w := newWire(t, "127.0.0.2")
	taken, began := 0, time.Now()
	for range 40 {
		res := w.writes(g.at("udp"), "sip:eve@elsewhere.test", rig.Alice.Address(), "", hello, "hello")
		switch {
		case res.StatusCode == 202:
			taken++
		case res.StatusCode != 480 || message.Header(res, "Retry-After") == "":
			t.Fatalf("refused with %s", res)
		}
	}
	most := 30 + int(time.Since(began)/(2*time.Second)) + 1
	if noted := strings.Count(book.take(), "hello"); taken < 30 || taken > most || noted != taken {
		t.Errorf("%d of 40 are taken, %d noted", taken, noted)
	}
	rig.Until(t, wait, "no transaction is open", func() bool {
		open, strangers := g.Transactions()
		return open == 0 && strangers == 0
	})
}

// OPTIONS tells whether messages are taken, and of which kinds.
func TestMessageAbilities(t *testing.T) {
	g, _, _ := withTexts(t, nil)
	w := newWire(t, "127.0.0.2")
	w.send(g.at("udp"), w.stranger("OPTIONS", "sip:"+rig.Domain, "sip:x@example.org", "sip:"+rig.Domain))
	res := w.response(200, "OPTIONS")
	kinds := message.Header(res, "Accept")
	if !strings.HasSuffix(message.Header(res, "Allow"), ", MESSAGE") || !strings.Contains(kinds, "message/cpim") {
		t.Error(res)
	}
}

// A MESSAGE of a call is from who called and to whom he called.
func TestMessageInCall(t *testing.T) {
	g, _, book := withTexts(t, nil)
	w := newWire(t, "127.0.0.2")
	w.send(g.at("udp"), w.invite("alice", message.NewToken(), 1, offerSDP))
	in := g.desk.next()
	in.leg.Answer([]byte(answerSDP))
	ok := w.response(200, "INVITE")
	w.send(g.at("udp"), w.within(ok, "ACK", 1, ""))
	text := strings.Replace(w.within(ok, "MESSAGE", 2, "hello"), message.SDPType, "text/plain", 1)
	w.send(g.at("udp"), text)
	if res := w.final(); res.StatusCode != 202 {
		t.Fatal(res)
	}
	same(t, "what is noted", book.take(), "sip:carol@example.org (from) writes to alice: hello {false false}")
	in.leg.HangUp(machine.CauseHangUp)
	w.send(g.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
	expect[machine.Ended](in)

	// The other way round: the far end of a call that Bob began.
	line := newLine(t)
	line.leg = g.Invite(gateway.Invite{URI: "sip:carol@" + w.addr(), To: "sip:carol@" + w.addr(), From: policy.Identity{
		Address: rig.Bob.Address(), User: "bob", Level: policy.Proven,
	}, Offer: []byte(offerSDP)}, line.sink)
	invite := w.request("INVITE")
	w.send(g.at("udp"), w.reply(invite, 200, "OK", "tag1", answerSDP))
	w.request("ACK")
	expect[machine.Answered](line)
	w.send(g.at("udp"), strings.Replace(w.back(invite, "tag1", "MESSAGE", 1, "hi"), message.SDPType, "text/plain", 1))
	if res := w.final(); res.StatusCode != 202 {
		t.Fatal(res)
	}
	same(t, "what is noted", book.take(), "sip:carol@127.0.0.2 (call) writes to bob: hi {false false}")
}

// What leaves for a phone has these headers and no others: nothing of a MESSAGE
// can make a phone answer, ring or fetch anything.
func TestMessageOut(t *testing.T) {
	g, f, _ := withTexts(t, nil)
	phone := newWire(t, "127.0.0.2")
	err := f.Places.Put(context.Background(), location.Binding{
		User: "alice", Device: "desk", Instance: "i", Contact: "sip:alice@" + phone.addr(), Transport: "udp", Source: phone.addr(),
		Local: g.at("udp"), Expires: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	l := chat.Letter{
		ID: "01J", User: "alice", Device: "desk", Time: time.Now().Add(-time.Hour),
		From: chat.Party{Address: rig.Bob.Address(), Display: "Bob \"B\"\r\nAnswer-Mode: Auto"},
		To:   chat.Party{Address: rig.Alice.Address()}, Text: "Grüße\r\nCall-Info: <sip:x>;answer-after=0",
	}
	for status, wait := range map[int]string{200: "", 415: "", 486: "7"} {
		done := make(chan chat.Outcome, 1)
		go func() { done <- g.Texts().Deliver(context.Background(), l) }()
		req := phone.request("MESSAGE")
		var names []string
		for _, h := range req.Headers() {
			names = append(names, h.Name())
		}
		slices.Sort(names)
		want := []string{"CSeq", "Call-ID", "Content-Length", "Content-Type", "Date", "From", "Max-Forwards", "To", "User-Agent", "Via"}
		same(t, "headers", names, want)
		same(t, "text", string(req.Body()), l.Text)
		same(t, "To", req.To().Address.String(), rig.Alice.Address())
		phone.send(g.at("udp"), phone.reply(req, status, "Whatever", "t", "", "Retry-After: "+wait))
		out := <-done
		if out.Status != status || out.RetryAfter > 0 != (wait != "") || out.Cause.Code != "" != (status == 415) {
			t.Errorf("%d: %+v", status, out)
		}
	}
	same(t, "no such device", g.Texts().Deliver(context.Background(), chat.Letter{User: "alice", Device: "desk-2"}).Status, 415)
}
