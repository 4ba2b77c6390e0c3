package registrar

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"

	"ringsplash/test/rig"
)

func TestDigestAlgorithms(t *testing.T) {
	f := openFront(t, nil)
	tests := []struct {
		agent string
		want  []string
	}{
		{"", []string{algMD5, algSHA256}},
		{"Yealink SIP-T46S 66.84.0.15", []string{algMD5, algSHA256}},
		{"Linphonec/5.1.65", []string{algSHA256, algMD5}},
		{"baresip v1.0.0 (x86_64/linux)", []string{algMD5}},
		{"sipp", []string{algMD5}},
		{"baresip v3.10.0 (x86_64/linux)", []string{algMD5, algSHA256}},
	}
	for _, tt := range tests {
		t.Run(tt.agent, func(t *testing.T) {
			p := f.peer(t)
			res := p.raw(p.message("REGISTER", "sip:"+rig.Domain, rig.Alice.Address(), rig.Alice.Address(), "User-Agent: "+tt.agent))
			var got []string
			for _, h := range header(res, "WWW-Authenticate") {
				c, err := digest.ParseChallenge(h)
				if err != nil {
					t.Fatal(err)
				}
				if c.Realm != rig.Domain || !c.SupportsQOP("auth") || c.Stale {
					t.Errorf("challenge %s", h)
				}
				got = append(got, c.Algorithm)
			}
			if status(res) != 401 || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%d offers %v, want %v", status(res), got, tt.want)
			}
			for _, alg := range got { // each of them works
				p := f.peer(t)
				ask := func(lines ...string) string {
					return p.raw(p.message("REGISTER", "sip:"+rig.Domain, rig.Alice.Address(), rig.Alice.Address(), lines...))
				}
				a := rig.Authorize(t, ask("User-Agent: "+tt.agent), alg, "REGISTER", "sip:"+rig.Domain, "alice", rig.Alice.SIPPassword("lab"),
					1)
				if res := ask(a); status(res) != 200 {
					t.Errorf("%s: %s", alg, res)
				}
			}
		})
	}
}

func TestDigestNames(t *testing.T) {
	f := openFront(t, nil)
	tests := []struct {
		user, password string
		want           int
	}{
		{"alice", rig.Alice.SIPPassword("desk"), 200},
		{"alice", rig.Alice.SIPPassword("lab"), 200},
		{"alice~lab", rig.Alice.SIPPassword("lab"), 200},
		{"alice~desk", rig.Alice.SIPPassword("lab"), 403},
		{"alice", rig.Alice.Password(), 403},
		{"alice", rig.Bob.SIPPassword("desk"), 403},
		{"alice", "", 403},
		{"alice~none", rig.Alice.SIPPassword("desk"), 403},
	}
	for _, tt := range tests {
		p := f.peerAt(t, rig.NewAddr())
		if res := p.register(tt.user, tt.password); status(res) != tt.want {
			t.Errorf("%s with %q: %s, want %d", tt.user, tt.password, res, tt.want)
		}
	}
}

var changing = regexp.MustCompile(
	`(?m)nonce="[^"]*"|;tag=[^;\r\n]*|branch=[^;\r\n]*|rport=\d+|127(\.\d+){3}(:\d+)?|^Call-ID: .*$`)

// A wrong password and an unknown name get the same bytes, at every step and
// when slowed down.
func TestUnknownUserLooksLikeWrongPassword(t *testing.T) {
	f := openFront(t, func(c *Config) { c.FailureBurst = 2 })
	for _, method := range []string{"REGISTER", "INVITE"} {
		answers := func(name string) []string {
			p := f.peerAt(t, rig.NewAddr())
			aor, uri := "sip:"+name+"@"+rig.Domain, "sip:"+rig.Domain
			if method == "INVITE" {
				uri = rig.Alice.Address()
			}
			var all []string
			for range 4 {
				res := p.raw(p.message(method, uri, aor, aor))
				all = append(all, res)
				all = append(all, p.raw(p.message(method, uri, aor, aor, rig.Authorize(t, res, "", method, uri, name, "wrong", 1))))
			}
			for i := range all {
				all[i] = strings.ReplaceAll(changing.ReplaceAllString(all[i], "X"), name, "NAME")
			}
			return all
		}
		known, unknown := answers("bob"), answers("zoe")
		for i := range known {
			if known[i] != unknown[i] {
				t.Errorf("answer %d differs:\n%s\n%s", i, known[i], unknown[i])
			}
		}
		first := map[string]int{"REGISTER": 401, "INVITE": 407}[method]
		for i, want := range []int{first, 403, first, 403, first, 503} {
			if status(known[i]) != want {
				t.Errorf("%s: answer %d is %s, want %d", method, i, known[i], want)
			}
		}
		if len(header(known[5], "Retry-After")) != 1 {
			t.Errorf("no Retry-After: %s", known[5])
		}
	}
}

func TestDigestReplay(t *testing.T) {
	f := openFront(t, nil)
	p := f.peer(t)
	uri, aor := "sip:"+rig.Domain, rig.Alice.Address()
	challenge := p.raw(p.message("REGISTER", uri, aor, aor))
	ask := func(header string) string { return p.raw(p.message("REGISTER", uri, aor, aor, header)) }
	nc := func(n int) string {
		return rig.Authorize(t, challenge, "", "REGISTER", uri, "alice", rig.Alice.SIPPassword("desk"), n)
	}
	isStale := func(res string) bool {
		h := header(res, "WWW-Authenticate")
		return status(res) == 401 && len(h) > 0 && strings.Contains(h[0], "stale=true")
	}
	first := nc(1)
	if res := ask(first); status(res) != 200 {
		t.Fatal(res)
	}
	if res := ask(first); !isStale(res) {
		t.Errorf("a replay gets %s", res)
	}
	for _, n := range []int{3, 2, 5} { // datagrams overtake each other
		if res := ask(nc(n)); status(res) != 200 {
			t.Errorf("count %d: %s", n, res)
		}
	}
	if res := ask(nc(2)); !isStale(res) {
		t.Errorf("count 2 again: %s", res)
	}
	// Too old: stale, and the phone goes on with the new nonce at once.
	f.clock.pass(f.cfg.NonceLife)
	res := ask(nc(9))
	if !isStale(res) {
		t.Fatalf("an old nonce gets %s", res)
	}
	if res := ask(rig.Authorize(t, res, "", "REGISTER", uri, "alice", rig.Alice.SIPPassword("desk"), 1)); status(res) != 200 {
		t.Errorf("after stale: %s", res)
	}
	// Stale tells nobody that a password is right who does not know it.
	if res := ask(rig.Authorize(t, challenge, "", "REGISTER", uri, "alice", "wrong", 1)); status(res) != 403 {
		t.Errorf("an old nonce with a wrong password gets %s", res)
	}
}

func TestDigestMalformed(t *testing.T) {
	f := openFront(t, nil)
	p := f.peer(t)
	uri, aor := "sip:"+rig.Domain, rig.Alice.Address()
	good := rig.Authorize(t, p.raw(p.message("REGISTER", uri, aor, aor)), "", "REGISTER", uri, "alice",
		rig.Alice.SIPPassword("desk"), 1)
	tests := []struct {
		name, header string
		want         int
	}{
		{"quote left open", `Authorization: Digest username="alice`, 400},
		{"no response", strings.Replace(good, "response=", "x=", 1), 400},
		{"no cnonce", strings.Replace(good, " cnonce=", " x=", 1), 400},
		{"auth-int", strings.Replace(good, "qop=auth", "qop=auth-int", 1), 400},
		{"RFC 2069", rfc2069(good, "REGISTER", uri), 400},
		{"uri of somebody else", strings.Replace(good, `uri="`+uri, `uri="sip:evil.test`, 1), 400},
		{"another realm", strings.Replace(good, `realm="`+rig.Domain, `realm="other.test`, 1), 401},
		{"another scheme", "Authorization: Basic abc", 401},
		{"unknown algorithm", strings.Replace(good, "algorithm=MD5", "algorithm=SHA-512", 1), 401},
		{"good", good, 200},
	}
	for _, tt := range tests {
		if res := p.raw(p.message("REGISTER", uri, aor, aor, tt.header)); status(res) != tt.want || phrase(res) == "" {
			t.Errorf("%s: %s, want %d", tt.name, res, tt.want)
		}
	}
}

// rfc2069 is the answer without qop to the challenge that another one answers.
func rfc2069(good, method, uri string) string {
	_, value, _ := strings.Cut(good, ": ")
	c, _, _ := parseCredentials(value)
	ha1 := hash(algMD5, "alice", rig.Domain, rig.Alice.SIPPassword("desk"))
	return fmt.Sprintf(`Authorization: Digest username="alice", realm="%s", nonce="%s", uri="%s", response="%s"`,
		rig.Domain, c.nonce, uri, hash(algMD5, ha1, c.nonce, hash(algMD5, method, uri)))
}

// Some phones leave the user out of the digest's uri and name us alone. It names
// nobody else, and no foreign domain.
func TestDigestURIWithoutUser(t *testing.T) {
	f := openFront(t, func(c *Config) { c.Aliases = []string{"127.0.0.1"} })
	bob := rig.Bob.Address()
	for uri, want := range map[string]int{
		"sip:" + rig.Domain: 480, "sip:" + rig.Domain + ":5060;transport=tcp": 480, "sip:127.0.0.1": 480, bob: 480,
		"sip:evil.test": 400, "sip:carol@" + rig.Domain: 400,
	} {
		p := f.peer(t)
		challenge := p.raw(p.message("INVITE", bob, rig.Alice.Address(), bob))
		proof := rig.Authorize(t, challenge, "", "INVITE", uri, "alice", rig.Alice.SIPPassword("desk"), 1)
		if res := p.raw(p.message("INVITE", bob, rig.Alice.Address(), bob, proof)); status(res) != want {
			t.Errorf("%s: %s, want %d", uri, res, want)
		}
	}
}

// Who has answered by SHA-256 is asked for it first from then on.
func TestStrongDigestFirst(t *testing.T) {
	f := openFront(t, nil)
	uri, aor := "sip:"+rig.Domain, rig.Alice.Address()
	first := func(agent string) (string, string) {
		p := f.peer(t)
		res := p.raw(p.message("REGISTER", uri, aor, aor, "User-Agent: "+agent))
		c, err := digest.ParseChallenge(header(res, "WWW-Authenticate")[0])
		if err != nil {
			t.Fatal(err)
		}
		return c.Algorithm, res
	}
	for _, step := range []struct{ agent, answers, password, next string }{
		{"Deskphone 1", algMD5, rig.Alice.SIPPassword("desk"), algMD5},
		{"Deskphone 1", algSHA256, "wrong", algMD5}, // anybody can claim to
		{"Deskphone 1", algSHA256, rig.Alice.SIPPassword("desk"), algSHA256},
		{"Deskphone 2", algMD5, rig.Alice.SIPPassword("desk"), algMD5},
	} {
		_, challenge := first(step.agent)
		p := f.peer(t)
		proof := rig.Authorize(t, challenge, step.answers, "REGISTER", uri, "alice", step.password, 1)
		p.raw(p.message("REGISTER", uri, aor, aor, "User-Agent: "+step.agent, proof))
		if got, _ := first(step.agent); got != step.next {
			t.Errorf("after %s by %s: %s comes first, want %s", step.answers, step.agent, got, step.next)
		}
	}
}

// Failures slow down the source that fails with that account, and nobody else.
func TestFailuresLockNobodyOut(t *testing.T) {
	f := openFront(t, nil)
	office, home := rig.NewAddr(), rig.NewAddr()
	phone := f.peerAt(t, office)
	good := func(p *peer) string {
		return p.register("alice", rig.Alice.SIPPassword("desk"), "Contact: <sip:a@"+p.addr+">")
	}
	if res := good(phone); status(res) != 200 {
		t.Fatal(res)
	}
	attacker := f.peerAt(t, office)
	fail := func(n int) {
		t.Helper()
		for range n {
			if res := attacker.register("alice", "wrong"); status(res) != 403 {
				t.Fatal(res)
			}
		}
	}
	fail(2 * f.cfg.FailureBurst)
	if res := good(f.peerAt(t, office)); status(res) != 200 {
		t.Errorf("the owner's next phone, where he logged in before: %s", res)
	}
	bound := provenBursts * f.cfg.FailureBurst
	fail(bound)
	if res := attacker.register("alice", rig.Alice.SIPPassword("desk")); status(res) != 503 || header(res, "Retry-After")[0] != "1" {
		t.Errorf("after %d failures: %s", bound, res)
	}
	if res := good(phone); status(res) != 200 {
		t.Errorf("the registered phone at the same address: %s", res)
	}
	if res := good(f.peerAt(t, home)); status(res) != 200 {
		t.Errorf("the owner from elsewhere: %s", res)
	}
	if res := attacker.register("bob", rig.Bob.SIPPassword("desk")); status(res) != 200 {
		t.Errorf("another account from the same address: %s", res)
	}
	f.clock.pass(time.Second)
	if res := good(f.peerAt(t, office)); status(res) != 200 {
		t.Errorf("the owner from the same address, after the wait: %s", res)
	}
	if c := f.Counters(); c.LoginFailed != uint64(2*f.cfg.FailureBurst+bound) || c.LoginDeferred != 1 || c.Challenged == 0 {
		t.Errorf("counters %+v", c)
	}
}

// The key of the nonces and the counts are in the store: a restart neither
// asks the phones again nor forgets what was used.
func TestNoncesSurviveRestart(t *testing.T) {
	f := openFront(t, nil)
	ctx := context.Background()
	nonce := f.nonces.issue(oneSource)
	if !f.nonces.take(ctx, nonce, oneSource, 1) {
		t.Fatal("a fresh nonce is refused")
	}
	again, err := openNonces(ctx, f.Store, f.cfg.NonceLife, f.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	if again.take(ctx, nonce, oneSource, 1) {
		t.Error("a replay after the restart is let in")
	}
	if !again.take(ctx, nonce, oneSource, 2) {
		t.Error("the nonce is refused after the restart")
	}
	if f.nonces.take(ctx, nonce, oneSource, 2) {
		t.Error("a replay at the other node is let in")
	}
	f.clock.pass(f.cfg.NonceLife - time.Millisecond)
	if !again.take(ctx, nonce, oneSource, 3) {
		t.Error("refused before its time")
	}
	f.clock.pass(time.Millisecond)
	if again.take(ctx, nonce, oneSource, 4) {
		t.Error("an old nonce is let in")
	}
}
