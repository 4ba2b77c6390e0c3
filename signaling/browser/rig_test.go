package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"ringsplash/directory"
	"ringsplash/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for an event that must come.
const patience = 10 * time.Second

// rig is a server on a free port over a real directory and store. The gateway
// alone is played: what a call does is not this package's business.
type rig struct {
	t      *testing.T
	srv    *Server
	base   string
	gw     *playedGateway
	people *directory.Directory
	store  store.Store
	log    *syncBuffer
	served chan error
}

const (
	alicePassword = "correct horse"
	bobPassword   = "battery staple"
)

// furnished is a data folder in which alice and bob are known. Hashing their
// passwords takes half a second, so that it is done once.
var furnished = sync.OnceValues(func() (fs.FS, error) {
	dir, err := os.MkdirTemp("", "ringsplash")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	r, err := openRig(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	desk := directory.NewDevice{ID: "desk", Display: "Desk phone", SIPPassword: "s3cret-sip", Interworking: true, Profile: "auto"}
	for _, u := range []directory.NewUser{
		{
			User: directory.User{Name: "alice", Number: "1001", Display: "Alice Archer"}, Password: alicePassword,
			Devices: []directory.NewDevice{desk},
		},
		{User: directory.User{Name: "bob", Number: "1002", Display: "Bob Stone"}, Password: bobPassword},
	} {
		err = errors.Join(err, r.people.Put(context.Background(), u))
	}
	err = errors.Join(err, r.people.Close(), r.store.Close())
	kept := fstest.MapFS{}
	files, readErr := os.ReadDir(dir)
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		kept[f.Name()], readErr = &fstest.MapFile{Data: text, Mode: 0o600}, errors.Join(readErr, err)
	}
	return kept, errors.Join(err, readErr)
})

// openRig opens the store and the directory of a data folder.
func openRig(dir string, log *slog.Logger) (r *rig, err error) {
	r = &rig{}
	if r.store, err = store.OpenBolt(dir, log); err == nil {
		r.people, err = directory.Open(context.Background(), r.store, "example.test", log)
	}
	return r, err
}

func newRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	from, err := furnished()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, from); err != nil {
		t.Fatal(err)
	}
	text := &syncBuffer{}
	log := slog.New(slog.NewTextHandler(text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r, err := openRig(dir, log)
	if err != nil {
		t.Fatal(err)
	}
	r.t, r.gw, r.log, r.served = t, newPlayedGateway(), text, make(chan error, 1)
	r.gw.people = r.people
	conf := Config{
		Gateway: r.gw, People: r.people, Store: r.store, Build: "test-build",
		Page: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "the page") }),
	}
	if change != nil {
		change(&conf)
	}
	if r.srv, err = New(conf, log); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	scheme := "http://"
	if conf.CertFile != "" {
		scheme = "https://"
	}
	r.base = scheme + l.Addr().String()
	go func() { r.served <- r.srv.Serve(l) }()
	t.Cleanup(r.close)
	return r
}

func (r *rig) close() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.srv.Close(ctx); err != nil {
		r.t.Errorf("close: %v", err)
	}
	if err := <-r.served; err != nil {
		r.t.Errorf("serve: %v", err)
	}
	if real, ok := r.srv.conf.Gateway.(*closingGateway); ok {
		real.close()
	}
	if err := r.people.Close(); err != nil {
		r.t.Errorf("close the directory: %v", err)
	}
	if err := r.store.Close(); err != nil {
		r.t.Errorf("close the store: %v", err)
	}
	if r.t.Failed() {
		r.t.Log(r.log.String())
	}
}

// browser is one browser: a cookie jar and whose answers are checked against
// openapi.yaml.
type browserClient struct {
	r *rig
	*http.Client
}

func (r *rig) browser() *browserClient {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	r.t.Cleanup(transport.CloseIdleConnections)
	return &browserClient{r, &http.Client{Jar: jar, Transport: checkedTransport{r.t, transport}, Timeout: patience}}
}

// loggedIn is a browser in which user has logged in.
func (r *rig) loggedIn(user, password string) *browserClient {
	r.t.Helper()
	b := r.browser()
	res := b.send("POST", "/api/v1/login", credentials(user, password))
	if res.status != http.StatusOK {
		r.t.Fatalf("log-in: %d %s", res.status, res.body)
	}
	return b
}

func credentials(name, password string) map[string]string {
	return map[string]string{"name": name, "password": password}
}

type answer struct {
	status int
	header http.Header
	body   []byte
	json   map[string]any
}

func (a answer) code() string {
	code, _ := a.json["code"].(string)
	return code
}

// send makes one request from the gateway's own page; headers are name, value
// pairs, and an empty value removes the header.
func (b *browserClient) send(method, path string, body any, headers ...string) answer {
	b.r.t.Helper()
	var reader io.Reader
	if text, ok := body.(string); ok {
		reader = strings.NewReader(text)
	} else if body != nil {
		reader = bytes.NewReader(encode(body))
	}
	req, err := http.NewRequestWithContext(b.r.t.Context(), method, b.r.base+path, reader)
	if err != nil {
		b.r.t.Fatal(err)
	}
	req.Header.Set("Origin", b.r.base)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	res, err := b.Do(req)
	if err != nil {
		b.r.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode, header: res.Header}
	if a.body, err = io.ReadAll(res.Body); err != nil {
		b.r.t.Fatal(err)
	}
	_ = json.Unmarshal(a.body, &a.json)
	return a
}

// wait takes a value that must come.
func wait[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came in time")
		panic("unreachable")
	}
}

// eventually waits until cond holds; for what has no event of its own.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
