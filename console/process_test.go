package console

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be ringsplash itself, so that signals and
// crashes are tested on a process.
func TestMain(m *testing.M) {
	if os.Getenv("RINGSPLASH_TEST_RUN") != "" {
		os.Exit(Run(context.Background(), Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Args[1:]))
	}
	os.Exit(m.Run())
}

type result struct {
	code     int
	out, err string
}

// ringsplash carries out one command in this process.
func ringsplash(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	in, w, err := os.Pipe()
	require.NoError(t, err)
	defer func() { _ = in.Close() }()
	_, err = io.WriteString(w, stdin)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	var out, errs bytes.Buffer
	code := Run(t.Context(), Terminal{In: in, Out: &out, Err: &errs, Version: "1.2"}, args)
	return result{code, out.String(), errs.String()}
}

// process is a gateway that runs.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{}

	mu    sync.Mutex
	lines []string // of its log
}

// start returns once the gateway is ready.
func start(t *testing.T, config string) *process {
	t.Helper()
	n := launch(t, config)
	n.says("msg=ready")
	return n
}

// launch starts the gateway and waits for nothing.
func launch(t *testing.T, config string) *process {
	t.Helper()
	n := &process{t: t, cmd: exec.Command(os.Args[0], "serve", "--config", config), done: make(chan struct{})}
	n.cmd.Env = append(os.Environ(), "RINGSPLASH_TEST_RUN=1")
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	errs, err := n.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, n.cmd.Start())
	t.Cleanup(func() { _ = n.cmd.Process.Kill(); <-n.done })
	go func() {
		defer close(n.done)
		for lines := bufio.NewScanner(errs); lines.Scan(); {
			n.mu.Lock()
			n.lines = append(n.lines, lines.Text())
			n.mu.Unlock()
		}
		_ = n.cmd.Wait()
	}()
	return n
}

func (n *process) said() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.lines, "\n")
}

// says waits until the log has the text.
func (n *process) says(text string) {
	n.t.Helper()
	limit := time.After(30 * time.Second)
	for !strings.Contains(n.said(), text) {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-n.done:
			n.t.Fatalf("it ended: %s", n.said())
		case <-limit:
			n.t.Fatalf("it does not say %q: %s", text, n.said())
		}
	}
}

// stop sends the signal and returns the exit code.
func (n *process) stop(s syscall.Signal) int {
	n.t.Helper()
	require.NoError(n.t, n.cmd.Process.Signal(s))
	select {
	case <-n.done:
	case <-time.After(20 * time.Second):
		n.t.Fatal("it does not end")
	}
	return n.cmd.ProcessState.ExitCode()
}

// file writes a configuration with ports of the kernel's choice.
func file(t *testing.T, more string) (path, folder string) {
	t.Helper()
	folder = t.TempDir()
	path = filepath.Join(folder, "r.yaml")
	write(t, path, "example.test", more)
	return path, folder
}

func write(t *testing.T, path, domain, more string) {
	t.Helper()
	text := "domain: " + domain + `
http: {listen: "127.0.0.1:0"}
sip: {listen: ["udp://127.0.0.1:0"]}
media: {webrtc_port: 0, rtp_ports: 0}
` + more
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}
