package browser

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"ringsplash/chat"
	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/location"
	"ringsplash/media"
	"ringsplash/media/sdp"
	"ringsplash/presence"
	"ringsplash/token"
)

var _ Tab = (*gateway.Socket)(nil)

// realTabs hands the real gateway's tabs on.
type realTabs struct{ *gateway.Gateway }

func (g realTabs) OpenTab(user string, resume gateway.Resume, wake func()) (Tab, bool, error) {
	tab, resumed, err := g.Gateway.OpenTab(user, resume, wake)
	if err != nil {
		return nil, false, err
	}
	return tab, resumed, nil
}

func (g realTabs) Watch(user string, wake func()) (Watch, error) {
	w, err := g.Gateway.Watch(user, wake)
	if err != nil {
		return nil, err
	}
	return w, nil
}

// noPhones is a house without deskphones.
type noPhones struct{ gateway.Dialer }

// newRealRig is a rig over the real gateway and media.
func newRealRig(t *testing.T) *rig {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	loop, err := media.Listen(media.Config{Listen: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = loop.Close() }) // last: cleanups run backwards
	return newRig(t, func(c *Config) {
		people := c.People
		bindings, err := location.New(t.Context(), "n1", c.Store, log)
		if err != nil {
			t.Fatal(err)
		}
		seen, err := presence.New(presence.Config{Directory: people, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		c.APIKeys = &token.Keys{Store: c.Store}
		c.Chat, err = chat.Open(t.Context(), chat.Config{Store: c.Store, People: people, Node: "n1", Now: movedClock.now}, log)
		if err != nil {
			t.Fatal(err)
		}
		book := c.Chat
		gw, err := gateway.New(gateway.Config{
			Node: "n1", Domain: "example.test", Directory: people, Presence: seen, Chat: book, Store: c.Store, Media: loop,
			Dialer: noPhones{},
			Timers: gateway.Timers{TabGone: 1500 * time.Millisecond},
		}, bindings, log)
		if err != nil {
			t.Fatal(err)
		}
		c.Gateway = &closingGateway{realTabs{gw}, func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := gw.Close(ctx); err != nil {
				t.Errorf("close the gateway: %v", err)
			}
			bindings.Close()
			seen.Close()
			if err := book.Close(); err != nil {
				t.Errorf("close the messages: %v", err)
			}
		}}
	})
}

// closingGateway is closed by the rig, between the server and the store.
type closingGateway struct {
	realTabs
	close func()
}

// until reads on until a state shows what cond waits for.
func (p *page) until(what string, cond func(message) bool) message {
	p.r.t.Helper()
	for {
		if m := p.read(); cond(m) {
			return m
		} else if m.Type == typeReply {
			p.r.t.Fatalf("%s did not come, but %s", what, m.raw)
		}
	}
}

func oneCall(state string) func(message) bool {
	return func(m message) bool { return len(m.Calls) == 1 && m.Calls[0].State == state }
}

func TestRealGatewayTabToTab(t *testing.T) {
	t.Parallel()
	r := newRealRig(t)
	alice, bob := r.loggedIn("alice", alicePassword), r.loggedIn("bob", bobPassword)
	caller, _ := alice.open(nil)
	callee, welcomed := bob.open(nil)

	caller.do("1", gateway.Command{Do: "call", To: "1002"})
	reply := caller.reply("1")
	if !reply.OK || reply.Call == "" {
		t.Fatalf("call: %s", reply.raw)
	}
	ring := callee.until("ringing", oneCall("ringing"))
	call := ring.Calls[0]
	if string(call.ID) != reply.Call || call.Direction != "in" || call.Peer.Address != "sip:alice@example.test" {
		t.Errorf("it rings as %s", ring.raw)
	}
	// A reload while it rings.
	_ = callee.conn.CloseNow()
	callee, again := bob.open(welcomed.key())
	if !again.Resumed || !oneCall("ringing")(again) {
		t.Fatalf("after the reload: %s", again.raw)
	}
	callee.do("1", gateway.Command{Do: "ringing", Call: call.ID})
	if m := callee.reply("1"); !m.OK {
		t.Errorf("ringing: %s", m.raw)
	}
	callee.do("2", gateway.Command{Do: "decline", Call: call.ID})
	callee.do("2", gateway.Command{Do: "decline", Call: call.ID})
	for range 2 { // the first reply, although the call has ended meanwhile
		if m := callee.reply("2"); !m.OK {
			t.Errorf("decline: %s", m.raw)
		}
	}
	ended := caller.until("the end", oneCall("ended"))
	if c := ended.Calls[0]; c.Cause != machine.CauseDeclined || c.Reason == "" {
		t.Errorf("it ended as %s", ended.raw)
	}
	caller.do("2", gateway.Command{Do: "call", To: "4711"})
	if m := caller.reply("2"); m.Error == nil || m.Error.Code != "not_found" {
		t.Errorf("an unknown number: %s", m.raw)
	}
	caller.do("3", gateway.Command{Do: "offer", SDP: "v=0\r\nnonsense", PC: "p", Codecs: []sdp.Codec{sdp.PCMU}})
	if m := caller.reply("3"); m.Error == nil || m.Error.Code != "bad_sdp" {
		t.Errorf("a bad offer: %s", m.raw)
	}
}
