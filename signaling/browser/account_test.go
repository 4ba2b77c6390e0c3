package browser

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
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
	if err != nil || len(items) != 1 || items[0].Key != "login/"+hashOf(c.Value) ||
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

func TestSlowedLogIns(t *testing.T) {
	r := newRig(t, nil)
	b := r.browser()
	refused := 0
	for range sourceBurst + 1 {
		a := b.send("POST", "/api/v1/login", credentials("alice", "guess"))
		if a.status == http.StatusTooManyRequests {
			refused++
			if a.header.Get("Retry-After") == "" || a.header.Get("Retry-After") == "0" {
				t.Errorf("Retry-After: %q", a.header.Get("Retry-After"))
			}
		}
	}
	if refused == 0 {
		t.Error("guessing was never slowed")
	}
}

func TestSlow(t *testing.T) {
	now := time.Unix(1e9, 0)
	from := func(ip string) netip.Prefix { return sourceOf(ip) }
	s := newSlow()
	s.take("alice", from("192.0.2.1"), now)
	s.right("alice", from("192.0.2.1"), now) // the owner was here before

	// Strangers from many places guess Alice's password, each 20 times: ten
	// attempts at once for all of them, and one more for each.
	allowed := 0
	for i := range 1000 {
		if s.take("alice", from(fmt.Sprintf("198.51.100.%d", i%50)), now) == 0 {
			allowed++
		}
	}
	if allowed != 50 {
		t.Errorf("50 strangers had %d attempts at once, not one each", allowed)
	}
	if wait := s.take("alice", from("203.0.113.8"), now); wait != 0 {
		t.Errorf("the owner somewhere new is locked out for %v", wait)
	}
	s.right("alice", from("203.0.113.8"), now)
	s.take("alice", from("203.0.113.9"), now)
	if wait := s.take("alice", from("192.0.2.1"), now); wait != 0 {
		t.Errorf("the owner is locked out for %v", wait)
	}
	if wait := s.take("bob", from("203.0.113.9"), now); wait != 0 {
		t.Errorf("another account is slowed by %v", wait)
	}
	if wait := s.take("alice", from("203.0.113.9"), now); wait <= 0 || wait > accountRefill {
		t.Errorf("a stranger waits %v", wait)
	}
	if wait := s.take("alice", from("203.0.113.9"), now.Add(accountRefill)); wait != 0 {
		t.Errorf("a stranger still waits %v", wait)
	}

	// One source guesses many accounts; its /64 is one source.
	allowed = 0
	for i := range 1000 {
		if s.take(fmt.Sprint("user", i), from(fmt.Sprintf("2001:db8::%x", i)), now) == 0 {
			allowed++
		}
	}
	if allowed != sourceBurst {
		t.Errorf("one source had %d attempts at once, not %d", allowed, sourceBurst)
	}
	// Right passwords cost nothing.
	for range 100 {
		if s.take("carol", from("192.0.2.77"), now) != 0 {
			t.Fatal("right passwords are slowed")
		}
		s.right("carol", from("192.0.2.77"), now)
	}
	// The tables stay bounded, and a flood does not wash the empty bucket out.
	for i := range 3 * maxBuckets {
		ip := fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)
		s.take(fmt.Sprint("n", i), from(ip), now)
		if i%10 == 0 {
			s.right(fmt.Sprint("n", i), from(ip), now)
		}
	}
	if len(s.sources.full) > maxBuckets || len(s.firsts.full) > maxBuckets || len(s.accounts.full) > maxBuckets ||
		len(s.familiar) > maxBuckets {
		t.Errorf("tables grew to %d, %d, %d", len(s.sources.full), len(s.accounts.full), len(s.familiar))
	}
	if wait := s.take("alice", from("203.0.113.9"), now); wait <= 0 {
		t.Error("the flood gave strangers new attempts at alice's account")
	}
	for ip, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "::ffff:192.0.2.1": "192.0.2.1/32",
		"fe80::1%eth0": "fe80::/64", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "x": "invalid Prefix",
	} {
		if got := sourceOf(ip).String(); got != want {
			t.Errorf("source of %s is %s, not %s", ip, got, want)
		}
	}
}

func TestPassword(t *testing.T) {
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
