package rig

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ringsplash/policy"
	"ringsplash/store"
)

// Gateway is one running `ringsplash serve`.
type Gateway struct {
	// HTTP is host:port of the pages; SIP where phones register over UDP.
	HTTP string
	SIP  netip.AddrPort
	// Listen are all addresses for SIP: "tls://[::1]:40123".
	Listen []string

	t    testing.TB
	dir  string
	cage string // the control group it runs in, "" for the test's own
	cmd  *exec.Cmd
	gone chan struct{} // closed when the process was waited for
	err  error         // of the process, valid once gone is closed
}

// program is the gateway's binary with the race detector inside: the one named
// by RINGSPLASH_BIN, else built once for each run of tests.
var program = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("RINGSPLASH_BIN"); path != "" {
		return path, nil
	}
	path := filepath.Join(Root(), "bin", "ringsplash-race")
	build := exec.Command("go", "build", "-race", "-o", path, ".")
	build.Dir = Root()
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	return path, build.Run()
})

// Start writes a configuration, starts the gateway with it and waits until it
// is ready. When the test ends the gateway is asked to stop, and must do so
// without an error, a data race or a panic in its log.
func Start(t testing.TB, o Options) *Gateway {
	t.Helper()
	g := &Gateway{t: t, dir: scratch(t, "gateway")}
	if o.Memory > 0 {
		g.cage = cage(t, o.Memory)
		if g.cage == "" {
			o.More += fmt.Sprintf("\nlimits: {memory: %dMiB}", o.Memory)
		}
	}
	if err := os.WriteFile(g.config(), []byte(o.yaml(g.dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	if o.KeyOf != nil {
		g.takeKey(o.KeyOf)
	}
	t.Cleanup(func() {
		g.Stop()
		g.inspectLog()
		showOnFailure(t, "the gateway's log", g.logFile(), 200)
	})
	g.Run()
	return g
}

// takeKey copies the key of an installation, as an administrator does for a
// further gateway on one Redis.
func (g *Gateway) takeKey(of *Gateway) {
	g.t.Helper()
	text, err := os.ReadFile(filepath.Join(of.dir, "data", store.KeyName))
	if err == nil {
		err = os.MkdirAll(filepath.Join(g.dir, "data"), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(g.dir, "data", store.KeyName), text, 0o600)
	}
	if err != nil {
		g.t.Fatal(err)
	}
}

// AuditFile is where the gateway records decisions.
func (g *Gateway) AuditFile() string { return filepath.Join(g.dir, "data", policy.AuditName) }

func (g *Gateway) config() string  { return filepath.Join(g.dir, "ringsplash.yaml") }
func (g *Gateway) logFile() string { return filepath.Join(g.dir, "gateway.log") }
func (g *Gateway) ready() string   { return filepath.Join(g.dir, "data", "ready.json") }

// Run starts the gateway again after Stop or Kill, with the same data. Its
// ports are new ones.
func (g *Gateway) Run() {
	g.t.Helper()
	path, err := program()
	if err != nil {
		g.t.Fatalf("building the gateway: %v", err)
	}
	_ = os.Remove(g.ready())
	log, err := os.OpenFile(g.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		g.t.Fatal(err)
	}
	defer log.Close()
	g.cmd = exec.Command(path, "serve", "--config", g.config())
	if g.cage != "" { // from its first page on
		g.cmd = exec.Command("/bin/sh", "-c", `echo $$ > "$0"; exec "$@"`, filepath.Join(g.cage, "cgroup.procs"), path, "serve",
			"--config", g.config())
	}
	g.cmd.Dir, g.cmd.Stdout, g.cmd.Stderr, g.cmd.SysProcAttr = g.dir, log, log, owned()
	if err := g.cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.gone = make(chan struct{})
	go func(cmd *exec.Cmd, gone chan struct{}) {
		g.err = cmd.Wait()
		close(gone)
	}(g.cmd, g.gone)
	Until(g.t, Patience, "the gateway is ready", func() bool {
		if !g.Alive() {
			g.t.Fatalf("the gateway ended while it started: %v", g.err)
		}
		return g.readReady()
	})
}

// readReady takes the addresses from the file the gateway writes when it is ready.
func (g *Gateway) readReady() bool {
	text, err := os.ReadFile(g.ready())
	if err != nil {
		return false
	}
	var ready struct {
		HTTP string   `json:"http"`
		SIP  []string `json:"sip"`
	}
	if err := json.Unmarshal(text, &ready); err != nil {
		g.t.Fatalf("%s: %v", g.ready(), err)
	}
	g.HTTP, g.Listen = ready.HTTP, ready.SIP
	g.SIP = netip.MustParseAddrPort(g.At("udp", false))
	return true
}

// At is where the gateway listens over a transport, host:port; its SIP address
// when it does not.
func (g *Gateway) At(transport string, six bool) string {
	for _, listen := range g.Listen {
		if addr, found := strings.CutPrefix(listen, transport+"://"); found && strings.HasPrefix(addr, "[") == six {
			return addr
		}
	}
	return g.SIP.String()
}

// Alive tells whether the process still runs.
func (g *Gateway) Alive() bool {
	select {
	case <-g.gone:
		return false
	default:
		return true
	}
}

// Stop asks the gateway to end (SIGTERM) and waits for it. An exit status
// other than 0 fails the test.
func (g *Gateway) Stop() {
	if g.gone == nil || !g.Alive() {
		return
	}
	_ = g.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-g.gone:
		if g.err != nil {
			g.t.Errorf("the gateway ended badly: %v", g.err)
		}
	case <-time.After(Patience):
		_ = g.cmd.Process.Signal(syscall.SIGQUIT) // its goroutines go to the log
		<-g.gone
		g.t.Errorf("the gateway did not stop within %v", Patience)
	}
}

// Kill ends the gateway as a power cut would.
func (g *Gateway) Kill() {
	_ = g.cmd.Process.Kill()
	<-g.gone
}

// Log is everything the gateway has written so far.
func (g *Gateway) Log() string {
	text, err := os.ReadFile(g.logFile())
	if err != nil {
		g.t.Error(err)
	}
	return string(text)
}

var accident = regexp.MustCompile(`(?m)^.*(WARNING: DATA RACE|panic|fatal error: ).*$`)

func (g *Gateway) inspectLog() {
	if line := accident.FindString(g.Log()); line != "" {
		g.t.Errorf("the gateway's log holds an accident: %s", line)
	}
}
