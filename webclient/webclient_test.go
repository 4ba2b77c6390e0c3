package webclient

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func testSite(t *testing.T) *httptest.Server {
	t.Helper()
	page := "<!doctype html>" + strings.Repeat("<p>ring</p>", 100)
	server := httptest.NewServer(newSite(fstest.MapFS{
		"embed.html":            {Data: []byte("<!doctype html>frame")},
		"embed.js":              {Data: []byte("loader()")},
		".gitkeep":              {},
		"build.txt":             {Data: []byte("ab12cd")},
		"index.html":            {Data: []byte(page)},
		"assets/app-0123ab.js":  {Data: []byte(strings.Repeat("ring();", 100))},
		"icons/tiny.svg":        {Data: []byte("<svg/>")},
		"manifest.webmanifest":  {Data: []byte("{}")},
		"assets/theme-4567.css": {Data: []byte("p{}")},
	}, []string{"https://a.example", "http://127.0.0.1:8000"}))
	t.Cleanup(server.Close)
	return server
}

// fetch does not let the transport unpack, so that what is on the wire is seen.
func fetch(t *testing.T, method, url string, header map[string]string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	client := http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestStatusKindAndCaching(t *testing.T) {
	server := testSite(t)
	const never, forever = "no-cache", "public, max-age=31536000, immutable"
	for _, row := range []struct {
		method, path string
		status       int
		kind, cache  string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", never},
		{"GET", "/index.html", 200, "text/html; charset=utf-8", never},
		{"HEAD", "/", 200, "text/html; charset=utf-8", never},
		{"GET", "/assets/app-0123ab.js", 200, "text/javascript; charset=utf-8", forever},
		{"GET", "/assets/theme-4567.css", 200, "text/css; charset=utf-8", forever},
		{"GET", "/icons/tiny.svg", 200, "image/svg+xml", never},
		{"GET", "/manifest.webmanifest", 200, "application/manifest+json", never},
		{"GET", "/assets/app-gone.js", 404, "text/plain; charset=utf-8", never},
		{"GET", "/assets/../index.html", 404, "text/plain; charset=utf-8", never},
		{"GET", "/.gitkeep", 404, "text/plain; charset=utf-8", never},
		{"GET", "/build.txt", 404, "text/plain; charset=utf-8", never},
		{"POST", "/", 405, "text/plain; charset=utf-8", never},
	} {
		resp, body := fetch(t, row.method, server.URL+row.path, nil)
		if resp.StatusCode != row.status {
			t.Errorf("%s %s: status %d, want %d", row.method, row.path, resp.StatusCode, row.status)
		}
		if got := resp.Header.Get("Content-Type"); got != row.kind {
			t.Errorf("%s %s: type %q, want %q", row.method, row.path, got, row.kind)
		}
		if got := resp.Header.Get("Cache-Control"); got != row.cache && row.status == 200 {
			t.Errorf("%s %s: caching %q, want %q", row.method, row.path, got, row.cache)
		}
		if row.status != 200 && strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s %s: a fault must not be kept", row.method, row.path)
		}
		if row.method == "HEAD" && body != "" {
			t.Errorf("HEAD %s has a body of %d bytes", row.path, len(body))
		}
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	server := testSite(t)
	for _, path := range []string{"/", "/assets/app-0123ab.js", "/nothing"} {
		resp, _ := fetch(t, "GET", server.URL+path, nil)
		policy := resp.Header.Get("Content-Security-Policy")
		for _, want := range []string{
			"default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
			"base-uri 'none'",
		} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: policy lacks %q: %s", path, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy allows something unsafe: %s", path, policy)
		}
		if got := resp.Header.Get("Permissions-Policy"); !strings.Contains(got, "microphone=(self)") {
			t.Errorf("%s: permissions %q", path, got)
		}
		if got := resp.Header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: sniffing is allowed: %q", path, got)
		}
	}
}

// The phone's page is framed by nobody, the framed one by the sites listed.
func TestWhoMayFrame(t *testing.T) {
	server := testSite(t)
	for path, want := range map[string]string{
		"/": "'none'", "/index.html": "'none'", "/assets/app-0123ab.js": "'none'", "/nothing": "'none'", "/embed.js": "'none'",
		"/embed": "https://a.example http://127.0.0.1:8000", "/embed.html": "https://a.example http://127.0.0.1:8000",
	} {
		resp, _ := fetch(t, "GET", server.URL+path, nil)
		_, got, _ := strings.Cut(resp.Header.Get("Content-Security-Policy"), "frame-ancestors ")
		if got != want {
			t.Errorf("%s may be framed by %q, want %q", path, got, want)
		}
		old := map[bool]string{true: "DENY"}[want == "'none'"] // the header cannot list sites
		if got := resp.Header.Get("X-Frame-Options"); got != old {
			t.Errorf("%s: X-Frame-Options is %q, want %q", path, got, old)
		}
	}
	alone := newSite(fstest.MapFS{"embed.html": {}}, nil)
	w := httptest.NewRecorder()
	alone.ServeHTTP(w, httptest.NewRequest("GET", "/embed", nil))
	if alone.framers != "'self'" || w.Header().Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("with no site listed: %s, %v", alone.framers, w.Header())
	}
}

// Modules are loaded by pages of other sites, which needs CORS; nothing else is.
func TestModulesForOtherSites(t *testing.T) {
	server := testSite(t)
	for path, want := range map[string]string{
		"/embed.js": "*", "/assets/app-0123ab.js": "*", "/": "", "/embed": "",
		"/icons/tiny.svg": "",
	} {
		resp, _ := fetch(t, "GET", server.URL+path, nil)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: allowed for %q, want %q", path, got, want)
		}
	}
}

func TestCompression(t *testing.T) {
	server := testSite(t)
	plain, body := fetch(t, "GET", server.URL+"/", nil)
	if plain.Header.Get("Content-Encoding") != "" {
		t.Error("compressed without being asked to")
	}
	for header, want := range map[string]string{"gzip": "gzip", "br, gzip;q=0.5": "gzip", "*": "gzip", "gzip;q=0": "", "br": ""} {
		resp, got := fetch(t, "GET", server.URL+"/", map[string]string{"Accept-Encoding": header})
		if enc := resp.Header.Get("Content-Encoding"); enc != want {
			t.Errorf("Accept-Encoding %q: got %q, want %q", header, enc, want)
			continue
		}
		if resp.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary is missing", header)
		}
		if want == "" {
			continue
		}
		if resp.Header.Get("ETag") == plain.Header.Get("ETag") {
			t.Error("both forms have one ETag")
		}
		r, err := gzip.NewReader(strings.NewReader(got))
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := io.ReadAll(r)
		if err != nil || string(unpacked) != body {
			t.Errorf("unpacked %d bytes (%v), want %d", len(unpacked), err, len(body))
		}
	}
	if resp, _ := fetch(t, "GET", server.URL+"/icons/tiny.svg", map[string]string{"Accept-Encoding": "gzip"}); resp.Header.Get(
		"Content-Encoding") != "" {
		t.Error("a file that grows by compression was compressed")
	}
}

func TestNotModified(t *testing.T) {
	server := testSite(t)
	first, _ := fetch(t, "GET", server.URL+"/", nil)
	etag := first.Header.Get("ETag")
	for header, want := range map[string]int{etag: 304, "W/" + etag: 304, `"x", ` + etag: 304, "*": 304, `"x"`: 200, "": 200} {
		resp, body := fetch(t, "GET", server.URL+"/", map[string]string{"If-None-Match": header})
		if resp.StatusCode != want {
			t.Errorf("If-None-Match %s: status %d, want %d", header, resp.StatusCode, want)
		}
		if want == 304 && (body != "" || resp.Header.Get("ETag") != etag) {
			t.Errorf("If-None-Match %s: body %q, ETag %q", header, body, resp.Header.Get("ETag"))
		}
	}
}

// The embedded client itself, when there is one: its page names files that exist.
func TestEmbeddedClient(t *testing.T) {
	if !Built() {
		t.Skip("no client is built in; run make build to test it")
	}
	server := httptest.NewServer(Handler(nil))
	defer server.Close()
	resp, page := fetch(t, "GET", server.URL+"/", nil)
	if resp.StatusCode != 200 || !strings.Contains(page, `content="`+Build()+`"`) {
		t.Fatalf("status %d, and the page must carry build %s:\n%s", resp.StatusCode, Build(), page)
	}
	links := 0
	for _, attribute := range []string{`src="`, `href="`} {
		for _, rest := range strings.Split(page, attribute)[1:] {
			path, _, _ := strings.Cut(rest, `"`)
			links++
			if got, _ := fetch(t, "GET", server.URL+path, nil); got.StatusCode != 200 {
				t.Errorf("the page names %s: status %d", path, got.StatusCode)
			}
		}
	}
	if links < 4 {
		t.Errorf("found %d links in the page, which are too few", links)
	}
	_, rest, _ := strings.Cut(page, `<script type="module" src="`)
	app, _, _ := strings.Cut(rest, `"`)
	testLanguages(t, server.URL, app)
}

// What the script loads later is served, and is not loaded with the page.
func testLanguages(t *testing.T, url, app string) {
	t.Helper()
	_, page := fetch(t, "GET", url+"/", nil)
	_, script := fetch(t, "GET", url+app, nil)
	for _, rest := range strings.Split(page, `rel="modulepreload" href="`)[1:] {
		path, _, _ := strings.Cut(rest, `"`)
		_, shared := fetch(t, "GET", url+path, nil)
		script += shared
	}
	chunks := strings.Split(script, `import("./`)[1:]
	if len(chunks) == 0 {
		t.Errorf("%s loads nothing later", app)
	}
	for _, rest := range chunks {
		name, _, _ := strings.Cut(rest, `"`)
		resp, words := fetch(t, "GET", url+"/assets/"+name, nil)
		if resp.StatusCode != 200 || !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, caching %q", name, resp.StatusCode, resp.Header.Get("Cache-Control"))
		}
		if strings.HasPrefix(name, "de-") && !strings.Contains(words, "Anmelden") {
			t.Errorf("%s is not German", name)
		}
		if strings.Contains(page, name) {
			t.Errorf("the page loads %s for everybody", name)
		}
	}
}
