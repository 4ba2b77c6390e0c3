package sipua

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"ringsplash/presence"
	"ringsplash/signaling/sipua/event"
	"ringsplash/test/rig"
)

// A large NOTIFY goes by TCP to a phone on UDP that answers there; by UDP to one
// that says nothing there, or takes no connection.
func TestLargeNotify(t *testing.T) {
	t.Parallel()
	g, s := withEvents(t, nil)
	s.knows(g, "alice", "carol", "dave", "erin")
	for _, row := range []struct {
		name            string
		listens, speaks bool
	}{{"TCP", true, true}, {"silent", true, false}, {"UDP only", false, false}} {
		t.Run(row.name, func(t *testing.T) {
			w := newWire(t, "127.0.0.2")
			var l net.Listener
			if row.listens {
				var err error
				if l, err = net.Listen("tcp", w.addr()); err != nil {
					t.Fatal(err)
				}
				defer func() { _ = l.Close() }()
			}
			k, _ := w.list(g, "dialog", 600)
			first := uint32(0)
			if row.listens {
				c, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = c.Close() }()
				n := requestFrom(t, bufio.NewReader(c))
				same(t, "via", n.Via().Transport, "TCP")
				same(t, "members by TCP", len(readList(t, n).parts), 4)
				if row.speaks {
					k.heard = n.CSeq().SeqNo
					if _, err := c.Write([]byte(w.reply(n, 200, "OK", "", ""))); err != nil {
						t.Fatal(err)
					}
				}
				first = 1
			}
			if !row.speaks {
				n := k.told(200)
				same(t, "via", n.Via().Transport, "UDP")
				l := readList(t, n)
				same(t, "members by UDP", fmt.Sprint(len(l.parts), l.Full, l.Version), fmt.Sprint(4, true, first))
				first++
			}
			s.is(g, "erin", presence.View{State: presence.DND})
			small := k.told(200)
			same(t, "via", small.Via().Transport, "UDP")
			readList(t, small).says(t, first, false, map[string]string{of("erin"): "<state>confirmed"})
			s.is(g, "erin", presence.View{State: presence.Available})
			readList(t, k.told(200)).says(t, first+1, false, map[string]string{of("erin"): "<state>terminated"})
		})
	}
}

// What a NOTIFY has no room for comes with the next, which follows by itself.
func TestListInParts(t *testing.T) {
	t.Parallel()
	g, s := withEvents(t, func(c *setup) { c.Events.Coalesce = time.Millisecond })
	w := newWire(t, "127.0.0.2")
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprint("friend", i))
	}
	s.knows(g, names...)
	k, _ := w.list(g, "dialog", 600)
	told := map[string]bool{}
	for version := uint32(0); len(told) < len(names); version++ {
		n := k.told(200)
		l := readList(t, n)
		same(t, "version", l.Version, version)
		same(t, "full", l.Full, version == 0)
		for uri, text := range l.parts {
			if strings.Contains(text, "<state>") && told[uri] {
				t.Fatalf("%s comes twice", uri)
			}
			told[uri] = told[uri] || text != ""
			if text == "" {
				delete(told, uri)
			}
		}
		if version == 0 {
			same(t, "members", len(l.parts), 30)
		}
		if size := len(n.Body()); size > 14000 {
			t.Errorf("%d bytes", size)
		}
	}
	same(t, "nothing waits", g.events.Subscriptions(), 1)
}

// A list counts as ten, takes the place of an old one, and is counted out again.
func TestListsAreCounted(t *testing.T) {
	t.Parallel()
	g, _ := withEvents(t, func(c *setup) { c.Events.PerDevice, c.Events.All = 21, 25 })
	w := newWire(t, "127.0.0.2")
	first, res := w.list(g, "presence", 600)
	same(t, "a list", res.StatusCode, 200)
	first.told(200)
	_, res = w.list(g, "dialog", 600)
	same(t, "another", res.StatusCode, 200)
	_, res = w.press(g, "dialog", "alice", 600)
	same(t, "a lamp", res.StatusCode, 200)
	_, res = w.press(g, "dialog", "bob", 600)
	same(t, "too many", res.StatusCode, 403)
	again, res := w.list(g, "presence", 600)
	same(t, "in the place of the first", res.StatusCode, 200)
	again.told(200)
	same(t, "the first", first.again(600).StatusCode, 481)
	same(t, "subscriptions", g.events.Subscriptions(), 3)
	again.again(0)
	again.told(200)
	rig.Until(t, wait, "the list is over", func() bool { return g.events.Subscriptions() == 2 })
	_, res = w.press(g, "dialog", "bob", 600)
	same(t, "after a list ended", res.StatusCode, 200)
	same(t, "feature keys of a list", first.refused(event.FriendsList), 404)
}

// refused is how a SUBSCRIBE for feature keys of somebody is answered.
func (k *key) refused(user string) int {
	k.t.Helper()
	_, res := k.press(k.g, "as-feature-event", user, 600, "Supported: eventlist")
	return res.StatusCode
}
