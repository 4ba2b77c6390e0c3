package sipua

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/chat"
	"ringsplash/signaling/sipua/event"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/test/rig"
)

// delivers brings a letter out and answers each MESSAGE of it at w with status;
// it returns those.
func delivers(g *party, w *rawPeer, l chat.Letter, status int) (out chat.Outcome, sent []*sip.Request) {
	w.t.Helper()
	done := make(chan chat.Outcome, 1)
	go func() { done <- g.Texts().Deliver(context.Background(), l) }()
	for {
		select {
		case out = <-done:
			return out, sent
		default:
		}
		if req, ok := w.read(20 * time.Millisecond).(*sip.Request); ok {
			w.send(g.at("udp"), w.reply(req, status, "Whatever", "t", ""))
			sent = append(sent, req)
		}
	}
}

// What leaves for a far end leaves in the name of a user of ours and within his
// hour; message/cpim and signs go to who understands them, and no receipt that
// something was read goes anywhere.
func TestMessageToFarEnd(t *testing.T) {
	far := newWire(t, "127.0.0.3")
	g, _, _ := withTexts(t, func(c *setup) {
		c.Trunks = []trunk.Config{{Name: "pbx", Address: "sip:" + far.addr(), TrustIdentity: true, TrustUDP: true}}
		c.Texts.Hourly = 4
	})
	alice, zed := chat.Party{Address: rig.Alice.Address(), Display: "Alice"}, chat.Party{Address: "sip:zed@pbx.test"}
	ways := []chat.Way{{Trunk: "gone", URI: "sip:1@pbx.test"}, {Trunk: "pbx", URI: "sip:zed@" + far.addr()}}
	l := chat.Letter{ID: "01J", User: "alice", Ways: ways, From: alice, To: zed, Text: "hello", Time: time.Now()}

	out, sent := delivers(g, far, l, 202)
	if out.Status != 202 || len(sent) != 1 || message.Header(sent[0], "Content-Type") != "text/plain;charset=UTF-8" {
		t.Fatalf("%+v %v", out, sent)
	}
	same(t, "who is asserted", message.Header(sent[0], "P-Asserted-Identity"), "<"+rig.Alice.Address()+">")
	receipt, sign := chat.Receipt{Ref: "m1", User: "alice", From: alice, To: zed, Ways: ways[1:], State: chat.Delivered},
		chat.Typing{From: alice, To: zed, User: "alice", Ways: ways[1:], On: true}
	g.Texts().Receipt(receipt) // to who does not understand it: nothing leaves
	g.Texts().Typing(sign)

	asserts := "P-Asserted-Identity: <sip:zed@pbx.test>"
	far.writes(g.at("udp"), "sip:zed@pbx.test", rig.Alice.Address(), "", "message/cpim", "imdn.Message-ID: m1\n\n\nhello", asserts)
	out, sent = delivers(g, far, l, 200)
	if out.Status != 200 || len(sent) != 1 {
		t.Fatalf("%+v %v", out, sent)
	}
	body, no := event.ReadBody(sent[0])
	wants := event.Wants{Delivered: true, Failed: true, Displayed: true}
	if no != nil || body.Text != "hello" || body.ID != "01J" || body.Wants != wants {
		t.Errorf("%+v %v: %s", body, no, sent[0])
	}
	read := receipt
	read.State = chat.Read
	g.Texts().Receipt(read)
	g.Texts().Receipt(receipt)
	for _, want := range []string{"<delivered/>", "<state>active</state>"} {
		req := far.request("MESSAGE")
		far.send(g.at("udp"), far.reply(req, 200, "OK", "t", ""))
		if !strings.Contains(string(req.Body()), want) {
			t.Errorf("a sign is %s, want %s", req, want)
		}
		if want == "<delivered/>" {
			g.Texts().Typing(sign)
		}
	}

	forged := l
	forged.From = chat.Party{Address: rig.Bob.Address()}
	if out, sent = delivers(g, far, forged, 200); out.Status != 403 || len(sent) > 0 {
		t.Errorf("in another's name: %+v %v", out, sent)
	}
	if out, sent = delivers(g, far, l, 415); out.Status != 415 || len(sent) != 2 { // wrapped, then plain
		t.Errorf("after 415: %+v, %d sent", out, len(sent))
	}
	delivers(g, far, l, 200)
	if out, sent = delivers(g, far, l, 200); out.Cause.Code != "text.outside_limit" || out.RetryAfter == 0 || len(sent) > 0 {
		t.Errorf("beyond the hour: %+v %v", out, sent)
	}
}

// By UDP a long text goes in parts, by TCP whole, and no datagram is larger than
// RFC 3428 8 lets it be.
func TestMessageParts(t *testing.T) {
	far := newWire(t, "127.0.0.3")
	tcp := newParty(t, nil)
	g, _, _ := withTexts(t, func(c *setup) {
		c.Trunks = []trunk.Config{
			{Name: "udp", Address: "sip:" + far.addr()}, {Name: "tcp", Address: "sip:" + tcp.at("tcp"), Transport: "tcp"},
		}
	})
	l := chat.Letter{
		ID: "01J", User: "alice", From: chat.Party{Address: rig.Alice.Address()}, To: chat.Party{Address: "sip:zed@pbx.test"},
		Text: strings.Repeat("äöü", 400), Time: time.Now(), Ways: []chat.Way{{Trunk: "udp", URI: "sip:zed@" + far.addr()}},
	}
	out, sent := delivers(g, far, l, 200)
	whole := ""
	for i, req := range sent {
		number, text, _ := strings.Cut(string(req.Body()), ") ")
		if whole += text; number != "("+string(rune('1'+i))+"/"+string(rune('0'+len(sent))) || len(req.String()) > 1300 {
			t.Errorf("part %d of %d bytes begins with %q", i+1, len(req.String()), number)
		}
	}
	if out.Status != 200 || len(sent) < 2 || whole != l.Text {
		t.Errorf("%+v in %d parts: %q", out, len(sent), whole)
	}
	l.Ways = []chat.Way{{Trunk: "tcp", URI: "sip:zed@" + tcp.at("tcp")}}
	if out = g.Texts().Deliver(context.Background(), l); out.Status != 405 { // it takes none, but was reached
		t.Errorf("over TCP: %+v", out)
	}
}
