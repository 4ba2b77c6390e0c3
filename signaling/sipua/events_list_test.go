package sipua

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/presence"
	"ringsplash/signaling/sipua/event"
	"ringsplash/signaling/sipua/message"
	"ringsplash/test/rig"
)

// rlmiList is the root of a NOTIFY of a list (RFC 4662 5).
type rlmiList struct {
	XMLName   xml.Name `xml:"urn:ietf:params:xml:ns:rlmi list"`
	URI       string   `xml:"uri,attr"`
	Version   uint32   `xml:"version,attr"`
	Full      bool     `xml:"fullState,attr"`
	Resources []struct {
		URI      string `xml:"uri,attr"`
		Name     string `xml:"name"`
		Instance struct {
			State string `xml:"state,attr"`
			CID   string `xml:"cid,attr"`
		} `xml:"instance"`
	} `xml:"resource"`
	// parts are the documents by URI, "" for one that is to come.
	parts map[string]string
}

// readList reads a NOTIFY as RFC 4662 and 2387 say: its root, and the part that each
// resource names.
func readList(t *testing.T, n *sip.Request) (l rlmiList) {
	t.Helper()
	same(t, "Require", message.Header(n, "Require"), "eventlist")
	kind, params, err := mime.ParseMediaType(message.Header(n, "Content-Type"))
	if err != nil || kind != "multipart/related" || params["type"] != "application/rlmi+xml" {
		t.Fatalf("Content-Type %s: %v", message.Header(n, "Content-Type"), err)
	}
	byID := map[string]string{}
	for r := multipart.NewReader(strings.NewReader(string(n.Body())), params["boundary"]); ; {
		part, err := r.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(part)
		byID[part.Header.Get("Content-ID")] = string(text)
	}
	if err := xml.Unmarshal([]byte(byID[params["start"]]), &l); err != nil {
		t.Fatalf("%v in\n%s", err, n)
	}
	l.parts = map[string]string{}
	for _, r := range l.Resources {
		l.parts[r.URI] = byID["<"+r.Instance.CID+">"]
		if has := l.parts[r.URI] != ""; has != (r.Instance.State == "active") {
			t.Fatalf("%s is %q, part %q", r.URI, r.Instance.State, l.parts[r.URI])
		}
		delete(byID, "<"+r.Instance.CID+">")
	}
	if same(t, "uri", l.URI, "sip:friends+list@"+rig.Domain); len(byID) != 1 {
		t.Fatalf("parts of nobody in\n%s", n)
	}
	return l
}

// says checks what of whom a NOTIFY of a list says.
func (l rlmiList) says(t *testing.T, version uint32, full bool, want map[string]string) {
	t.Helper()
	same(t, "version", l.Version, version)
	same(t, "full", l.Full, full)
	same(t, "members", slices.Sorted(maps.Keys(l.parts)), slices.Sorted(maps.Keys(want)))
	for uri, text := range want {
		if !strings.Contains(l.parts[uri], text) || !strings.Contains(l.parts[uri], ` entity="`+uri+`"`) {
			t.Fatalf("want %s in\n%s", text, l.parts[uri])
		}
	}
}

func of(user string) string { return "sip:" + user + "@" + rig.Domain }

// list subscribes to bob's friends.
func (w *rawPeer) list(g *party, kind string, expires int) (*key, *sip.Response) {
	w.t.Helper()
	return w.press(g, kind, event.FriendsList, expires, "Supported: eventlist, replaces")
}

// A list of friends tells all at once, then what changes of whom, and all when
// the friends are others.
func TestListOfFriends(t *testing.T) {
	t.Parallel()
	g, s := withEvents(t, nil)
	w := newWire(t, "127.0.0.2")
	_, no := w.press(g, "presence", event.FriendsList, 600)
	same(t, "without lists", no.StatusCode, 421)
	same(t, "Require", message.Header(no, "Require"), "eventlist")
	s.knows(g, "alice", "carol")
	k, ok := w.list(g, "presence", 600)
	same(t, "status", ok.StatusCode, 200)
	same(t, "Require", message.Header(ok, "Require"), "eventlist")
	l := readList(t, k.told(200))
	open, closed := "<basic>open", "<basic>closed"
	l.says(t, 0, true, map[string]string{of("alice"): open, of("carol"): open})
	same(t, "name", l.Resources[0].Name, "The alice")

	s.is(g, "carol", presence.View{State: presence.Call})
	readList(t, k.told(200)).says(t, 1, false, map[string]string{of("carol"): "on-the-phone"})
	s.is(g, "bob", presence.View{State: presence.Call}) // himself is not in it
	s.knows(g, "carol")
	readList(t, k.told(200)).says(t, 2, true, map[string]string{of("carol"): "on-the-phone"})
	s.is(g, "alice", presence.View{State: presence.Away}) // no longer
	s.blinds("bob dave")
	s.knows(g, "carol", "dave")
	s.is(g, "dave", presence.View{State: presence.Busy, Note: "secret"})
	readList(t, k.told(200)).says(t, 3, true, map[string]string{of("carol"): "on-the-phone", of("dave"): closed})

	same(t, "refresh", k.again(600).StatusCode, 200)
	readList(t, k.told(200)).says(t, 4, true, map[string]string{of("carol"): "on-the-phone", of("dave"): closed})
	k.again(0)
	last := k.told(200)
	readList(t, last).says(t, 5, true, map[string]string{of("carol"): "on-the-phone", of("dave"): closed})
	same(t, "end", message.Header(last, "Subscription-State"), "terminated;reason=timeout")
	none(t, g)
	same(t, "followed", s.followed.Load(), int32(0))
}

// Lamps of a list show calls as single ones do, to whom each may be seen by, and
// their versions rise.
func TestListOfLamps(t *testing.T) {
	t.Parallel()
	g, s := withEvents(t, func(c *setup) { c.Events.PerDevice = 20 })
	w := newWire(t, "127.0.0.2")
	s.blinds("bob carol")
	s.knows(g, "alice", "carol")
	k, _ := w.list(g, "dialog", 600)
	dark := readList(t, k.told(200))
	dark.says(t, 0, true, map[string]string{of("alice"): "<state>terminated", of("carol"): "<state>terminated"})
	before := dark.parts[of("alice")]
	eve := machine.PeerView{Display: "Eve", Address: "sip:eve@example.org"}
	s.turn(g, "carol", machine.Lamp{State: machine.LampRings, ID: "c1", Incoming: true, Peer: eve})
	s.turn(g, "alice", machine.Lamp{State: machine.LampRings, ID: "c1", Incoming: true, Peer: eve})
	rings := readList(t, k.told(200))
	rings.says(t, 1, false, map[string]string{of("alice"): "<state>early"})
	if after := rings.parts[of("alice")]; strings.Contains(after, "eve") || versionOf(after) <= versionOf(before) {
		t.Fatalf("who calls, or a version that fell, after\n%s\nin\n%s", before, after)
	}
}

// Of two who talk with each other the lamps do not show that they do.
func TestLampsTellNobodyWhomACallIsWith(t *testing.T) {
	t.Parallel()
	g, s := withEvents(t, nil)
	w := newWire(t, "127.0.0.2")
	s.wants("bob")
	for user, peer := range map[string]string{"alice": "dave", "dave": "alice"} {
		s.turn(g, user, machine.Lamp{State: machine.LampBusy, ID: "c1", Peer: machine.PeerView{Display: "Talks", Address: of(peer)}})
	}
	s.knows(g, "alice", "dave")
	k, _ := w.list(g, "dialog", 600)
	l := readList(t, k.told(200))
	l.says(t, 0, true, map[string]string{of("alice"): "<state>confirmed", of("dave"): "<state>confirmed"})
	ids := map[string]bool{}
	for uri, text := range l.parts {
		if strings.Contains(text, "Talks") || strings.Contains(text, "<remote>") || strings.Contains(text, "c1") {
			t.Errorf("whom %s talks with is told:\n%s", uri, text)
		}
		ids[regexp.MustCompile(`<dialog id="([^"]+)"`).FindString(text)] = true
	}
	same(t, "names of the dialogs", len(ids), 2)
}

func versionOf(document string) (version int) {
	_, text, _ := strings.Cut(document, `version="`)
	_, text, _ = strings.Cut(text, `version="`) // that of XML is first
	_, _ = fmt.Sscan(strings.SplitN(text, `"`, 2)[0], &version)
	return version
}
