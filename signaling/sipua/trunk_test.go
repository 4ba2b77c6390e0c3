package sipua

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/trunk"
)

// A trunk is up while it answers OPTIONS with anything but 408 and 503; two in
// a row count.
func TestTrunkState(t *testing.T) {
	w := newWire(t, "127.0.0.3")
	p := newParty(t, func(c *setup) {
		c.Trunks = []trunk.Config{
			{Name: "pbx", Address: "sip:" + w.addr(), Ping: 100 * time.Millisecond},
			{Name: "unasked", Address: "sip:127.0.0.9"},
		}
	})
	same(t, "at first", p.Trunks().Up("pbx"), true)
	same(t, "nobody", p.Trunks().Up("nobody"), false)
	answer := func(status int, up bool) {
		t.Helper()
		until(t, "the state", func() bool {
			req := w.request("OPTIONS")
			w.send(p.at("udp"), w.reply(req, status, "Answer", "t", ""))
			return p.Trunks().Up("pbx") == up
		})
	}
	answer(503, false)
	states := p.Trunks().States()
	same(t, "names", states[0].Name+" "+states[1].Name, "pbx unasked")
	same(t, "why", states[0].Why, "it says 503 Answer")
	same(t, "unasked", states[1].Up, true)
	answer(404, true)
	same(t, "why", p.Trunks().States()[0].Why, "")
	if text := p.log.String(); !strings.Contains(text, "trunk is down") || !strings.Contains(text, "trunk is up") {
		t.Error("the log does not tell")
	}
}

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
