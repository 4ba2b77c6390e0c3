package browser

import (
	"net/http"
	"strings"
	"testing"

	"ringsplash/directory"
	"ringsplash/policy"
)

// newPolicyRig is a rig over real grants and a real audit file.
func newPolicyRig(t *testing.T, forbid ...policy.Group) (*rig, *policy.Book) {
	t.Helper()
	var book *policy.Book
	r := newRig(t, func(c *Config) {
		var err error
		book, err = policy.New(policy.Config{
			Store: c.Store, People: c.People, AuditDir: t.TempDir(), Node: "n1", Forbid: forbid,
		})
		if err != nil {
			t.Fatal(err)
		}
		c.Policy = book
	})
	t.Cleanup(func() {
		if err := book.Close(); err != nil {
			t.Errorf("close the grants: %v", err)
		}
	})
	return r, book
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	r, _ := newPolicyRig(t)
	b := r.loggedIn("alice", alicePassword)
	a := b.send("GET", "/api/v1/policy", nil)
	want := `{"version":0,"allowPublic":false,"allowFriends":false,"allowDirectory":false,"allowAddresses":false,` +
		`"addresses":[],"forbid":[],"count":{"friends":0,"directory":0,"addresses":0,"domains":0}}` + "\n"
	if a.status != http.StatusOK || string(a.body) != want || a.header.Get("ETag") != `"0"` {
		t.Fatalf("before any change: %d %s %s", a.status, a.header.Get("ETag"), a.body)
	}
	body := `{"allowAddresses":true,"addresses":["Bob@EXAMPLE.com.","*.example.org","[2001:DB8::1]","tel:+1 (555) 12"]}`
	a = b.send("PUT", "/api/v1/policy", body, "If-Match", `"0"`)
	if a.status != http.StatusOK || a.header.Get("ETag") != `"1"` ||
		!strings.Contains(string(a.body), `"addresses":["Bob@example.com","*.example.org","2001:db8::1","tel:+155512"]`) {
		t.Fatalf("put: %d %s %s", a.status, a.header.Get("ETag"), a.body)
	}
	if again := b.send("GET", "/api/v1/policy", nil); string(again.body) != string(a.body) || again.header.Get("ETag") != `"1"` {
		t.Errorf("got %s after putting %s", again.body, a.body)
	}
	// What was got can be put, and the version in it is as good as If-Match.
	if a = b.send("PUT", "/api/v1/policy", string(a.body)); a.status != http.StatusOK || a.header.Get("ETag") != `"2"` {
		t.Errorf("put back: %d %s", a.status, a.body)
	}
	for _, c := range []struct {
		body, match string
		status      int
		code        string
	}{
		{`{"allowPublic":true}`, `"1"`, http.StatusPreconditionFailed, "version_conflict"},
		{`{"allowPublic":true,"version":1}`, "", http.StatusPreconditionFailed, "version_conflict"},
		{`{"allowPublic":true}`, `"x"`, http.StatusPreconditionFailed, "version_conflict"},
		{`{"allowPublic":true}`, "", http.StatusPreconditionRequired, "no_version"},
		{`{"allowEverything":true}`, `"2"`, http.StatusBadRequest, "bad_json"},
		{`{"allowPublic":"yes"}`, `"2"`, http.StatusBadRequest, "bad_json"},
		{
			`{"addresses":[` + strings.Repeat(`"a@example.com",`, 200) + `"b@example.com"]}`, `"2"`, http.StatusUnprocessableEntity,
			"too_many",
		},
	} {
		if a := b.send("PUT", "/api/v1/policy", c.body, "If-Match", c.match); a.status != c.status || a.code() != c.code {
			t.Errorf("%.40s with %s: %d %s", c.body, c.match, a.status, a.body)
		}
	}
	if a := b.send("GET", "/api/v1/policy", nil); a.header.Get("ETag") != `"2"` {
		t.Errorf("a refused change was made: %s", a.body)
	}
	if a := b.send("PUT", "/api/v1/policy", `{}`, "If-Match", "*"); a.status != http.StatusOK {
		t.Errorf("whatever is there: %d %s", a.status, a.body)
	}
}

// Each address that may open a phone is counted once, whatever allows it.
func TestPolicyCounts(t *testing.T) {
	t.Parallel()
	r, _ := newPolicyRig(t)
	b := r.loggedIn("alice", alicePassword)
	for _, body := range []string{
		`{"addresses":["carol@example.com","+15551"],"friend":true}`, `{"addresses":["dave@example.com"]}`,
	} {
		if a := b.send("POST", directoryPath, body); a.status != http.StatusCreated {
			t.Fatalf("%s: %d %s", body, a.status, a.body)
		}
	}
	list := `"addresses":["carol@example.com","tel:+15551","eve@example.com","192.0.2.1","example.net","*.example.org"]`
	for _, c := range []struct{ allowed, count string }{
		{`"allowAddresses":false`, `"addresses":0,"domains":0`},
		{`"allowFriends":true`, `"addresses":2,"domains":0`},
		{`"allowDirectory":true,"allowFriends":true`, `"addresses":3,"domains":0`},
		{`"allowAddresses":true`, `"addresses":4,"domains":2`},
		{`"allowAddresses":true,"allowDirectory":true`, `"addresses":5,"domains":2`},
	} {
		a := b.send("PUT", "/api/v1/policy", `{`+c.allowed+`,`+list+`}`, "If-Match", "*")
		if !strings.Contains(string(a.body), `"count":{"friends":1,"directory":2,`+c.count+`}`) {
			t.Errorf("%s: %d %s", c.allowed, a.status, a.body)
		}
	}
}

func TestPolicyNamesEachMalformedAddress(t *testing.T) {
	t.Parallel()
	r, _ := newPolicyRig(t)
	a := r.loggedIn("alice", alicePassword).send("PUT", "/api/v1/policy",
		`{"allowAddresses":true,"addresses":["bob@example.com","bob@","192.0.2.300"]}`, "If-Match", `"0"`)
	list, _ := a.json["errors"].([]any)
	if a.status != http.StatusUnprocessableEntity || a.code() != "bad_address" || len(list) != 2 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for i, want := range []string{"#/addresses/1", "#/addresses/2"} {
		one := list[i].(map[string]any)
		if one["pointer"] != want || !strings.Contains(a.json["detail"].(string), one["detail"].(string)) {
			t.Errorf("fault %d: %v", i, one)
		}
		args := one["detailSentence"].(map[string]any)["args"].(map[string]any)
		if code := args["fault"].(map[string]any)["code"]; code != []any{"address.bad_domain", "address.bad_top"}[i] {
			t.Errorf("fault %d has the code %v", i, code)
		}
	}
}

func TestPolicyNeedsInterworking(t *testing.T) {
	t.Parallel()
	r, _ := newPolicyRig(t)
	b := r.loggedIn("bob", bobPassword) // has no deskphone
	for _, method := range []string{"GET", "PUT"} {
		var body any
		if method == "PUT" {
			body = `{"allowPublic":true}`
		}
		if a := b.send(method, "/api/v1/policy", body, "If-Match", `"0"`); a.status != http.StatusForbidden ||
			a.code() != "no_interworking" {
			t.Errorf("%s: %d %s", method, a.status, a.body)
		}
	}
	alice := r.loggedIn("alice", alicePassword)
	alice.send("PATCH", "/api/v1/devices/desk", `{"interworking":false}`)
	if a := alice.send("GET", "/api/v1/policy", nil); a.status != http.StatusForbidden {
		t.Errorf("switched off: %d %s", a.status, a.body)
	}
	for _, path := range []string{"/api/v1/policy", "/api/v1/policy/decisions"} {
		if a := r.browser().send("GET", path, nil); a.status != http.StatusUnauthorized {
			t.Errorf("%s without a log-in: %d", path, a.status)
		}
	}
	plain := newRig(t, nil)
	if a := plain.loggedIn("alice", alicePassword).send("GET", "/api/v1/policy", nil); a.status != http.StatusServiceUnavailable ||
		a.code() != "not_set_up" {
		t.Errorf("without grants: %d %s", a.status, a.body)
	}
}

func TestPolicyCeiling(t *testing.T) {
	t.Parallel()
	r, _ := newPolicyRig(t, policy.Public)
	b := r.loggedIn("alice", alicePassword)
	if a := b.send("PUT", "/api/v1/policy", `{"allowPublic":true}`, "If-Match", `"0"`); a.status != http.StatusForbidden ||
		a.code() != "forbidden_group" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := b.send("GET", "/api/v1/policy", nil); !strings.Contains(string(a.body), `"forbid":["public"]`) {
		t.Errorf("%s", a.body)
	}
}

func TestPolicySimulate(t *testing.T) {
	t.Parallel()
	r, _ := newPolicyRig(t)
	b := r.loggedIn("alice", alicePassword)
	b.send("PUT", "/api/v1/policy", `{"allowAddresses":true,"addresses":["bob@example.test","*.example.org","+15551234"]}`,
		"If-Match", `"0"`)
	for _, c := range []struct {
		body      string
		allow     bool
		requester string
		grant     string
	}{
		{`{"requester":"bob"}`, true, "sip:bob@example.test", "addresses"},
		{`{"requester":"Bob","device":"desk"}`, true, "sip:bob@example.test", "addresses"},
		{`{"requester":"sip:bob@EXAMPLE.test:5070;x=1"}`, true, "sip:bob@example.test", "addresses"},
		{`{"requester":"+1-555-1234"}`, true, "tel:+15551234", "addresses"},
		{`{"requester":"eve@a.example.org"}`, true, "sip:eve@a.example.org", "addresses"},
		{`{"requester":"eve@aexample.org"}`, false, "sip:eve@aexample.org", ""},
		{`{"requester":"1002"}`, true, "sip:bob@example.test", "addresses"},
		{`{"requester":"1002@example.test"}`, true, "sip:bob@example.test", "addresses"},
		{`{"requester":"alice"}`, true, "sip:alice@example.test", "self"},
	} {
		a := b.send("POST", "/api/v1/policy/simulate", c.body)
		if a.status != http.StatusOK || a.json["allow"] != c.allow || a.json["requester"] != c.requester ||
			a.json["grant"] != c.grant || a.json["device"] != "desk" || a.json["reason"] == "" {
			t.Errorf("%s: %d %s", c.body, a.status, a.body)
		}
	}
	for body, code := range map[string]string{
		`{"requester":""}`: "bad_address", `{"requester":"carol"}`: "bad_address", `{"requester":"carol@"}`: "bad_address",
		`{"requester":"bob","device":"attic"}`: "not_found",
	} {
		if a := b.send("POST", "/api/v1/policy/simulate", body); a.status < 400 || a.code() != code {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	if a := b.send("GET", "/api/v1/policy/decisions", nil); string(a.body) != "{\"decisions\":[]}\n" {
		t.Errorf("simulations were recorded: %s", a.body)
	}
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	r, book := newPolicyRig(t)
	if err := r.people.Put(t.Context(),
		directory.NewUser{User: directory.User{Name: "root", Admin: true}, Password: "turtles all the way"}); err != nil {
		t.Fatal(err)
	}
	ask := func(level policy.Level) policy.Decision {
		return book.Decide(t.Context(), policy.Question{
			Requester: policy.Identity{Address: "sip:eve@example.com", Level: level, How: "from"}, Owner: "alice", Device: "desk",
			Kind: policy.ThirdParty, Call: "c1",
		})
	}
	first, second := ask(policy.Unverified), ask(policy.Asserted)
	b := r.loggedIn("alice", alicePassword)
	a := b.send("GET", "/api/v1/policy/decisions?limit=1", nil)
	next, _ := a.json["next"].(string)
	rest := b.send("GET", "/api/v1/policy/decisions?before="+next, nil)
	all := append(listIn(a, "decisions"), listIn(rest, "decisions")...)
	if len(all) != 2 {
		t.Fatalf("%s then %s", a.body, rest.body)
	}
	seen := map[any]map[string]any{}
	for _, d := range all {
		seen[d["id"]] = d
	}
	one, two := seen[first.ID], seen[second.ID]
	if one["authenticated"] != "" || one["evidence"] != "from" || one["allow"] != false ||
		one["requester"] != "sip:eve@example.com" || one["kind"] != "thirdParty" || one["device"] != "desk" ||
		one["reason"] != first.Reason.Text {
		t.Errorf("the unproven one: %v", one)
	}
	if two["authenticated"] != "from" {
		t.Errorf("the proven one: %v", two)
	}
	bob := r.loggedIn("bob", bobPassword)
	if a := bob.send("GET", "/api/v1/policy/decisions", nil); len(listIn(a, "decisions")) != 0 {
		t.Errorf("bob sees %s", a.body)
	}
	if a := bob.send("GET", "/api/v1/policy/decisions?user=alice", nil); a.status != http.StatusForbidden ||
		a.code() != "not_admin" {
		t.Errorf("bob asks for alice's: %d %s", a.status, a.body)
	}
	root := r.loggedIn("root", "turtles all the way")
	if a := root.send("GET", "/api/v1/policy/decisions?user=alice", nil); len(listIn(a, "decisions")) != 2 {
		t.Errorf("the administrator sees %s", a.body)
	}
	ofBob := book.Decide(t.Context(), policy.Question{Owner: "bob", Device: "desk", Kind: policy.ThirdParty})
	everybody := listIn(root.send("GET", "/api/v1/policy/decisions?user=*&limit=2", nil), "decisions")
	if len(everybody) != 2 || everybody[0]["id"] != ofBob.ID || everybody[0]["owner"] != "bob" || everybody[1]["owner"] != "alice" {
		t.Errorf("the administrator sees of all %v", everybody)
	}
	if a := bob.send("GET", "/api/v1/policy/decisions?user=*", nil); a.status != http.StatusForbidden {
		t.Errorf("bob asks for all: %d %s", a.status, a.body)
	}
	if a := root.send("GET", "/api/v1/policy/decisions?user=nobody", nil); a.status != http.StatusNotFound {
		t.Errorf("of nobody: %d", a.status)
	}
	if a := b.send("GET", "/api/v1/policy/decisions?limit=0", nil); a.code() != "bad_query" {
		t.Errorf("limit 0: %s", a.body)
	}
}

func listIn(a answer, member string) []map[string]any {
	list, _ := a.json[member].([]any)
	out := make([]map[string]any, 0, len(list))
	for _, one := range list {
		out = append(out, one.(map[string]any))
	}
	return out
}
