package phones

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ringsplash/test/rig"
)

// A lamp key on alice: it follows her calls, picks one up, and goes on over a
// restart with versions that never fall.
func TestLamp(t *testing.T) {
	t.Parallel()
	g := rig.Start(t, rig.Options{More: "presence: {pickup: domain}"})
	g.KeepPorts()
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone, Codec: "PCMU"})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone, Codec: "PCMU", Contact: rig.Alice.Address(), Watches: true})
	lamp := lampOn(t, g, "alice")
	lampShows(t, lamp, "terminated")
	contactIs(t, bob, "Online")
	friends := lampOn(t, g, "friends+list")
	friends.WaitMessage(`fullState="true"`)
	befriends(t, g.LogIn(t, rig.Carol), rig.Alice)
	lampShows(t, friends, "terminated")
	t.Run("follows", func(t *testing.T) {
		bob.Dial("alice")
		alice.WaitEvent("CALL_INCOMING")
		lampShows(t, lamp, "early")
		alice.Accept()
		bob.WaitEvent("CALL_ESTABLISHED")
		lampShows(t, lamp, "confirmed")
		lampShows(t, friends, "confirmed")
		contactIs(t, bob, "Busy")
		bob.Hangup()
		alice.WaitEvent("CALL_CLOSED")
		lampShows(t, lamp, "terminated")
		contactIs(t, bob, "Online")
	})
	t.Run("picks up", func(t *testing.T) { picksUp(t, g, lamp, alice, bob) })
	t.Run("over a restart", func(t *testing.T) {
		lampShows(t, lamp, "terminated")
		before := versions(t, lamp)
		g.Stop()
		rig.Until(t, rig.Patience, "the lamp is told to subscribe again", func() bool {
			return strings.Contains(lamp.Log(), "terminated;reason=deactivated")
		})
		g.Run()
		again := lampOn(t, g, "alice")
		lampShows(t, again, "terminated")
		if after := versions(t, again); slices.Min(after) <= slices.Max(before) {
			t.Errorf("versions %v before and %v after", before, after)
		}
	})
}

// lampOn is a key of carol's phone, on a user or on the list of her friends.
func lampOn(t *testing.T, g *rig.Gateway, user string) *rig.Sipp {
	return g.StartSipp(t, "uac_lamp", rig.SippOptions{
		Args: asCarol(user, "-key", "event", "dialog", "-key", "expires", "600", "-key", "exthdr", "Supported: eventlist"),
	})
}

// asCarol are the arguments of a sipp that asks for a user as carol.
func asCarol(user string, more ...string) []string {
	return append([]string{
		"-s", user, "-key", "fuser", "carol", "-key", "fdomain", rig.Domain, "-au", "carol", "-ap", rig.Carol.SIPPassword("desk"),
		"-auth_uri", user + "@" + rig.Domain,
	}, more...)
}

// befriends puts somebody into the directory of who has logged in.
func befriends(t *testing.T, who *rig.Client, friend rig.User) {
	t.Helper()
	entry := map[string]any{"display": friend.Display, "addresses": []string{friend.Name}, "friend": true}
	if status := who.Do("POST", "/api/v1/directory", entry, nil); status != 201 {
		t.Fatalf("%d for a friend", status)
	}
}

// lampShows waits until the last that the lamp was told is state.
func lampShows(t *testing.T, lamp *rig.Sipp, state string) {
	t.Helper()
	rig.Until(t, rig.Patience, "the lamp shows "+state, func() bool {
		log := lamp.Log()
		last := strings.LastIndex(log, "LAMP ")
		return last >= 0 && strings.Contains(log[last:], "<state>"+state)
	})
}

// contactIs waits until the phone's list of contacts shows the presence of the one
// in it.
func contactIs(t *testing.T, p *rig.Phone, presence string) {
	t.Helper()
	rig.Until(t, rig.Patience, "the phone shows that its contact is "+presence, func() bool {
		return strings.Contains(p.Command("contacts", ""), presence)
	})
}

var versionIn = regexp.MustCompile(`LAMP .*version=.(\d+)`)

func versions(t *testing.T, lamp *rig.Sipp) (list []int) {
	t.Helper()
	for _, m := range versionIn.FindAllStringSubmatch(lamp.Log(), -1) {
		var v int
		_, _ = fmt.Sscan(m[1], &v)
		list = append(list, v)
	}
	if len(list) == 0 || !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) {
		t.Fatalf("versions %v", list)
	}
	return list
}

var dialogIn = regexp.MustCompile(`call-id="([^"]+)" local-tag="([^"]+)" remote-tag="([^"]+)"`)

// picksUp takes the call that rings alice by carol's key, which a stranger cannot.
func picksUp(t *testing.T, g *rig.Gateway, lamp *rig.Sipp, alice, bob *rig.Phone) {
	bob.Dial("alice")
	alice.WaitEvent("CALL_INCOMING")
	lampShows(t, lamp, "early")
	lamp.WaitMessage(`call-id="`)
	var found [][]string
	rig.Until(t, rig.Patience, "the lamp knows the dialog of this call", func() bool {
		log := lamp.Messages()
		log = log[strings.LastIndex(log, "<state>terminated"):]
		found = dialogIn.FindAllStringSubmatch(log, -1)
		return len(found) > 0
	})
	d := found[0]
	replaces := fmt.Sprintf("Replaces: %s;to-tag=%s;from-tag=%s", d[1], d[2], d[3])
	stranger := g.StartSipp(t, "uac_call", rig.SippOptions{Args: []string{"-s", "alice", "-key", "exthdr", replaces}})
	stranger.WaitMessage("SIP/2.0 403")
	carol := g.StartSipp(t, "uac_call", rig.SippOptions{Args: asCarol("alice", "-d", "3000", "-key", "exthdr", replaces)})
	bob.WaitEvent("CALL_ESTABLISHED")
	alice.WaitEvent("CALL_CLOSED")
	bob.Hears(700) // the tone of uac_call
	carol.OK()
	bob.WaitEvent("CALL_CLOSED")
}
