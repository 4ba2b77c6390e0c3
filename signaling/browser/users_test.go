package browser

import (
	"net/http"
	"testing"

	"ringsplash/directory"
	"ringsplash/token"
)

// refusedUsers are requests of an administrator that change nothing.
var refusedUsers = []struct {
	method, path, body string
	status             int
	code               string
}{
	{"POST", "/api/v1/users", `{"name":"carol","password":"long enough"}`, 409, "exists"},
	{"POST", "/api/v1/users", `{"name":"dave","number":"1001","password":"long enough"}`, 409, "exists"},
	{"POST", "/api/v1/users", `{"name":"Dave","password":"long enough"}`, 422, "not_valid"},
	{"POST", "/api/v1/users", `{"name":"dave","password":"short"}`, 422, "not_valid"},
	{"POST", "/api/v1/users", `{"name":"dave","hash":"x","password":"long enough"}`, 400, "bad_json"},
	{"PATCH", "/api/v1/users/carol", `{"number":"1001"}`, 409, "exists"},
	{"PATCH", "/api/v1/users/carol", `{"number":"x"}`, 422, "not_valid"},
	{"PATCH", "/api/v1/users/dave", `{"number":"1"}`, 404, "not_found"},
	{"DELETE", "/api/v1/users/dave", "", 404, "not_found"},
	{"DELETE", "/api/v1/users/root", "", 409, "own_user"},
	{"GET", "/api/v1/users/dave", "", 404, "not_found"},
}

func TestUsersByREST(t *testing.T) {
	t.Parallel()
	r, keyFor := keyRig(t, nil)
	admin := keyFor("admin", token.Access{Rights: []token.Right{token.RightAdmin}})
	if err := r.people.Put(t.Context(),
		directory.NewUser{User: directory.User{Name: "root", Admin: true}, Password: "correct horse"}); err != nil {
		t.Fatal(err)
	}
	root := r.loggedIn("root", "correct horse")

	a := root.send("POST", "/api/v1/users",
		`{"name":"carol","number":"1003","password":"long enough","devices":[{"id":"desk","sipPassword":"s","interworking":true}]}`)
	if a.status != http.StatusCreated || a.json["display"] != "carol" || a.header.Get("Location") != "/api/v1/users/carol" {
		t.Fatalf("added: %d %s", a.status, a.body)
	}
	list := r.asKey(admin, "GET", "/api/v1/users", nil)
	if users, _ := list.json["users"].([]any); list.status != http.StatusOK || len(users) != 4 {
		t.Errorf("list: %d %s", list.status, list.body)
	}
	carol := r.loggedIn("carol", "long enough")
	a = r.asKey(admin, "PATCH", "/api/v1/users/carol", `{"number":"1004","display":"Carol Cook"}`)
	if a.status != http.StatusOK || a.json["number"] != "1004" || a.json["display"] != "Carol Cook" {
		t.Errorf("changed: %d %s", a.status, a.body)
	}
	if a := carol.send("GET", "/api/v1/me", nil); a.status != http.StatusOK {
		t.Errorf("a change ends the log-in: %d", a.status)
	}
	if a := root.send("PATCH", "/api/v1/users/carol", `{"password":"another one"}`); a.status != http.StatusOK {
		t.Errorf("password: %d %s", a.status, a.body)
	}
	if a := carol.send("GET", "/api/v1/me", nil); a.status != http.StatusUnauthorized {
		t.Errorf("the old log-in after a new password: %d", a.status)
	}
	others := map[string]*browserClient{"alice": r.loggedIn("alice", alicePassword), "a stranger": r.browser()}
	for _, c := range refusedUsers {
		if a := root.send(c.method, c.path, c.body); a.status != c.status || a.code() != c.code {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, a.status, a.body)
		}
		for who, other := range others {
			if a := other.send(c.method, c.path, c.body); a.status != http.StatusForbidden && a.status != http.StatusUnauthorized {
				t.Errorf("%s: %s %s: %d", who, c.method, c.path, a.status)
			}
		}
	}
	if a := r.asKey(keyFor("plain", token.Access{Rights: calls, Users: []string{"root"}}), "GET", "/api/v1/users",
		nil); a.status != http.StatusForbidden {
		t.Errorf("a key for an administrator's calls: %d", a.status)
	}
	removesCarol(r, root, admin)
}

// removesCarol, whose tab and cookie are then good for nothing.
func removesCarol(r *rig, root *browserClient, admin string) {
	t := r.t
	t.Helper()
	carol := r.loggedIn("carol", "another one")
	tab, _ := carol.open(nil)
	if a := r.asKey(admin, "DELETE", "/api/v1/users/carol", nil); a.status != http.StatusNoContent {
		t.Errorf("removed: %d %s", a.status, a.body)
	}
	if code := tab.closed(); code != int(codeNotLoggedIn) {
		t.Errorf("her tab was closed with %d", code)
	}
	// A later user of the name is somebody else.
	if a := root.send("POST", "/api/v1/users", `{"name":"carol","password":"a new carol"}`); a.status != http.StatusCreated {
		t.Errorf("added again: %d %s", a.status, a.body)
	}
	if a := carol.send("GET", "/api/v1/me", nil); a.status != http.StatusUnauthorized {
		t.Errorf("the former user's cookie works: %d", a.status)
	}
}

// Who the configuration file names is changed there alone.
func TestUsersOfTheFileByREST(t *testing.T) {
	t.Parallel()
	r, keyFor := keyRig(t, nil)
	admin := keyFor("admin", token.Access{Rights: []token.Right{token.RightAdmin}})
	fixed := directory.NewUser{User: directory.User{Name: "frank", Number: "1009"}, Password: "correct horse"}
	if err := r.people.Sync(t.Context(), []directory.NewUser{fixed}); err != nil {
		t.Fatal(err)
	}
	for method, body := range map[string]any{"PATCH": `{"number":"7"}`, "DELETE": nil} {
		if a := r.asKey(admin, method, "/api/v1/users/frank", body); a.status != http.StatusConflict || a.code() != "fixed" {
			t.Errorf("%s: %d %s", method, a.status, a.body)
		}
	}
	if u, _ := r.people.User("frank"); u.Number != "1009" || !u.Fixed {
		t.Errorf("he is %+v", u)
	}
}
