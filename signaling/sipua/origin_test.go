package sipua

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/story"
	"ringsplash/location"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/test/rig"
)

// as writes with w's tag from another socket.
func (w *rawPeer) as(ip string) *rawPeer {
	other := newWire(w.t, ip)
	other.tag = w.tag
	return other
}

// inside are the requests that would turn, move or end a call.
var inside = []struct{ method, sdp, more string }{
	{"BYE", "", "X: 1"},
	{"UPDATE", "", "X: 1"},
	{"UPDATE", holdSDP, "X: 1"},
	{"INVITE", holdSDP, "X: 1"},
	{"INFO", "", "X: 1"},
	{"REFER", "", "Refer-To: <sip:evil@example.test>"},
	{"OPTIONS", "", "X: 1"},
	{"MESSAGE", "", "X: 1"},
	{"PRACK", "", "RAck: 1 1 INVITE"},
	{"NOTIFY", "", "Event: refer"},
	{"SUBSCRIBE", "", "Event: dialog"},
}

// Whoever knows the tags and the Call-ID of a call, and is somewhere else, finds
// no dialog, and the call has no trace of him.
func TestInDialogFromElsewhere(t *testing.T) {
	var mu sync.Mutex
	var starts []string
	b := newParty(t, func(c *setup) {
		c.Trace = func(_ machine.LegID, m story.Message) {
			mu.Lock()
			defer mu.Unlock()
			starts = append(starts, m.Start)
		}
	})
	w := newWire(t, "127.0.0.2")
	in, ok := talking(b, w, "elsewhere")
	told := func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(starts) }
	rig.Until(t, wait, "the ACK is in the story", func() bool { return strings.HasPrefix(told()[len(told())-1], "ACK") })
	before := len(told())
	seq := 2
	for _, other := range []*rawPeer{w.as("127.0.0.2"), w.as("127.0.0.3")} {
		for _, row := range inside {
			other.send(b.at("udp"), other.within(ok, row.method, seq, row.sdp, row.more))
			other.response(481, row.method)
			seq++
		}
		other.send(b.at("udp"), other.within(ok, "ACK", 1, answerSDP))
	}
	same(t, "story", strings.Join(told()[before:], "|"), "")
	in.silent()
	w.send(b.at("udp"), w.within(ok, "INFO", 2, "")) // nor did the numbers move
	w.response(200, "INFO")
	hangUpFrom(b, w, in, ok, 3)
	b.gone()
}

// The ACK that brings the answer to a late offer is that of the caller.
func TestACKFromElsewhere(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	w.send(b.at("udp"), w.invite("alice", "late-elsewhere", 1, ""))
	in := b.desk.next()
	in.leg.Answer([]byte(offerSDP))
	ok := w.response(200, "INVITE")
	other := w.as("127.0.0.3")
	other.send(b.at("udp"), other.within(ok, "ACK", 1, holdSDP))
	other.send(b.at("udp"), other.within(ok, "BYE", 2, ""))
	other.response(481, "BYE")
	w.send(b.at("udp"), w.within(ok, "ACK", 1, answerSDP))
	same(t, "answer", expect[machine.Reoffered](in).SDP, answerSDP)
	hangUpFrom(b, w, in, ok, 2)
	b.gone()
}

// A dialog goes on where its messages say: a Contact at another address, here
// of a caller behind a proxy that does not stay in the dialog.
func TestInDialogFromContact(t *testing.T) {
	b := newParty(t, nil)
	proxy, phone := newWire(t, "127.0.0.2"), newWire(t, "127.0.0.3")
	phone.tag = proxy.tag
	invite := strings.ReplaceAll(proxy.invite("alice", "contact", 1, offerSDP), "<sip:carol@"+proxy.addr()+">",
		"<sip:carol@"+phone.addr()+">")
	proxy.send(b.at("udp"), invite)
	in := b.desk.next()
	in.leg.Answer([]byte(answerSDP))
	ok := proxy.response(200, "INVITE")
	phone.send(b.at("udp"), phone.within(ok, "ACK", 1, ""))
	moved := newWire(t, "127.0.0.3") // and one that the caller names later
	moved.tag = proxy.tag
	phone.send(b.at("udp"), strings.ReplaceAll(phone.within(ok, "UPDATE", 2, ""), "<sip:carol@"+phone.addr()+">",
		"<sip:carol@"+moved.addr()+">"))
	phone.response(200, "UPDATE")
	hangUpFrom(b, moved, in, ok, 3)
	b.gone()
}

// streamed writes a message of w for TCP.
func streamed(text string) string { return strings.Replace(text, "SIP/2.0/UDP", "SIP/2.0/TCP", 1) }

// overStreams runs a test over TCP and TLS. Its dial makes a new connection, and
// as writes a message of a wire for it.
func overStreams(t *testing.T, change func(*setup),
	test func(t *testing.T, b *party, dial func() net.Conn, as func(string) string),
) {
	ca := rig.NewCA(t)
	for _, network := range []string{"tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			b := newParty(t, func(c *setup) {
				secure(ca, network, "localhost")(c)
				if change != nil {
					change(c)
				}
			})
			dial := func() net.Conn {
				if network == "tls" {
					return secureWire(t, ca, b.at("tls"))
				}
				return dialTCP(t, b.at("tcp"))
			}
			test(t, b, dial, func(text string) string {
				return strings.Replace(text, "SIP/2.0/UDP", "SIP/2.0/"+strings.ToUpper(network), 1)
			})
		})
	}
}

// put writes text.
func put(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// final reads answers up to the first final one.
func final(t *testing.T, c net.Conn) *sip.Response {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(wait))
	for r := bufio.NewReader(c); ; {
		res := answerFrom(t, r)
		if res == nil {
			t.Fatal("the connection was closed")
		}
		if !res.IsProvisional() {
			return res
		}
	}
}

// A dialog over TCP or TLS lives on its connection.
func TestInDialogFromOtherConnection(t *testing.T) {
	overStreams(t, nil, func(t *testing.T, b *party, dial func() net.Conn, as func(string) string) {
		w := newWire(t, "127.0.0.2") // only writes
		own, other := dial(), dial()
		put(t, own, as(w.invite("alice", "stream", 1, offerSDP)))
		in := b.desk.next()
		in.leg.Answer([]byte(answerSDP))
		ok := final(t, own)
		put(t, own, as(w.within(ok, "ACK", 1, "")))
		for _, row := range inside {
			res := ask(t, other, as(w.within(ok, row.method, 2, row.sdp, row.more)))
			if res == nil || res.StatusCode != 481 {
				t.Fatalf("%s over another connection: %v", row.method, res)
			}
		}
		in.silent()
		same(t, "over its own", ask(t, own, as(w.within(ok, "BYE", 2, ""))).StatusCode, 200)
		same(t, "end", expect[machine.Ended](in).Cause, machine.CauseHangUp)
		b.gone()
	})
}

// dialFrom connects from ip.
func dialFrom(t *testing.T, ip, at string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	c, err := d.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// A trunk's dialog lives at the trunk's addresses: over UDP they are exact, over
// TCP the port is a passing one.
func TestInDialogFromTrunk(t *testing.T) {
	t.Parallel()
	w := newWire(t, "127.0.0.2")
	b := newParty(t, func(c *setup) { c.Trunks = []trunk.Config{{Name: "pbx", Address: "sip:" + w.addr()}} })
	out, inv := dialled(b, w, func(in *gateway.Invite) { in.Trunk = "pbx" })
	w.send(b.at("udp"), w.reply(inv, 200, "OK", w.tag, answerSDP))
	expect[machine.Answered](out)
	w.request("ACK")
	for _, other := range []*rawPeer{w.as("127.0.0.2"), w.as("127.0.0.3")} {
		for i, row := range inside {
			other.send(b.at("udp"), other.back(inv, w.tag, row.method, 2+i, row.sdp, row.more))
			other.response(481, row.method)
		}
	}
	out.silent()
	w.send(b.at("udp"), w.back(inv, w.tag, "INFO", 2, ""))
	w.response(200, "INFO")
	large := dialFrom(t, "127.0.0.2", b.at("tcp"))
	same(t, "large, by TCP", ask(t, large, streamed(w.back(inv, w.tag, "BYE", 3, ""))).StatusCode, 200)
	expect[machine.Ended](out)
	b.gone()
}

// deskCall is a call to alice's phone over UDP at w, which took it.
func deskCall(g *party, f *rig.Office, w *rawPeer) (out *line, inv *sip.Request, b location.Binding) {
	g.t.Helper()
	b = location.Binding{
		User: "alice", Instance: instance, Device: "desk", Contact: "sip:alice@" + w.addr(), Transport: "udp",
		Source: w.addr(), Local: g.at("udp"), Expires: time.Now().Add(time.Hour),
	}
	if err := f.Places.Put(context.Background(), b); err != nil {
		g.t.Fatal(err)
	}
	out = g.call("", func(in *gateway.Invite) { in.Binding = &b })
	inv = w.request("INVITE")
	w.send(g.at("udp"), w.reply(inv, 200, "OK", w.tag, answerSDP))
	expect[machine.Answered](out)
	w.request("ACK")
	return out, inv, b
}

// A phone over UDP sends what is large over TCP (RFC 3261 18.1.1). Its address
// alone may be that of everybody behind its NAT: there it is asked who it is.
func TestInDialogOverTCPFromUDPPhone(t *testing.T) {
	t.Parallel()
	g, f := withAccess(t, nil)
	w := newWire(t, "127.0.0.2")
	out, inv, _ := deskCall(g, f, w)
	uri := inv.Contact().Address.String()
	send := func(c net.Conn, method string, seq int, sdp string, more ...string) *sip.Response {
		res := ask(t, c, streamed(w.back(inv, w.tag, method, seq, sdp, more...)))
		if res == nil {
			t.Fatalf("%s: the connection was closed", method)
		}
		return res
	}
	for _, row := range inside { // somebody else at another address
		same(t, row.method, send(dialFrom(t, "127.0.0.3", g.at("tcp")), row.method, 2, row.sdp, row.more).StatusCode, 481)
	}
	large := dialFrom(t, "127.0.0.2", g.at("tcp"))
	var challenge *sip.Response
	for _, row := range inside {
		challenge = send(large, row.method, 2, row.sdp, row.more)
		same(t, row.method, challenge.StatusCode, 407)
	}
	for _, row := range []struct{ user, password string }{
		{"alice", "wrong"}, {"bob", rig.Bob.SIPPassword("desk")}, {"alice", rig.Alice.SIPPassword("lab")},
	} {
		same(t, row.user, send(large, "BYE", 2, "",
			rig.Authorize(t, challenge.String(), "", "BYE", uri, row.user, row.password, 1)).StatusCode,
			481)
		challenge = send(large, "UPDATE", 2, "")
	}
	out.silent()
	same(t, "proven", send(large, "UPDATE", 2, "",
		rig.Authorize(t, challenge.String(), "", "UPDATE", uri, "alice", rig.Alice.SIPPassword("desk"), 1)).StatusCode, 200)
	put(t, large, streamed(w.back(inv, w.tag, "INVITE", 3, holdSDP)))
	same(t, "offer", expect[machine.Offered](out).SDP, holdSDP) // it lives there too now
	out.leg.Answer([]byte(answerSDP))
	same(t, "re-INVITE", final(t, large).StatusCode, 200)
	put(t, large, streamed(w.back(inv, w.tag, "ACK", 3, "")))
	w.send(g.at("udp"), w.back(inv, w.tag, "BYE", 4, "")) // and where it was
	w.response(200, "BYE")
	same(t, "end", expect[machine.Ended](out).Cause, machine.CauseHangUp)
	g.gone()
}

// A phone of ours whose address changed goes on when it proves itself: by a
// registration from there, or by a digest in the request itself.
func TestInDialogFromMovedPhone(t *testing.T) {
	t.Parallel()
	g, f := withAccess(t, nil)
	w := newWire(t, "127.0.0.2")
	out, inv, b := deskCall(g, f, w)

	other := w.as("127.0.0.3")
	uri := inv.Contact().Address.String()
	seq := 1
	info := func(more ...string) string {
		seq++
		return other.back(inv, w.tag, "INFO", seq, "", more...)
	}
	digest := func(user, password string) string {
		other.send(g.at("udp"), strings.Replace(other.invite("bob", message.NewToken(), 1, offerSDP), "carol@example.org",
			user+"@"+rig.Domain,
			1))
		challenge := other.response(407, "INVITE")
		return rig.Authorize(t, challenge.String(), "", "INFO", uri, user, password, 1)
	}
	for what, credentials := range map[string]string{
		"no digest":           "X: 1",
		"a wrong password":    digest("alice", "wrong"),
		"somebody else's":     digest("bob", rig.Bob.SIPPassword("desk")),
		"that of other phone": digest("alice", rig.Alice.SIPPassword("lab")),
	} {
		other.send(g.at("udp"), info(credentials))
		if res := other.response(481, "INFO"); res == nil {
			t.Error(what)
		}
	}
	out.silent()
	seq = 1
	good := digest("alice", rig.Alice.SIPPassword("desk"))
	other.send(g.at("udp"), info(good))
	other.response(200, "INFO")
	other.send(g.at("udp"), info()) // it lives there now
	other.response(200, "INFO")

	third := w.as("127.0.0.3")
	third.send(g.at("udp"), third.back(inv, w.tag, "INFO", seq+1, "", good))
	stale := third.response(407, "INFO") // was used: right, but too old
	if !strings.Contains(message.Header(stale, "Proxy-Authenticate"), "stale=true") {
		t.Errorf("a used nonce gets %s", stale)
	}
	b.Source = third.addr()
	if err := f.Places.Put(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	third.send(g.at("udp"), third.back(inv, w.tag, "BYE", seq+1, ""))
	third.response(200, "BYE")
	same(t, "end", fmt.Sprint(expect[machine.Ended](out).Cause), fmt.Sprint(machine.CauseHangUp))
	g.gone()
}
