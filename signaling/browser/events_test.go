package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ringsplash/gateway/machine"
	"ringsplash/token"
)

// events is an event stream as its reader sees it.
type events struct {
	t     *testing.T
	read  chan message
	alive chan struct{} // one for each comment, while there is room
	ended chan struct{}
}

// listen opens an event stream; headers are name, value pairs.
func (b *browserClient) listen(path string, headers ...string) *events {
	b.r.t.Helper()
	ctx, cancel := context.WithCancel(b.r.t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", b.r.base+path, nil)
	if err != nil {
		b.r.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	plain := &http.Client{Jar: b.Jar, Transport: b.Transport.(checkedTransport).next}
	res, err := plain.Do(req)
	if err != nil {
		b.r.t.Fatal(err)
	}
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || kind != "text/event-stream" {
		b.r.t.Errorf("%s: %d %s", path, res.StatusCode, kind)
	}
	e := &events{b.r.t, make(chan message, 100), make(chan struct{}, 1), make(chan struct{})}
	b.r.t.Cleanup(func() { cancel(); <-e.ended })
	go func() {
		defer close(e.ended)
		defer func() { _ = res.Body.Close() }()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), ":") {
				select {
				case e.alive <- struct{}{}:
				default:
				}
			}
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				m := message{raw: []byte(text)}
				if err := json.Unmarshal(m.raw, &m); err != nil {
					b.r.t.Errorf("%s: %v", text, err)
				} else if err := documented(m.raw); err != nil {
					b.r.t.Error(err)
				}
				e.read <- m
			}
		}
	}()
	return e
}

func (e *events) over() {
	e.t.Helper()
	select {
	case <-e.ended:
	case <-time.After(patience):
		e.t.Fatal("the stream goes on")
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	r, keyFor := keyRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	e := b.listen("/api/v1/events")
	watch := wait(t, r.gw.watched)
	first := wait(t, e.read)
	if first.Type != typeState || first.Seq != 1 || first.Me == nil || first.Me.Name != "alice" || first.Calls == nil ||
		first.Media != nil || first.Now == "" {
		t.Errorf("the first is %s", first.raw)
	}
	// It has the parts of a welcome but for what a tab alone has.
	_, welcome := b.open(nil)
	same(t, "parts", members(t, first.raw), slices.DeleteFunc(members(t, welcome.raw), func(name string) bool {
		return slices.Contains([]string{"build", "tab", "resumed", "open", "bearer", "media"}, name)
	}))
	watch.show(machine.CallView{ID: "c_1", State: "ringing", Direction: "in"})
	if m := wait(t, e.read); m.Seq != 2 || len(m.Calls) != 1 || m.Calls[0].ID != "c_1" || m.Me != nil {
		t.Errorf("the second is %s", m.raw)
	}
	watch.wake() // nothing new, nothing sent
	watch.show()
	if m := wait(t, e.read); m.Seq != 3 || m.Calls == nil || len(m.Calls) != 0 {
		t.Errorf("the third is %s", m.raw)
	}
	if a := b.send("DELETE", "/api/v1/login", nil); a.status != http.StatusNoContent {
		t.Fatalf("log-out: %d", a.status)
	}
	e.over()
	wait(t, watch.closed)

	key := keyFor("crm", token.Access{Rights: calls, Users: []string{"bob"}})
	bobs := r.browser().listen("/api/v1/events", "Authorization", "Bearer "+key)
	if m := wait(t, bobs.read); m.Me.Name != "bob" {
		t.Errorf("bob's first is %s", m.raw)
	}
	for _, path := range []string{"/api/v1/events?user=alice", "/api/v1/events?user=nobody"} {
		if a := r.asKey(key, "GET", path, nil); a.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if a := r.browser().send("GET", "/api/v1/events", nil); a.status != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", a.status)
	}
	// The gateway does not wait for readers.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.srv.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
	bobs.over()
}

// members are the names in a JSON object, sorted.
func members(t *testing.T, raw []byte) []string {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(m))
}

// A key that is removed and a log-in that runs out end their streams as well.
func TestEventsEndWithWhatLetThemIn(t *testing.T) {
	t.Parallel()
	r, keyFor := keyRig(t, func(c *Config) { c.LoginCheck, c.Heartbeat = 10*time.Millisecond, 10*time.Millisecond })
	key := keyFor("crm", token.Access{Rights: calls, Users: []string{"bob"}})
	byKey := r.browser().listen("/api/v1/events", "Authorization", "Bearer "+key)
	wait(t, byKey.read)
	wait(t, byKey.alive)
	b := r.loggedIn("alice", alicePassword)
	byLogin := b.listen("/api/v1/events")
	wait(t, byLogin.read)
	if err := (token.Keys{Store: r.store}).Remove(t.Context(), "crm"); err != nil {
		t.Fatal(err)
	}
	byKey.over()
	items, err := r.store.Scan(t.Context(), "login/", "", 10)
	if err != nil || len(items) != 1 {
		t.Fatalf("log-ins: %v %v", items, err)
	}
	if err := r.store.Delete(t.Context(), items[0].Key, items[0].Version); err != nil {
		t.Fatal(err)
	}
	byLogin.over()
}

func TestEventStreamsAreFew(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	var open []*events
	for range streamsPerUser {
		e := b.listen("/api/v1/events")
		wait(t, e.read)
		open = append(open, e)
	}
	if a := b.send("GET", "/api/v1/events", nil); a.status != http.StatusTooManyRequests || a.code() != "too_many_streams" {
		t.Errorf("one more: %d %s", a.status, a.body)
	}
	other := r.loggedIn("bob", bobPassword).listen("/api/v1/events")
	wait(t, other.read)
	if a := b.send("DELETE", "/api/v1/login", nil); a.status != http.StatusNoContent {
		t.Fatalf("log-out: %d", a.status)
	}
	for _, e := range open {
		e.over()
	}
	eventually(t, "there is room again", func() bool { return len(r.srv.streams.list()) == 1 })
}
