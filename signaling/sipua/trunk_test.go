package sipua

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/trunk"
)

// Who calls is told to a trunk that may know (RFC 3325 9.1), and a private
// caller to nobody else (9.3).
func TestTrunkIsToldWhoCalls(t *testing.T) {
	const bob = `"Bob \"the\" Builder" <sip:bob@example.test>`
	for name, row := range map[string]struct {
		trust, udp, private bool
		from, asserted      string
	}{
		"trusted":             {true, true, false, bob, bob},
		"trusted not by UDP":  {true, false, false, bob, ""},
		"private":             {true, true, true, `"Anonymous" <sip:anonymous@anonymous.invalid>`, bob},
		"private, no trust":   {false, false, true, `"Anonymous" <sip:anonymous@anonymous.invalid>`, ""},
		"private, not by UDP": {true, false, true, `"Anonymous" <sip:anonymous@anonymous.invalid>`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, "127.0.0.3")
			p := newParty(t, func(c *setup) {
				c.Trunks = []trunk.Config{{Name: "pbx", Address: "sip:" + w.addr(), TrustIdentity: row.trust, TrustUDP: row.udp}}
			})
			out := p.call("sip:123@"+w.addr(), func(in *gateway.Invite) { in.Trunk, in.From.Private = "pbx", row.private })
			inv := w.request("INVITE")
			from, _, _ := strings.Cut(inv.From().Value(), ";tag=")
			same(t, "From", from, row.from)
			same(t, "P-Asserted-Identity", message.Header(inv, "P-Asserted-Identity"), row.asserted)
			same(t, "Privacy", message.Header(inv, "Privacy") == "id", row.private)
			w.send(p.at("udp"), w.reply(inv, 486, "Busy", "t", ""))
			expect[machine.Refused](out)
		})
	}
}

// An answer that asks for nothing is no challenge that we did not answer.
func TestNoChallengeNoWarning(t *testing.T) {
	t.Parallel()
	w := newWire(t, "127.0.0.2")
	g := newParty(t, func(c *setup) {
		c.Trunks = []trunk.Config{{
			Name: "pbx", Address: "sip:" + w.addr(), Register: trunk.Credentials{User: "gw", Password: "secret"},
		}}
	})
	w.send(g.at("udp"), w.reply(w.request("REGISTER"), 200, "OK", "r", ""))
	out, inv := dialled(g, w, func(in *gateway.Invite) { in.Trunk = "pbx" })
	w.send(g.at("udp"), w.reply(inv, 183, "Session Progress", w.tag, "", "Require: 100rel", "RSeq: 1"))
	w.send(g.at("udp"), w.reply(w.request("PRACK"), 200, "OK", "", ""))
	expect[machine.Rang](out)
	w.send(g.at("udp"), w.reply(inv, 200, "OK", w.tag, answerSDP))
	expect[machine.Answered](out)
	w.request("ACK")
	out.leg.HangUp(machine.CauseHangUp)
	w.send(g.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
	g.gone()
	if strings.Contains(g.log.String(), "challenge not answered") {
		t.Error("a 200 was taken for a challenge")
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = g.Close() }()
	back := w.find("REGISTER that gives back", func(m sip.Message) bool {
		return is("REGISTER")(m) && message.Header(m, "Expires") == "0"
	}).(*sip.Request)
	w.send(g.at("udp"), w.reply(back, 200, "OK", "r", ""))
	<-done
}
