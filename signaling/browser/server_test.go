package browser

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringsplash/directory"
	"ringsplash/gateway"
	"ringsplash/gateway/machine"
)

func trustLoopback(c *Config) {
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

// What changed last, such as the end of the call the gateway waited for, comes
// before the goodbye.
func TestCloseTellsEveryTab(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.loggedIn("alice", alicePassword)
	var pages []*page
	var tabs []*playedTab
	for range 3 {
		p, _ := b.open(nil)
		tab := r.gw.tab(t)
		tab.mu.Lock()
		tab.snapshot.Me.Notice = "The last word."
		tab.mu.Unlock()
		pages, tabs = append(pages, p), append(tabs, tab)
	}
	quiet := b.dial() // no hello yet
	closed := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		closed <- r.srv.Close(ctx)
	}()
	for _, p := range pages {
		if m := p.read(); m.Type != typeState || !strings.Contains(string(m.raw), "The last word.") {
			t.Errorf("the last message is %s", m.raw)
		}
	}
	for _, p := range append(pages, quiet) {
		if code := p.closed(); code != 1001 {
			t.Errorf("closed with %d", code)
		}
	}
	if err := wait(t, closed); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := net.DialTimeout("tcp", r.addr(), time.Second); err == nil {
		t.Error("it still listens")
	}
	for _, tab := range tabs {
		wait(t, tab.detached)
	}
}

// A connection that a browser opened ahead, and never used, holds nothing up.
func TestCloseWithAnUnusedConnection(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	unused, err := net.Dial("tcp", strings.TrimPrefix(r.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unused.Close() }()
	eventually(t, "the server has it", func() bool {
		r.srv.newConns.mu.Lock()
		defer r.srv.newConns.mu.Unlock()
		return len(r.srv.newConns.conns) == 1
	})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := r.srv.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
}

// A tab that sleeps takes no message and says no goodbye: it is cut off soon,
// and that is no fault.
func TestCloseWithASleepingTab(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	_, _ = r.loggedIn("alice", alicePassword).open(nil) // nobody reads it again
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	start := time.Now()
	if err := r.srv.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
}

// A request that a stranger sends half is cut off soon, and that is no fault.
func TestCloseWithHalfARequest(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	stranger, err := net.Dial("tcp", strings.TrimPrefix(r.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Close() }()
	half := "POST /api/v1/login HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nContent-Type: application/json\r\nContent-Length: " +
		"100\r\n\r\n{\"na"
	if _, err := stranger.Write([]byte(half)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server reads it", func() bool {
		r.srv.newConns.mu.Lock()
		defer r.srv.newConns.mu.Unlock()
		return len(r.srv.newConns.conns) == 0
	})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	start := time.Now()
	if err := r.srv.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Tabs that do not react and commands that hang cannot hold the end up.
func TestCloseInTime(t *testing.T) {
	r := newRig(t, nil)
	entered := make(chan struct{}, 1)
	r.gw.play(func(ctx context.Context, _ *playedTab, _ gateway.Command) (gateway.Result, error) {
		entered <- struct{}{}
		<-ctx.Done()
		return gateway.Result{}, ctx.Err()
	})
	p, _ := r.loggedIn("alice", alicePassword).open(nil)
	p.do("1", command("hangup"))
	wait(t, entered)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if err := r.srv.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: %v", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	good := func() Config {
		return Config{Gateway: newPlayedGateway(), People: &directory.Directory{}, Store: awayStore{}, Page: http.NotFoundHandler()}
	}
	for what, change := range map[string]func(*Config){
		"no gateway":    func(c *Config) { c.Gateway = nil },
		"no page":       func(c *Config) { c.Page = nil },
		"key alone":     func(c *Config) { c.KeyFile = "key.pem" },
		"no such files": func(c *Config) { c.CertFile, c.KeyFile = "/nowhere/cert.pem", "/nowhere/key.pem" },
		"origin path":   func(c *Config) { c.EmbedOrigins = []EmbedOrigin{{Origin: "https://a.example/page"}} },
		"origin scheme": func(c *Config) { c.EmbedOrigins = []EmbedOrigin{{Origin: "a.example"}} },
		"extra slash":   func(c *Config) { c.Extra = map[string]http.Handler{"demo/": http.NotFoundHandler()} },
	} {
		c := good()
		change(&c)
		if s, err := New(c, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s was accepted", what)
			_ = s.Close(t.Context())
		}
	}
	s, err := New(good(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// writePair writes a self-signed pair for 127.0.0.1 and the names.
func writePair(t *testing.T, cert, key string, serial int64, names ...string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:  names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: der},
		key:  {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePair(t, cert, key, 1)
	r := newRig(t, func(c *Config) { c.CertFile, c.KeyFile = cert, key })
	b := r.browser()
	b.Transport.(checkedTransport).next.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	a := b.send("POST", "/api/v1/login", credentials("alice", alicePassword))
	if a.status != http.StatusOK || !cookieOf(t, a).Secure || cookieOf(t, a).Name != "__Host-ringsplash" ||
		a.header.Get("Strict-Transport-Security") == "" {
		t.Errorf("log-in: %d %v", a.status, a.header)
	}
	if _, m := b.open(nil); m.Me.Name != "alice" {
		t.Errorf("welcome: %s", m.raw)
	}
	serial := func() int64 {
		conn, err := tls.Dial("tcp", r.addr(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Errorf("serial %d", got)
	}
	if _, err := tls.Dial("tcp", r.addr(),
		&tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	// A renewal is taken up; half a renewal is not.
	if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log tells about half a renewal",
		func() bool { return serial() == 1 && strings.Contains(r.log.String(), "cannot be read") })
	writePair(t, cert, key, 2)
	eventually(t, "the new certificate is used", func() bool { return serial() == 2 })
}

func TestProxy(t *testing.T) {
	t.Parallel()
	login := func(r *rig) answer {
		return r.browser().send("POST", "/api/v1/login", credentials("alice", alicePassword),
			"X-Forwarded-Proto", "https", "X-Forwarded-For", "203.0.113.5", "Origin", strings.Replace(r.base, "http:", "https:", 1))
	}
	trusted := newRig(t, trustLoopback)
	if a := login(trusted); a.status != http.StatusOK || !cookieOf(t, a).Secure {
		t.Errorf("behind a proxy: %d %v", a.status, a.header)
	}
	if !strings.Contains(trusted.log.String(), "from=203.0.113.5") {
		t.Error("the log does not tell whom the proxy spoke for")
	}
	// Anybody else's word counts for nothing.
	plain := newRig(t, nil)
	if a := login(plain); a.status != http.StatusForbidden {
		t.Errorf("without a proxy: %d %s", a.status, a.body)
	}
	if strings.Contains(plain.log.String(), "203.0.113.5") {
		t.Error("the log believes a stranger")
	}
}

func FuzzReadMessage(f *testing.F) {
	f.Add([]byte(`{"type":"hello","protocol":1,"build":"b","page":"p","resume":{"tab":"t","secret":"s"}}`))
	f.Add([]byte(`{"type":"do","id":"7","do":"answer","call":"c","version":3,"on":"browser"}`))
	f.Add([]byte(`{"type":"do","id":"7","do":"offer","sdp":"v=0\r\n","pc":"1","codecs":["PCMU"]}`))
	f.Add([]byte(`{"type":"do","id":"7","do":"call","to":"a\r\nb"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = readHello(b)
		d, err := readDo(b)
		if errors.Is(err, errBroken) {
			return
		}
		if d.ID == "" || len(d.ID) > maxID {
			t.Errorf("the id %q passed", d.ID)
		}
		var refused *machine.CommandError
		if errors.As(err, &refused) {
			if answer := refusal(d.ID, refused); documented(answer) != nil {
				t.Errorf("the refusal is %s", answer)
			}
			return
		}
		if err != nil {
			t.Fatalf("an error that is neither: %v", err)
		}
		if _, known := rules[d.Do]; !known {
			t.Errorf("do %q passed", d.Do)
		}
		for name, field := range fields {
			v := field.get(d.Command)
			if len(v) > field.most || (!field.lines && strings.ContainsAny(v, "\r\n\x00")) {
				t.Errorf("%s passed as %q", name, v)
			}
		}
		// What was read is written and read the same.
		again, err := readDo(encode(d))
		if err != nil || !bytes.Equal(encode(again), encode(d)) {
			t.Errorf("%s became %s (%v)", encode(d), encode(again), err)
		}
	})
}

// addr is where the server listens.
func (r *rig) addr() string { return r.base[strings.LastIndex(r.base, "/")+1:] }
