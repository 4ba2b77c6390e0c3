package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"ringsplash/config"
	"ringsplash/demo"
	"ringsplash/node"
)

const (
	demoDomain   = "demo.ringsplash.test"
	demoHTTP     = "127.0.0.1:8080"
	demoPassword = "ringsplash"
	demoProfile  = "demo"
)

// demoProfiles is how the simulated phones want to be asked.
const demoProfiles = `profiles:
  - name: ` + demoProfile + `
    method: trio
    key_by_info: true
`

// demoConfig is alice and bob on loopback, on ports of the kernel's choice but
// for the page's, when that one is free. The sound of browsers may also go by
// an address of the network: see browserAddress.
func demoConfig(dir string) config.Config {
	cfg := config.Default()
	cfg.Domain, cfg.Data, cfg.Profiles = demoDomain, filepath.Join(dir, "data"), filepath.Join(dir, "profiles.yaml")
	loopback := netip.MustParseAddr("127.0.0.1")
	cfg.SIP.Listen = []config.SIPListen{{Transport: "udp", Addr: netip.AddrPortFrom(loopback, 0)}}
	if a, ok := browserAddress(); ok {
		cfg.Media.Listen = []netip.Addr{loopback, a}
	}
	cfg.Media.WebRTCPort, cfg.Media.RTPPorts = 0, config.PortRange{}
	cfg.HTTP.Listen = demoHTTP
	if l, err := net.Listen("tcp", demoHTTP); err != nil {
		cfg.HTTP.Listen = "127.0.0.1:0"
	} else {
		_ = l.Close()
	}
	desk := func(password string) []config.Device {
		return []config.Device{{ID: "desk", Display: "Desk phone", SIPPassword: password, Interworking: true, Profile: demoProfile}}
	}
	cfg.Users = []config.User{
		{Name: "alice", Number: "1001", Display: "Alice Archer", Password: demoPassword, Devices: desk("alice-desk")},
		{Name: "bob", Number: "1002", Display: "Bob Baker", Password: demoPassword, Devices: desk("bob-desk")},
	}
	cfg.Log.Level = "warn"
	return cfg
}

// browserAddress is an address of this computer that is not loopback: by
// loopback Firefox carries no calls (RFC 8445 5.1.1.1 takes it from the
// candidates). ok is false when there is none, as without any network.
func browserAddress() (a netip.Addr, ok bool) {
	if c, err := net.Dial("udp4", "192.0.2.1:9"); err == nil { // asks for a route, sends nothing
		a = c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
		_ = c.Close()
		return a, !a.IsLoopback()
	}
	all, _ := net.InterfaceAddrs()
	for _, one := range all {
		if p, err := netip.ParsePrefix(one.String()); err == nil && p.Addr().Is4() && p.Addr().IsGlobalUnicast() {
			return p.Addr(), true
		}
	}
	return netip.Addr{}, false
}

// demoRun runs a gateway, two simulated phones and their page, with a data
// folder that is thrown away.
func demoRun(ctx context.Context, t Terminal) error {
	dir, err := os.MkdirTemp("", "ringsplash-demo")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cfg := demoConfig(dir)
	if err := os.WriteFile(cfg.Profiles, []byte(demoProfiles), 0o600); err != nil {
		return fmt.Errorf("write the profile of the demo's phones: %w", err)
	}
	log := newLog(t.Err, cfg.Log)
	d, err := demo.New(demoDomain, log)
	if err != nil {
		return err
	}
	pages := map[string]http.Handler{"/demo": d.Handler()}
	n, err := node.Start(ctx, cfg, node.Options{Pages: pages, OwnComputer: true, Version: t.Version}, log)
	if err != nil {
		return errors.Join(err, d.Close())
	}
	if err := startDemo(ctx, d, n, cfg.Media.Listen, t.Out); err != nil {
		return errors.Join(err, closeNode(n, d.Close))
	}
	<-ctx.Done()
	return closeNode(n, d.Close)
}

func startDemo(ctx context.Context, d *demo.Demo, n *node.Node, media []netip.Addr, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	const uuid = "urn:uuid:00000000-0000-4000-8000-00000000"
	err := d.Start(ctx, n.SIP()[0],
		demo.Account{Name: "alice", Display: "Alice Archer", Password: "alice-desk", Instance: uuid + "a11c"},
		demo.Account{Name: "bob", Display: "Bob Baker", Password: "bob-desk", Instance: uuid + "0b0b"})
	if err != nil {
		return err
	}
	if err := demoTalk(ctx, n.HTTP()); err != nil {
		return fmt.Errorf("let Bob write to Alice: %w", err)
	}
	_, err = fmt.Fprintf(out, `Ringsplash demo is ready, on this computer only.

  1. Softphone       http://%[1]s/       log in as  alice  with  %[2]s
  2. The two phones  http://%[1]s/demo/  "Bob calls Alice", handset, loudspeaker

%[3]s

Ctrl-C ends it; nothing is kept.
`, n.HTTP(), demoPassword, soundWords(media))
	return err
}

// soundWords say by which address the sound of browsers goes, and why.
func soundWords(media []netip.Addr) string {
	if len(media) > 1 {
		return fmt.Sprintf(`Firefox carries no sound by loopback, so sound may also go by %v. Nothing that another
computer sends there is taken.`, media[1])
	}
	return `Firefox will be silent: it carries no sound by loopback, and this computer has no other address.
Connect it to a network and start the demo again, or use Chromium or Chrome.`
}
