// Package node puts one running gateway together: store, directory, media,
// SIP, calls and browser side, started in that order and ended in the reverse.
package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"ringsplash/admin"
	"ringsplash/config"
	"ringsplash/directory"
	"ringsplash/gateway"
	"ringsplash/media"
	"ringsplash/policy"
	"ringsplash/signaling/browser"
	"ringsplash/signaling/hook"
	"ringsplash/signaling/sipua"
	"ringsplash/store"
	"ringsplash/token"
	"ringsplash/webclient"
)

// ErrNotBuilt: the web client is missing in this binary.
var ErrNotBuilt = errors.New("the web client is not in this binary: run `make build`, then start bin/ringsplash")

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
	bindings  *gateway.Bindings
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
	steps := []func(context.Context) error{
		n.openStore, n.openLease, n.openDirectory, n.openPolicy, n.openAdmin, n.openMedia,
		n.openGateway,
	}
	steps = append(steps, func(ctx context.Context) error { return n.openBrowser(ctx, o.Pages) }, n.openMetrics, n.tellReady,
		n.keepLight)
	for _, step := range steps {
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

// OpenStore opens the store the configuration names. It blocks for I/O.
func OpenStore(ctx context.Context, cfg config.Config, log *slog.Logger) (store.Store, error) {
	if cfg.Redis != "" {
		return store.OpenRedis(ctx, cfg.Redis, log)
	}
	return store.OpenBolt(cfg.Data, log)
}

func (n *Node) openStore(ctx context.Context) error {
	if err := os.MkdirAll(n.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	s, err := waitStore(ctx, n.cfg, n.log)
	if err != nil {
		return err
	}
	if n.store, err = sealed(ctx, n.cfg, s, n.log); err != nil {
		return err
	}
	n.onClose(func(context.Context) error { return n.store.Close() })
	return nil
}

func (n *Node) openDirectory(ctx context.Context) error {
	d, err := directory.Open(ctx, n.store, n.cfg.Domain, n.log)
	if err != nil {
		return err
	}
	n.directory = d
	n.onClose(func(context.Context) error { return d.Close() })
	if err := d.Sync(ctx, n.users()); err != nil {
		return fmt.Errorf("take over the users of the configuration file: %w", err)
	}
	return nil
}

// openAdmin lets the commands of this machine in, now that what they switch off
// is on record.
func (n *Node) openAdmin(context.Context) error {
	a, err := admin.Listen(n.cfg.Data, admin.Local{Directory: n.directory, APIKeys: token.Keys{Store: n.store}}, n.log)
	if err != nil {
		return err
	}
	n.onClose(func(context.Context) error { return a.Close() })
	return nil
}

// users are those of the configuration file.
func (n *Node) users() []directory.NewUser {
	var out []directory.NewUser
	for _, u := range n.cfg.Users {
		one := directory.NewUser{
			User:     directory.User{Name: u.Name, Number: u.Number, Display: u.Display, Admin: u.Admin},
			Password: u.Password,
		}
		for _, d := range u.Devices {
			one.Devices = append(one.Devices, directory.NewDevice{
				ID: d.ID, Display: d.Display, SIPPassword: d.SIPPassword, Interworking: d.Interworking, Profile: d.Profile,
				UnmuteKey: string(d.UnmuteKey),
			})
		}
		out = append(out, one)
	}
	return out
}

func (n *Node) openMedia(context.Context) error {
	m := n.cfg.Media
	loop, err := media.Listen(media.Config{
		Listen: m.Listen, Public: m.Public, LocalNets: m.LocalNets,
		OwnComputer: n.ownOnly, WebRTCPort: m.WebRTCPort, RTPLow: m.RTPPorts.Low, RTPHigh: m.RTPPorts.High,
	}, n.log)
	if err != nil {
		return err
	}
	n.media = loop
	n.onClose(func(context.Context) error { return loop.Close() })
	return nil
}

// iceServers are those of the configuration file, as browsers are told them.
func (n *Node) iceServers() []gateway.ICEServer {
	var out []gateway.ICEServer
	for _, s := range n.cfg.Media.ICEServers {
		out = append(out, gateway.ICEServer(s))
	}
	return out
}

// lateDialer lets the gateway exist before the user agent that dials for it,
// which in turn hands its calls to the gateway.
type lateDialer struct {
	ready chan struct{}
	ua    *sipua.UA
}

func (d *lateDialer) Invite(in gateway.Invite, sink gateway.Sink) gateway.Leg {
	<-d.ready
	return d.ua.Invite(in, sink)
}

func (d *lateDialer) Goodbye(kept []byte, c gateway.Cause) error {
	<-d.ready
	return d.ua.Goodbye(kept, c)
}

// TrunkUp asks the user agent, once there is one.
func (d *lateDialer) TrunkUp(name string) bool {
	<-d.ready
	return d.ua.TrunkUp(name)
}

// TrunkAddrs asks the user agent, once there is one.
func (d *lateDialer) TrunkAddrs(name string) []netip.Addr {
	<-d.ready
	return d.ua.TrunkAddrs(name)
}

func (n *Node) openGateway(ctx context.Context) error {
	name, err := nodeName(n.cfg.Data)
	if err != nil {
		return err
	}
	if n.bindings, err = gateway.NewBindings(ctx, name, n.store, n.log); err != nil {
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
	dialer := &lateDialer{ready: make(chan struct{})}
	n.gateway, err = gateway.New(gateway.Config{
		Node: name, Domain: n.cfg.Domain, Hosts: n.hosts(), AllowDomains: n.cfg.SIP.AllowDomains,
		Emergency: n.cfg.Emergency, Trunks: trunks, TrunkUp: dialer.TrunkUp, TrunkAddrs: dialer.TrunkAddrs,
		MaxOutside: n.cfg.Outside.Calls, MaxOutsideHour: n.cfg.Outside.Hourly, MaxCalls: n.cfg.MaxCalls, MaxAllCalls: n.cfg.MaxAllCalls,
		Short: n.memory.short,
		Timers: gateway.Timers{
			Ring: n.cfg.Timers.Ring, TabGone: n.cfg.Timers.TabGone / 2, CancelWait: n.cfg.Timers.CancelWait,
			AutoAnswer: n.cfg.Timers.AutoAnswer, KeyWait: n.cfg.Timers.KeyWait,
			MutedLimit: n.cfg.Timers.MutedLimit, UnmuteWait: n.cfg.Timers.UnmuteWait, MediaLost: n.cfg.Timers.MediaLost,
		},
		Tell:      n.hooks.Tell,
		Directory: n.directory, Store: n.store, Media: n.media, ICEServers: n.iceServers(), Dialer: dialer, Profile: profiles.For,
		Methods: profiles.Methods(), Splash: tone, Policy: n.decisions,
	}, n.bindings, n.log)
	if err != nil {
		return err
	}
	c := n.sipConfig(name)
	if c.Access.Signers, err = n.signers(); err == nil {
		n.sip, err = sipua.Listen(c, n.log)
	}
	if err != nil {
		// Nothing called yet, so nothing waits for the dialer.
		return errors.Join(err, n.gateway.Close(ctx))
	}
	dialer.ua = n.sip
	close(dialer.ready)
	n.gateway.EndLost(ctx)
	n.onClose(func(context.Context) error { return n.sip.Close() })
	n.onClose(func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, hangUpFor)
		defer cancel()
		return n.gateway.Close(ctx)
	})
	return nil
}

// Profiles are the phone models we know, with the administrator's own, whose
// file it reads.
func Profiles(cfg config.Config) (*gateway.Profiles, error) {
	var own []byte
	if cfg.Profiles != "" {
		var err error
		if own, err = os.ReadFile(cfg.Profiles); err != nil {
			return nil, fmt.Errorf("profiles: %w", err)
		}
	}
	return gateway.LoadProfiles(own, cfg.Domain)
}

func (n *Node) sipConfig(name string) sipua.Config {
	c := sipua.Config{
		Domain: n.cfg.Domain, Public: n.cfg.Media.Public, LocalNets: n.cfg.Media.LocalNets,
		AllowDomains: n.cfg.SIP.AllowDomains, Calls: n.gateway, Room: n.gateway.RoomFor, Scarce: n.memory.scarce,
		TurnedAway: n.gateway.Refuse, Trace: n.gateway.Trace, T1: n.sipT1(), First1xx: n.cfg.Timers.First1xx,
		TLS:            sipua.TLSFiles{Cert: n.cfg.SIP.TLS.Cert, Key: n.cfg.SIP.TLS.Key, ClientCA: n.cfg.SIP.TLS.ClientCA},
		SessionExpires: n.cfg.Timers.Session, MinSE: n.cfg.Timers.SessionMin,
		// The limit of calls comes first: it lets emergency calls in.
		MaxLegs: max(5000, 8*n.cfg.MaxAllCalls), MaxRequests: max(10000, 16*n.cfg.MaxAllCalls),
		Access: &sipua.AccessConfig{
			Domain: n.cfg.Domain, Aliases: n.hosts(), Node: name,
			Users: n.directory, Locations: n.bindings, Store: n.store,
		},
	}
	for _, l := range n.cfg.SIP.Listen {
		c.Listen = append(c.Listen, l.Transport+"://"+l.Addr.String())
	}
	for _, t := range n.cfg.Trunks {
		c.Trunks = append(c.Trunks, sipua.Trunk{
			Name: t.Name, Address: t.Address, Transport: t.Transport, CA: t.CA, Ping: t.Ping,
			Register:      sipua.Credentials{User: t.Register.User, Password: t.Register.Password, Realm: t.Register.Realm},
			TrustIdentity: t.TrustIdentity, TrustUDP: t.TrustUDP,
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
			one.Prefixes = append(one.Prefixes, gateway.Prefix{Match: p.Match, Strip: p.Strip, Add: p.Add})
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

// tabs bridges the gateway's tabs to what the browser side asks for.
type tabs struct{ *gateway.Gateway }

func (t tabs) OpenTab(user string, r gateway.Resume, wake func()) (browser.Tab, bool, error) {
	s, resumed, err := t.Gateway.OpenTab(user, r, wake)
	if err != nil {
		return nil, false, err
	}
	return s, resumed, nil
}

func (t tabs) Watch(user string, wake func()) (browser.Watch, error) {
	w, err := t.Gateway.Watch(user, wake)
	if err != nil {
		return nil, err
	}
	return w, nil
}

func (n *Node) openBrowser(_ context.Context, extra map[string]http.Handler) error {
	mint, err := n.mint()
	if err != nil {
		return err
	}
	var frames []string
	var origins []browser.EmbedOrigin
	for _, o := range n.cfg.HTTP.EmbedOrigins {
		frames = append(frames, o.Origin)
		origins = append(origins, browser.EmbedOrigin{Origin: o.Origin, Trusted: o.Trusted})
	}
	srv, err := browser.New(browser.Config{
		Gateway: tabs{n.gateway}, People: n.directory, Store: n.store, Policy: n.policy,
		Page: webclient.Handler(frames), Extra: extra, Metrics: n.metrics(), Room: n.gateway.Room, Build: webclient.Build(),
		EmbedOrigins: origins,
		Mint:         mint, APIKeys: token.Keys{Store: n.store},
		Names:    append([]string{n.cfg.Domain, n.cfg.HTTP.Listen}, n.cfg.HTTP.Names...),
		CertFile: n.cfg.HTTP.TLS.Cert, KeyFile: n.cfg.HTTP.TLS.Key, TrustedProxies: n.cfg.HTTP.TrustedProxies,
		// Half for a socket to fall silent, half for its tab to come back.
		TabGone: n.cfg.Timers.TabGone / 2,
	}, n.log)
	if err != nil {
		return err
	}
	n.browser = srv
	n.http, err = net.Listen("tcp", n.cfg.HTTP.Listen)
	if err != nil {
		return fmt.Errorf("http.listen: %w", err)
	}
	n.serve("http.listen", func() error { return srv.Serve(n.http) }, srv.Close)
	return nil
}

// serve runs an HTTP server until Close.
func (n *Node) serve(key string, run func() error, end func(context.Context) error) {
	var served sync.WaitGroup
	served.Go(func() {
		if err := run(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			n.log.Error("an HTTP server stopped", "key", key, "err", err)
		}
	})
	n.onClose(func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, hangUpFor)
		defer cancel()
		err := end(ctx)
		served.Wait()
		return err
	})
}

// mint makes and takes the tokens of embedding sites.
func (n *Node) mint() (*token.Mint, error) {
	var keys []token.SigningKey
	for _, k := range n.cfg.HTTP.EmbedKeys {
		key, err := k.Read()
		if err != nil {
			return nil, fmt.Errorf("http.embed_keys: %s: %w", k.ID, err)
		}
		keys = append(keys, key)
	}
	return token.NewMint(n.store, n.cfg.Domain, keys), nil
}

func (n *Node) readyFile() string { return filepath.Join(n.cfg.Data, "ready.json") }

// tellReady writes where the node listens, for scripts that chose port 0.
func (n *Node) tellReady(context.Context) error {
	ready := struct {
		HTTP   string   `json:"http"`
		SIP    []string `json:"sip"`
		WebRTC string   `json:"webrtc"`
		// Metrics is where /metrics is for everybody, "" for nowhere.
		Metrics string `json:"metrics,omitempty"`
	}{n.HTTP(), n.SIP(), n.media.WebRTCAddr().String(), n.metricsAddr()}
	text, err := json.Marshal(ready)
	if err != nil {
		return err
	}
	part := n.readyFile() + ".part"
	if err := os.WriteFile(part, text, 0o600); err != nil {
		return err
	}
	if err := os.Rename(part, n.readyFile()); err != nil {
		return err
	}
	n.log.Info("ready", "http", ready.HTTP, "sip", ready.SIP, "webrtc", ready.WebRTC)
	return nil
}

// nodeName reads this node's name from its data folder, or makes it.
func nodeName(dir string) (string, error) {
	if name := Name(dir); name != "" {
		return name, nil
	}
	name := gateway.NewNodeName()
	if err := os.WriteFile(nameFile(dir), []byte(name), 0o600); err != nil {
		return "", fmt.Errorf("node name: %w", err)
	}
	return name, nil
}

// Name is that of the node with this data folder, "" before its first start.
func Name(dir string) string {
	text, err := os.ReadFile(nameFile(dir))
	if err != nil {
		return ""
	}
	return string(text)
}

func nameFile(dir string) string { return filepath.Join(dir, "node") }
