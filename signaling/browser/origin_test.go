package browser

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// as sends a request whose Host header is another than where it goes.
func (r *rig) as(host, method, path string) answer {
	r.t.Helper()
	req := httptest.NewRequestWithContext(r.t.Context(), method, path, nil)
	req.Host, req.RemoteAddr = host, "127.0.0.1:4711"
	w := httptest.NewRecorder()
	r.srv.http.Handler.ServeHTTP(w, req)
	return answer{status: w.Code, header: w.Header(), body: w.Body.Bytes()}
}

// A page whose name was re-pointed at our address reaches us from the
// visitor's own machine; nothing may be read by it.
func TestForeignHostsAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Names = []string{"Example.test", "box:8080", "*.pages.example"} })
	for _, path := range []string{"/metrics", "/healthz", "/", "/api/v1/openapi.yaml", "/api/v1/me", "/ws", "/embed"} {
		if a := r.as("rebound.example:8080", "GET", path); a.status != http.StatusMisdirectedRequest ||
			!strings.Contains(string(a.body), `"code":"wrong_host"`) ||
			a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	for host, ours := range map[string]bool{
		"": true, "localhost": true, "LOCALHOST:8080": true, "localhost.": true, "127.0.0.1:8080": true, "192.0.2.7": true,
		"[::1]:80": true, "[2001:db8::1]": true,
		"example.test": true, "EXAMPLE.test:443": true, "box": true, "a.pages.example": true,
		"example.test.rebound.example": false, "www.example.test": false, "notexample.test": false, "pages.example": false,
		"xpages.example":            false,
		"localhost.rebound.example": false, "127.0.0.1.rebound.example": false, "0x7f000001": false, "127.1": false,
		"rebound.example@localhost": false,
	} {
		want := http.StatusOK
		if !ours {
			want = http.StatusMisdirectedRequest
		}
		if a := r.as(host, "GET", "/metrics"); a.status != want {
			t.Errorf("%q: %d", host, a.status)
		}
	}
	extra := httptest.NewServer(r.srv.NamedOnly(r.srv.MetricsHandler()))
	defer extra.Close()
	for host, want := range map[string]int{"": http.StatusOK, "rebound.example": http.StatusMisdirectedRequest} {
		req, _ := http.NewRequestWithContext(t.Context(), "GET", extra.URL+"/metrics", nil)
		req.Host = host
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("the metrics' own address, host %q: %d", host, res.StatusCode)
		}
	}
}

func TestNamesOfTheCertificateAreOurs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePair(t, cert, key, 1, "*.house.example")
	r := newRig(t, func(c *Config) { c.CertFile, c.KeyFile = cert, key })
	for host, want := range map[string]int{
		"phone.house.example:8443": http.StatusOK,
		"house.example":            http.StatusMisdirectedRequest,
	} {
		if a := r.as(host, "GET", "/healthz"); a.status != want {
			t.Errorf("%s: %d", host, a.status)
		}
	}
}
