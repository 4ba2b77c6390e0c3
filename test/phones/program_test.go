package phones

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"ringsplash/test/rig"
)

const hookSecret = "nobody guesses this one"

// customer is the program of an office: told of calls by a web hook and an
// event stream, it acts by REST with an API key.
type customer struct {
	t    *testing.T
	g    *rig.Gateway
	key  string
	told chan string // "user call.state" of each signed event
}

// apikey makes an API key.
func apikey(t *testing.T, g *rig.Gateway, name string, more ...string) string {
	t.Helper()
	key := regexp.MustCompile(`rsk_\S+`).FindString(g.Program("", append([]string{"apikey", "add", name}, more...)...))
	if key == "" {
		t.Fatal("no API key was printed")
	}
	return key
}

// hooked listens for the web hook, whose address is url.
func hooked(t *testing.T) (told chan string, url string) {
	told = make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte(hookSecret))
		mac.Write([]byte(r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + string(body)))
		if r.Header.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			t.Errorf("not signed: %s", body)
		}
		var e struct{ Type, User string }
		if err := json.Unmarshal(body, &e); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		told <- e.User + " " + e.Type
	}))
	t.Cleanup(s.Close)
	return told, s.URL
}

// do sends a request with the key and returns the status and the answer's members.
func (c *customer) do(key, path, body string) (int, map[string]any) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, "http://"+c.g.HTTP+path, bytes.NewBufferString(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		c.t.Fatalf("%s: %v", path, err)
	}
	return res.StatusCode, answer
}

// must carries a command out.
func (c *customer) must(path, body string, status int) map[string]any {
	c.t.Helper()
	got, answer := c.do(c.key, path, body)
	if got != status {
		c.t.Fatalf("%s: %d %v", path, got, answer)
	}
	return answer
}

// wait returns once the hook was told of this.
func (c *customer) wait(what string) {
	c.t.Helper()
	seen := map[string]bool{}
	rig.Until(c.t, rig.Patience, "the hook is told: "+what, func() bool {
		for {
			select {
			case one := <-c.told:
				seen[one] = true
			default:
				return seen[what]
			}
		}
	})
}

// sees follows the event stream until a call is in the state, and returns its id.
func (c *customer) sees(state string) string {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, "http://"+c.g.HTTP+"/api/v1/events", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		text, ok := strings.CutPrefix(lines.Text(), "data: ")
		var m struct{ Calls []rig.TabCall }
		if ok && json.Unmarshal([]byte(text), &m) == nil {
			for _, call := range m.Calls {
				if call.State == state {
					return call.ID
				}
			}
		}
	}
	c.t.Fatalf("the stream ended without a call in state %s", state)
	return ""
}

// A program calls from alice's phone and hangs up; it answers bob's call on
// that phone, which is heard only after its un-mute, and only with the right.
func TestProgramCommandsCalls(t *testing.T) {
	t.Parallel()
	told, url := hooked(t)
	g := rig.Start(t, rig.Options{More: "hooks: [{url: \"" + url + "\", secret: " + hookSecret + ", users: [alice]}]"})
	c := &customer{t: t, g: g, told: told, key: apikey(t, g, "crm", "--right", "calls", "--right", "open", "--user", "alice")}
	lesser := apikey(t, g, "board", "--right", "calls", "--user", "alice")
	alice := phone(t, g, rig.PhoneOptions{User: rig.Alice, Tone: calleeTone})
	bob := phone(t, g, rig.PhoneOptions{User: rig.Bob, Tone: callerTone})

	id := c.must("/api/v1/calls", `{"to":"bob","from":"desk"}`, http.StatusCreated)["call"].(string)
	alice.WaitEvent("CALL_INCOMING")
	alice.Accept()
	bob.WaitEvent("CALL_INCOMING")
	bob.Accept()
	alice.Hears(callerTone)
	bob.Hears(calleeTone)
	c.wait("alice call.connected")
	c.must("/api/v1/calls/"+id+"/mute", "", http.StatusOK)
	bob.HearsNot(calleeTone)
	c.must("/api/v1/calls/"+id+"/hangup", "", http.StatusOK)
	alice.WaitEvent("CALL_CLOSED")
	bob.WaitEvent("CALL_CLOSED")
	c.wait("alice call.ended")

	bob.Dial("alice")
	alice.WaitEvent("CALL_INCOMING")
	id = c.sees("ringing")
	alice.Command("answermode", "auto")
	if status, answer := c.do(lesser, "/api/v1/calls/"+id+"/answer", `{"on":"desk"}`); status != http.StatusForbidden ||
		answer["code"] != "forbidden" {
		t.Fatalf("answered without the right to open: %d %v", status, answer)
	}
	c.must("/api/v1/calls/"+id+"/answer", `{"on":"desk"}`, http.StatusOK)
	bob.WaitEvent("CALL_ESTABLISHED")
	silent(t, bob)
	if status, answer := c.do(lesser, "/api/v1/calls/"+id+"/unmute", ""); status != http.StatusForbidden {
		t.Fatalf("un-muted without the right to open: %d %v", status, answer)
	}
	c.must("/api/v1/calls/"+id+"/unmute", "", http.StatusOK)
	bob.Hears(calleeTone)
	c.must("/api/v1/calls/"+id+"/hangup", "", http.StatusOK)
	bob.WaitEvent("CALL_CLOSED")
	c.wait("alice call.ended")
}
