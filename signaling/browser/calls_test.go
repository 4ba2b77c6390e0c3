package browser

import (
	"net/http"
	"reflect"
	"testing"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/internal/sentence"
	"ringsplash/token"
)

// keyRig takes API keys; make returns one with the access.
func keyRig(t *testing.T, change func(*Config)) (r *rig, keyFor func(name string, a token.Access) string) {
	r = newRig(t, func(c *Config) {
		c.APIKeys = &token.Keys{Store: c.Store}
		c.EmbedOrigins = []EmbedOrigin{{Origin: site}}
		if change != nil {
			change(c)
		}
	})
	return r, func(name string, a token.Access) string {
		t.Helper()
		text, err := token.Keys{Store: r.store}.Add(t.Context(), name, a)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}

// asKey sends what a program with an API key does.
func (r *rig) asKey(key, method, path string, body any) answer {
	r.t.Helper()
	return r.browser().send(method, path, body, "Origin", "", "Authorization", "Bearer "+key)
}

var calls = []token.Right{token.RightCalls}

func (g *playedGateway) done() []restDone {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := g.byREST
	g.byREST = nil
	return out
}

func TestCallsByREST(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	r.gw.answer = func(c gateway.Command) (gateway.Result, error) {
		switch {
		case c.Do == "call":
			return gateway.Result{Call: "c_new"}, nil
		case c.RemoveGrant:
			return gateway.Result{Said: "Bob was removed."}, nil
		}
		return gateway.Result{}, nil
	}
	a := b.send("POST", "/api/v1/calls", `{"to":"1002","from":"desk","intercom":true}`)
	if a.status != http.StatusCreated || a.json["call"] != "c_new" || a.header.Get("Location") != "/api/v1/calls/c_new" {
		t.Errorf("call: %d %s", a.status, a.body)
	}
	want := []restDone{{"alice", gateway.Command{Do: "call", To: "1002", From: "desk", Intercom: true}}}
	for do, body := range map[string]string{
		"answer": `{"on":"desk"}`, "decline": "", "hangup": `{"removeGrant":true}`, "hold": "", "resume": "{}", "mute": "",
		"unmute":   "",
		"transfer": `{"to":"1003"}`, "move": `{"on":"desk"}`, "digits": `{"digits":"12*#A"}`,
	} {
		r.gw.mu.Lock()
		before := len(r.gw.byREST)
		r.gw.mu.Unlock()
		var send any
		if body != "" {
			send = body
		}
		if a := b.send("POST", "/api/v1/calls/c_7/"+do, send); a.status != http.StatusOK || do == "hangup" &&
			a.json["said"] != "Bob was removed." {
			t.Errorf("%s: %d %s", do, a.status, a.body)
		}
		r.gw.mu.Lock()
		if len(r.gw.byREST) != before+1 || r.gw.byREST[before].Do != do || r.gw.byREST[before].Call != "c_7" ||
			r.gw.byREST[before].User != "alice" {
			t.Errorf("%s: carried out as %+v", do, r.gw.byREST[before:])
		}
		r.gw.mu.Unlock()
	}
	if got := r.gw.done(); !reflect.DeepEqual(got[:1], want) {
		t.Errorf("carried out: %+v", got[0])
	}
	if len(restCommands) != 10 {
		t.Errorf("the rows above are not all of %v", restCommands)
	}
}

func TestCallsByRESTRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.CommandRate, c.CommandBurst = 1, 30 })
	b := r.loggedIn("alice", alicePassword)
	for _, c := range []struct {
		path, body string
		status     int
		code       string
	}{
		{"/api/v1/calls", `{"from":"desk"}`, 400, "bad_request"},
		{"/api/v1/calls", `{"to":"1002","on":"desk"}`, 400, "bad_request"},
		{"/api/v1/calls", `{"to":"a\nb","from":"desk"}`, 400, "bad_request"},
		{"/api/v1/calls", `{"to":"1002","sdp":"v=0"}`, 400, "bad_json"},
		{"/api/v1/calls/c_1/answer", `{}`, 400, "bad_request"},
		{"/api/v1/calls/c_1/hold", `{"to":"1002"}`, 400, "bad_request"},
		{"/api/v1/calls/c_1/digits", `{"digits":"x"}`, 400, "bad_request"},
		{"/api/v1/calls/c_1/dance", "", 404, "not_found"},
	} {
		if a := b.send("POST", c.path, c.body); a.status != c.status || a.code() != c.code {
			t.Errorf("%s %s: %d %s", c.path, c.body, a.status, a.body)
		}
	}
	if got := r.gw.done(); len(got) > 0 {
		t.Errorf("carried out: %+v", got)
	}
	for code, status := range map[string]int{
		"no_such_call": 404, "ended": 409, "wrong_state": 409, "forbidden": 403, "overload": 503, "already_answered": 409,
		"device_offline": 409, "secret": 500,
	} {
		r.gw.answer = func(gateway.Command) (gateway.Result, error) {
			return gateway.Result{}, machine.Refuse(code, sentence.Sentence{Text: "A sentence."})
		}
		a := b.send("POST", "/api/v1/calls/c_1/answer", `{"on":"desk"}`)
		if a.status != status || status != 500 && (a.code() != code || a.json["detail"] != "A sentence.") {
			t.Errorf("%s: %d %s", code, a.status, a.body)
		}
	}
	if a := r.browser().send("POST", "/api/v1/calls/c_1/hangup", nil); a.status != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", a.status)
	}
	if a := b.send("POST", "/api/v1/calls/c_1/hangup", nil, "Origin", "https://evil.example"); a.status != http.StatusForbidden {
		t.Errorf("another site: %d", a.status)
	}
	refused := 0
	for range 30 {
		if a := b.send("POST", "/api/v1/calls/c_1/hold", nil); a.status == http.StatusTooManyRequests &&
			a.header.Get("Retry-After") != "" {
			refused++
		}
	}
	if refused == 0 {
		t.Error("commands are not bounded")
	}
}

// keyRights are commands, and as whom a key of that name has them carried out.
var keyRights = []struct {
	what, key, path, body string
	status                int
	as                    string
}{
	{"its user", "plain", "/api/v1/calls/c_1/hangup", "", 200, "alice"},
	{"its user by name", "plain", "/api/v1/calls/c_1/hold?user=alice", "", 200, "alice"},
	{"another user", "plain", "/api/v1/calls/c_1/hangup?user=bob", "", 403, ""},
	{"answer without open", "plain", "/api/v1/calls/c_1/answer", `{"on":"desk"}`, 403, ""},
	{"move without open", "plain", "/api/v1/calls/c_1/move", `{"on":"desk"}`, 403, ""},
	{"unmute without open", "plain", "/api/v1/calls/c_1/unmute", "", 403, ""},
	{"mute without open", "plain", "/api/v1/calls/c_1/mute", "", 200, "alice"},
	{"which of two", "open", "/api/v1/calls/c_1/unmute", "", 400, ""},
	{"unmute", "open", "/api/v1/calls/c_1/unmute?user=bob", "", 200, "bob"},
	{"answer", "open", "/api/v1/calls/c_1/answer?user=alice", `{"on":"desk"}`, 200, "alice"},
	{"which of all", "all", "/api/v1/calls/c_1/hangup", "", 400, ""},
	{"any user", "all", "/api/v1/calls/c_1/hangup?user=bob", "", 200, "bob"},
	{"nobody", "all", "/api/v1/calls/c_1/hangup?user=carol", "", 403, ""},
	{"for embedding", "embed", "/api/v1/calls/c_1/hangup?user=alice", "", 403, ""},
	{"for users", "admin", "/api/v1/calls/c_1/hangup?user=alice", "", 403, ""},
	{"wrong", "none", "/api/v1/calls/c_1/hangup", "", 401, ""},
}

// I11: what opens a deskphone's microphone takes a right of its own.
func TestAPIKeyRights(t *testing.T) {
	t.Parallel()
	r, keyFor := keyRig(t, nil)
	r.gw.story.State = "ringing"
	keys := map[string]string{
		"embed": keyFor("embed", token.Access{}),
		"plain": keyFor("plain", token.Access{Rights: calls, Users: []string{"alice"}}),
		"open": keyFor("open", token.Access{
			Rights: []token.Right{token.RightCalls, token.RightOpen}, Users: []string{"alice", "bob"},
		}),
		"all":   keyFor("all", token.Access{Rights: calls, Users: []string{"*"}}),
		"admin": keyFor("admin", token.Access{Rights: []token.Right{token.RightAdmin}}),
	}
	keys["none"] = keys["plain"] + "x"
	for _, c := range keyRights {
		var body any
		if c.body != "" {
			body = c.body
		}
		a := r.asKey(keys[c.key], "POST", c.path, body)
		got := r.gw.done()
		if a.status != c.status || (len(got) == 1) != (c.as != "") || len(got) == 1 && got[0].User != c.as {
			t.Errorf("%s: %d %s, carried out: %+v", c.what, a.status, a.body, got)
		}
	}
	if a := r.asKey(keys["plain"], "POST", "/api/v1/embed-tokens", `{"user":"alice","origin":"`+site+
		`"}`); a.status != http.StatusServiceUnavailable {
		t.Errorf("without a mint: %d %s", a.status, a.body)
	}
	if a := r.asKey(keys["plain"], "GET", "/api/v1/calls", nil); a.status != http.StatusForbidden {
		t.Errorf("all calls: %d", a.status)
	}
	if a := r.asKey(keys["admin"], "GET", "/api/v1/calls", nil); a.status != http.StatusOK {
		t.Errorf("all calls for an administrator's key: %d %s", a.status, a.body)
	}
	for _, path := range []string{"/api/v1/me", "/api/v1/history", "/api/v1/devices", "/api/v1/directory"} {
		if a := r.asKey(keys["open"], "GET", path, nil); a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	// Removed, it is refused at once.
	if err := (token.Keys{Store: r.store}).Remove(t.Context(), "plain"); err != nil {
		t.Fatal(err)
	}
	if a := r.asKey(keys["plain"], "POST", "/api/v1/calls/c_1/hangup", nil); a.status != http.StatusUnauthorized {
		t.Errorf("a removed key: %d", a.status)
	}
}
