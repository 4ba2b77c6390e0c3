package sipua

import (
	"bufio"
	"context"
	"net"
	"testing"
	"time"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/location"
	"ringsplash/test/rig"
)

// flowBinding is a binding of alice's phone by the flow regID from source.
func flowBinding(f *rig.Office, regID int, transport, source string) location.Binding {
	b := location.Binding{
		User: "alice", Device: "desk", Instance: instance, RegID: regID, Contact: "sip:alice@192.0.2.9:5060;transport=" + transport,
		Transport: transport, Source: source, Expires: time.Now().Add(time.Hour), Refreshed: time.Now(), V: 1,
	}
	_ = f.Places.Put(context.Background(), b)
	return b
}

// until waits for what other goroutines do.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	rig.Until(t, wait, what, ok)
}

// A phone that binds its TCP connection is unregistered when that closes, and
// comes back by itself (RFC 5626 4.5, 6).
func TestFlowEnds(t *testing.T) {
	g, f := withAccess(t, nil)
	phoneOf(t, g, "tcp")
	was := f.Places.Of("alice")[0]
	same(t, "reg-id", was.RegID, 1)
	removed := make(chan string, 10)
	f.Places.FailWith(func(write string) error { removed <- write; return nil })
	g.wire.Drop(flowOfBinding(was))
	select {
	case write := <-removed:
		same(t, "first write", write, "remove "+instance)
	case <-time.After(wait):
		t.Fatal("nothing was written")
	}
	until(t, "the phone is back", func() bool {
		now := f.Places.Of("alice")
		return len(now) == 1 && now[0].Source != was.Source
	})
}

// The flow that is alive is used, whichever was asked for.
func TestOtherFlow(t *testing.T) {
	g, f := withAccess(t, nil)
	c := dialTCP(t, g.at("tcp"))
	if ask(t, c, rawMessage("OPTIONS sip:example.test SIP/2.0", options("TCP"), "")) == nil {
		t.Fatal("no connection")
	}
	dead, live := flowBinding(f, 2, "tcp", "127.0.0.9:9"), flowBinding(f, 1, "tcp", c.LocalAddr().String())
	out := g.call("", func(in *gateway.Invite) { in.Binding = &dead })
	inv := requestFrom(t, bufio.NewReader(c))
	same(t, "target", inv.Recipient.String(), live.Contact)
	w := newWire(t, "127.0.0.3")
	if _, err := c.Write([]byte(w.reply(inv, 486, "Busy", "t", ""))); err != nil {
		t.Fatal(err)
	}
	expect[machine.Refused](out)
	until(t, "the dead flow is gone", func() bool { return len(f.Places.Of("alice")) == 1 })

	_ = c.Close()
	until(t, "the other is closed too", func() bool { return !g.alive(live) })
	out = g.call("", func(in *gateway.Invite) { in.Binding = &live })
	same(t, "status", expect[machine.Refused](out).Status, 408)
}

// A phone that binds no flow listens at its Contact.
func TestContactAfterFlow(t *testing.T) {
	g, f := withAccess(t, nil)
	l, err := net.Listen("tcp", "127.0.0.3:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	b := flowBinding(f, 0, "tcp", "127.0.0.3:9")
	b.Contact = "sip:alice@" + l.Addr().String() + ";transport=tcp"
	out := g.call("", func(in *gateway.Invite) { in.Binding = &b })
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	inv := requestFrom(t, bufio.NewReader(c))
	if _, err := c.Write([]byte(newWire(t, "127.0.0.3").reply(inv, 486, "Busy", "t", ""))); err != nil {
		t.Fatal(err)
	}
	same(t, "status", expect[machine.Refused](out).Status, 486)
}

// 430 from an edge proxy: the next flow is tried, but a trigger leaves once (I3).
func TestFlowFailed(t *testing.T) {
	for name, trigger := range map[string]bool{"ordinary": false, "trigger": true} {
		t.Run(name, func(t *testing.T) {
			g, f := withAccess(t, nil)
			first, second := newWire(t, "127.0.0.3"), newWire(t, "127.0.0.4")
			dead := flowBinding(f, 1, "udp", first.addr())
			flowBinding(f, 2, "udp", second.addr())
			out := g.call("", func(in *gateway.Invite) {
				in.Binding = &dead
				if trigger {
					in.Headers = []profile.Header{{Name: "Answer-Mode", Value: "Auto"}}
				}
			})
			first.send(g.at("udp"), first.reply(first.request("INVITE"), 430, "Flow Failed", "t", ""))
			first.request("ACK")
			if trigger {
				same(t, "status", expect[machine.Refused](out).Status, 430)
				same(t, "second trigger", second.drain(50*time.Millisecond, is("INVITE")), 0)
			} else {
				inv := second.request("INVITE")
				second.send(g.at("udp"), second.reply(inv, 486, "Busy", "t", ""))
				same(t, "status", expect[machine.Refused](out).Status, 486)
			}
			until(t, "the failed flow is gone", func() bool { return len(f.Places.Of("alice")) == 1 })
		})
	}
}

// A phone sees by STUN that its UDP flow is alive (RFC 5626 4.4.2).
func TestSTUNKeepAlive(t *testing.T) {
	g, _ := withAccess(t, nil)
	w := newWire(t, "127.0.0.3")
	request := "\x00\x01\x00\x00\x21\x12\xa4\x42twelve bytes"
	w.send(g.at("udp"), request)
	buf := make([]byte, 100)
	_ = w.conn.SetReadDeadline(time.Now().Add(wait))
	n, _, err := w.conn.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	port := mustAddr(w.addr()).Port()
	want := "\x01\x01\x00\x0c" + request[4:] + "\x00\x20\x00\x08\x00\x01" + string([]byte{byte(port>>8) ^ 0x21, byte(port) ^ 0x12}) +
		string([]byte{127 ^ 0x21, 0 ^ 0x12, 0 ^ 0xa4, 3 ^ 0x42})
	same(t, "answer", string(buf[:n]), want)
}
