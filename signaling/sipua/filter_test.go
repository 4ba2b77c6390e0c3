package sipua

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
	"ringsplash/test/rig"
)

// What is dropped costs no memory.
func TestFilterDropsForNothing(t *testing.T) {
	g, _ := withAccess(t, func(c *setup) { c.Access.StrangerBurst, c.Access.StrangerRate = 1, 1e-9 })
	info := sip.TransportReadProps{Transport: "UDP", RemoteAddr: &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5060}}
	good, noise := []byte("OPTIONS sip:x SIP/2.0\r\n\r\n"), bytes.Repeat([]byte{0xff}, 1400)
	if !g.mayPass(info, good) {
		t.Fatal("the first message is dropped")
	}
	for name, b := range map[string][]byte{"over the rate": good, "noise": noise, "keep-alive": []byte("\r\n\r\n")} {
		allocs := testing.AllocsPerRun(100, func() {
			if out, err := g.filter(info, b); err != nil || len(out) != 0 {
				t.Errorf("%s: %q, %v", name, out, err)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
	if d := g.Dropped(); d.Throttled != 101 || d.NotSIP != 101 || d.Oversized != 0 {
		t.Errorf("counters %+v", d)
	}
	stream := info
	stream.RemoteAddr = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 5060}
	if !g.mayPass(stream, noise) {
		t.Error("bytes of a stream were dropped")
	}
}

func TestOversized(t *testing.T) {
	g, _ := withAccess(t, nil)
	w := newWire(t, "127.0.0.2")
	us := "sip:" + rig.Domain
	fill := "X: " + strings.Repeat("x", 60) + "\r\n"
	big := strings.Replace(w.stranger("OPTIONS", us, "sip:a@b", "sip:c@d"), "\r\n\r\n", "\r\n"+strings.Repeat(fill, 520)+"\r\n", 1)
	w.send(g.at("udp"), big)
	if res := w.response(513, "OPTIONS"); !strings.Contains(big, res.CallID().Value()) || message.Tag(res.To()) == "" {
		t.Errorf("got %q", res)
	}
	w.send(g.at("udp"), strings.ReplaceAll(big, "OPTIONS", "ACK"))
	w.send(g.at("udp"), strings.ReplaceAll(big, "OPTIONS", "MESSAGE"))
	w.response(513, "MESSAGE")
	w.send(g.at("udp"), w.stranger("OPTIONS", us, "sip:a@b", us))
	w.response(200, "OPTIONS")
	if len(w.held) != 0 {
		t.Errorf("an ACK is answered: %v", w.held)
	}
	if d := g.Dropped(); d.Oversized != 3 {
		t.Errorf("counters %+v", d)
	}
}

// Noise neither ends the listener nor is answered, and what is nearly SIP ends
// nothing either.
func TestNoise(t *testing.T) {
	g, _ := withAccess(t, nil)
	w, v := newWire(t, "127.0.0.2"), newWire(t, "127.0.0.2")
	for _, noise := range []string{
		"\x00", "\r\n\r\n", "hello", strings.Repeat("\xff", 1400), strings.Repeat("A", 60000),
	} {
		w.send(g.at("udp"), noise)
	}
	for _, nearly := range []string{
		"REGISTER sip:x SIP/2.0\r\n\r\n", "REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/UDP SELF;branch=z9hG4bKq\r\nContact: <<<\r\n\r\n",
		"REGISTER \x00 SIP/2.0\r\nContent-Length: -1\r\n\r\n", "SIP/2.0 999 x\r\nCSeq: 1 REGISTER\r\n\r\n",
		"REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/UDP SELF;branch=z9hG4bKr\r\nCSeq: 1 REGISTER\r\nContact: *\r\n\r\n",
	} {
		v.send(g.at("udp"), strings.ReplaceAll(nearly, "SELF", v.addr()))
	}
	us := "sip:" + rig.Domain
	w.send(g.at("udp"), w.stranger("OPTIONS", us, "sip:a@b", us))
	w.response(200, "OPTIONS")
	if len(w.held) != 0 {
		t.Errorf("noise is answered: %v", w.held)
	}
	if d := g.Dropped(); d.NotSIP != 3 {
		t.Errorf("counters %+v", d)
	}
}
