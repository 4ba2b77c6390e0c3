package rig

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// process is a foreign program that runs until it ends by itself or is ended.
type process struct {
	cmd  *exec.Cmd
	gone chan struct{} // closed when it has ended
}

// startProcess runs cmd; what it prints goes to a new file at path.
func startProcess(t testing.TB, cmd *exec.Cmd, path string) *process {
	t.Helper()
	log, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, owned()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, gone: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(p.gone)
	}()
	return p
}

// end sends sig and waits; what takes no notice of it is killed.
func (p *process) end(sig syscall.Signal) {
	_ = p.cmd.Process.Signal(sig)
	select {
	case <-p.gone:
	case <-time.After(Patience):
		_ = p.cmd.Process.Kill()
		<-p.gone
	}
}
