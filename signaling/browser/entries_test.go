package browser

import (
	"net/http"
	"strings"
	"testing"
)

const directoryPath = "/api/v1/directory"

// refusedEntries are requests that change nothing; ID stands for an entry there is.
var refusedEntries = []struct {
	method, path, body, match string
	status                    int
	code                      string
}{
	{"POST", directoryPath, `{"addresses":["sips:zoe@example.com","SIP:zoe@example.com"]}`, "", 409, "exists"},
	{"POST", directoryPath, `{"addresses":["example.com"]}`, "", 422, "not_valid"},
	{"POST", directoryPath, `{"addresses":[]}`, "", 422, "not_valid"},
	{"POST", directoryPath, `{"addresses":["bob"],"id":"x"}`, "", 400, "bad_json"},
	{"PUT", directoryPath + "/ID", `{"addresses":["bob"]}`, "", 428, "no_version"},
	{"PUT", directoryPath + "/ID", `{"addresses":["bob"]}`, `"7"`, 412, "version_conflict"},
	{"PUT", directoryPath + "/ID", `{"addresses":["bob"]}`, `"0"`, 412, "version_conflict"},
	{"PUT", directoryPath + "/ID", `{"addresses":["bob"],"version":0}`, "", 412, "version_conflict"},
	{"PUT", directoryPath + "/nobody", `{"addresses":["bob"]}`, `"1"`, 404, "not_found"},
	{"DELETE", directoryPath + "/ID", "", `"7"`, 412, "version_conflict"},
	{"GET", directoryPath + "/nobody", "", "", 404, "not_found"},
	{"GET", directoryPath + "?limit=0", "", "", 400, "bad_query"},
	{"GET", directoryPath + "?after=*", "", "", 400, "bad_query"},
	{"GET", directoryPath + "?friends=some", "", "", 400, "bad_query"},
	{"GET", directoryPath + "?q=" + strings.Repeat("x", 201), "", "", 400, "bad_query"},
}

// TestEntries leads one entry through its life.
func TestEntries(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	if a := b.send("GET", directoryPath, nil); string(a.body) != "{\"entries\":[],\"total\":0}\n" {
		t.Errorf("empty: %d %s", a.status, a.body)
	}
	a := b.send("POST", directoryPath,
		`{"display":"Zoë Fürst","addresses":["zoe@EXAMPLE.com:5060;transport=tcp","+1 (555) 123"],"note":"x","friend":true}`)
	if a.status != http.StatusCreated || a.header.Get("ETag") != `"1"` || a.json["friend"] != true {
		t.Fatalf("added: %d %s", a.status, a.body)
	}
	if !strings.Contains(string(a.body), `["sip:zoe@example.com","tel:+1555123"]`) {
		t.Errorf("addresses are not canonical: %s", a.body)
	}
	path := a.header.Get("Location")
	got := b.send("GET", path, nil)
	if got.status != http.StatusOK || string(got.body) != string(a.body) || got.header.Get("ETag") != `"1"` {
		t.Errorf("got %d %s", got.status, got.body)
	}
	for _, c := range refusedEntries {
		path := strings.Replace(c.path, directoryPath+"/ID", path, 1)
		var body any
		if c.body != "" {
			body = c.body
		}
		if a := b.send(c.method, path, body, "If-Match", c.match); a.status != c.status || a.code() != c.code {
			t.Errorf("%s %s %s If-Match %s: %d %s", c.method, c.path, c.body, c.match, a.status, a.body)
		}
	}
	// What was got can be put.
	put := b.send("PUT", path, strings.Replace(string(got.body), `"friend":true`, `"friend":false`, 1))
	if put.status != http.StatusOK || put.header.Get("ETag") != `"2"` || put.json["friend"] != false ||
		put.json["id"] != got.json["id"] {
		t.Errorf("put: %d %s", put.status, put.body)
	}
	for query, total := range map[string]string{"zoe+FURST": "1", "555": "1", "bob": "0"} {
		if a := b.send("GET", directoryPath+"?q="+query, nil); !strings.Contains(string(a.body), `"total":`+total) {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	bob := r.loggedIn("bob", bobPassword)
	for _, method := range []string{"GET", "DELETE"} {
		if a := bob.send(method, path, nil); a.status != http.StatusNotFound {
			t.Errorf("bob may %s alice's: %d %s", method, a.status, a.body)
		}
		if a := r.browser().send(method, path, nil); a.status != http.StatusUnauthorized {
			t.Errorf("a stranger may %s alice's: %d %s", method, a.status, a.body)
		}
	}
	if a := b.send("DELETE", path, nil, "If-Match", `"2"`); a.status != http.StatusNoContent {
		t.Errorf("deleted: %d %s", a.status, a.body)
	}
	if a := b.send("DELETE", path, nil); a.status != http.StatusNotFound {
		t.Errorf("deleted twice: %d %s", a.status, a.body)
	}
}

func TestEntryPages(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	for _, name := range []string{"émile", "Frieda", "Doris"} {
		if a := b.send("POST", directoryPath, `{"display":"`+name+`","addresses":["`+name+
			`@example.com"]}`); a.status != http.StatusCreated {
			t.Fatalf("%s: %d %s", name, a.status, a.body)
		}
	}
	var names []string
	path := directoryPath + "?limit=2"
	for path != "" {
		a := b.send("GET", path, nil)
		for _, e := range a.json["entries"].([]any) {
			names = append(names, e.(map[string]any)["display"].(string))
		}
		path = ""
		if next, ok := a.json["next"].(string); ok {
			path = directoryPath + "?limit=2&after=" + next
		}
	}
	if got := strings.Join(names, " "); got != "Doris émile Frieda" {
		t.Error(got)
	}
	if a := b.send("POST", directoryPath, `{"addresses":["gerd@example.com"],"friend":true}`); a.status != http.StatusCreated {
		t.Fatalf("gerd: %d %s", a.status, a.body)
	}
	for query, total := range map[string]string{"?friends=true": "1", "?friends=false": "4", "?friends=true&q=doris": "0"} {
		if a := b.send("GET", directoryPath+query, nil); !strings.Contains(string(a.body), `"total":`+total) {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
}

func TestImportAndExport(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	path := directoryPath + "/import"
	a := b.send("POST", path, "display;address;friend\r\n=Bob;1002;yes\r\nEve;nothing at all;no\r\n", "Content-Type",
		"text/csv; charset=utf-8")
	if a.status != http.StatusOK || a.json["added"] != 1.0 || a.json["merged"] != 0.0 {
		t.Fatalf("import: %d %s", a.status, a.body)
	}
	rejected, _ := a.json["rejected"].([]any)
	if len(rejected) != 1 || rejected[0].(map[string]any)["line"] != 3.0 {
		t.Errorf("import: %s", a.body)
	}
	a = b.send("POST", path, "BEGIN:VCARD\nVERSION:3.0\nFN:Robert\nX-SIP:bob@example.test\nTEL:+1 555 7\nEND:VCARD\n",
		"Content-Type", "text/vcard")
	if string(a.body) != "{\"added\":0,\"merged\":1,\"rejected\":[]}\n" {
		t.Errorf("import: %d %s", a.status, a.body)
	}
	for _, c := range []struct {
		kind, body string
		status     int
		code       string
	}{
		{"application/json", "{}", 415, "not_importable"},
		{"text/csv", "", 422, "not_valid"},
		{"text/vcard", "hello", 422, "not_valid"},
		{"text/csv", "address\n\xff", 422, "not_valid"},
		{"text/csv", strings.Repeat("x", 1<<20+1), 413, "too_large"},
	} {
		if a := b.send("POST", path, c.body, "Content-Type", c.kind); a.status != c.status || a.code() != c.code {
			t.Errorf("%s: %d %s", c.kind, a.status, a.body)
		}
	}
	// Larger than what other requests may be.
	note := "address,note\nbob," + strings.Repeat("n", 900) + "\n" + strings.Repeat("\n", 100<<10)
	if a := b.send("POST", path, note, "Content-Type", "text/csv"); a.status != http.StatusOK || a.json["merged"] != 1.0 {
		t.Errorf("a large file: %d %s", a.status, a.body)
	}
	a = b.send("GET", directoryPath+"/export?format=csv", nil)
	want := "\uFEFF\"display\",\"address\",\"note\",\"friend\"\r\n\"'=Bob\",\"sip:bob@example.test|tel:+15557\",\"" +
		strings.Repeat("n", 900) + "\",\"yes\"\r\n"
	if a.status != http.StatusOK || string(a.body) != want ||
		!strings.Contains(a.header.Get("Content-Disposition"), "directory.csv") {
		t.Errorf("csv: %d %q", a.status, a.body)
	}
	a = b.send("GET", directoryPath+"/export?format=vcard", nil)
	if a.status != http.StatusOK || !strings.Contains(string(a.body), "FN:=Bob\r\nIMPP:sip:bob@example.test\r\n") {
		t.Errorf("vcard: %d %q", a.status, a.body)
	}
	if a := b.send("GET", directoryPath+"/export?format=pdf", nil); a.status != http.StatusBadRequest {
		t.Errorf("pdf: %d %s", a.status, a.body)
	}
}
