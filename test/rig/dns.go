package rig

import (
	"context"
	"net"
	"os/exec"
	"sync/atomic"
	"testing"
)

// DNS is a dnsmasq on an own address, or its absence.
type DNS struct {
	// Resolver asks it and no other.
	Resolver *net.Resolver

	t     testing.TB
	addr  string
	cmd   *exec.Cmd
	asked atomic.Int64
}

// NewDNS is a name server that does not run yet.
func NewDNS(t testing.TB) *DNS {
	d := &DNS{t: t, addr: NewAddr()}
	d.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		d.asked.Add(1)
		var dialer net.Dialer
		return dialer.DialContext(ctx, network, d.addr+":5353")
	}}
	t.Cleanup(d.Stop)
	return d
}

// Asked is how many questions were sent so far, answered or not.
func (d *DNS) Asked() int64 { return d.asked.Load() }

// Serve makes it run with these records alone, in the form of dnsmasq's options:
// "host-record=pbx.test,192.0.2.1".
func (d *DNS) Serve(records ...string) {
	d.t.Helper()
	d.Stop()
	args := []string{
		"--no-daemon", "--conf-file=/dev/null", "--user=root", "--pid-file=", "--listen-address=" + d.addr, "--port=5353",
		"--bind-interfaces",
		"--no-resolv", "--no-hosts", "--local=/#/",
	}
	for _, r := range records {
		args = append(args, "--"+r)
	}
	d.cmd = exec.Command("dnsmasq", args...)
	d.cmd.SysProcAttr = owned()
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	Until(d.t, Patience, "dnsmasq answers", func() bool {
		conn, err := net.Dial("tcp", d.addr+":5353")
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	})
}

// Stop ends it: from now on nobody answers.
func (d *DNS) Stop() {
	if d.cmd == nil {
		return
	}
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait()
	d.cmd = nil
}
