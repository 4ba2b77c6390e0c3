package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ringsplash/presence"
	"ringsplash/token"
)

func cookieOf(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == plainCookie || c.Name == hostCookie {
			return c
		}
	}
	t.Fatalf("no cookie in %v", a.header)
	return nil
}

func TestLogIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.browser()
	if a := b.send("GET", "/api/v1/me", nil); a.status != http.StatusUnauthorized || a.code() != "not_logged_in" {
		t.Fatalf("me before the log-in: %d %s", a.status, a.body)
	}
	a := b.send("POST", "/api/v1/login", credentials(" Alice ", alicePassword))
	if a.status != http.StatusOK || a.json["name"] != "alice" {
		t.Fatalf("log-in: %d %s", a.status, a.body)
	}
	c := cookieOf(t, a)
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure || c.MaxAge != 0 || len(c.Value) != 43 {
		t.Errorf("cookie: %s", c)
	}
	if strings.Contains(r.log.String(), c.Value) || strings.Contains(r.log.String(), alicePassword) {
		t.Error("the log holds a secret")
	}
	// The store holds the hash, never the token.
	items, err := r.store.Scan(t.Context(), "login/", "", 10)
	if err != nil || len(items) != 1 || items[0].Key != "login/"+token.Hash(c.Value) ||
		strings.Contains(string(items[0].Value), c.Value) {
		t.Errorf("stored: %v %v", items, err)
	}
	me := b.send("GET", "/api/v1/me", nil)
	if me.json["name"] != "alice" || me.json["number"] != "1001" || me.json["address"] != "sip:alice@example.test" ||
		me.json["display"] != "Alice Archer" {
		t.Errorf("me: %s", me.body)
	}

	if a := b.send("DELETE", "/api/v1/login", nil); a.status != http.StatusNoContent || cookieOf(t, a).MaxAge >= 0 {
		t.Errorf("log-out: %d %v", a.status, a.header)
	}
	// The token is dead even for a browser that kept it.
	if a := r.browser().send("GET", "/api/v1/me", nil, "Cookie", "ringsplash="+c.Value); a.status != http.StatusUnauthorized {
		t.Errorf("me after the log-out: %d %s", a.status, a.body)
	}
}

func TestLogInRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var texts []string
	for _, who := range []struct{ name, password string }{
		{"alice", "wrong"},
		{"nobody", "wrong"},
		{"alice", ""},
		{"", ""},
		{"../alice", alicePassword},
		{"alice", strings.Repeat("x", maxPassword+1)},
		{strings.Repeat("a", 200), "x"},
	} {
		a := r.browser().send("POST", "/api/v1/login", credentials(who.name, who.password))
		if a.status != http.StatusUnauthorized || a.code() != "wrong_login" || len(a.header.Values("Set-Cookie")) != 0 {
			t.Errorf("%q: %d %s", who.name, a.status, a.body)
		}
		delete(a.json, "request")
		texts = append(texts, fmt.Sprint(a.json))
	}
	for _, text := range texts {
		if text != texts[0] {
			t.Errorf("a wrong name can be told from a wrong password: %s and %s", text, texts[0])
		}
	}
	for _, token := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("A", 44), "../../user/alice"} {
		if a := r.browser().send("GET", "/api/v1/me", nil, "Cookie", "ringsplash="+token); a.status != http.StatusUnauthorized {
			t.Errorf("token %q: %d", token, a.status)
		}
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	b := newRig(t, nil).browser()
	big := `{"name":"` + strings.Repeat("a", 65<<10) + `"}`
	for _, c := range []struct {
		what, body, kind string
		status           int
		code             string
	}{
		{"no JSON", "name=alice", "application/json", 400, "bad_json"},
		{"two objects", "{}{}", "application/json", 400, "bad_json"},
		{"an unknown member", `{"user":"alice"}`, "application/json", 400, "bad_json"},
		{"a wrong kind", `{"name":1}`, "application/json", 400, "bad_json"},
		{"nothing", "", "application/json", 400, "bad_json"},
		{"a form", "name=alice", "application/x-www-form-urlencoded", 415, "not_json"},
		{"no type", `{"name":"alice"}`, "", 415, "not_json"},
		{"too much", big, "application/json", 413, "too_large"},
	} {
		a := b.send("POST", "/api/v1/login", c.body, "Content-Type", c.kind)
		if a.status != c.status || a.code() != c.code || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", c.what, a.status, a.body)
		}
	}
	// Without a length the limit is found while reading.
	req, _ := http.NewRequestWithContext(t.Context(), "POST", b.r.base+"/api/v1/login",
		struct{ *strings.Reader }{strings.NewReader(big)})
	req.Header.Set("Content-Type", "application/json")
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("chunked: %d", res.StatusCode)
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.EmbedOrigins = []EmbedOrigin{{Origin: "HTTPS://Intranet.Example:443/"}} })
	b := r.loggedIn("alice", alicePassword)
	for _, c := range []struct {
		origin, site string
		allowed      bool
	}{
		{r.base, "", true},
		{"https://intranet.example", "", true},
		{"", "", true}, // a program
		{"", "same-origin", true},
		{"", "cross-site", false},
		{"https://evil.example", "", false},
		{"http://intranet.example", "", false},
		{"null", "", false},
		{strings.Replace(r.base, "http:", "https:", 1), "", false},
		{r.base + ".evil.example", "", false},
	} {
		a := b.send("PATCH", "/api/v1/me", "{}", "Origin", c.origin, "Sec-Fetch-Site", c.site)
		// A listed site may ask, but our cookie means nothing there.
		if c.allowed && strings.HasPrefix(c.origin, "https:") {
			if a.status != http.StatusUnauthorized || a.header.Get("Access-Control-Allow-Origin") != c.origin ||
				a.header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("PATCH from %q: %d %s", c.origin, a.status, a.body)
			}
		} else if (a.status == http.StatusOK) != c.allowed || (!c.allowed && a.code() != "wrong_origin") ||
			a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("PATCH from %q %q: %d %s", c.origin, c.site, a.status, a.body)
		}
		p, status, err := b.tryDial(c.origin)
		if allowed := c.allowed && c.origin != ""; (err == nil) != allowed {
			t.Errorf("socket from %q: %v", c.origin, err)
		}
		if err != nil && status != http.StatusForbidden {
			t.Errorf("socket from %q: %d", c.origin, status)
		}
		if p != nil {
			_ = p.conn.CloseNow()
		}
	}
	if a := b.send("GET", "/api/v1/me", nil, "Origin", "https://evil.example"); a.status != http.StatusUnauthorized ||
		a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("GET: %d %v", a.status, a.header)
	}
}

// Passwords are typed into our own page only, also where a site is listed.
func TestLogInIsForOurOwnPage(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.EmbedOrigins = []EmbedOrigin{{Origin: "https://intranet.example", Trusted: true}} })
	for origin, want := range map[string]int{
		r.base: http.StatusOK, "": http.StatusOK, // a program
		"https://intranet.example": http.StatusForbidden, "null": http.StatusForbidden, "https://other.example": http.StatusForbidden,
		strings.Replace(r.base, "http:", "https:", 1): http.StatusForbidden,
	} {
		a := r.browser().send("POST", "/api/v1/login", credentials("alice", alicePassword), "Origin", origin)
		if a.status != want || want != http.StatusOK && (a.code() != "wrong_origin" || len(a.header.Values("Set-Cookie")) > 0) {
			t.Errorf("%q: %d %s", origin, a.status, a.body)
		}
	}
}

// Over TLS a cookie that another host of the domain could have set is none.
func TestPlainCookieMeansNothingOverTLS(t *testing.T) {
	t.Parallel()
	r := newRig(t, trustLoopback)
	login := r.browser().send("POST", "/api/v1/login", credentials("alice", alicePassword))
	plain := cookieOf(t, login)
	if plain.Name != "ringsplash" {
		t.Fatalf("over plain HTTP the cookie is %s", plain.Name)
	}
	over := func(name string) int {
		return r.browser().send("GET", "/api/v1/me", nil, "X-Forwarded-Proto", "https", "X-Forwarded-For", "203.0.113.5", "Origin", "",
			"Cookie", name+"="+plain.Value).status
	}
	if got := over("ringsplash"); got != http.StatusUnauthorized {
		t.Errorf("the plain cookie is taken over TLS: %d", got)
	}
	if got := over("__Host-ringsplash"); got != http.StatusOK {
		t.Errorf("the cookie of TLS is not taken: %d", got)
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b, other := r.loggedIn("alice", alicePassword), r.loggedIn("alice", alicePassword)
	mine, _ := b.open(nil)
	theirs, _ := other.open(nil)
	for _, c := range []struct {
		body   map[string]string
		status int
		code   string
	}{
		{map[string]string{"password": "new password"}, 403, "wrong_password"},
		{map[string]string{"password": "new password", "currentPassword": "guess"}, 403, "wrong_password"},
		{map[string]string{"password": "short", "currentPassword": alicePassword}, 422, "not_valid"},
		{map[string]string{"password": "new password", "currentPassword": alicePassword}, 200, ""},
	} {
		if a := b.send("PATCH", "/api/v1/me", c.body); a.status != c.status || a.code() != c.code {
			t.Errorf("%v: %d %s", c.body, a.status, a.body)
		}
	}
	if code := theirs.closed(); code != 4401 {
		t.Errorf("the other log-in's socket was closed with %d", code)
	}
	if a := other.send("GET", "/api/v1/me", nil); a.status != http.StatusUnauthorized {
		t.Errorf("the other log-in goes on: %d", a.status)
	}
	if a := b.send("GET", "/api/v1/me", nil); a.status != http.StatusOK {
		t.Errorf("this log-in ended: %d", a.status)
	}
	r.gw.tab(t).show(nop)
	_ = mine
	if a := r.browser().send("POST", "/api/v1/login", credentials("alice", "new password")); a.status != http.StatusOK {
		t.Errorf("the new password: %d %s", a.status, a.body)
	}
	if a := r.browser().send("POST", "/api/v1/login", credentials("alice", alicePassword)); a.status != http.StatusUnauthorized {
		t.Errorf("the old password: %d", a.status)
	}
}

// Do not disturb is shown at once in every tab, and stays when it is set again.
func TestDoNotDisturb(t *testing.T) {
	t.Parallel()
	r := newRealRig(t)
	b := r.loggedIn("alice", alicePassword)
	tab, welcomed := r.loggedIn("alice", alicePassword).open(nil)
	if welcomed.Me.DoNotDisturb {
		t.Error("it is set from the start")
	}
	for _, on := range []bool{true, true, false} {
		a := b.send("PATCH", "/api/v1/me", map[string]bool{"doNotDisturb": on})
		if a.status != http.StatusOK || a.json["doNotDisturb"] != on {
			t.Fatalf("set to %v: %d %s", on, a.status, a.body)
		}
		if welcomed.Me.DoNotDisturb != on {
			welcomed = tab.until("do not disturb", func(m message) bool { return m.Me != nil && m.Me.DoNotDisturb == on })
		}
	}
	if a := b.send("PATCH", "/api/v1/me", `{"doNotDisturb":"yes"}`); a.status != http.StatusBadRequest {
		t.Errorf("a word for a boolean: %d %s", a.status, a.body)
	}
	// A refused password refuses all of it.
	a := b.send("PATCH", "/api/v1/me", `{"doNotDisturb":true,"password":"new password","currentPassword":"guess"}`)
	if me := b.send("GET", "/api/v1/me", nil); a.status != http.StatusForbidden || me.json["doNotDisturb"] != false {
		t.Errorf("%d, then %s", a.status, me.body)
	}
}

// Logging in as somebody else ends what this browser had open as the former user.
func TestChangeOfUser(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	p, _ := b.open(nil)
	if a := b.send("POST", "/api/v1/login", credentials("bob", bobPassword)); a.status != http.StatusOK {
		t.Fatalf("log-in: %d %s", a.status, a.body)
	}
	if code := p.closed(); code != 4401 {
		t.Errorf("closed with %d", code)
	}
	if a := b.send("GET", "/api/v1/me", nil); a.json["name"] != "bob" {
		t.Errorf("me: %s", a.body)
	}
}

// What a user sets holds for his tabs and for those who show him, by REST and
// in the part; by REST too nobody sees whom he may not.
func TestPresenceByREST(t *testing.T) {
	t.Parallel()
	r := newRealRig(t)
	alice, bob := r.loggedIn("alice", alicePassword), r.loggedIn("bob", bobPassword)
	a := alice.send("POST", "/api/v1/directory", `{"display":"My Bob","addresses":["bob"],"note":"","friend":false}`)
	if a.status != http.StatusCreated {
		t.Fatalf("an entry: %d %s", a.status, a.body)
	}
	tab, _ := alice.open(nil)
	own, _ := bob.open(nil)
	shows := func(state presence.State, note string) func(message) bool {
		return func(m message) bool {
			return len(m.Present) == 1 && m.Present[0].State == state && m.Present[0].Note == note && m.Present[0].Display == "My Bob"
		}
	}
	set := func(body, want string) {
		t.Helper()
		if a := bob.send("PATCH", "/api/v1/me", body); a.status != http.StatusOK || !strings.Contains(string(a.body), want) {
			t.Fatalf("%s: %d %s", body, a.status, a.body)
		}
	}
	set(`{"presence":{"set":"busy","note":"Writing","until":"2099-01-01T00:00:00Z"}}`,
		`"presence":{"set":"busy","note":"Writing","visible":"domain","state":"busy","until":"2099-01-01T00:00:00.000Z"}`)
	tab.until("what he set", shows(presence.Busy, "Writing"))
	own.until("his own", func(m message) bool { return m.Me != nil && m.Me.Presence.Note == "Writing" })
	found := func() string {
		t.Helper()
		a := alice.send("GET", "/api/v1/people?q=stone", nil)
		if a.status != http.StatusOK {
			t.Fatalf("people: %d %s", a.status, a.body)
		}
		return string(a.body)
	}
	if got := found(); !strings.Contains(got, `"address":"sip:bob@example.test","number":"1002","display":"Bob Stone",`+
		`"presence":{"state":"busy","note":"Writing","devices":{"browser":true,"phones":0},"since":"`) {
		t.Errorf("she finds %s", got)
	}
	set(`{"presence":{"visible":"friends"}}`, `"set":"busy","note":"Writing","visible":"friends"`)
	tab.until("nothing of him", shows(presence.Offline, ""))
	if got := found(); !strings.Contains(got, `"presence":{"state":"offline","devices":{"browser":false,"phones":0}}}`) {
		t.Errorf("she still sees %s", got)
	}
	for _, bad := range []string{
		`{"presence":{"set":"asleep"}}`, `{"presence":{"until":"2001-01-01T00:00:00Z"}}`, `{"presence":{"visible":"all"}}`,
	} {
		if a := bob.send("PATCH", "/api/v1/me", bad); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", bad, a.status, a.body)
		}
	}
	if a := alice.send("GET", "/api/v1/people?q="+strings.Repeat("x", 201), nil); a.status != http.StatusBadRequest {
		t.Errorf("a long query: %d", a.status)
	}
}
