package rig

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// PBXDomain is the domain of the PBX's users; PBXPassword what all of them
// register with.
const (
	PBXDomain   = "pbx.test"
	PBXPassword = "secret"
)

// PBX is one running kamailio: a registrar with digest and a proxy that forks,
// to which the gateway is a trunk. It sends there what begins with 0 or +.
type PBX struct {
	Addr string // of its UDP and TCP port 5060 and TLS port 5061

	t    testing.TB
	log  string
	prog *process
}

// StartPBX runs a kamailio at addr, stopped when the test ends. Its certificate
// is of ca, for addr.
func (g *Gateway) StartPBX(t testing.TB, addr string, ca *CA) *PBX {
	t.Helper()
	dir := scratch(t, "pbx")
	p := &PBX{Addr: addr, t: t, log: filepath.Join(dir, "kamailio.log")}
	cert, key := ca.Issue("pbx", time.Hour, addr)
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("tls.cfg", fmt.Sprintf(
		"[server:default]\nmethod=TLSv1.2+\nverify_certificate=no\nrequire_certificate=no\nprivate_key=%s\ncertificate=%s\n"+
			"[client:default]\nverify_certificate=no\nrequire_certificate=no\n", key, cert))
	template, err := os.ReadFile(filepath.Join(Root(), "test/peers/kamailio/kamailio.cfg.in"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := write("kamailio.cfg", strings.NewReplacer("@IP@", addr, "@PORT@", "5060", "@TLSPORT@", "5061", "@TRUNK@", g.SIP.String(),
		"@RUN@", dir, "@DOMAIN@", PBXDomain, "@PASSWORD@", PBXPassword).Replace(string(template)))
	// -DD keeps its first process ours.
	cmd := exec.Command("kamailio", "-DD", "-E", "-f", cfg, "-P", filepath.Join(dir, "pid"), "-Y", dir, "-m", "32", "-M", "8")
	p.prog = startProcess(t, cmd, p.log)
	t.Cleanup(func() {
		p.prog.end(syscall.SIGTERM)
		showOnFailure(t, "the log of kamailio", p.log, 60)
	})
	Until(t, Patience, "kamailio listens on "+addr, func() bool {
		select {
		case <-p.prog.gone:
			text, _ := os.ReadFile(p.log)
			t.Fatalf("kamailio ended at its start:\n%s", bytes.TrimSpace(text))
		default:
		}
		return listensUDP(addr, 5060)
	})
	return p
}
