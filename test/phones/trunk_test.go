package phones

import (
	"fmt"
	"strings"
	"testing"

	"ringsplash/test/rig"
)

// trunkAt is a trunk that dials out with the prefix 0 and whose word on
// callers counts.
func trunkAt(addr string) rig.Options {
	return rig.Options{Trunks: []string{fmt.Sprintf(
		`{name: pbx, address: "sip:%s:5060", transport: udp, prefixes: [{match: "0", strip: 1, add: "+44"}], `+
			`trust_identity: true, trust_udp: true, ping: 1h}`, addr)}}
}

// The trunk that comes first has a name nobody knows: the gateway starts, says
// so, and calls by the next.
func TestCallThroughTrunk(t *testing.T) {
	t.Parallel()
	pbx := rig.NewAddr()
	o := trunkAt(pbx)
	o.Trunks = append([]string{`{name: lost, address: "sip:lost.invalid:5060", prefixes: [{match: "0"}]}`}, o.Trunks...)
	g := rig.Start(t, o)
	m := g.Metrics(t)
	for metric, want := range map[string]float64{`found{trunk="lost"}`: 0, `up{trunk="lost"}`: 0, `found{trunk="pbx"}`: 1} {
		if got, told := m["ringsplash_trunk_"+metric]; got != want || !told {
			t.Errorf("/metrics says %v for %s", got, metric)
		}
	}
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone, Codec: "PCMU"})
	far := g.StartSipp(t, "uas_phone", rig.SippOptions{
		Addr: pbx, Env: []string{"RING_MS=200"}, Args: []string{"-rtp_echo"},
	}).Listening()

	bob.Dial("0(123)456-7")
	bob.WaitEvent("CALL_ESTABLISHED")
	bob.Hears(callerTone) // the far end sends back what it hears
	bob.Hangup()
	far.OK()
	if !strings.Contains(far.Messages(), "INVITE sip:+441234567@"+pbx) {
		t.Error("the trunk was not asked for +441234567")
	}
	if !strings.Contains(far.Log(), rig.Bob.Address()) {
		t.Errorf("the trunk was not told who calls: %s", far.Log())
	}
}

func TestCallFromTrunk(t *testing.T) {
	t.Parallel()
	pbx := rig.NewAddr()
	g := rig.Start(t, trunkAt(pbx))
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone, Codec: "PCMU"})
	caller := g.StartSipp(t, "uac_call", rig.SippOptions{Addr: pbx, Args: []string{
		"-s", "1001", "-d", "2500", "-key", "fuser", "anonymous", "-key", "fdomain", "anonymous.invalid",
		"-key", "exthdr", "P-Asserted-Identity: \"Eve\" <sip:+4930123456@" + pbx + ">",
	}})
	if ev := alice.WaitEvent("CALL_INCOMING"); !strings.Contains(ev.Peer, "+4930123456") {
		t.Errorf("alice's phone shows %q, want the number the trunk asserted", ev.Peer)
	}
	alice.Accept()
	alice.WaitEvent("CALL_ESTABLISHED")
	alice.Hears(700) // the tone of uac_call
	alice.WaitEvent("CALL_CLOSED")
	caller.OK()
}

// What the trunk refuses, and a trunk that is not there. That one has an address of
// its own: until its transaction ends the INVITE is sent again, and would ring
// whoever comes to listen there.
func TestTrunkRefuses(t *testing.T) {
	t.Parallel()
	pbx := rig.NewAddr()
	o := trunkAt(pbx)
	o.Trunks = append(o.Trunks, fmt.Sprintf(
		`{name: gone, address: "sip:%s:5060", transport: udp, prefixes: [{match: "9"}]}`, rig.NewAddr()))
	g := rig.Start(t, o)
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob})
	bob.Dial("9999")
	bob.WaitClosed("503")
	far := g.StartSipp(t, "uas_reject", rig.SippOptions{
		Addr: pbx, Env: []string{"STATUS=404 Not Found"}, Args: []string{"-d", "100"},
	}).Listening()
	bob.Dial("0999")
	bob.WaitClosed("404")
	far.OK()
}

// Only our users may use the trunk: not a stranger, and not the trunk itself.
func TestNobodyElseUsesTheTrunk(t *testing.T) {
	t.Parallel()
	pbx := rig.NewAddr()
	g := rig.Start(t, trunkAt(pbx))
	stranger := g.NewProbe(t)
	resp := stranger.Ask(rig.Request{
		Method: "INVITE", URI: "sip:0123@" + rig.Domain, From: "sip:eve@elsewhere.test",
		Body: offer("127.0.0.1", "0 PCMU/8000"),
	})
	if resp.Status != 403 && resp.Status != 404 {
		t.Errorf("a stranger dials 0123: %v, want 403 or 404", resp)
	}
	caller := g.StartSipp(t, "uac_call", rig.SippOptions{Addr: pbx, Args: []string{
		"-s", "0123", "-d", "100", "-key", "fuser", "eve", "-key", "fdomain", "elsewhere.test",
	}})
	if status := caller.Wait(); status == 0 {
		t.Error("the trunk reached itself through us")
	}
	if messages := caller.Messages(); !strings.Contains(messages, "SIP/2.0 403") && !strings.Contains(messages, "SIP/2.0 404") {
		t.Error("the trunk's call to a trunk was not refused with 403 or 404")
	}
}
