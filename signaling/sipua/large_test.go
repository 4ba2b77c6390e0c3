package sipua

import (
	"bufio"
	"net"
	"strings"
	"testing"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
)

// A large request goes by TCP where the URI leaves the transport open and the
// peer takes it; its dialog stays on UDP.
func TestLargeRequest(t *testing.T) {
	t.Parallel()
	long := func(in *gateway.Invite) {
		in.Headers = []profile.Header{
			{Name: "X-Long", Value: strings.Repeat("x", 500)},
			{Name: "X-More", Value: strings.Repeat("x", 500)},
		}
	}
	for _, row := range []struct {
		name   string
		listen bool // the peer takes TCP
		params string
		change func(*gateway.Invite)
		tcp    bool
	}{
		{"large", true, "", long, true},
		{"small", true, "", nil, false},
		{"not over TCP", true, ";transport=udp", long, false},
		{"no TCP there", false, "", long, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			a, w := newParty(t, nil), newWire(t, "127.0.0.3")
			var l net.Listener
			if row.listen {
				var err error
				if l, err = net.Listen("tcp", w.addr()); err != nil {
					t.Fatal(err)
				}
				defer func() { _ = l.Close() }()
			}
			out := a.call("sip:alice@"+w.addr()+row.params, row.change)
			if !row.tcp {
				inv := w.request("INVITE")
				same(t, "via", inv.Via().Transport, "UDP")
				w.send(a.at("udp"), w.reply(inv, 486, "Busy", "t", ""))
				same(t, "status", expect[machine.Refused](out).Status, 486)
				return
			}
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			inv := requestFrom(t, bufio.NewReader(c))
			same(t, "via", inv.Via().Transport, "TCP")
			same(t, "contact", inv.Contact().Address.String(), "sip:"+string(out.leg.(*leg).id)+"@"+a.at("udp"))
			if _, err := c.Write([]byte(w.reply(inv, 200, "OK", "t", answerSDP))); err != nil {
				t.Fatal(err)
			}
			expect[machine.Answered](out)
			w.request("ACK")
			out.leg.HangUp(machine.CauseHangUp)
			w.send(a.at("udp"), w.reply(w.request("BYE"), 200, "OK", "", ""))
			a.gone()
		})
	}
}
