package sipua

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/policy"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/registrar"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/test/rig"
)

const instance = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"

// withAccess is a gateway-like party that knows the rig's users.
func withAccess(t *testing.T, change func(*setup)) (*party, *rig.Office) {
	f := rig.NewOffice(t)
	g := newParty(t, func(c *setup) {
		c.Domain = rig.Domain
		c.Access = &registrar.Config{
			Node: "n1", Users: f.Users, Locations: f.Places, Store: f.Store, DatagramRate: 1e6,
			DatagramBurst: 1e6,
		}
		if change != nil {
			change(c)
		}
	})
	return g, f
}

// phoneOf is a simulated phone of alice at the gateway g, registered.
func phoneOf(t *testing.T, g *party, network string) *party {
	t.Helper()
	p, err := registering(t, g, network, ofDeskphone)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ofDeskphone are the credentials of alice's deskphone.
var ofDeskphone = trunk.Credentials{User: "alice", Password: rig.Alice.SIPPassword(rig.Alice.Devices[0].ID)}

// registering is a simulated phone of alice at the gateway g, and what first
// came of its registration.
func registering(t *testing.T, g *party, network string, c trunk.Credentials) (*party, error) {
	t.Helper()
	registered := make(chan error, 10)
	p := newParty(t, func(s *setup) {
		s.Domain = "phone.invalid"
		s.Trunks = []trunk.Config{{
			Name: "gateway", Address: "sip:" + g.at(network), Transport: network, AOR: rig.Alice.Address(), Instance: instance,
			Register: c,
		}}
		s.Registered = func(_ string, err error) { registered <- err }
	})
	select {
	case err := <-registered:
		return p, err
	case <-time.After(wait):
		t.Fatal("no registration was tried")
		return nil, nil
	}
}

func TestPhoneAtGateway(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			g, f := withAccess(t, nil)
			p := phoneOf(t, g, network)
			bound := f.Places.Of("alice")
			same(t, "bindings", len(bound), 1)
			b := bound[0]
			same(t, "instance", b.Instance, instance)
			same(t, "local", b.Local, g.at(network))
			same(t, "transport", b.Transport, network)
			if network == "udp" {
				same(t, "source", b.Source, p.at("udp"))
			}

			// The gateway calls the phone.
			out := g.call("", func(in *gateway.Invite) { in.Binding = &b; in.Leg = "leg 1/ä" })
			in := p.desk.next()
			in.leg.Ring(nil)
			expect[machine.Rang](out)
			in.leg.Answer([]byte(answerSDP))
			expect[machine.Answered](out)
			in.leg.Reoffer([]byte(holdSDP)) // finds the leg by its Contact's dialog
			expect[machine.Offered](out)
			out.leg.Answer([]byte(answerSDP))
			same(t, "hold", expect[machine.Reoffered](in).Status, 200)
			out.leg.HangUp(machine.CauseHangUp)
			expect[machine.Ended](out)
			expect[machine.Ended](in)

			// The phone calls the gateway and proves who it is.
			out = p.call("", func(in *gateway.Invite) {
				in.Trunk, in.URI = "gateway", "sip:bob@"+rig.Domain
				in.From = policy.Identity{Address: rig.Alice.Address()}
			})
			in = g.desk.next()
			same(t, "caller", in.in.From.User, "alice")
			same(t, "level", in.in.From.Level, policy.Proven)
			same(t, "device", in.in.Device, rig.Alice.Devices[0].ID)
			same(t, "dialled", in.in.Dialled, "sip:bob@"+rig.Domain)
			in.leg.Answer([]byte(answerSDP))
			expect[machine.Answered](out)
			in.leg.HangUp(machine.CauseHangUp)
			expect[machine.Ended](in)
			expect[machine.Ended](out)

			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			same(t, "bindings after Close", len(f.Places.Of("alice")), 0)
		})
	}
}

func TestRegisterRefused(t *testing.T) {
	g, f := withAccess(t, nil)
	if _, err := registering(t, g, "udp", trunk.Credentials{User: "alice", Password: "wrong"}); err == nil {
		t.Fatal("registered with a wrong password")
	}
	elsewhere := ofDeskphone
	elsewhere.Realm = "elsewhere"
	if _, err := registering(t, g, "udp", elsewhere); err == nil || !strings.Contains(err.Error(), "realm") {
		t.Fatalf("gave its credentials to a foreign realm: %v", err)
	}
	same(t, "bindings", len(f.Places.Of("alice")), 0)
}

// A registration is refreshed before it is over, and given back at the end.
func TestRegisterKeeps(t *testing.T) {
	g, f := withAccess(t, func(c *setup) { c.Access.MinExpires, c.Access.MaxExpires = time.Second, time.Second })
	p := phoneOf(t, g, "udp")
	first := f.Places.Of("alice")[0]
	rig.Until(t, wait, "a refresh", func() bool {
		now := f.Places.Of("alice")
		return len(now) == 1 && now[0].CSeq > first.CSeq && now[0].CallID == first.CallID
	})
	_ = p.Close()
	same(t, "bindings after Close", len(f.Places.Of("alice")), 0)
}

// A registrar that wants us to register for longer (423) gets that.
func TestRegisterForLonger(t *testing.T) {
	g, f := withAccess(t, func(c *setup) { c.Access.MinExpires = time.Hour })
	phoneOf(t, g, "udp")
	if b := f.Places.Of("alice")[0]; time.Until(b.Expires) < 50*time.Minute {
		t.Errorf("bound until %v", b.Expires)
	}
}

// A trunk is known by its address, challenged by nobody, and its asserted
// identity counts where it may.
func TestTrunk(t *testing.T) {
	pbx := newParty(t, nil)
	g, _ := withAccess(t, func(c *setup) {
		c.Trunks = []trunk.Config{{Name: "pbx", Address: "sip:" + pbx.at("udp"), TrustIdentity: true, TrustUDP: true}}
	})
	out := pbx.call("", func(in *gateway.Invite) { in.URI = "sip:alice@" + g.at("udp") })
	in := g.desk.next()
	same(t, "trunk", in.in.From.Trunk, "pbx")
	in.leg.Reject(machine.CauseBusy)
	same(t, "busy", expect[machine.Refused](out).Status, 486)

	w := newWire(t, "127.0.0.2")
	g2, _ := withAccess(t, func(c *setup) {
		c.Trunks = []trunk.Config{{
			Name: "pbx", Address: "sip:" + w.addr(), TrustIdentity: true, TrustUDP: true,
			Register: trunk.Credentials{User: "gw", Password: "secret"},
		}}
	})
	reg := w.request("REGISTER")
	w.send(g2.at("udp"), w.reply(reg, 401, "Unauthorized", "r", "",
		`WWW-Authenticate: Digest realm="pbx", nonce="n1", algorithm=MD5, qop="auth-int, auth"`,
		`WWW-Authenticate: Digest realm="pbx", nonce="n2", algorithm=SHA-256, qop="auth"`))
	reg = w.request("REGISTER")
	if a := message.Header(reg, "Authorization"); !strings.Contains(a, "algorithm=SHA-256") || strings.Contains(a, "secret") {
		t.Fatalf("Authorization: %s", a)
	}
	w.send(g2.at("udp"), w.reply(reg, 200, "OK", "r", "", "Contact: "+reg.Contact().Value()+";expires=600"))

	trunkCall := g2.call("", func(in *gateway.Invite) {
		in.Trunk, in.URI = "pbx", "tel:+441234;phone-context=x"
		in.Leg = "tr"
	})
	inv := w.request("INVITE")
	same(t, "request uri", inv.Recipient.String(), "sip:+441234@"+w.addr()+";user=phone")
	same(t, "pai", message.Header(inv, "P-Asserted-Identity"), `"Bob \"the\" Builder" <sip:bob@example.test>`)
	w.send(g2.at("udp"), w.reply(inv, 407, "Proxy Authentication Required", "x", "",
		`Proxy-Authenticate: Digest realm="pbx", nonce="n3", algorithm=MD5, qop="auth"`))
	w.request("ACK")
	again := w.request("INVITE")
	same(t, "cseq", again.CSeq().SeqNo, inv.CSeq().SeqNo+1)
	same(t, "call", again.CallID().Value(), inv.CallID().Value())
	if message.Header(again, "Proxy-Authorization") == "" {
		t.Fatal("no credentials")
	}
	// Refused credentials are not tried for ever, nor given to another realm.
	w.send(g2.at("udp"), w.reply(again, 407, "Proxy Authentication Required", "x", "",
		`Proxy-Authenticate: Digest realm="evil", nonce="n4"`))
	same(t, "refused", expect[machine.Refused](trunkCall).Status, 407)
	done := make(chan struct{})
	go func() { defer close(done); _ = g2.Close() }()
	// One that we were slow to answer may have been sent again.
	unreg := w.find("REGISTER that gives back", func(m sip.Message) bool {
		return is("REGISTER")(m) && message.Header(m, "Expires") == "0"
	}).(*sip.Request)
	w.send(g2.at("udp"), w.reply(unreg, 200, "OK", "r", ""))
	<-done
}
