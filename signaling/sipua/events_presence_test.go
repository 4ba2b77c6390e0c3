package sipua

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/presence"
	"ringsplash/signaling/sipua/message"
	"ringsplash/test/rig"
)

// A phone that watches a presence sees each state, about the very URI that it
// subscribed to; who may not see sees nobody there.
func TestPresenceIsTold(t *testing.T) {
	g, s := withEvents(t, nil)
	w := newWire(t, "127.0.0.2")
	k, _ := w.press(g, "presence", "alice", 600)
	told := func(want string, not ...string) {
		t.Helper()
		body := string(k.told(200).Body())
		if !strings.Contains(body, want) || !strings.Contains(body, ` entity="sip:alice@`+rig.Domain+`"`) {
			t.Fatalf("want %s in\n%s", want, body)
		}
		for _, no := range not {
			if strings.Contains(body, no) {
				t.Fatalf("%s is in\n%s", no, body)
			}
		}
	}
	told("<basic>open</basic>", "activities")
	s.is(g, "alice", presence.View{State: presence.Call, Note: "a <b>"})
	told("<rpid:on-the-phone/>")
	s.is(g, "alice", presence.View{State: presence.Away, Note: "a <b>"})
	told("<dm:note>a &lt;b&gt;</dm:note>", "on-the-phone")
	s.blinds("bob")
	s.is(g, "alice", presence.View{State: presence.Busy, Note: "secret"})
	told("<basic>closed</basic>", "secret", "person")
}

// Who wants no calls is busy on lamps, who hides is dark even in a call.
func TestLampOfWhoIsNotDisturbed(t *testing.T) {
	g, s := withEvents(t, nil)
	w := newWire(t, "127.0.0.2")
	k, _ := w.press(g, "dialog", "alice", 600)
	shows(t, k.told(200), "terminated")
	s.is(g, "alice", presence.View{State: presence.DND})
	shows(t, k.told(200), "confirmed")
	s.is(g, "alice", presence.View{State: presence.Offline})
	shows(t, k.told(200), "terminated")
	s.turn(g, "alice", machine.Lamp{State: machine.LampBusy, ID: "c1"})
	k.again(600)
	shows(t, k.told(200), "terminated")
}

// says is a PUBLISH of bob's phone.
func (w *rawPeer) says(k *key, user, body string, more ...string) *sip.Response {
	w.t.Helper()
	uri := "sip:" + user + "@" + rig.Domain
	text := rawMessage("PUBLISH "+uri+" SIP/2.0", append([]string{
		w.via(), "Max-Forwards: 70", "From: <sip:bob@" + rig.Domain + ">;tag=" + w.tag, "To: <" + uri + ">",
		"Call-ID: " + message.NewToken(), "CSeq: 1 PUBLISH", "Event: presence",
	}, more...), body)
	return k.ask(strings.Replace(text, "application/sdp", "application/pidf+xml", 1), uri)
}

const busyPIDF = `<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" ` +
	`xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:bob@example.test">` +
	`<tuple id="x"><status><basic>open</basic></status>` +
	`</tuple><dm:person id="p"><r:activities><r:meeting/></r:activities><dm:note>till five</dm:note></dm:person></presence>`

// A phone publishes its own user's presence, goes on by the tag that it was given,
// and takes it back.
func TestPublish(t *testing.T) {
	g, s := withEvents(t, nil)
	w := newWire(t, "127.0.0.2")
	k := &key{rawPeer: w, g: g}
	first := w.says(k, "bob", busyPIDF)
	same(t, "status", first.StatusCode, 200)
	same(t, "expires", message.Header(first, "Expires"), "3600")
	same(t, "published", <-s.published, "bob desk busy till five")
	tag := "SIP-If-Match: " + message.Header(first, "SIP-ETag")
	refreshed := w.says(k, "bob", "", tag, "Expires: 600")
	same(t, "refresh", refreshed.StatusCode, 200)
	same(t, "published again", <-s.published, "bob desk busy till five")
	same(t, "an old tag", w.says(k, "bob", busyPIDF, tag).StatusCode, 412)
	tag = "SIP-If-Match: " + message.Header(refreshed, "SIP-ETag")
	same(t, "given back", w.says(k, "bob", "", tag, "Expires: 0").StatusCode, 200)
	same(t, "nothing published", <-s.published, "bob desk  ")
	same(t, "after that", w.says(k, "bob", "", tag).StatusCode, 412)
	same(t, "nothing", w.says(k, "bob", "").StatusCode, 400)
	same(t, "too short", w.says(k, "bob", busyPIDF, "Expires: 10").StatusCode, 423)
	same(t, "for another", w.says(k, "alice", busyPIDF).StatusCode, 403)
	same(t, "for nobody", w.says(k, "zoe", busyPIDF).StatusCode, 403)
	same(t, "with another's tag", w.says(k, "alice", "", tag).StatusCode, 403)
	same(t, "no XML", w.says(k, "bob", "<x").StatusCode, 400)
	w.send(g.at("udp"), w.stranger("PUBLISH", "sip:bob@"+rig.Domain, "sip:x@example.org", "sip:bob@"+rig.Domain, "Event: presence"))
	w.response(403, "PUBLISH")
	w.send(g.at("udp"), w.stranger("PUBLISH", "sip:bob@"+rig.Domain, "sip:x@example.org", "sip:bob@"+rig.Domain, "Event: dialog"))
	w.response(489, "PUBLISH")
}

// A phone's key for do not disturb and the user's switch follow each other; nobody
// turns the switch of another.
func TestFeatureKey(t *testing.T) {
	g, s := withEvents(t, nil)
	w := newWire(t, "127.0.0.2")
	_, res := w.press(g, "as-feature-event", "alice", 600)
	same(t, "of another", res.StatusCode, 403)
	k, _ := w.press(g, "as-feature-event", "bob", 600)
	told := func(on string) {
		t.Helper()
		if n := k.told(200); !strings.Contains(string(n.Body()), "<doNotDisturbOn>"+on+"</doNotDisturbOn>") {
			t.Fatalf("want %s: %s", on, n)
		}
	}
	told("false")
	s.is(g, "bob", presence.View{State: presence.DND})
	told("true")
	set := func(on string) string { // as Yealink writes it
		return `<?xml version="1.0" encoding="ISO-8859-1"?><SetDoNotDisturb xmlns="http://www.ecma-international.org/standards/` +
			`ecma-323/csta/ed3"><device/><doNotDisturbOn>` + on + `</doNotDisturbOn></SetDoNotDisturb>`
	}
	const kind = "application/x-as-feature-event+xml"
	same(t, "off", k.asking(600, kind, set("false")).StatusCode, 200)
	told("false")
	same(t, "on", k.asking(600, kind, set("true")).StatusCode, 200)
	told("true")
	same(t, "neither", k.asking(600, kind, set("perhaps")).StatusCode, 400)
	same(t, "a forward", k.asking(600, kind, "<SetForwarding/>").StatusCode, 403)
	same(t, "no such kind", k.asking(600, "text/plain", set("true")).StatusCode, 415)
}
