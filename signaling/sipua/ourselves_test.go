package sipua

import (
	"net"
	"strings"
	"testing"

	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
	"ringsplash/test/rig"
)

// A Contact that leads back to us is refused: to a phone that registers, and to
// a caller.
func TestContactOfOurs(t *testing.T) {
	g, f := withAccess(t, nil)
	_, port, _ := net.SplitHostPort(g.at("udp"))
	w := newWire(t, "127.0.0.1")
	for contact, want := range map[string]int{
		"sip:alice@" + g.at("udp"):                    400,
		"sip:alice@" + rig.Domain + ":" + port:        400,
		"sip:alice@localhost:" + port:                 400,
		"sip:alice@Pbx.LocalHost.:" + port:            400,
		"sip:alice@" + g.at("tcp") + ";transport=tcp": 400,
		"sip:alice@" + w.addr():                       200, // a phone at our address
		"sip:alice@" + rig.Domain + ":9":              200,
		"sip:alice@localhost:9":                       200,
	} {
		register := func(more string) {
			w.send(g.at("udp"), rawMessage("REGISTER sip:"+rig.Domain+" SIP/2.0", []string{
				w.via(), "Max-Forwards: 70", "From: <" + rig.Alice.Address() + ">;tag=" + w.tag, "To: <" + rig.Alice.Address() + ">",
				"Call-ID: " + message.NewToken(), "CSeq: 1 REGISTER", "Contact: <" + contact + ">", more,
			}, ""))
		}
		register("X: 1")
		register(rig.Authorize(t, w.response(401, "REGISTER").String(), "", "REGISTER", "sip:"+rig.Domain, "alice",
			rig.Alice.SIPPassword("desk"), 1))
		w.response(want, "REGISTER")

		w.send(g.at("udp"), strings.ReplaceAll(strings.ReplaceAll(w.invite("bob", message.NewToken(), 1, offerSDP),
			"<sip:carol@"+w.addr()+">",
			"<"+contact+">"), "example.test", rig.Domain))
		if want == 200 {
			g.desk.next().leg.Reject(machine.CauseBusy)
			w.response(486, "INVITE")
			continue
		}
		w.response(400, "INVITE")
	}
	same(t, "bindings", len(f.Places.Of("alice")) > 0, true)
}

// A name that turns out to lead to one of our sockets is not called, over UDP as
// over TCP.
func TestCallToOurselves(t *testing.T) {
	for _, listen := range []string{"127.0.0.1", "0.0.0.0"} {
		for _, network := range []string{"udp", "tcp"} {
			b := newParty(t, func(c *setup) {
				c.Listen, c.AllowDomains = []string{network + "://" + listen + ":0"}, []string{"localhost"}
			})
			_, port, _ := net.SplitHostPort(b.at(network))
			out := b.call("sip:alice@localhost:"+port+";transport="+network, nil)
			same(t, "status", expect[machine.Refused](out).Status, 503)
			b.gone()
			if !strings.Contains(b.log.String(), "the address is our own") {
				t.Errorf("the log does not say why: %s", b.log)
			}
		}
	}
}
