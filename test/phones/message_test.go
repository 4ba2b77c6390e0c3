package phones

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ringsplash/test/rig"
)

// said is the newest message of a tab's conversation with an address.
type said struct {
	ID, Text, State string
	Mine, Unproven  bool
}

// newest waits until a tab's newest message with the address is as ok says.
func newest(t *testing.T, tab *rig.Tab, with, what string, ok func(said) bool) (last said) {
	t.Helper()
	rig.Until(t, rig.Patience, "the tab shows "+what, func() bool {
		var all []struct {
			With struct{ Address string }
			Last said
		}
		if !tab.Part("conversations", &all) {
			return false
		}
		for _, one := range all {
			if last = one.Last; one.With.Address == with && ok(last) {
				return true
			}
		}
		return false
	})
	return last
}

// reads waits for a message of the other side with that text.
func reads(t *testing.T, tab *rig.Tab, from, text string) {
	t.Helper()
	newest(t, tab, from, fmt.Sprintf("%.40q", text), func(m said) bool {
		return !m.Mine && m.Text != "" && strings.HasPrefix(text, m.Text) // the part has the beginning only
	})
}

// delivered writes from a tab and waits until it has arrived.
func delivered(t *testing.T, tab *rig.Tab, to, text string) {
	t.Helper()
	if r := tab.Do("message", "to", to, "text", text); !r.OK {
		t.Fatalf("message: %+v", r)
	}
	newest(t, tab, "sip:"+to+"@"+rig.Domain, "that it is delivered", func(m said) bool { return m.Mine && m.State == "delivered" })
}

// Messages between a tab and phones: text of many scripts, long ones over TCP,
// and what must not get through.
func TestMessages(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{Everywhere: rig.NewCA(t)})
	alice := g.LogIn(t, rig.Alice)
	tab := alice.OpenTab(t)
	long := strings.Repeat("0123456789äöü ", 99) + "end" // 1,686 bytes
	const scripts = "Grüße, 你好, שלום 👩🏽‍🚀 \\ \"100 %\" <b>"

	t.Run("baresip over UDP", func(t *testing.T) {
		bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Contact: rig.Alice.Address()})
		bob.Command("message", scripts)
		reads(t, tab, rig.Bob.Address(), scripts)
		delivered(t, tab, "bob", scripts)
		if !strings.Contains(bob.Messages(), scripts) {
			t.Error("the phone did not get the text as it was written")
		}
		noTrigger(t, bob.Messages())
	})
	t.Run("baresip over TCP", func(t *testing.T) {
		carol := phone(t, g, rig.PhoneOptions{User: rig.Carol, Transport: "tcp"})
		delivered(t, tab, "carol", long)
		if all := carol.Messages(); !strings.Contains(all, "(1/2) 0123456789") || !strings.Contains(all, "(2/2) ") {
			t.Error("the phone did not get two parts")
		}
	})
	t.Run("sipp", func(t *testing.T) {
		scriptedMessages(t, g, tab, long)
		var all struct{ Messages []said }
		alice.Do("GET", "/api/v1/messages?with="+url.QueryEscape(rig.Bob.Address()), nil, &all)
		if !slices.ContainsFunc(all.Messages, func(m said) bool { return m.Text == long }) {
			t.Error("the long text is not there as a whole")
		}
	})
}

// noTrigger fails when a MESSAGE to a phone could make it ring, answer or fetch.
func noTrigger(t *testing.T, trace string) {
	t.Helper()
	header := regexp.MustCompile(`(?mi)^(answer-mode|priv-answer-mode|alert-info|call-info|event|contact|subject|p-auto-answer):`)
	for part := range strings.SplitSeq(trace, "\nMESSAGE sip:") {
		head, _, _ := strings.Cut(part, "\r\n\r\n")
		if strings.Contains(head, "User-Agent: Ringsplash") && header.MatchString(head) {
			t.Errorf("a MESSAGE to the phone has %q", header.FindString(head))
		}
	}
}

// scriptedMessages are MESSAGEs that no phone at hand sends.
func scriptedMessages(t *testing.T, g *rig.Gateway, tab *rig.Tab, long string) {
	send := func(from, to string, o rig.SippOptions, more ...string) *rig.Sipp {
		o.Args = slices.Concat(more, o.Args, []string{ // sipp takes the first -key of a name
			"-s", to, "-key", "fuser", from, "-key", "fdomain", rig.Domain, "-au", "bob", "-ap", rig.Bob.SIPPassword("desk"),
			"-auth_uri", to + "@" + rig.Domain,
		})
		return g.StartSipp(t, "uac_request", o)
	}
	answered := func(s *rig.Sipp, status string) {
		t.Helper()
		if s.Wait(); strings.Contains(s.Messages(), "\nSIP/2.0 20") || !strings.Contains(s.Messages(), "\nSIP/2.0 "+status) {
			t.Errorf("not answered with %s:\n%s", status, s.Messages())
		}
	}
	trigger := []string{"-key", "exthdr", "Answer-Mode: Auto"}
	cpim := "From: <sip:alice@" + rig.Domain + ">\nNS: imdn <urn:ietf:params:imdn>\nimdn.Message-ID: m1\n" +
		"imdn.Disposition-Notification: positive-delivery, display\n\nContent-Type: text/plain\n\nwrapped"
	send("bob", "alice", rig.SippOptions{Args: trigger}, "-key", "ctype", "message/cpim", "-key", "body", cpim).OK()
	reads(t, tab, rig.Bob.Address(), "wrapped")
	send("bob", "alice", rig.SippOptions{TCP: true}, "-key", "body", long).OK()
	reads(t, tab, rig.Bob.Address(), long)
	composing := "<isComposing><state>active</state></isComposing>"
	send("bob", "alice", rig.SippOptions{}, "-key", "ctype", "application/im-iscomposing+xml", "-key", "body", composing).OK()
	rig.Until(t, rig.Patience, "the tab sees that bob types", func() bool {
		var all []struct{ Typing bool }
		return tab.Part("conversations", &all) && len(all) > 0 && (all[0].Typing || all[len(all)-1].Typing)
	})
	unknown := send("bob", "alice", rig.SippOptions{}, "-key", "ctype", "text/html", "-key", "body", "<b>")
	answered(unknown, "415 ")
	if !strings.Contains(unknown.Messages(), "Accept: text/plain, message/cpim") {
		t.Errorf("the 415 says nothing of what is taken")
	}
	answered(send("alice", "carol", rig.SippOptions{}), "403 From Is Not Your Address")
	answered(send("eve", "alice", rig.SippOptions{}, "-key", "fdomain", "elsewhere.test"), "403 ")
	answered(send("eve", "nobody", rig.SippOptions{}, "-key", "fdomain", "elsewhere.test"), "403 ")

	flood := send("bob", "alice", rig.SippOptions{Env: []string{"CALLS=40"}, Args: []string{"-r", "8"}})
	flood.Wait()
	taken := strings.Count(flood.Messages(), "\nSIP/2.0 200") + strings.Count(flood.Messages(), "\nSIP/2.0 202")
	refused := strings.Count(flood.Messages(), "\nSIP/2.0 480 Too Many Messages")
	if taken < 20 || taken > 36 || refused < 4 || !strings.Contains(flood.Messages(), "Retry-After: ") {
		t.Errorf("of 40 messages in 5 s %d are taken and %d refused", taken, refused)
	}
}
