package browser

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/internal/sentence"
)

type snapshot = gateway.Snapshot

func nop(*snapshot) {}

func TestWelcomeAndState(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p, m := r.loggedIn("alice", alicePassword).open(nil)
	tab := r.gw.tab(t)
	if m.Seq != 1 || m.Build != "test-build" || m.Resumed || m.Tab.ID != tab.id || m.Tab.Secret != tab.Secret() ||
		m.Me.Name != "alice" {
		t.Errorf("welcome: %s", m.raw)
	}
	for _, part := range []string{`"devices":[]`, `"calls":[]`, `"presence":[]`, `"media":{"want":null,"port":0}`} {
		if !strings.Contains(string(m.raw), part) {
			t.Errorf("no %s in %s", part, m.raw)
		}
	}
	answered := time.Date(2026, 1, 31, 9, 30, 0, 0, time.UTC)
	tab.show(func(s *snapshot) {
		s.Calls = []machine.CallView{{ID: "c_1", Version: 1, Direction: "in", State: "ringing", Since: answered, Answered: &answered}}
		s.Media.Want = &gateway.MediaWant{Generation: 1}
	})
	m = p.read()
	if m.Type != typeState || m.Seq != 2 || len(m.Calls) != 1 || m.Me != nil || m.Devices != nil || m.Media == nil ||
		m.Counts != nil {
		t.Errorf("state: %s", m.raw)
	}
	if text := string(m.raw); !strings.Contains(text, `"since":"2026-01-31T09:30:00.000Z","answered":"2026-01-31T09:30:00.000Z"`) ||
		!strings.Contains(text, `"codecs":[]`) {
		t.Errorf("state: %s", m.raw)
	}
	// A wake without a change sends nothing and uses no seq.
	tab.show(nop)
	p.do("1", command("hangup"))
	if m := p.read(); m.Type != typeReply {
		t.Errorf("no reply but %s", m.raw)
	}
	tab.show(func(s *snapshot) { s.Calls = nil })
	if m := p.read(); m.Seq != 3 || !strings.Contains(string(m.raw), `"calls":[]`) || strings.Contains(string(m.raw), "media") {
		t.Errorf("state: %s", m.raw)
	}
}

func TestHelloNeedsALogIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	nobody := r.browser().dial() // it may bring a token yet
	nobody.send(hello{Type: typeHello, Protocol: protocol})
	if code := nobody.closed(); code != 4401 {
		t.Errorf("without a log-in: closed with %d", code)
	}
}

func TestSocketsPerUser(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.SocketsPerUser = 2 })
	b := r.loggedIn("alice", alicePassword)
	first, _ := b.open(nil)
	b.open(nil)
	if _, status, err := b.tryDial(r.base); err == nil || status != http.StatusTooManyRequests {
		t.Errorf("a third: %v", err)
	}
	r.loggedIn("bob", bobPassword).open(nil)
	_ = first.conn.Close(websocket.StatusNormalClosure, "")
	eventually(t, "a place is free again", func() bool { _, _, err := b.tryDial(r.base); return err == nil })
}

func TestResume(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	p, m := b.open(nil)
	tab := r.gw.tab(t)
	_ = p.conn.CloseNow() // as a reload or a broken network
	wait(t, tab.detached)
	p, again := b.open(m.key())
	if !again.Resumed || again.Tab != m.Tab || again.Seq != 1 {
		t.Errorf("not resumed: %s", again.raw)
	}
	p.pump()
	// A copy of the page, while the first lives, gets a tab of its own.
	_, copied := b.open(m.key())
	if copied.Resumed || copied.Tab.ID == m.Tab.ID {
		t.Errorf("a copy took the tab: %s", copied.raw)
	}
	for _, key := range []*tabKey{{Tab: m.Tab.ID, Secret: "guess"}, {Tab: "t_99", Secret: m.Tab.Secret}, {}} {
		if _, other := b.open(key); other.Resumed {
			t.Errorf("%v was resumed", key)
		}
	}
	if _, other := r.loggedIn("bob", bobPassword).open(m.key()); other.Resumed {
		t.Error("another user took the tab")
	}
}

// A page whose network changed comes back while its old socket still seems alive.
func TestResumeFromADeadSocket(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	_, m := b.open(nil) // nobody reads it: it answers no ping
	tab := r.gw.tab(t)
	start := time.Now()
	_, again := b.open(m.key())
	if !again.Resumed || again.Tab != m.Tab {
		t.Errorf("not resumed: %s", again.raw)
	}
	if took := time.Since(start); took > patience/2 {
		t.Errorf("it took %v", took)
	}
	wait(t, tab.detached)
}

// The same page with a new socket ends its former one at once.
func TestSamePageReplacesItsSocket(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	first := b.dial()
	first.send(hello{Type: typeHello, Protocol: protocol, Page: "p1"})
	m := first.read()
	second := b.dial()
	second.send(hello{Type: typeHello, Protocol: protocol, Page: "p1", Resume: m.key()})
	if again := second.read(); !again.Resumed || again.Tab != m.Tab {
		t.Errorf("not resumed: %s", again.raw)
	}
	if code := first.closed(); code != 4409 {
		t.Errorf("the first was closed with %d", code)
	}
	second.do("1", command("hangup"))
	if m := second.reply("1"); !m.OK {
		t.Errorf("the second does not work: %s", m.raw)
	}
}

func TestSlowSocketSkipsStates(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p, _ := r.loggedIn("alice", alicePassword).open(nil)
	tab := r.gw.tab(t)
	// Far more than the kernel takes for a socket that is not read.
	const states = 200
	filler := strings.Repeat("x", 256<<10)
	for i := 1; i <= states; i++ {
		tab.show(func(s *snapshot) {
			s.Counters.Missed = i
			s.Me.Display = fmt.Sprint(i, filler)
		})
	}
	seen, last := 0, uint64(1)
	for {
		m := p.read()
		seen++
		if m.Seq != last+1 {
			t.Fatalf("seq %d after %d", m.Seq, last)
		}
		last = m.Seq
		if m.Counts != nil && m.Counts.Missed == states {
			break
		}
	}
	if seen >= states/2 {
		t.Errorf("%d of %d states came", seen, states)
	}
}

func TestBrokenMessages(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	for _, text := range []string{
		"", "hello", "[]", "7", `"x"`, "null", `{"type":"hello"`, `{"type":"do"}`, `{"type":"do","id":""}`, `{"type":"do","id":7}`,
		`{"type":"do","id":"` + strings.Repeat("x", maxID+1) + `"}`, `{"type":"state"}`, `{"type":"hello","protocol":1}`,
		`{"do":"hangup","id":"1"}`, `{"type":"do","id":"1","do":"hangup","call":"c"}` + strings.Repeat(" ", maxMessage),
	} {
		p, _ := b.open(nil)
		tab := r.gw.tab(t)
		p.send([]byte(text))
		if code := p.closed(); code != 4400 {
			t.Errorf("%.40q was closed with %d", text, code)
		}
		wait(t, tab.detached)
	}
	p, _ := b.open(nil)
	if err := p.conn.Write(t.Context(), websocket.MessageBinary,
		[]byte(`{"type":"do","id":"1","do":"hangup","call":"c"}`)); err != nil {
		t.Fatal(err)
	}
	if code := p.closed(); code != 4400 {
		t.Errorf("binary was closed with %d", code)
	}
}

func TestHello(t *testing.T) {
	r := newRig(t, func(c *Config) { c.HelloWait = 50 * time.Millisecond })
	b := r.loggedIn("alice", alicePassword)
	for text, want := range map[string]int{
		"":                                      4408,
		`{"type":"hello","protocol":0}`:         4406,
		`{"type":"hello","protocol":2}`:         4406,
		`{"type":"hello"}`:                      4406,
		`{"type":"hello","protocol":"1"}`:       4400,
		`{"type":"do","id":"1","do":"dismiss"}`: 4400,
		`nonsense`:                              4400,
	} {
		p := b.dial()
		if text != "" {
			p.send([]byte(text))
		}
		if code := p.closed(); code != want {
			t.Errorf("%q was closed with %d, not %d", text, code, want)
		}
	}
	if len(r.gw.opened) != 0 {
		t.Error("a tab was opened without a hello")
	}
}

func TestGatewayRefusesATab(t *testing.T) {
	t.Parallel()
	for code, refused := range map[int]error{
		4401: machine.Refuse("forbidden", sentence.Sentence{Text: "This user does not exist any more."}),
		1013: machine.Refuse("overload", sentence.Sentence{Text: "Full."}),
		1011: errors.New("broken"),
	} {
		r := newRig(t, nil)
		r.gw.refuse = refused
		p := r.loggedIn("alice", alicePassword).dial()
		p.send(hello{Type: typeHello, Protocol: protocol})
		if got := p.closed(); got != code {
			t.Errorf("%v: closed with %d, not %d", refused, got, code)
		}
	}
}

func TestLogOutClosesItsSockets(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b, other := r.loggedIn("alice", alicePassword), r.loggedIn("alice", alicePassword)
	one, _ := b.open(nil)
	two, _ := b.open(nil)
	elsewhere, _ := other.open(nil)
	b.send("DELETE", "/api/v1/login", nil)
	for _, p := range []*page{one, two} {
		if code := p.closed(); code != 4401 {
			t.Errorf("closed with %d", code)
		}
	}
	elsewhere.do("1", command("hangup"))
	if m := elsewhere.reply("1"); !m.OK {
		t.Errorf("another log-in's socket: %s", m.raw)
	}
}

func TestSilence(t *testing.T) {
	r := newRig(t, func(c *Config) { c.PingEvery = 200 * time.Millisecond; c.TabGone = time.Second })
	b := r.loggedIn("alice", alicePassword)
	// A page that only answers pings lives.
	p, _ := b.open(nil)
	tab := r.gw.tab(t)
	read := p.pump()
	start := time.Now()
	eventually(t, "several times the silence passed", func() bool { return time.Since(start) > 2500*time.Millisecond })
	tab.show(func(s *snapshot) { s.Counters.Missed = 1 })
	if m := wait(t, read); m.Type != typeState {
		t.Errorf("no state: %s", m.raw)
	}
	// A page that answers nothing does not.
	b.open(nil)
	silent := r.gw.tab(t)
	wait(t, silent.detached)
	if strings.Count(r.log.String(), "fell silent") != 1 {
		t.Error("the log does not tell about the silence")
	}
}

func TestPanicInASnapshot(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	p, _ := b.open(nil)
	tab := r.gw.tab(t)
	other, _ := b.open(nil)
	tab.show(func(s *snapshot) { s.Me.Name = panicName })
	if code := p.closed(); code != 1011 {
		t.Errorf("closed with %d", code)
	}
	other.do("1", command("hangup"))
	if m := other.reply("1"); !m.OK {
		t.Errorf("another tab: %s", m.raw)
	}
}
