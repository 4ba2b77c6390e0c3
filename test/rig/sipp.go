package rig

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// SippOptions of one sipp run; zero values are given.
type SippOptions struct {
	// Addr is the address to use, so that a phone answers where it
	// registered; default a new one.
	Addr string
	// Six signals over IPv6, from a port of the kernel's.
	Six bool
	// TCP signals over TCP.
	TCP bool
	// Env are variables of test/peers/sipp/sipp.sh: "STATUS=486 Busy Here".
	Env []string
	// Args are options of sipp: "-s", "alice", "-key", "fuser", "bob".
	Args []string
}

// Sipp is one run of a scenario.
type Sipp struct {
	Addr string

	t        testing.TB
	scenario string
	dir      string
	done     chan struct{}
	status   int
}

// StartSipp runs a scenario of test/peers/sipp in the background. Dir names
// another directory for scenarios when the name holds a slash. A test that
// ends kills a run that has not ended.
func (g *Gateway) StartSipp(t testing.TB, scenario string, o SippOptions) *Sipp {
	t.Helper()
	if o.Addr == "" {
		o.Addr = NewAddr()
	}
	to := g.SIP.String()
	if o.Six {
		o.Addr, to = "::1", g.At("udp", true)
		o.Env = append(o.Env, fmt.Sprintf("PORT=%d", threePorts(t)))
	}
	if o.TCP {
		to, o.Args = g.At("tcp", false), append(o.Args, "-t", "t1")
	}
	s := &Sipp{Addr: o.Addr, t: t, scenario: scenario, dir: scratch(t, "sipp-"+scenario), done: make(chan struct{})}
	cmd := exec.Command(filepath.Join(Root(), "test/peers/sipp/sipp.sh"), append([]string{
		scenario + ".xml", to,
		"-key", "rdomain", Domain,
	}, o.Args...)...)
	cmd.Env = append(append(os.Environ(), "RUN="+s.dir, "IP="+s.Addr), o.Env...)
	cmd.SysProcAttr = owned()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		err := cmd.Wait()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			s.status = exit.ExitCode()
		}
		close(s.done)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-s.done
		showOnFailure(t, "the messages of sipp "+scenario, s.file("msg"), 120)
		showOnFailure(t, "the complaints of sipp "+scenario, s.file("err"), 20)
	})
	return s
}

// Listening waits until the scenario can receive.
func (s *Sipp) Listening() *Sipp {
	s.t.Helper()
	Until(s.t, Patience, "sipp listens on "+s.Addr, func() bool { return listensUDP(s.Addr, 5060) })
	return s
}

// listensUDP looks the socket up in the kernel's table.
func listensUDP(addr string, port int) bool {
	var a, b, c, d int
	if _, err := fmt.Sscanf(addr, "%d.%d.%d.%d", &a, &b, &c, &d); err != nil {
		return false
	}
	table, err := os.ReadFile("/proc/net/udp")
	return err == nil && strings.Contains(string(table), fmt.Sprintf(" %02X%02X%02X%02X:%04X ", d, c, b, a, port))
}

// Wait waits for the end of the run and returns sipp's exit status: 0 when
// every call went as the scenario says.
func (s *Sipp) Wait() int {
	<-s.done // bounded: sipp.sh's LIMIT ends every run
	return s.status
}

// OK waits for the end and fails the test unless everything went as the scenario says.
func (s *Sipp) OK() *Sipp {
	s.t.Helper()
	if status := s.Wait(); status != 0 {
		s.t.Fatalf("sipp %s ended with status %d", s.scenario, status)
	}
	return s
}

// Log is what the scenario itself wrote by its log actions.
func (s *Sipp) Log() string { return s.read("log") }

// Messages are all messages sent and received.
func (s *Sipp) Messages() string { return s.read("msg") }

// WaitMessage waits until text is in the messages or the log of the run.
func (s *Sipp) WaitMessage(text string) {
	s.t.Helper()
	Until(s.t, Patience, fmt.Sprintf("sipp %s sees %q", s.scenario, text), func() bool {
		return strings.Contains(s.Messages(), text) || strings.Contains(s.Log(), text)
	})
}

func (s *Sipp) file(kind string) string { return filepath.Join(s.dir, s.scenario+"."+kind) }

func (s *Sipp) read(kind string) string {
	text, err := os.ReadFile(s.file(kind))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Error(err)
	}
	return string(text)
}
