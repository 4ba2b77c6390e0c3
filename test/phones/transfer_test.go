package phones

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringsplash/test/rig"
)

const thirdTone = 1500

// A phone's Transfer key: the two that stay hear each other, the target sees
// who comes, and no trigger travels in a Refer-To.
func TestTransfer(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone, Codec: "PCMU"})
	carol := phone(t, g, rig.PhoneOptions{User: rig.Carol, Tone: thirdTone, Codec: "PCMU"})

	t.Run("blind", func(t *testing.T) { blindTransfer(t, g, bob, carol) })
	t.Run("blind to nobody", func(t *testing.T) { transferToNobody(t, g, bob) })
	t.Run("attended", func(t *testing.T) { attendedTransfer(t, g, bob, carol) })
	t.Run("by a tab", func(t *testing.T) { transferByTab(t, g, bob, carol) })
}

func blindTransfer(t *testing.T, g *rig.Gateway, bob, carol *rig.Phone) {
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone, Codec: "PCMU"})
	connect(t, bob, alice, "alice")
	alice.Command("transfer", "sip:carol@"+rig.Domain+"?Answer-Mode=Auto&Call-Info=%3Csip:x%3E;answer-after%3D0")
	if ev := carol.WaitEvent("CALL_INCOMING"); ev.Peer != rig.Bob.Address() {
		t.Errorf("carol's phone shows %q, want who is transferred", ev.Peer)
	}
	carol.Accept()
	carol.WaitEvent("CALL_ESTABLISHED")
	alice.WaitEvent("CALL_CLOSED")
	bob.Hears(thirdTone)
	carol.Hears(callerTone)
	if got := invites(carol); len(got) == 0 || hasTrigger(got[len(got)-1]) {
		t.Errorf("carol's phone got %q", got)
	}
	bob.Hangup()
	carol.WaitEvent("CALL_CLOSED")
	bob.WaitEvent("CALL_CLOSED")
}

func transferToNobody(t *testing.T, g *rig.Gateway, bob *rig.Phone) {
	alice := scripted(t, g, rig.Alice, "desk", "uas_refer", rig.SippOptions{
		Env: []string{"CONTACT=sip:nobody@" + rig.Domain}, Args: []string{"-d", "200"},
	})
	bob.Dial("alice")
	bob.WaitEvent("CALL_ESTABLISHED")
	log := alice.OK().Log() // it hangs up when it could not transfer
	bob.WaitEvent("CALL_CLOSED")
	if !strings.Contains(log, "NOTIFY SIP/2.0 100 Trying") || !strings.Contains(log, "NOTIFY SIP/2.0 404 Not Found") ||
		!strings.Contains(log, "HUNG UP") {
		t.Errorf("the phone was told %q", log)
	}
}

func attendedTransfer(t *testing.T, g *rig.Gateway, bob, carol *rig.Phone) {
	consult := g.StartSipp(t, "uac_call", rig.SippOptions{Args: []string{
		"-s", "carol", "-d", "20000", "-key", "fuser", "alice", "-key", "fdomain", rig.Domain,
		"-au", "alice", "-ap", rig.Alice.SIPPassword("desk"), "-auth_uri", "carol@" + rig.Domain,
	}})
	carol.WaitEvent("CALL_INCOMING")
	carol.Accept()
	carol.WaitEvent("CALL_ESTABLISHED")
	alice := scripted(t, g, rig.Alice, "desk", "uas_refer", rig.SippOptions{
		Env:  []string{"CONTACT=sip:carol@" + rig.Domain + "?Replaces=" + url.QueryEscape(dialogOf(t, consult))},
		Args: []string{"-d", "200"},
	})
	bob.Dial("alice")
	bob.WaitEvent("CALL_ESTABLISHED")
	if log := alice.OK().Log(); !strings.Contains(log, "NOTIFY SIP/2.0 200 OK") || !strings.Contains(log, "WAS HUNG UP") {
		t.Errorf("the phone was told %q", log)
	}
	consult.WaitMessage("BYE sip:alice@")
	bob.Hears(thirdTone)
	carol.Hears(callerTone)
	carol.Hangup()
	bob.WaitEvent("CALL_CLOSED")
	carol.WaitEvent("CALL_CLOSED")
}

func transferByTab(t *testing.T, g *rig.Gateway, bob, carol *rig.Phone) {
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone, Codec: "PCMU"})
	tab := g.LogIn(t, rig.Alice).OpenTab(t)
	connect(t, bob, alice, "alice")
	call := tab.InState("connected")
	if r := tab.Do("transfer", "call", call.ID, "to", "nobody"); r.OK || r.Error.Code != "not_found" {
		t.Errorf("transfer to nobody: %+v", r)
	}
	if r := tab.Do("transfer", "call", call.ID, "to", "carol"); !r.OK {
		t.Fatalf("transfer: %+v", r.Error)
	}
	carol.WaitEvent("CALL_INCOMING")
	carol.Hangup() // refuses: 486
	tab.Call("that came back", func(c rig.TabCall) bool {
		return c.State == "connected" && strings.HasPrefix(c.Reason, "The transfer did not work: The line is busy")
	})
	carol.WaitEvent("CALL_CLOSED")
	// The second time she talks to carol first.
	carol.Dial("alice")
	alice.WaitEvent("CALL_INCOMING")
	alice.Accept()
	carol.WaitEvent("CALL_ESTABLISHED")
	second := tab.Call("from carol", func(c rig.TabCall) bool { return c.ID != call.ID && c.State == "connected" })
	if r := tab.Do("transfer", "call", call.ID, "with", second.ID); !r.OK {
		t.Fatalf("attended transfer: %+v", r.Error)
	}
	alice.WaitEvent("CALL_CLOSED")
	alice.WaitEvent("CALL_CLOSED")
	carol.Hangup()
	bob.WaitEvent("CALL_CLOSED")
}

var tagIn = regexp.MustCompile(`(?m)^(From|To): .*;tag=(\S+)\r?$`)

// dialogOf names a caller's dialog as its Replaces would.
func dialogOf(t *testing.T, s *rig.Sipp) string {
	t.Helper()
	s.WaitMessage("SIP/2.0 200 OK")
	_, ok, _ := strings.Cut(s.Messages(), "SIP/2.0 200 OK")
	callID := regexp.MustCompile(`(?m)^Call-ID: (\S+)`).FindStringSubmatch(ok)
	tags := map[string]string{}
	for _, m := range tagIn.FindAllStringSubmatch(ok, 2) {
		tags[m[1]] = m[2]
	}
	if callID == nil || len(tags) != 2 {
		t.Fatalf("no dialog in %q", ok)
	}
	return fmt.Sprintf("%s;to-tag=%s;from-tag=%s", callID[1], tags["To"], tags["From"])
}

// A caller and a phone that leave the offer to us. The phone has no
// telephone-event either: the keys of the other one reach it by INFO.
func TestLateOffer(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{Timers: map[string]string{"media_lost": "1s"}})
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone, Codec: "PCMU"})
	caller := g.StartSipp(t, "uac_late", rig.SippOptions{Args: []string{"-s", "alice", "-d", "1500"}})
	alice.WaitEvent("CALL_INCOMING")
	alice.Accept()
	alice.WaitEvent("CALL_ESTABLISHED")
	alice.Hears(700) // the tone of uac_late
	caller.OK()
	alice.WaitEvent("CALL_CLOSED")

	bob := scripted(t, g, rig.Bob, "desk", "uas_late", rig.SippOptions{})
	alice.Dial("bob")
	alice.WaitEvent("CALL_ESTABLISHED")
	alice.SendDigit("5")
	bob.WaitMessage("KEY Signal=5")
	bob.WaitMessage("AGREED")
	before := alice.Received().Duration()
	rig.Until(t, rig.Patience, "the phone's tone after its re-INVITE", func() bool {
		return alice.Received().From(before).Heard(700) >= 300*time.Millisecond
	})
	alice.Hangup()
	bob.OK()
}
