package browser

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"ringsplash/directory"
	"ringsplash/gateway"
	"ringsplash/token"
)

const (
	site    = "https://intranet.example"
	trusted = "https://trusted.example"
)

// embedRig has two listed sites, one of them trusted, and an API key.
func embedRig(t *testing.T) (r *rig, apikey string) {
	r = newRig(t, func(c *Config) {
		c.EmbedOrigins = []EmbedOrigin{{Origin: site}, {Origin: trusted, Trusted: true}}
		c.Mint = token.NewMint(c.Store, "example.test", nil)
		c.APIKeys = &token.Keys{Store: c.Store}
	})
	apikey, err := token.Keys{Store: r.store}.Add(t.Context(), "intranet", token.Access{})
	if err != nil {
		t.Fatal(err)
	}
	return r, apikey
}

// mint asks for a token as the site's server does.
func (r *rig) mint(apikey, user, origin string) string {
	r.t.Helper()
	a := r.browser().send("POST", "/api/v1/embed-tokens", map[string]string{"user": user, "origin": origin}, "Origin", "",
		"Authorization", "Bearer "+apikey)
	if a.status != http.StatusCreated {
		r.t.Fatalf("no token: %d %s", a.status, a.body)
	}
	return a.json["token"].(string)
}

// knock opens a socket from a page of origin and says hello; the answer is a
// welcome or a refused.
func (r *rig) knock(origin string, h hello) (*page, message) {
	r.t.Helper()
	p, status, err := r.browser().tryDial(origin)
	if err != nil {
		r.t.Fatalf("upgrade: %d %v", status, err)
	}
	h.Type, h.Protocol = typeHello, protocol
	p.send(h)
	return p, p.read()
}

func TestEmbedTokenNeedsAKeyAListedOriginAndAUser(t *testing.T) {
	t.Parallel()
	r, key := embedRig(t)
	good := map[string]string{"user": "alice", "origin": site}
	for _, row := range []struct {
		what, auth string
		body       any
		status     int
		code, says string
	}{
		{"no key", "", good, 401, "wrong_key", "apikey add"},
		{"a wrong key", "Bearer " + key + "x", good, 401, "wrong_key", "apikey add"},
		{"another scheme", "Basic " + key, good, 401, "wrong_key", "Bearer"},
		{"no JSON", "Bearer " + key, "x", 400, "bad_json", "JSON"},
		{"no origin", "Bearer " + key, map[string]string{"user": "alice"}, 422, "not_valid", "origin"},
		{"a page", "Bearer " + key, map[string]string{"user": "alice", "origin": site + "/phone"}, 422, "not_valid", "origin"},
		{
			"an unlisted origin", "Bearer " + key,
			map[string]string{"user": "alice", "origin": "https://evil.example"},
			422,
			"origin_not_listed", "http.embed_origins",
		},
		{"no such user", "Bearer " + key, map[string]string{"user": "zoe", "origin": site}, 422, "no_such_user", "user add"},
		{"right", "Bearer " + key, good, 201, "", ""},
		{
			"right, written another way", "bearer " + key,
			map[string]string{"user": "alice", "origin": "HTTPS://Intranet.example:443"},
			201, "", "",
		},
	} {
		a := r.browser().send("POST", "/api/v1/embed-tokens", row.body, "Origin", "", "Authorization", row.auth)
		detail, _ := a.json["detail"].(string)
		if a.status != row.status || a.code() != row.code || !strings.Contains(detail, row.says) {
			t.Errorf("%s: %d %s", row.what, a.status, a.body)
		}
	}
	// Guessing is slowed; a right key is not.
	slowed := false
	for range int(sourceLimit.Burst) + 1 {
		a := r.browser().send("POST", "/api/v1/embed-tokens", good, "Origin", "", "Authorization", "Bearer rsk_intranet~x")
		slowed = slowed || a.status == http.StatusTooManyRequests
	}
	if !slowed {
		t.Error("guessing API keys is not slowed")
	}
	r.mint(key, "alice", site)
	if strings.Contains(r.log.String(), key) {
		t.Error("the log has an API key in it")
	}
}

func TestTokenLogsInOnce(t *testing.T) {
	t.Parallel()
	r, key := embedRig(t)
	text := r.mint(key, "alice", site)
	p, w := r.knock(site, hello{Token: text})
	if w.Type != typeWelcome || w.Bearer == "" || w.Open != openNever || w.Me == nil || r.gw.tab(t).user != "alice" {
		t.Fatalf("no welcome: %s", w.raw)
	}
	again, said := r.knock(site, hello{Token: text})
	if said.Type != typeRefused || said.Error.Code != token.Used || again.closed() != 4401 {
		t.Errorf("a token used twice: %s", said.raw)
	}
	// A new socket of the page comes back with the bearer, and REST takes it.
	if _, m := r.knock(site, hello{Bearer: w.Bearer}); m.Type != typeWelcome {
		t.Errorf("back by bearer: %s", m.raw)
	}
	a := r.browser().send("GET", "/api/v1/me", nil, "Origin", site, "Authorization", "Bearer "+w.Bearer)
	if a.status != 200 || a.json["name"] != "alice" || a.header.Get("Access-Control-Allow-Origin") != site {
		t.Errorf("REST by bearer: %d %s", a.status, a.body)
	}
	// The end of the log-in closes the socket and makes the bearer useless.
	if a := r.browser().send("DELETE", "/api/v1/login", nil, "Origin", site, "Authorization", "Bearer "+w.Bearer); a.status != 204 {
		t.Errorf("log-out: %d %s", a.status, a.body)
	}
	if code := p.closed(); code != 4401 {
		t.Errorf("closed with %d", code)
	}
	gone, m := r.knock(site, hello{Bearer: w.Bearer})
	if m.Type != typeRefused || m.Error.Code != token.Expired || gone.closed() != 4401 {
		t.Errorf("a bearer that is over: %s", m.raw)
	}
	if strings.Contains(r.log.String(), text) || strings.Contains(r.log.String(), w.Bearer) {
		t.Error("the log has a token in it")
	}
}

// TestTokenBelongsToItsSite: the token's origin must be the one the browser
// wrote, or for our page in a frame the one it sees around itself.
func TestTokenBelongsToItsSite(t *testing.T) {
	t.Parallel()
	r, key := embedRig(t)
	for _, row := range []struct {
		what, claim, from, parent, code string
	}{
		{"a page of the site", site, site, "", ""},
		{"our frame there", site, r.base, site, ""},
		{"our frame in our own page", r.base, r.base, r.base, ""},
		{"a page of another listed site", site, trusted, "", codeOrigin},
		{"the same with a lie about its parent", site, trusted, site, codeOrigin},
		{"our frame elsewhere", site, r.base, trusted, codeOrigin},
		{"our page that does not say where", site, r.base, "", codeOrigin},
		{"our page that says nonsense", site, r.base, "null", codeOrigin},
	} {
		p, m := r.knock(row.from, hello{Token: r.mint(key, "alice", row.claim), Parent: row.parent})
		if row.code == "" {
			if m.Type != typeWelcome {
				t.Errorf("%s: %s", row.what, m.raw)
			}
			continue
		}
		if m.Type != typeRefused || m.Error.Code != row.code || p.closed() != 4403 {
			t.Errorf("%s: %s", row.what, m.raw)
		}
	}
	// The last but one is a sandboxed frame or a file, the last a page under our own name and another port.
	for _, origin := range []string{"https://evil.example", site + ".evil.example", site + ":8443", "null", "http://127.0.0.1:1"} {
		if _, status, err := r.browser().tryDial(origin); err == nil || status != http.StatusForbidden {
			t.Errorf("the unlisted origin %s: %d %v", origin, status, err)
		}
	}
	for _, row := range []struct{ what, user, origin, code string }{
		{"a site that was taken off the list", "alice", "https://gone.example", codeNotListed},
		{"a user who is gone", "zoe", site, codeNoUser},
	} {
		text, _, err := r.srv.conf.Mint.Make(t.Context(), row.user, row.origin)
		if err != nil {
			t.Fatal(err)
		}
		if p, m := r.knock(r.base, hello{Token: text, Parent: row.origin}); m.Type != typeRefused || m.Error.Code != row.code ||
			p.closed() != 4403 {
			t.Errorf("%s: %s", row.what, m.raw)
		}
	}
	if p, m := r.knock(site, hello{Token: "nonsense"}); m.Type != typeRefused || m.Error.Code != token.Invalid ||
		p.closed() != 4403 {
		t.Errorf("nonsense: %s", m.raw)
	}
}

// TestRightToOpen is I11: the app page may open a deskphone's microphone, a
// frame at a click inside itself, a script of a site only when it is trusted.
func TestRightToOpen(t *testing.T) {
	t.Parallel()
	r, key := embedRig(t)
	opening := map[string]gateway.Command{
		"answer on a deskphone": {Do: "answer", Call: "c_1", Version: 1, On: "desk"},
		"un-mute":               {Do: "unmute", Call: "c_1"},
		"move to a deskphone":   {Do: "move", Call: "c_1", On: "desk"},
	}
	harmless := map[string]gateway.Command{
		"answer in the browser": {Do: "answer", Call: "c_1", Version: 1, On: "browser"},
		"mute":                  {Do: "mute", Call: "c_1"},
		"hang up":               {Do: "hangup", Call: "c_1"},
	}
	b := r.loggedIn("alice", alicePassword)
	app, w := b.open(nil)
	sockets := map[right]*page{}
	if w.Open != openAlways || w.Bearer != "" {
		t.Errorf("the app page: %s", w.raw)
	}
	sockets["app"] = app
	for _, row := range []struct {
		from, claim, parent string
		want                right
	}{
		{site, site, "", openNever},
		{r.base, site, site, openGesture},
		{trusted, trusted, "", openAlways},
		{r.base, trusted, trusted, openAlways},
	} {
		p, w := r.knock(row.from, hello{Token: r.mint(key, "alice", row.claim), Parent: row.parent})
		if w.Open != row.want {
			t.Errorf("%s framed by %q has the right %q", row.from, row.parent, w.Open)
		}
		sockets[row.want] = p
		change := r.browser().send("PUT", "/api/v1/directory/01ARZ3NDEKTSV4RRFFQ69G5FAV", map[string]any{"addresses": []string{"bob"}},
			"Origin", row.from, "Authorization", "Bearer "+w.Bearer)
		if refused := change.code() == "not_trusted"; refused != (row.want == openNever) {
			t.Errorf("a change of the directory with the right %q: %d %s", row.want, change.status, change.body)
		}
	}
	for who, p := range sockets {
		for what, c := range opening {
			p.do(what, c)
			m := p.reply(what)
			if who == openNever {
				if m.Error == nil || m.Error.Code != "forbidden" || !strings.Contains(m.Error.Message, "http.embed_origins") ||
					!strings.Contains(m.Error.Message, "trusted: true") {
					t.Errorf("%s by a script of an untrusted site: %s", what, m.raw)
				}
			} else if !m.OK {
				t.Errorf("%s with the right %q: %s", what, who, m.raw)
			}
		}
		for what, c := range harmless {
			p.do(what, c)
			if m := p.reply(what); !m.OK {
				t.Errorf("%s with the right %q: %s", what, who, m.raw)
			}
		}
	}
}

// A cookie of ours means nothing on pages of other sites, and a bearer nothing
// on pages it was not made for.
func TestLogInsStayWhereTheyBelong(t *testing.T) {
	t.Parallel()
	r, key := embedRig(t)
	b := r.loggedIn("alice", alicePassword)
	p, _, err := b.tryDial(site) // a site of our domain would send the cookie
	if err != nil {
		t.Fatal(err)
	}
	p.send(hello{Type: typeHello, Protocol: protocol})
	if code := p.closed(); code != 4401 {
		t.Errorf("by our cookie from another site: closed with %d", code)
	}
	_, w := r.knock(r.base, hello{Token: r.mint(key, "bob", site), Parent: site})
	for _, row := range []struct {
		what, from, parent string
	}{{"a script of the site", site, ""}, {"our frame elsewhere", r.base, trusted}} {
		if p, m := r.knock(row.from, hello{Bearer: w.Bearer, Parent: row.parent}); m.Type != typeRefused || p.closed() == 1005 {
			t.Errorf("a frame's bearer in %s: %s", row.what, m.raw)
		}
	}
	for _, origin := range []string{site, trusted} {
		if a := r.browser().send("GET", "/api/v1/me", nil, "Origin", origin, "Authorization",
			"Bearer "+w.Bearer); a.status != http.StatusUnauthorized {
			t.Errorf("a frame's bearer from %s: %d", origin, a.status)
		}
	}
	// The bearer wins over a cookie: the frame acts as the token's user.
	if a := b.send("GET", "/api/v1/me", nil, "Authorization", "Bearer "+w.Bearer); a.json["name"] != "bob" {
		t.Errorf("%d %s", a.status, a.body)
	}
	framed, m := func() (*page, message) {
		p := b.dial()
		p.send(hello{Type: typeHello, Protocol: protocol, Token: r.mint(key, "bob", site), Parent: site})
		return p, p.read()
	}()
	if m.Me == nil || r.gw.tab(t).user == "" {
		t.Fatalf("no welcome: %s", m.raw)
	}
	b.send("DELETE", "/api/v1/login", nil) // Alice logs out; Bob's frame stays
	framed.do("1", command("hangup"))
	if m := framed.reply("1"); !m.OK {
		t.Errorf("the frame went with another's log-in: %s", m.raw)
	}
}

// A site that embeds the phone vouches for a user, not for an administrator.
func TestEmbedLogInIsNoAdministrator(t *testing.T) {
	t.Parallel()
	r, key := embedRig(t)
	if err := r.people.Put(t.Context(),
		directory.NewUser{User: directory.User{Name: "root", Admin: true}, Password: "root of all"}); err != nil {
		t.Fatal(err)
	}
	_, w := r.knock(r.base, hello{Token: r.mint(key, "root", site), Parent: site})
	if a := r.browser().send("GET", "/api/v1/calls", nil, "Authorization", "Bearer "+w.Bearer); a.status != http.StatusForbidden {
		t.Errorf("by token: %d %s", a.status, a.body)
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	r, _ := embedRig(t)
	for origin, allowed := range map[string]bool{site: true, trusted: true, "https://evil.example": false, "null": false} {
		a := r.browser().send("OPTIONS", "/api/v1/history", nil, "Origin", origin, "Access-Control-Request-Method", "GET",
			"Access-Control-Request-Headers", "authorization")
		h := a.header
		if got := h.Get("Access-Control-Allow-Origin") == origin; got != allowed || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %v", origin, h)
		}
		if allowed && !strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization") {
			t.Errorf("%s: %v", origin, h)
		}
	}
}

// A log-in by token ends much sooner than one by password.
func TestEmbedLogInEnds(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.EmbedOrigins = []EmbedOrigin{{Origin: site}}
		c.Mint, c.APIKeys = token.NewMint(c.Store, "example.test", nil), &token.Keys{Store: c.Store}
		c.EmbedMax, c.LoginCheck = 50*time.Millisecond, 10*time.Millisecond
	})
	text, _, err := r.srv.conf.Mint.Make(t.Context(), "alice", site)
	if err != nil {
		t.Fatal(err)
	}
	p, m := r.knock(site, hello{Token: text})
	if m.Type != typeWelcome {
		t.Fatalf("%s", m.raw)
	}
	if code := p.closed(); code != 4401 {
		t.Errorf("closed with %d", code)
	}
}

// Sockets that do not say whose they are are few for each source.
func TestUnnamedSocketsAreFew(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.SocketsPerUser = 2 })
	for range 2 {
		r.browser().dial()
	}
	if _, status, err := r.browser().tryDial(r.base); err == nil || status != http.StatusTooManyRequests {
		t.Errorf("a third: %d %v", status, err)
	}
	b := r.browser() // somebody who logs in is not held up by them
	if a := b.send("POST", "/api/v1/login", credentials("alice", alicePassword)); a.status != 200 {
		t.Fatalf("%d", a.status)
	}
	b.open(nil)
}

// The store away: a token is not used up, and the page may try again.
func TestTokenWithTheStoreAway(t *testing.T) {
	t.Parallel()
	away := make(chan struct{})
	close(away)
	r := newRig(t, func(c *Config) {
		c.EmbedOrigins = []EmbedOrigin{{Origin: site}}
		c.Mint = token.NewMint(awayStore{c.Store, away}, "example.test", nil)
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p, m := r.knock(site, hello{Token: "rst_x"})
	if m.Type != typeRefused || m.Error.Code != "overload" {
		t.Errorf("%s", m.raw)
	}
	if _, _, err := p.conn.Read(ctx); websocket.CloseStatus(err) != 1013 {
		t.Errorf("closed: %v", err)
	}
}
