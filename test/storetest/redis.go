// Package storetest starts a real redis-server for tests.
package storetest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Redis is one redis-server with its own folder, which it keeps over restarts.
type Redis struct {
	t    testing.TB
	dir  string
	port int
	cmd  *exec.Cmd
	done chan struct{}
}

// StartRedis runs redis-server on a loopback port the kernel chose, writing
// each change to disk. The test fails when it is not installed. It ends with
// the test.
func StartRedis(t testing.TB) *Redis {
	t.Helper()
	r := &Redis{t: t, dir: t.TempDir()}
	t.Cleanup(r.Kill)
	// The port is free when it is chosen and may be taken a moment later.
	for range 5 {
		r.port = freePort(t)
		if r.start() {
			return r
		}
	}
	t.Fatal("redis-server found no port to listen on")
	return nil
}

// URL is the address for store.OpenRedis.
func (r *Redis) URL() string { return fmt.Sprintf("redis://127.0.0.1:%d/0", r.port) }

// Kill ends the server at once, as a crash would.
func (r *Redis) Kill() {
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Kill()
	<-r.done
	_ = r.cmd.Wait()
	r.cmd = nil
}

// Restart starts the server again after Kill, on the same port and folder.
func (r *Redis) Restart() {
	r.t.Helper()
	for range 20 { // the old connections may hold the port for a moment
		if r.start() {
			return
		}
	}
	r.t.Fatal("redis-server did not start again")
}

// Copy starts the server anew and returns a copy of what it had on its disk.
func (r *Redis) Copy() (dir string) {
	r.t.Helper()
	r.Kill()
	dir = r.t.TempDir()
	r.copyAll(dir, r.dir)
	r.Restart()
	return dir
}

// ReturnTo kills the server and starts it again with what a Copy has.
func (r *Redis) ReturnTo(dir string) {
	r.t.Helper()
	r.Kill()
	r.dir = r.t.TempDir()
	r.copyAll(r.dir, dir)
	r.Restart()
}

func (r *Redis) copyAll(to, from string) {
	r.t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		r.t.Fatalf("copy what redis-server keeps: %v", err)
	}
}

// Freeze stops the server without closing its connections; Thaw lets it go on.
func (r *Redis) Freeze() { r.signal(syscall.SIGSTOP) }

// Thaw ends a Freeze.
func (r *Redis) Thaw() { r.signal(syscall.SIGCONT) }

func (r *Redis) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatalf("signal redis-server: %v", err)
	}
}

// start returns once the server accepts connections, or false when it ended.
func (r *Redis) start() bool {
	r.t.Helper()
	cmd := exec.Command("redis-server", "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--dir", r.dir,
		"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--daemonize", "no")
	// It must not outlive a test that is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatalf("redis-server is needed for this test (apt install redis-server): %v", err)
	}
	ready, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		lines, said := bufio.NewScanner(out), false
		for lines.Scan() {
			if !said && strings.Contains(lines.Text(), "Ready to accept connections") {
				said = true
				close(ready)
			}
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	select {
	case <-ready:
		r.cmd, r.done = cmd, done
		return true
	case <-done:
		_ = cmd.Wait()
		return false
	case <-time.After(20 * time.Second):
		_ = cmd.Process.Kill()
		<-done
		_ = cmd.Wait()
		return false
	}
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
