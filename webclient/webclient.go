// Package webclient holds the built browser client and serves it: the page with
// its security headers, the hashed scripts and styles, the icons.
package webclient

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// The build writes dist; a fresh clone has only .gitkeep in it, which "all:"
// makes enough to compile.
//
//go:embed all:dist
var embedded embed.FS

const buildFile = "build.txt"

// contentPolicy lets a page load from its own origin alone, run no inline
// code, and make markup only through the policy Lit names. It ends with who
// may frame the page.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; " +
	"form-action 'self'; require-trusted-types-for 'script'; trusted-types lit-html; frame-ancestors "

// framed is the page for frames in other sites.
const framed = "/embed"

const permissions = "microphone=(self), camera=(self), speaker-selection=(self), hid=(self), geolocation=()"

// Built tells whether a client is embedded. Without one there is no page to
// serve, and the remedy is "make build".
func Built() bool { return Build() != "" }

// Build is the id of the embedded client, as it stands in hello and welcome;
// "" when there is none.
func Build() string {
	id, err := embedded.ReadFile("dist/" + buildFile)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// Handler serves the embedded client below "/": GET and HEAD, everything else
// is 405, an unknown path 404. It reads and compresses the files once, here.
// origins are the sites that may frame /embed ("https://intranet.example");
// with none only our own pages may. The phone's page is framed by nobody.
func Handler(origins []string) http.Handler {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic("webclient: the embedded folder is gone: " + err.Error()) // a constant path
	}
	return newSite(dist, origins)
}

// file is one thing to serve, with its compressed form where that is smaller.
type file struct {
	plain, packed []byte
	etag          string // of the plain form, without quotes
	kind          string // Content-Type
	hashed        bool   // the name changes with the content
}

// site maps URL paths to files.
type site struct {
	files   map[string]*file
	framers string // of /embed, as frame-ancestors has it
}

func newSite(dist fs.FS, origins []string) site {
	s := site{files: map[string]*file{}, framers: "'self'"}
	if len(origins) > 0 {
		s.framers = strings.Join(origins, " ")
	}
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") || name == buildFile {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		s.files["/"+name] = newFile(name, content)
		return nil
	})
	if err != nil {
		slog.Error("the embedded web client cannot be read; run make build", "error", err)
	}
	if index, ok := s.files["/index.html"]; ok {
		s.files["/"] = index
	}
	if page, ok := s.files[framed+".html"]; ok {
		s.files[framed] = page
	}
	return s
}

func newFile(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	f := &file{plain: content, etag: hex.EncodeToString(sum[:8]), hashed: strings.HasPrefix(name, "assets/")}
	f.kind = cmp.Or(kinds[path.Ext(name)], mime.TypeByExtension(path.Ext(name)), "application/octet-stream")
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return f
	}
	_, err = w.Write(content)
	if closeErr := w.Close(); err == nil && closeErr == nil && packed.Len() < len(content) {
		f.packed = packed.Bytes()
	}
	return f
}

// kinds are our own, which do not depend on the machine's mime tables.
var kinds = map[string]string{
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".svg":         "image/svg+xml",
	".webmanifest": "application/manifest+json",
}

// ServeHTTP answers with a file, 304, 404 or 405.
func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	framers := "'none'"
	h.Set("X-Frame-Options", "DENY") // for what does not know frame-ancestors
	if strings.TrimSuffix(r.URL.Path, ".html") == framed {
		framers = s.framers
		h.Del("X-Frame-Options") // it cannot list sites
		if framers == "'self'" {
			h.Set("X-Frame-Options", "SAMEORIGIN")
		}
	}
	h.Set("Content-Security-Policy", contentPolicy+framers)
	h.Set("Permissions-Policy", permissions)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	// Until it is sure that the content belongs to the name, nothing may be kept.
	h.Set("Cache-Control", "no-cache")

	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are served here", http.StatusMethodNotAllowed)
		return
	}
	f, ok := s.files[r.URL.Path]
	if !ok {
		http.Error(w, "no such page; the phone is at /", http.StatusNotFound)
		return
	}
	if strings.HasSuffix(r.URL.Path, ".js") {
		// Pages of other sites load embed.js and client.js as modules, and with
		// client.js what it imports. There is nothing in them but code.
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	f.serve(w, r)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	body, etag := f.plain, `"`+f.etag+`"`
	if f.packed != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body, etag = f.packed, `"`+f.etag+`-gz"`
			h.Set("Content-Length", strconv.Itoa(len(body)))
		}
	}
	h.Set("ETag", etag)
	h.Set("Content-Type", f.kind)
	if f.hashed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3).
func acceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if name = strings.TrimSpace(name); name != "gzip" && name != "*" {
			continue
		}
		_, q, found := strings.Cut(weight, "=")
		quality, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		return !found || err != nil || quality > 0
	}
	return false
}
