package browser

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringsplash/chat"
	"ringsplash/gateway"
	"ringsplash/token"
)

// clock is one that a test moves on.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

var movedClock clock

// carry sends a command that must be carried out.
func (p *page) carry(id string, c gateway.Command) message {
	p.r.t.Helper()
	p.do(id, c)
	m := p.reply(id)
	if !m.OK {
		p.r.t.Fatalf("%s: %s", c.Do, m.raw)
	}
	return m
}

// talk reads on until the only conversation is as fits says.
func (p *page) talk(what string, fits func(chat.Conversation) bool) chat.Conversation {
	p.r.t.Helper()
	for {
		m := p.read()
		if len(m.Talks) == 1 && fits(m.Talks[0]) {
			return m.Talks[0]
		}
	}
}

func inState(s chat.State) func(chat.Conversation) bool {
	return func(c chat.Conversation) bool { return c.Last.State == s }
}

// Alice writes in one tab to bob, who has a tab; her other tab shows all of it,
// and bob comes back after an hour to what he missed.
func TestMessagesTabToTab(t *testing.T) {
	r := newRealRig(t)
	alice, bob := r.loggedIn("alice", alicePassword), r.loggedIn("bob", bobPassword)
	one, _ := alice.open(nil)
	two, _ := alice.open(nil)
	his, welcomed := bob.open(nil)
	if len(welcomed.Talks) != 0 || !strings.Contains(string(welcomed.raw), `"conversations":[]`) {
		t.Errorf("nobody wrote yet: %s", welcomed.raw)
	}
	text := "Five minutes \u202e\x07<b>ä</b>\nok"
	id := one.carry("1", gateway.Command{Do: "message", To: "1002", Text: text, Key: "k"}).Kept
	came := his.talk("the message", func(c chat.Conversation) bool { return c.Unread == 1 && c.Last.ID == id })
	alices := chat.Party{Address: "sip:alice@example.test", Display: "Alice Archer"}
	if came.Last.Text != text || came.Last.Mine || came.With != alices {
		t.Errorf("bob sees %+v", came)
	}
	two.talk("sent", inState(chat.Sent))
	his.carry("1", gateway.Command{Do: "received", Peer: came.With.Address, UpTo: id})
	two.talk("delivered", inState(chat.Delivered))
	his.carry("2", gateway.Command{Do: "read", Peer: came.With.Address, UpTo: id})
	two.talk("read", inState(chat.Read))
	his.carry("3", gateway.Command{Do: "typing", To: "alice", Active: true})
	two.talk("typing", func(c chat.Conversation) bool { return c.Typing })

	// The same command in another tab is the same message.
	if again := two.carry("9", gateway.Command{Do: "message", To: "bob", Text: text, Key: "k"}).Kept; again != id {
		t.Errorf("said again it is %s, not %s", again, id)
	}
	_ = his.conn.CloseNow()
	movedClock.ahead.Add(int64(time.Hour))
	one.carry("2", gateway.Command{Do: "message", To: "bob", Text: "An hour later"})
	_, back := bob.open(nil)
	if len(back.Talks) != 1 || back.Talks[0].Unread != 1 || back.Talks[0].Last.Text != "An hour later" ||
		back.Counts.UnreadMessages != 1 {
		t.Errorf("bob comes back to %s", back.raw)
	}
	one.carry("3", gateway.Command{Do: "forget", Peer: "sip:bob@example.test"})
	if m := two.until("nothing", func(m message) bool { return strings.Contains(string(m.raw), `"conversations":[]`) }); m.Seq == 0 {
		t.Error("never forgotten")
	}
	if a := bob.send("GET", "/api/v1/messages?with=alice", nil); len(a.json["messages"].([]any)) != 2 {
		t.Errorf("bob has %s", a.body)
	}
}

func TestMessagesByREST(t *testing.T) {
	t.Parallel()
	r := newRealRig(t)
	bob := r.loggedIn("bob", bobPassword)
	for range 2 {
		a := bob.send("POST", "/api/v1/messages", `{"to":"alice","text":"Der Café-Automat","key":"1"}`)
		if a.status != http.StatusCreated || a.json["message"] == "" {
			t.Fatalf("write: %d %s", a.status, a.body)
		}
	}
	keyFor := func(name string, rights ...token.Right) string {
		text, err := token.Keys{Store: r.store}.Add(t.Context(), name, token.Access{Rights: rights, Users: []string{"alice"}})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	reads, commands := keyFor("reads", token.RightMessages), keyFor("commands", token.RightCalls)
	for _, path := range []string{"?with=1002", "/search?q=" + url.QueryEscape("CAFE automat")} {
		if a := r.asKey(reads, "GET", "/api/v1/messages"+path, nil); a.status != http.StatusOK || len(a.json["messages"].([]any)) != 1 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		if a := r.asKey(commands, "GET", "/api/v1/messages"+path, nil); a.status != http.StatusForbidden {
			t.Errorf("without the right, %s: %d %s", path, a.status, a.body)
		}
	}
	if a := r.asKey(reads, "GET", "/api/v1/messages?user=bob&with=alice", nil); a.status != http.StatusForbidden {
		t.Errorf("bob's: %d %s", a.status, a.body)
	}
	e := r.browser().listen("/api/v1/events", "Authorization", "Bearer "+commands)
	if m := wait(t, e.read); strings.Contains(string(m.raw), "conversations") || m.Counts.UnreadMessages != 0 {
		t.Errorf("without the right an event is %s", m.raw)
	}
	for path, status := range map[string]int{"?with=": 400, "?with=bob&before=x": 400, "/search?q=+": 400} {
		if a := r.asKey(reads, "GET", "/api/v1/messages"+path, nil); a.status != status {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	long := `{"to":"alice","text":"` + strings.Repeat("x", chat.TextMax+1) + `"}`
	if a := bob.send("POST", "/api/v1/messages", long); a.status != http.StatusRequestEntityTooLarge || a.code() != "too_long" {
		t.Errorf("too long: %d %s", a.status, a.body)
	}
	if a := r.asKey(reads, "DELETE", "/api/v1/messages?with=bob", nil); a.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", a.status, a.body)
	}
}
