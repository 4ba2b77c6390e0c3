// Package node puts one running gateway together: store, directory, media,
// SIP, calls and browser side, started in that order and ended in the reverse.
package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"ringsplash/chat"
	"ringsplash/config"
	"ringsplash/directory"
	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/gateway/profile"
	"ringsplash/internal/keypair"
	"ringsplash/location"
	"ringsplash/media"
	"ringsplash/policy"
	"ringsplash/presence"
	"ringsplash/signaling/browser"
	"ringsplash/signaling/hook"
	"ringsplash/signaling/sipua"
	"ringsplash/signaling/sipua/registrar"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/signaling/sipua/wire"
	"ringsplash/store"
	"ringsplash/webclient"
)

// hangUpFor is how long running calls may take to be hung up when the node stops.
const hangUpFor = 5 * time.Second

// Node is one running gateway.
type Node struct {
	cfg config.Config
	log *slog.Logger
	// ends are what Close undoes, last first.
	ends []func(context.Context) error

	store     *store.Sealed
	directory *directory.Directory
	policy    *policy.Book
	decisions *decisions
	browser   *browser.Server
	version   string
	ownOnly   bool // browsers of other computers are not served
	memory    *memory
	media     *media.Loop
	bindings  *location.Bindings
	chat      *chat.Book
	presence  *presence.Book
	gateway   *gateway.Gateway
	hooks     *hook.Hooks
	sip       *sipua.UA
	http      net.Listener
	scrapes   net.Listener // of http.metrics, nil for none
}

// Options of a node besides its configuration; zero values are given.
type Options struct {
	// Pages are more pages, by path ("/demo").
	Pages map[string]http.Handler
	// OwnComputer keeps WebRTC to browsers on this computer (media.Config).
	OwnComputer bool
	// Version is the program's, for /metrics.
	Version string
}

// Start brings a node up; it blocks until everything listens. On an error
// nothing is left running.
func Start(ctx context.Context, cfg config.Config, o Options, log *slog.Logger) (*Node, error) {
	if !webclient.Built() {
		return nil, ErrNotBuilt
	}
	n := &Node{cfg: cfg, log: log, version: o.Version, ownOnly: o.OwnComputer, memory: newMemory()}
	for _, step := range []func(context.Context) error{
		n.openStore, n.openLease, n.openDirectory, n.openPolicy, n.openChat, n.openAdmin, n.openMedia,
		n.openPresence, n.openGateway, func(context.Context) error { return n.openBrowser(o.Pages) }, n.openMetrics,
		n.tellReady, n.keepLight,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, n.Close(ctx))
		}
	}
	return n, nil
}

func (n *Node) onClose(f func(context.Context) error) { n.ends = append(n.ends, f) }

// Close refuses new calls, ends the running ones and stops everything, in the
// reverse order of the start.
func (n *Node) Close(ctx context.Context) error {
	_ = os.Remove(n.readyFile())
	var errs []error
	for len(n.ends) > 0 {
		last := n.ends[len(n.ends)-1]
		n.ends = n.ends[:len(n.ends)-1]
		errs = append(errs, last(ctx))
	}
	return errors.Join(errs...)
}

// Drain refuses new calls, says so to phones, tabs and /readyz, and returns
// when no call runs any more or ctx ends.
func (n *Node) Drain(ctx context.Context) {
	empty := n.gateway.Drain()
	now, _ := n.gateway.Running()
	n.log.Info("draining: new calls are refused", "calls", now)
	select {
	case <-empty:
	case <-ctx.Done():
		if now, _ = n.gateway.Running(); now > 0 {
			n.log.Info("draining ended; what still runs is hung up", "calls", now)
		}
	}
}

// HTTP is the address browsers come to ("127.0.0.1:8080").
func (n *Node) HTTP() string { return n.http.Addr().String() }

// SIP are the addresses of phones and trunks ("udp://127.0.0.1:5060").
func (n *Node) SIP() []string { return n.sip.Addrs() }

func (n *Node) openMedia(context.Context) error {
	m := n.cfg.Media
	c := media.Config{Listen: m.Listen, Public: m.Public, LocalNets: m.LocalNets, OwnComputer: n.ownOnly}
	c.WebRTCPort, c.RTPLow, c.RTPHigh = m.WebRTCPort, m.RTPPorts.Low, m.RTPPorts.High
	var err error
	if n.media, err = media.Listen(c, n.log); err != nil {
		return err
	}
	n.onClose(func(context.Context) error { return n.media.Close() })
	return nil
}

func (n *Node) openPresence(context.Context) error {
	var err error
	n.presence, err = presence.New(presence.Config{Directory: n.directory, Visible: n.cfg.Presence.Visible, Log: n.log})
	if err == nil {
		n.onClose(func(context.Context) error { n.presence.Close(); return nil })
	}
	return err
}

func (n *Node) openGateway(ctx context.Context) error {
	name, err := nodeName(n.cfg.Data)
	if err != nil {
		return err
	}
	if n.bindings, err = location.New(ctx, name, n.store, n.log); err != nil {
		return err
	}
	n.onClose(func(context.Context) error { n.bindings.Close(); return nil })
	trunks, err := n.gatewayTrunks()
	if err != nil {
		return err
	}
	profiles, err := Profiles(n.cfg)
	if err != nil {
		return err
	}
	tone, err := Splash(n.cfg)
	if err != nil {
		return fmt.Errorf("media.splash: %w; run `ringsplash splash FILE.wav`, or set it to normal", err)
	}
	if err := n.openHooks(); err != nil {
		return err
	}
	if err := n.openSIP(name); err != nil {
		return err
	}
	t := n.cfg.Timers
	n.gateway, err = gateway.New(gateway.Config{
		Node: name, Domain: n.cfg.Domain, Hosts: n.hosts(), AllowDomains: n.cfg.SIP.AllowDomains,
		Emergency: n.cfg.Emergency, Trunks: trunks, TrunkUp: n.sip.Trunks().Up, TrunkAddrs: n.sip.Trunks().Addrs,
		MaxOutside: n.cfg.Outside.Calls, MaxOutsideHour: n.cfg.Outside.Hourly, MaxCalls: n.cfg.MaxCalls, MaxAllCalls: n.cfg.MaxAllCalls,
		Timers: gateway.Timers{Limits: machine.Limits{
			Ring: t.Ring, CancelWait: t.CancelWait, AutoAnswer: t.AutoAnswer, MutedLimit: t.MutedLimit, UnmuteWait: t.UnmuteWait,
			MediaLost: t.MediaLost,
		}, TabGone: t.TabGone / 2, KeyWait: t.KeyWait},
		Directory: n.directory, Presence: n.presence, OwnPeople: !n.cfg.Directory.Company,
		Store: n.store, Media: n.media, ICEServers: n.iceServers(), Dialer: n.sip, Profile: profiles.For,
		Methods: profiles.Methods(), Splash: tone, Policy: n.decisions, Chat: n.chat, Tell: n.hooks.Tell,
		Lit: n.lit, MayPickUp: n.mayPickUp, Short: n.memory.short,
	}, n.bindings, n.log)
	if err != nil {
		return err
	}
	n.onClose(func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, hangUpFor)
		defer cancel()
		return n.gateway.Close(ctx)
	})
	r := sipua.Receiver{
		Calls: n.gateway, Room: n.gateway.RoomFor, TurnedAway: n.gateway.Refuse, Trace: n.gateway.Trace,
		Shown: n.shown(), Texts: n.texts(profiles),
	}
	if err := n.sip.Serve(r); err != nil {
		return err
	}
	n.tellLamps()
	n.gateway.EndLost(ctx)
	return nil
}

// Profiles are the phone models we know, with the administrator's own, whose
// file it reads.
func Profiles(cfg config.Config) (*profile.Profiles, error) {
	var own []byte
	if cfg.Profiles != "" {
		var err error
		if own, err = os.ReadFile(cfg.Profiles); err != nil {
			return nil, fmt.Errorf("profiles: %w", err)
		}
	}
	return profile.Load(own, cfg.Domain)
}

// openSIP binds the SIP sockets; the gateway's calls are taken when it is there.
func (n *Node) openSIP(name string) (err error) {
	c := n.sipConfig(name)
	if c.Access.Signers, err = n.signers(); err != nil {
		return err
	}
	if n.sip, err = sipua.Open(c, n.log); err != nil {
		return err
	}
	n.onClose(func(context.Context) error { return n.sip.Close() })
	return nil
}

func (n *Node) sipConfig(name string) sipua.Config {
	m := n.cfg.Media
	c := sipua.Config{
		Config: wire.Config{Public: m.Public, LocalNets: m.LocalNets, T1: n.sipT1(), TLS: keypair.Files(n.cfg.SIP.TLS)},
		Domain: n.cfg.Domain, AllowDomains: n.cfg.SIP.AllowDomains, Scarce: n.memory.scarce, First1xx: n.cfg.Timers.First1xx,
		SessionExpires: n.cfg.Timers.Session, MinSE: n.cfg.Timers.SessionMin,
		// The limit of calls comes first: it lets emergency calls in.
		MaxLegs: max(5000, 8*n.cfg.MaxAllCalls), MaxRequests: max(10000, 16*n.cfg.MaxAllCalls),
		Access: &registrar.Config{
			Domain: n.cfg.Domain, Aliases: n.hosts(), Node: name, Users: n.directory, Locations: n.bindings, Store: n.store,
		},
	}
	for _, l := range n.cfg.SIP.Listen {
		c.Listen = append(c.Listen, l.String())
	}
	for _, t := range n.cfg.Trunks {
		c.Trunks = append(c.Trunks, trunk.Config{
			Name: t.Name, Address: t.Address, Transport: t.Transport, CA: t.CA, Ping: t.Ping,
			Register: trunk.Credentials(t.Register), TrustIdentity: t.TrustIdentity, TrustUDP: t.TrustUDP,
		})
	}
	return c
}

// sipT1 is the configured T1, 0 for the usual one: it is the process's, and
// tests have several nodes in one.
func (n *Node) sipT1() time.Duration {
	if n.cfg.Timers.SIPT1 == config.Default().Timers.SIPT1 {
		return 0
	}
	return n.cfg.Timers.SIPT1
}

// hosts are the addresses that mean this node in a Request-URI.
func (n *Node) hosts() []string {
	var out []string
	for _, l := range n.cfg.SIP.Listen {
		addr := l.Addr.Addr()
		out = append(out, addr.String())
		if public, ok := n.cfg.Media.Public[addr]; ok {
			out = append(out, public.String())
		}
	}
	return out
}

func (n *Node) gatewayTrunks() ([]gateway.Trunk, error) {
	var out []gateway.Trunk
	for _, t := range n.cfg.Trunks {
		uri, err := t.URI()
		if err != nil {
			return nil, fmt.Errorf("trunk %s: address: %w", t.Name, err)
		}
		one := gateway.Trunk{Name: t.Name, Host: hostPort(uri), MediaFrom: t.MediaFrom, Refer: t.Refer}
		for _, p := range t.Prefixes {
			one.Prefixes = append(one.Prefixes, gateway.Prefix(p))
		}
		out = append(out, one)
	}
	return out, nil
}

func hostPort(u config.TrunkURI) string {
	if u.Port == 0 {
		return u.Host
	}
	return net.JoinHostPort(u.Host, strconv.Itoa(u.Port))
}
