package sipua

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/signaling/sipua/wire"
	"ringsplash/test/rig"
)

func TestConfigIsChecked(t *testing.T) {
	for name, change := range map[string]func(*setup){
		"no domain":      func(c *setup) { c.Domain = "" },
		"bad domain":     func(c *setup) { c.Domain = "a b" },
		"no scheme":      func(c *setup) { c.Listen = []string{"127.0.0.1:0"} },
		"bad port":       func(c *setup) { c.Listen = []string{"udp://127.0.0.1:70000"} },
		"trunk uri":      func(c *setup) { c.Trunks = []trunk.Config{{Name: "a", Address: "mail:h"}} },
		"no certificate": func(c *setup) { c.Listen = []string{"tls://127.0.0.1:0"} },
		"negative":       func(c *setup) { c.First1xx = -1 },
	} {
		c := setup{Config: Config{Domain: "example.test", Config: wire.Config{Listen: []string{"udp://127.0.0.1:0"}}}}
		change(&c)
		if ua, err := Open(c.Config, rig.Quiet); err == nil {
			_ = ua.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestPortInUse(t *testing.T) {
	a := newParty(t, nil)
	_, err := Open(Config{Domain: "x", Config: wire.Config{Listen: []string{"udp://127.0.0.1:0", "udp://" + a.at("udp")}}},
		rig.Quiet)
	if err == nil || !strings.Contains(err.Error(), a.at("udp")) {
		t.Fatalf("got %v", err)
	}
}

// The address we write depends on where it goes.
func TestAdvertisedAddress(t *testing.T) {
	p := newParty(t, func(c *setup) {
		c.Public = map[netip.Addr]netip.Addr{netip.MustParseAddr("127.0.0.1"): netip.MustParseAddr("192.0.2.1")}
		c.LocalNets = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/24")}
		c.AllowDomains = []string{"127.0.0.2", "127.0.9.2"}
	})
	for ip, host := range map[string]string{"127.0.0.2": "127.0.0.1", "127.0.9.2": "192.0.2.1"} {
		w := newWire(t, ip)
		out, inv := dialled(p, w, nil)
		same(t, "via", inv.Via().Host, host)
		same(t, "contact", inv.Contact().Address.Host, host)
		same(t, "port", fmt.Sprint(inv.Contact().Address.Port), p.at("udp")[strings.LastIndex(p.at("udp"), ":")+1:])
		w.send(p.at("udp"), w.reply(inv, 486, "Busy", "t", ""))
		expect[machine.Refused](out)
	}
}

// Close waits for the BYE under way, ends what is alive, and refuses what comes.
func TestClose(t *testing.T) {
	a := newParty(t, nil)
	w := newWire(t, "127.0.0.3")
	out, _ := up(a, w)
	alive, inv := dialled(a, w, nil)
	w.send(a.at("udp"), w.reply(inv, 180, "Ringing", "t", ""))
	expect[machine.Rang](alive)
	out.leg.HangUp(machine.CauseShuttingDown)
	expect[machine.Ended](out)
	bye := w.request("BYE")
	done := make(chan struct{})
	go func() { defer close(done); _ = a.Close() }()
	select {
	case <-done:
		t.Fatal("Close did not wait for the BYE")
	case <-time.After(100 * time.Millisecond):
	}
	w.send(a.at("udp"), w.reply(bye, 200, "OK", "", ""))
	select {
	case <-done:
	case <-time.After(wait):
		t.Fatal("Close hangs")
	}
	same(t, "legs", a.Legs(), 0)
	alive.silent()
	late := a.call("sip:x@"+w.addr(), nil)
	same(t, "after Close", expect[machine.Refused](late).Status, 503)
	_ = a.Close()
}

// A panic above a leg ends that leg with 500 and no other.
func TestPanicEndsOneLeg(t *testing.T) {
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	good, ok := talking(b, w, "good")
	w.send(b.at("udp"), w.invite("alice", "bad", 1, offerSDP))
	bad := b.desk.next()
	l := bad.leg.(*leg)
	l.mail.Post(func() { panic("test") })
	same(t, "end", expect[machine.Ended](bad).Cause, machine.CauseFault)
	w.response(500, "INVITE")
	if !strings.Contains(b.log.String(), "by a fault of ours") {
		t.Fatal("no log line")
	}
	w.send(b.at("udp"), w.within(ok, "INFO", 2, ""))
	w.response(200, "INFO")
	hangUpFrom(b, w, good, ok, 3)
}

func TestPanicInRequest(t *testing.T) {
	b := newParty(t, func(c *setup) { c.Calls = panicking{} })
	w := newWire(t, "127.0.0.2")
	w.send(b.at("udp"), w.invite("alice", "boom", 1, offerSDP))
	w.response(500, "INVITE")
	b.gone()
	w.send(b.at("udp"), w.invite("alice", "boom2", 1, offerSDP))
	w.response(500, "INVITE")
}

type panicking struct{}

func (panicking) Begin(func(gateway.Sink) gateway.Incoming) { panic("test") }

func TestTooMany(t *testing.T) {
	b := newParty(t, func(c *setup) { c.MaxLegs = 1 })
	w := newWire(t, "127.0.0.2")
	w.send(b.at("udp"), w.invite("alice", "one", 1, offerSDP))
	in := b.desk.next()
	w.send(b.at("udp"), w.invite("alice", "two", 1, offerSDP))
	if r := w.response(503, "INVITE"); message.Header(r, "Retry-After") != "10" {
		t.Fatal("no Retry-After")
	}
	same(t, "out", expect[machine.Refused](b.call("sip:x@"+w.addr(), nil)).Status, 503)
	in.leg.HangUp(machine.CauseHangUp)
	expect[machine.Ended](in)
	b.gone()
}

// Noise does not stop the listener.
func TestListenerSurvives(t *testing.T) {
	t.Parallel()
	b := newParty(t, nil)
	w := newWire(t, "127.0.0.2")
	for _, noise := range []string{
		"", "\x00\x00", "hello", "INVITE", "INVITE sip:a@b SIP/2.0\r\n\r\n", "SIP/2.0 200\r\n\r\n", "\r\n\r\n",
		"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP\r\nCSeq: x\r\n\r\n", strings.Repeat("A", 40000),
	} {
		w.send(b.at("udp"), noise)
	}
	in, ok := talking(b, w, "after-noise")
	in.leg.Reoffer([]byte(holdSDP))
	w.send(b.at("udp"), w.reply(w.request("INVITE"), 200, "OK", "", answerSDP))
	expect[machine.Reoffered](in)
	hangUpFrom(b, w, in, ok, 2)
	b.gone()
}

// A caller whose TCP connection dies while it rings has given up.
func TestTCPCallerVanishes(t *testing.T) {
	b := newParty(t, nil)
	c, err := net.Dial("tcp", b.at("tcp"))
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, "127.0.0.2")
	if _, err := c.Write([]byte(strings.Replace(w.invite("alice", "tcp", 1, offerSDP), "SIP/2.0/UDP", "SIP/2.0/TCP",
		1))); err != nil {
		t.Fatal(err)
	}
	in := b.desk.next()
	_ = c.Close()
	same(t, "end", expect[machine.Ended](in).Cause, machine.CauseCallerGone)
	b.gone()
}
