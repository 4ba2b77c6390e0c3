package browser

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ringsplash/directory"
	"ringsplash/gateway/machine"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	start := time.Date(2026, 1, 31, 10, 30, 0, 123456789, time.FixedZone("CET", 3600))
	for i := range 5 {
		at := start.Add(time.Duration(i) * time.Minute)
		h := directory.HistoryEntry{
			Direction: "in", Display: "Bob", Address: "sip:bob@example.test", Start: at,
			End: at.Add(time.Minute), Cause: "hang_up", Reason: "The call has ended.",
		}
		if i == 4 {
			h.Answered = &at
		}
		if err := r.people.AddHistory(t.Context(), "alice", h); err != nil {
			t.Fatal(err)
		}
	}
	var starts []string
	path := "/api/v1/history?limit=2"
	for pages := 0; path != ""; pages++ {
		a := b.send("GET", path, nil)
		if a.status != http.StatusOK || pages > 3 {
			t.Fatalf("page %d: %d %s", pages, a.status, a.body)
		}
		for _, e := range a.json["history"].([]any) {
			starts = append(starts, e.(map[string]any)["start"].(string))
		}
		path = ""
		if next, ok := a.json["next"].(string); ok {
			path = "/api/v1/history?limit=2&before=" + next
		}
	}
	want := "2026-01-31T09:34:00.123Z 2026-01-31T09:33:00.123Z 2026-01-31T09:32:00.123Z 2026-01-31T09:31:00.123Z " +
		"2026-01-31T09:30:00.123Z"
	if got := strings.Join(starts, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, query := range []string{"limit=0", "limit=201", "limit=x", "before=..%2F..", "before=7"} {
		if a := b.send("GET", "/api/v1/history?"+query, nil); a.status != http.StatusBadRequest || a.code() != "bad_query" {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	if a := r.loggedIn("bob", bobPassword).send("GET", "/api/v1/history", nil); string(a.body) != "{\"history\":[]}\n" {
		t.Errorf("bob's: %s", a.body)
	}
	if strings.Contains(r.log.String(), "limit=2") {
		t.Error("the log holds a query")
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	a := b.send("GET", "/api/v1/devices", nil)
	list, _ := a.json["devices"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["id"] != "desk" {
		t.Fatalf("devices: %s", a.body)
	}
	a = b.send("PATCH", "/api/v1/devices/desk", `{"display":"Kitchen","interworking":false}`)
	if a.status != http.StatusOK || a.json["display"] != "Kitchen" || a.json["interworking"] != false ||
		a.json["profile"] != "auto" {
		t.Errorf("patched: %d %s", a.status, a.body)
	}
	a = b.send("PATCH", "/api/v1/devices/desk", `{"interworking":true}`, "Content-Type",
		"application/merge-patch+json; charset=utf-8")
	if a.status != http.StatusOK || a.json["display"] != "Kitchen" || a.json["interworking"] != true {
		t.Errorf("patched: %d %s", a.status, a.body)
	}
	for _, c := range []struct {
		who    *browserClient
		path   string
		body   string
		status int
	}{
		{b, "/api/v1/devices/sofa", `{"display":"x"}`, 404},
		{r.loggedIn("bob", bobPassword), "/api/v1/devices/desk", `{"display":"x"}`, 404},
		{b, "/api/v1/devices/desk", `{"live":true}`, 400},
		{b, "/api/v1/devices/desk", `{"display":"` + strings.Repeat("x", 1000) + `"}`, 422},
		{r.browser(), "/api/v1/devices/desk", `{"display":"x"}`, 401},
	} {
		if a := c.who.send("PATCH", c.path, c.body); a.status != c.status {
			t.Errorf("%s %s: %d %s", c.path, c.body, a.status, a.body)
		}
	}
	if a := r.loggedIn("bob", bobPassword).send("GET", "/api/v1/devices", nil); string(a.body) != "{\"devices\":[]}\n" {
		t.Errorf("bob's: %s", a.body)
	}
}

func TestTestDevice(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	a := r.loggedIn("alice", alicePassword).send("POST", "/api/v1/devices/desk/test", nil)
	if a.status != http.StatusOK || a.json["worked"] != "call-info" || a.json["said"] != "It works." {
		t.Errorf("answered %d %s", a.status, a.body)
	}
	a = r.loggedIn("bob", bobPassword).send("POST", "/api/v1/devices/desk/test", nil)
	if a.status != http.StatusConflict || a.json["code"] != "device_busy" || a.json["detail"] != "The phone is in use." {
		t.Errorf("answered %d %s", a.status, a.body)
	}
	if a := r.browser().send("POST", "/api/v1/devices/desk/test", nil); a.status != http.StatusUnauthorized {
		t.Errorf("answered %d to a stranger", a.status)
	}
}

func TestPathsAndMethods(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) {
		c.Extra = map[string]http.Handler{"/demo": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", "the demo's own")
			_, _ = w.Write([]byte("the demo"))
		})}
	})
	b := r.loggedIn("alice", alicePassword)
	for _, c := range []struct {
		method, path string
		status       int
		body, allow  string
	}{
		{"GET", "/", 200, "the page", ""},
		{"GET", "/assets/app.js", 200, "the page", ""},
		{"GET", "/wsx", 200, "the page", ""},
		{"GET", "/demo", 200, "the demo", ""},
		{"GET", "/demo/x", 200, "the demo", ""},
		{"GET", "/demonstration", 200, "the page", ""},
		{"GET", "/api", 404, `"code":"not_found"`, ""},
		{"GET", "/api/v1/nothing", 404, `"code":"not_found"`, ""},
		{"GET", "/api/v2/me", 404, `"code":"not_found"`, ""},
		{"GET", "/api/v1/login", 405, `"code":"method_not_allowed"`, "DELETE, POST"},
		{"POST", "/api/v1/history", 405, `"code":"method_not_allowed"`, "GET"},
		{"PUT", "/healthz", 405, `"code":"method_not_allowed"`, "GET"},
		{"GET", "/ws", 426, `"code":"no_websocket"`, ""},
		{"GET", "/healthz", 200, `{"status":"ok"}`, ""},
		{"GET", "/readyz", 200, `{"status":"ready"}`, ""},
	} {
		a := b.send(c.method, c.path, nil)
		if a.status != c.status || !strings.Contains(string(a.body), c.body) {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.status, a.body)
		}
		for _, method := range strings.Split(c.allow, ", ") {
			if !strings.Contains(a.header.Get("Allow"), method) {
				t.Errorf("%s %s: Allow is %q", c.method, c.path, a.header.Get("Allow"))
			}
		}
		checkHeaders(t, c.path, a.header)
	}
}

func checkHeaders(t *testing.T, path string, h http.Header) {
	t.Helper()
	csp := h.Get("Content-Security-Policy")
	switch {
	case strings.HasPrefix(path, "/demo") && path != "/demonstration":
		if csp != "the demo's own" {
			t.Errorf("%s: %s", path, csp)
		}
	case isOurs(path):
		if csp != apiPolicy || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s, %s", path, csp, h.Get("Cache-Control"))
		}
	case csp != pagePolicy:
		t.Errorf("%s: %s", path, csp)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": permissions, "X-Frame-Options": "DENY",
		"Strict-Transport-Security": "",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %s is %q", path, name, h.Get(name))
		}
	}
	if h.Get("X-Request-Id") == "" {
		t.Errorf("%s: no request id", path)
	}
}

func TestPanicInAPage(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) {
		c.Page = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken page") })
	})
	b := r.browser()
	a := b.send("GET", "/", nil, "X-Request-Id", "forged")
	if a.status != http.StatusInternalServerError || a.code() != "fault" || strings.Contains(string(a.body), "broken page") {
		t.Errorf("answered %d %s", a.status, a.body)
	}
	if id := a.json["request"].(string); id == "forged" || !strings.Contains(r.log.String(), "request="+id) ||
		!strings.Contains(r.log.String(), "broken page") {
		t.Errorf("the log does not tell about request %s", id)
	}
	if a := b.send("GET", "/healthz", nil); a.status != http.StatusOK {
		t.Errorf("afterwards: %d", a.status)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	other := prometheus.NewRegistry()
	calls := prometheus.NewCounter(prometheus.CounterOpts{Name: "ringsplash_calls_total", Help: "Calls."})
	other.MustRegister(calls)
	calls.Add(7)
	r := newRig(t, func(c *Config) { c.Metrics = other })
	b := r.loggedIn("alice", alicePassword)
	r.browser().send("POST", "/api/v1/login", credentials("alice", "wrong"))
	p, _ := b.open(nil)
	p.do("1", command("hangup"))
	p.reply("1")
	text := string(r.browser().send("GET", "/metrics", nil).body)
	for _, line := range []string{
		"ringsplash_calls_total 7", "ringsplash_sockets 1", `ringsplash_logins_total{outcome="ok"} 1`,
		`ringsplash_logins_total{outcome="wrong_login"} 1`, `ringsplash_commands_total{do="hangup",outcome="ok"} 1`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
}

func TestMetricsAreNotForEverybody(t *testing.T) {
	t.Parallel()
	r := newRig(t, trustLoopback)
	far := []string{"X-Forwarded-For", "203.0.113.5"}
	if a := r.browser().send("GET", "/metrics", nil, far...); a.status != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", a.status)
	}
	// A proxy on this machine that is not listed speaks for others.
	if a := newRig(t, nil).browser().send("GET", "/metrics", nil, far...); a.status != http.StatusUnauthorized {
		t.Errorf("through a proxy nobody trusts: %d", a.status)
	}
	b := r.loggedIn("alice", alicePassword)
	if a := b.send("GET", "/metrics", nil, far...); a.status != http.StatusForbidden {
		t.Errorf("a user: %d", a.status)
	}
	if err := r.people.Put(t.Context(),
		directory.NewUser{User: directory.User{Name: "root", Admin: true}, Password: "administrator"}); err != nil {
		t.Fatal(err)
	}
	if a := r.loggedIn("root", "administrator").send("GET", "/metrics", nil, far...); a.status != http.StatusOK {
		t.Errorf("an administrator: %d", a.status)
	}
}

// TestReadyzSaysWhyNot: a node that is full or being stopped says so, with the
// sentence and when to ask again.
func TestReadyzSaysWhyNot(t *testing.T) {
	t.Parallel()
	var cause machine.Cause
	r := newRig(t, func(c *Config) { c.Room = func() machine.Cause { return cause } })
	if a := r.browser().send("GET", "/readyz", nil); a.status != http.StatusOK {
		t.Errorf("with room: %d", a.status)
	}
	for _, cause = range []machine.Cause{machine.CauseShuttingDown, machine.CauseOverload} {
		a := r.browser().send("GET", "/readyz", nil)
		if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" ||
			!strings.Contains(string(a.body), cause.Sentence(machine.Caller).Text) {
			t.Errorf("%s: %d %v %s", cause, a.status, a.header, a.body)
		}
	}
}
