package rig

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"testing"
)

// Client speaks to the REST API of a gateway as one logged-in user.
type Client struct {
	t    testing.TB
	base string
	http *http.Client
}

// LogIn returns a client that holds the user's cookie.
func (g *Gateway) LogIn(t testing.TB, u User) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{t: t, base: "http://" + g.HTTP, http: &http.Client{Jar: jar, Timeout: Patience}}
	login := map[string]string{"name": u.Name, "password": u.Password()}
	if status := c.Do(http.MethodPost, "/api/v1/login", login, nil); status != http.StatusOK {
		t.Fatalf("log-in of %s: status %d", u.Name, status)
	}
	return c
}

// Do sends one request with body as JSON (nil for none), decodes the answer
// into result (nil to ignore it) and returns the status.
func (c *Client) Do(method, path string, body, result any) int {
	c.t.Helper()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, content)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Origin", c.base)
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if result != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(text, result); err != nil {
			c.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return resp.StatusCode
}
