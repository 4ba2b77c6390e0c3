package keypair_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringsplash/internal/keypair"
	"ringsplash/test/rig"
)

// New files count at once; broken or missing ones leave the old ones in use,
// which is said once for each state of the files.
func TestCurrent(t *testing.T) {
	ca := rig.NewCA(t)
	var log bytes.Buffer
	var files keypair.Files
	files.Cert, files.Key = ca.Issue("pair", time.Hour, "one.example")
	files.ClientCA = filepath.Join(t.TempDir(), "ca.pem")
	put(t, files.ClientCA, read(t, ca.File))
	p, err := keypair.Open(files, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	check := func(what, name string, said int) {
		t.Helper()
		cert, roots := p.Current()
		if cert.Leaf.VerifyHostname(name) != nil || !p.Names(name) || roots == nil {
			t.Errorf("%s: %v is in use, not %s; roots %v", what, cert.Leaf.DNSNames, name, roots)
		}
		if got := strings.Count(log.String(), "stays in use"); got != said {
			t.Errorf("%s: said %d times, not %d: %s", what, got, said, &log)
		}
	}
	check("first", "one.example", 0)
	ca.Issue("pair", time.Hour, "two.example")
	check("renewed", "two.example", 0)
	put(t, files.Cert, "half")
	check("half a renewal", "two.example", 1)
	check("half a renewal, again", "two.example", 1)
	ca.Issue("pair", time.Hour, "three.example")
	check("renewed again", "three.example", 1)
	put(t, files.ClientCA, "nobody")
	check("roots without a certificate", "three.example", 2)
	if err := os.Remove(files.Key); err != nil {
		t.Fatal(err)
	}
	check("no key", "three.example", 3)
}

// Files that cannot be read at the start are an error, and name what is wrong.
func TestOpen(t *testing.T) {
	ca := rig.NewCA(t)
	cert, key := ca.Issue("pair", time.Hour, "one.example")
	for want, files := range map[string]keypair.Files{
		"no such file":          {Cert: cert, Key: key + ".gone"},
		"failed to find":        {Cert: key, Key: key},
		"no certificate in it":  {Cert: cert, Key: key, ClientCA: key},
		"gone: no such file or": {Cert: cert, Key: key, ClientCA: cert + ".gone"},
	} {
		if _, err := keypair.Open(files, slog.Default()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, not %q", files, err, want)
		}
	}
	var none *keypair.Pair
	if c, roots := none.Current(); c != nil || roots != nil || none.Names("one.example") {
		t.Error("no pair has a certificate")
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
