package sipua

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway/machine"
	"ringsplash/presence"
	"ringsplash/signaling/sipua/event"
	"ringsplash/signaling/sipua/message"
	"ringsplash/test/rig"
)

// stage is what can be subscribed to in a test.
type stage struct {
	mu            sync.Mutex
	lamps         map[string]machine.Lamp
	views         map[string]presence.View
	blind, wanted map[string]bool // who may not see (or not whom), and who may pick up
	friends       []presence.Friend
	published     chan string
	followed      atomic.Int32
}

func (s *stage) seen(watcher, user string) (presence.View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.views[user]
	if !ok {
		v.State = presence.Available
	}
	return v, !s.blind[watcher] && !s.blind[watcher+" "+user]
}

// knows changes the friends of bob.
func (s *stage) knows(g *party, friends ...string) {
	s.mu.Lock()
	s.friends = nil
	for _, name := range friends {
		s.friends = append(s.friends, presence.Friend{User: name, Display: "The " + name})
	}
	s.mu.Unlock()
	g.events.Touch("bob")
}

func (s *stage) friendsOf(_ string, most int) []presence.Friend {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.friends[:min(most, len(s.friends))]
}

// follow counts who is followed.
func (s *stage) follow(context.Context, string) func() {
	s.followed.Add(1)
	return func() { s.followed.Add(-1) }
}

func (s *stage) mayPickUp(watcher, _ string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wanted[watcher]
}

// blinds and wants change what somebody may.
func (s *stage) blinds(watcher string) { s.mark(s.blind, watcher) }
func (s *stage) wants(watcher string)  { s.mark(s.wanted, watcher) }

func (s *stage) mark(in map[string]bool, watcher string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in[watcher] = true
}

func (s *stage) publish(_ context.Context, user, device string, p presence.Publication) error {
	s.published <- fmt.Sprint(user, " ", device, " ", p.State, " ", p.Note)
	return nil
}

func (s *stage) setDND(_ context.Context, user string, on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if delete(s.views, user); on {
		s.views[user] = presence.View{State: presence.DND}
	}
	return nil
}

// is changes a presence and says so.
func (s *stage) is(g *party, user string, v presence.View) {
	s.mu.Lock()
	s.views[user] = v
	s.mu.Unlock()
	g.events.Touch(user)
}

func (s *stage) lamp(user string) machine.Lamp {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lamps[user]
}

// turn changes a lamp and says so.
func (s *stage) turn(g *party, user string, l machine.Lamp) {
	s.mu.Lock()
	s.lamps[user] = l
	s.mu.Unlock()
	g.events.Touch(user)
}

func withEvents(t *testing.T, change func(*setup)) (*party, *stage) {
	s := &stage{
		lamps: map[string]machine.Lamp{}, views: map[string]presence.View{}, blind: map[string]bool{}, wanted: map[string]bool{},
		published: make(chan string, 10),
	}
	g, _ := withAccess(t, func(c *setup) {
		c.Shown = &event.Shown{
			Lamp:      s.lamp,
			Seen:      s.seen,
			Publish:   s.publish,
			DND:       func(user string) bool { v, _ := s.seen(user, user); return v.State == presence.DND },
			SetDND:    s.setDND,
			MayPickUp: s.mayPickUp,
			Friends:   s.friendsOf,
			Follow:    s.follow,
		}
		if change != nil {
			change(c)
		}
	})
	return g, s
}

// key is a lamp key of bob's phone on alice.
type key struct {
	*rawPeer
	g     *party
	seq   int
	call  string
	kind  string        // the Event
	heard uint32        // the last NOTIFY
	ok    *sip.Response // to the first SUBSCRIBE
}

// press subscribes, with the digest that is asked for, and returns the answer.
func (w *rawPeer) press(g *party, event, user string, expires int, more ...string) (*key, *sip.Response) {
	w.t.Helper()
	k := &key{rawPeer: w, g: g, call: message.NewToken(), kind: event}
	uri := "sip:" + user + "@" + rig.Domain
	text := rawMessage("SUBSCRIBE "+uri+" SIP/2.0", append([]string{
		w.via(), "Max-Forwards: 70", "From: <sip:bob@" + rig.Domain + ">;tag=" + w.tag, "To: <" + uri + ">",
		"Call-ID: " + k.call, "CSeq: 1 SUBSCRIBE", "Contact: <sip:bob@" + w.addr() + ">",
		"Event: " + event, fmt.Sprint("Expires: ", expires),
	}, more...), "")
	k.ok = k.ask(text, uri)
	return k, k.ok
}

// again refreshes the subscription, or ends it with 0.
func (k *key) again(expires int) *sip.Response { return k.asking(expires, "", "") }

// asking refreshes with a body.
func (k *key) asking(expires int, kind, body string) *sip.Response {
	k.t.Helper()
	uri := k.ok.Contact().Address.String()
	text := k.within(k.ok, "SUBSCRIBE", k.seq+1, body, "Event: "+k.kind, fmt.Sprint("Expires: ", expires))
	text = strings.Replace(text, "CSeq: "+strconv.Itoa(k.seq+1), "CSeq: 1", 1)
	return k.ask(strings.Replace(text, "application/sdp", kind, 1), uri)
}

// ask sends a request and answers its challenge.
func (k *key) ask(text, uri string) *sip.Response {
	k.t.Helper()
	method, _, _ := strings.Cut(text, " ")
	numbered := func(text, auth string) string {
		k.seq++
		text = strings.Replace(text, "CSeq: 1 ", auth+"CSeq: "+strconv.Itoa(k.seq)+" ", 1)
		return branchIn.ReplaceAllString(text, "branch=z9hG4bK"+message.NewToken())
	}
	k.send(k.g.at("udp"), numbered(text, ""))
	res := k.anyResponse(method)
	if res.StatusCode != 407 {
		return res
	}
	answer := rig.Authorize(k.t, res.String(), "", method, uri, "bob", rig.Bob.SIPPassword("desk"), 1)
	k.send(k.g.at("udp"), numbered(text, answer+"\r\n"))
	return k.anyResponse(method)
}

var branchIn = regexp.MustCompile(`branch=z9hG4bK\w+`)

func (w *rawPeer) anyResponse(method string) *sip.Response {
	w.t.Helper()
	return w.find("response to "+method, func(m sip.Message) bool {
		r, ok := m.(*sip.Response)
		return ok && string(r.CSeq().MethodName) == method
	}).(*sip.Response)
}

// told is the next NOTIFY, which is answered with status. A repeat is none.
func (k *key) told(status int) *sip.Request {
	k.t.Helper()
	n := k.request("NOTIFY")
	for n.CSeq().SeqNo <= k.heard {
		n = k.request("NOTIFY")
	}
	k.heard = n.CSeq().SeqNo
	k.send(k.g.at("udp"), k.reply(n, status, "As You Say", "", ""))
	return n
}

// shows checks a NOTIFY of a dialog subscription and returns its version.
func shows(t *testing.T, n *sip.Request, state string) uint64 {
	t.Helper()
	body := string(n.Body())
	if strings.Count(body, "<dialog ") != 1 || !strings.Contains(body, "<state>"+state+"</state>") ||
		!strings.Contains(body, `state="full"`) {
		t.Fatalf("want one dialog, %s:\n%s", state, n)
	}
	version, err := strconv.ParseUint(regexp.MustCompile(`version="(\d+)"`).FindStringSubmatch(body)[1], 10, 31)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// A lamp is told at once what there is, then each change, then why it is over.
func TestLampFollowsCalls(t *testing.T) {
	g, s := withEvents(t, nil)
	s.wants("bob")
	w := newWire(t, "127.0.0.2")
	k, ok := w.press(g, "dialog;id=7", "alice", 3600)
	same(t, "status", ok.StatusCode, 200)
	same(t, "expires", message.Header(ok, "Expires"), "3600")
	n := k.told(200)
	first := shows(t, n, "terminated")
	same(t, "event", message.Header(n, "Event"), "dialog;id=7")
	same(t, "entity", strings.Contains(string(n.Body()), `entity="sip:alice@`+rig.Domain+`"`), true)
	if state := message.Header(n, "Subscription-State"); !strings.HasPrefix(state, "active;expires=3") {
		t.Fatalf("state %s", state)
	}
	before := time.Now()
	eve := machine.PeerView{Display: `Eve <&"`, Address: "sip:eve@example.org"}
	s.turn(g, "alice", machine.Lamp{State: machine.LampRings, ID: "c1", Incoming: true, Peer: eve})
	n = k.told(200)
	same(t, "early version", shows(t, n, "early"), first+1)
	if took := time.Since(before); took > 200*time.Millisecond {
		t.Errorf("early after %s", took)
	}
	who := `<identity display="Eve &lt;&amp;&#34;">sip:eve@example.org</identity>`
	same(t, "who calls", strings.Contains(string(n.Body()), who), true)
	s.turn(g, "alice", machine.Lamp{State: machine.LampBusy, ID: "c1", Incoming: true, Peer: eve})
	n = k.told(200)
	same(t, "confirmed version", shows(t, n, "confirmed"), first+2)
	same(t, "whom the call is with", strings.Contains(string(n.Body()), "eve"), false)
	s.turn(g, "alice", machine.Lamp{})
	same(t, "terminated version", shows(t, k.told(200), "terminated"), first+3)
	g.events.Touch("alice") // nothing has changed
	same(t, "refresh", k.again(600).StatusCode, 200)
	same(t, "after refresh", shows(t, k.told(200), "terminated"), first+4)
	same(t, "given back", k.again(0).StatusCode, 200)
	n = k.told(200)
	same(t, "end", message.Header(n, "Subscription-State"), "terminated;reason=timeout")
	shows(t, n, "terminated")
	none(t, g)
	same(t, "after the end", k.again(600).StatusCode, 481)
}

func none(t *testing.T, g *party) {
	t.Helper()
	for deadline := time.Now().Add(wait); g.events.Subscriptions() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d subscriptions are left", g.events.Subscriptions())
		}
	}
}

// What is refused: who cannot prove to be ours, what there is not, too short, too
// many.
func TestSubscribeIsRefused(t *testing.T) {
	g, s := withEvents(t, func(c *setup) { c.Events.PerDevice = 2 })
	w := newWire(t, "127.0.0.2")
	alice, far := "sip:alice@"+rig.Domain, "sip:x@example.org"
	unknown := w.stranger("SUBSCRIBE", alice, far, alice, "Event: dialog")
	unknown = strings.Replace(unknown, alice+">\r\nCall", alice+">;tag=a\r\nCall", 1)
	for want, text := range map[int]string{
		403: w.stranger("SUBSCRIBE", alice, far, alice, "Event: dialog"),
		407: w.stranger("SUBSCRIBE", alice, alice, alice, "Event: dialog"),
		489: w.stranger("SUBSCRIBE", alice, far, alice, "Event: conference"),
		423: w.stranger("SUBSCRIBE", alice, alice, alice, "Event: dialog", "Expires: 59"),
		406: w.stranger("SUBSCRIBE", alice, alice, alice, "Event: dialog", "Accept: text/plain"),
		481: unknown,
	} {
		w.send(g.at("udp"), text)
		res := w.response(want, "SUBSCRIBE")
		switch want {
		case 489:
			same(t, "Allow-Events", message.Header(res, "Allow-Events"), event.AllowEvents)
		case 423:
			same(t, "Min-Expires", message.Header(res, "Min-Expires"), "60")
		}
	}
	open, _ := g.txs.counts()
	same(t, "open transactions", open, 0)
	_, res := w.press(g, "dialog", "nobody", 600)
	same(t, "nobody", res.StatusCode, 404)
	for range 2 {
		k, res := w.press(g, "dialog", "alice", 600)
		same(t, "status", res.StatusCode, 200)
		k.told(200)
	}
	_, res = w.press(g, "dialog", "bob", 600)
	same(t, "too many", res.StatusCode, 403)
	k, res := w.press(g, "dialog", "alice", 600) // the phone has started again
	same(t, "in the place of an old one", res.StatusCode, 200)
	k.told(200)
	same(t, "subscriptions", g.events.Subscriptions(), 2)
	s.turn(g, "alice", machine.Lamp{State: machine.LampBusy})
}

// Who may not see is told nothing: neither a call nor that something changed.
func TestLampOfOneUnseen(t *testing.T) {
	g, s := withEvents(t, nil)
	s.blinds("bob")
	w := newWire(t, "127.0.0.2")
	s.turn(g, "alice", machine.Lamp{State: machine.LampBusy, ID: "c1"})
	k, _ := w.press(g, "dialog", "alice", 600)
	first := shows(t, k.told(200), "terminated")
	s.turn(g, "alice", machine.Lamp{State: machine.LampRings, ID: "c2", Incoming: true})
	s.turn(g, "alice", machine.Lamp{})
	k.again(600)
	same(t, "next NOTIFY", shows(t, k.told(200), "terminated"), first+1)
}

// A phone that no longer knows the subscription is left alone, and so is one that
// answers nothing; one that was slow is told the newest.
func TestNotifyAnswers(t *testing.T) {
	g, s := withEvents(t, func(c *setup) { c.Events.Coalesce = time.Millisecond })
	w := newWire(t, "127.0.0.2")
	k, _ := w.press(g, "dialog", "alice", 600)
	k.told(481)
	none(t, g)
	silent, _ := w.press(g, "dialog", "alice", 600)
	first := silent.request("NOTIFY")
	again := silent.request("NOTIFY")
	same(t, "repeat", branchOf(again), branchOf(first))
	s.turn(g, "alice", machine.Lamp{State: machine.LampBusy})
	newest := w.find("the newest", func(m sip.Message) bool {
		r, ok := m.(*sip.Request)
		return ok && r.CSeq().SeqNo > first.CSeq().SeqNo
	}).(*sip.Request)
	shows(t, newest, "confirmed")
	none(t, g) // after 64*T1
}

// At the end every phone is told to subscribe again; later a refresh is told so.
func TestSubscriptionsEndWithTheGateway(t *testing.T) {
	g, _ := withEvents(t, nil)
	w := newWire(t, "127.0.0.2")
	k, _ := w.press(g, "dialog", "alice", 600)
	k.told(200)
	done := make(chan struct{})
	go func() { defer close(done); _ = g.Close() }()
	n := k.told(200)
	same(t, "end", message.Header(n, "Subscription-State"), "terminated;reason=deactivated")
	<-done
}
