package rig

import (
	"net"
	"os/exec"
	"path/filepath"
	"testing"
)

// StartRedis runs a redis-server on an own address and returns its URL. It
// keeps nothing after the test.
func StartRedis(t testing.TB) string {
	t.Helper()
	addr := NewAddr()
	cmd := exec.Command("redis-server", "--bind", addr, "--port", "6379", "--dir", scratch(t, "redis"),
		"--save", "", "--appendonly", "no", "--protected-mode", "no", "--logfile", filepath.Join(scratch(t, "redis-log"), "log"))
	cmd.SysProcAttr = owned()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	Until(t, Patience, "redis answers PING", func() bool {
		conn, err := net.Dial("tcp", addr+":6379")
		if err != nil {
			return false
		}
		defer conn.Close()
		pong := make([]byte, 7)
		_, err = conn.Write([]byte("PING\r\n"))
		n, _ := conn.Read(pong)
		return err == nil && string(pong[:n]) == "+PONG\r\n"
	})
	return "redis://" + addr + ":6379/0"
}
