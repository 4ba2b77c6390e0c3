// Package rig runs the whole gateway and foreign SIP programs for tests, and
// measures the sound that arrived.
//
// Everything is on loopback. The gateway asks the kernel for its ports; sipp
// and probes get an address of their own in 127.0.0.0/8, so that fixed ports
// cannot clash and a per-source limit sees several sources. baresip sends RTP
// from 127.0.0.1 only, so phones are there, on ports that were free. Each
// thing belongs to the test that made it and is gone when that test ends.
package rig

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Patience bounds every wait for something that should happen at once. It is
// about ten times what a busy machine needs.
const Patience = 15 * time.Second

// Until polls ok every 10 ms and fails the test when it is not true within
// limit. What names what is waited for.
func Until(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

// Root is the directory of the repository: the one with go.mod above the test.
func Root() string {
	dir, err := os.Getwd()
	for ; err == nil && dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	return "."
}

var (
	nets  = [2]int{1 + rand.IntN(254), rand.IntN(256)} //nolint:gosec // a number nobody else is likely to have chosen
	hosts atomic.Int32
)

// NewAddr returns an address of 127.0.0.0/8 that no other peer uses.
func NewAddr() string {
	return fmt.Sprintf("127.%d.%d.%d", nets[0], nets[1], hosts.Add(1)%254+1)
}

// threePorts finds a port that is free on 127.0.0.1 with the two after it, for
// UDP and TCP, below those the kernel gives to others.
func threePorts(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := 8000 + 4*rand.IntN(3000) //nolint:gosec // where to begin
		if free(port) && free(port+1) && free(port+2) {
			return port
		}
	}
	t.Fatal("no three free ports between 8000 and 20000")
	return 0
}

func free(port int) bool {
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	tcp, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp", addr)
	if err != nil {
		return false
	}
	defer udp.Close()
	return true
}

// owned makes a child die with this process, even if that is killed.
func owned() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// scratch is a directory for one peer's files; it is removed with the test.
func scratch(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// showOnFailure prints the end of a log file when the test has failed.
func showOnFailure(t testing.TB, name, path string, lines int) {
	if !t.Failed() {
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	t.Logf("the end of %s:\n%s", name, strings.Join(all, "\n"))
}
