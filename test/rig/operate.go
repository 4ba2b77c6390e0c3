package rig

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Metrics are the gateway's /metrics now, by name with labels, as they stand
// there: `ringsplash_calls`, `ringsplash_decisions_total{outcome="deny"}`.
func (g *Gateway) Metrics(t testing.TB) map[string]float64 {
	t.Helper()
	resp, err := http.Get("http://" + g.HTTP + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("/metrics: status %d", resp.StatusCode)
	}
	out := map[string]float64{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(value, 64); ok && err == nil && !strings.HasPrefix(name, "#") {
			out[name] = v
		}
	}
	return out
}

// Get fetches a path without any log-in: status, header and body.
func (g *Gateway) Get(t testing.TB, path string) (int, http.Header, string) {
	t.Helper()
	resp, err := http.Get("http://" + g.HTTP + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(body)
}

// Signal sends a signal and does not wait.
func (g *Gateway) Signal(s syscall.Signal) { _ = g.cmd.Process.Signal(s) }

// WaitEnd waits until the process has ended by itself, without an error.
func (g *Gateway) WaitEnd() {
	g.t.Helper()
	Until(g.t, Patience, "the gateway ends", func() bool { return !g.Alive() })
	if g.err != nil {
		g.t.Errorf("the gateway ended badly: %v", g.err)
	}
}

// KeepPorts makes the next Run listen where this one does, as a gateway in an
// office would.
func (g *Gateway) KeepPorts() {
	g.t.Helper()
	text, err := os.ReadFile(g.config())
	if err != nil {
		g.t.Fatal(err)
	}
	http, _ := json.Marshal(g.HTTP)
	sip, _ := json.Marshal("udp://" + g.SIP.String())
	kept := strings.NewReplacer(`http: {listen: "127.0.0.1:0"`, `http: {listen: `+string(http), `"udp://127.0.0.1:0"`,
		string(sip)).Replace(string(text))
	if err := os.WriteFile(g.config(), []byte(kept), 0o600); err != nil {
		g.t.Fatal(err)
	}
}

// Program runs another command of the gateway's program on its configuration
// and returns what it printed.
func (g *Gateway) Program(stdin string, args ...string) string {
	g.t.Helper()
	path, err := program()
	if err != nil {
		g.t.Fatal(err)
	}
	cmd := exec.Command(path, append(args, "--config", g.config())...)
	cmd.Stdin, cmd.SysProcAttr = strings.NewReader(stdin), owned()
	out, err := cmd.CombinedOutput()
	if err != nil {
		g.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
