// Package registrar says who sent a SIP request: it keeps where phones
// registered, and identifies callers by digest, trunk, signed Identity or
// certificate. It opens no socket and starts no goroutine.
package registrar

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/directory"
	"ringsplash/internal/address"
	"ringsplash/internal/throttle"
	"ringsplash/location"
	"ringsplash/policy"
	"ringsplash/signaling/sipua/message"
	"ringsplash/store"
)

// Users is what access control asks about people and their phones. The
// directory implements it; all but Pair answer from memory.
type Users interface {
	// Secrets returns the digest secrets for the digest user name "alice" or
	// "alice~desk", nil for a name nobody has.
	Secrets(digestName string) []directory.HA1
	User(name string) (directory.User, bool)
	UserByNumber(number string) (directory.User, bool)
	// Pair ties an instance id to the device whose password was used. It may
	// block on the store.
	Pair(ctx context.Context, user, device, instance, userAgent string) (directory.Device, error)
	Device(user, id string) (directory.Device, bool)
}

// Locations keeps the bindings (RFC 3261 10.2). Put and Remove may block.
type Locations interface {
	// Put replaces the binding with the same user, instance and reg-id.
	Put(ctx context.Context, b location.Binding) error
	Remove(ctx context.Context, user, instance string, regID int) error
	// Of returns the live bindings of a user.
	Of(user string) []location.Binding
}

// TrunkPeer is what access control knows of a trunk that sent a request.
type TrunkPeer struct {
	Name string
	// TrustIdentity takes the trunk's P-Asserted-Identity over TLS and TCP,
	// TrustUDP over UDP too, where the source address can be forged.
	TrustIdentity, TrustUDP bool
}

// Config says who may register and call, and how much one source may
// send. Zero values mean the defaults named beside them.
type Config struct {
	// Domain is ours: the digest realm and the host of every AOR of ours.
	Domain string
	// Aliases are other hosts that mean this gateway, without port: the
	// addresses phones may have been given instead of the domain.
	Aliases []string
	// Node is written into every binding.
	Node      string
	Users     Users
	Locations Locations
	// Trunk tells which trunk, if any, sends from source; nil for none.
	// transport is in lower case.
	Trunk func(source netip.AddrPort, transport string) (TrunkPeer, bool)
	// Domains tells what a peer proved by a TLS client certificate, see
	// UA.Domains; nil: nobody proved anything.
	Domains func(source netip.AddrPort, transport string) []string
	// Signers are whose signatures on Identity headers count; nil: nobody's.
	Signers *Signers
	// Local tells which address of ours a request came to; nil asks the
	// transaction's connection.
	Local func(req *sip.Request) string
	// Ourselves tells whether requests to a URI would come back to this
	// gateway; nil: none would.
	Ourselves func(sip.Uri) bool
	// Store keeps the key that signs nonces, the nonce counts and which
	// PASSporTs were used.
	Store store.Store
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	MinExpires     time.Duration // shortest registration, else 423; default 60 s
	MaxExpires     time.Duration // longest and default registration; default 1 h
	MaxBindings    int           // bindings a user; default 10
	NonceLife      time.Duration // default 5 min
	DatagramRate   float64       // messages a second from one IP address that proved itself; default 5000
	DatagramBurst  int           // default 10000
	StrangerRate   float64       // messages a second from any other IP address; default 100
	StrangerBurst  int           // default 1000
	StrangerCalls  float64       // INVITEs a second that one source which proved nothing may send to our users; default 10
	CalleeCalls    float64       // INVITEs a second of all such callers to one user; default 5
	StrangersCalls float64       // INVITEs a second of all such callers to all users; default 50
	FailureBurst   int           // free log-in failures of one source with one account; default 5
	FailureEvery   time.Duration // then one more each; default 10 s
	SourceFailures int           // free failures of one source with all accounts; default 50
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	c.MinExpires = cmp.Or(c.MinExpires, time.Minute)
	c.MaxExpires = cmp.Or(c.MaxExpires, time.Hour)
	c.MaxBindings = cmp.Or(c.MaxBindings, 10)
	c.NonceLife = cmp.Or(c.NonceLife, 5*time.Minute)
	c.DatagramRate = cmp.Or(c.DatagramRate, 5000)
	c.DatagramBurst = cmp.Or(c.DatagramBurst, 10000)
	c.StrangerRate = cmp.Or(c.StrangerRate, 100)
	c.StrangerBurst = cmp.Or(c.StrangerBurst, 1000)
	c.StrangerCalls = cmp.Or(c.StrangerCalls, 10)
	c.CalleeCalls = cmp.Or(c.CalleeCalls, 5)
	c.StrangersCalls = cmp.Or(c.StrangersCalls, 50)
	c.FailureBurst = cmp.Or(c.FailureBurst, 5)
	c.FailureEvery = cmp.Or(c.FailureEvery, 10*time.Second)
	c.SourceFailures = cmp.Or(c.SourceFailures, 50)
	return c
}

func (c Config) validate() error {
	switch {
	case c.Domain == "" || !message.ValidHost(c.Domain):
		return fmt.Errorf("sipua: %q is no domain for access control: set `domain` in the configuration", c.Domain)
	case c.Users == nil || c.Locations == nil || c.Store == nil:
		return errors.New("sipua: access control needs Users, Locations and Store")
	case c.MinExpires < time.Second || c.MaxExpires < c.MinExpires:
		return fmt.Errorf("sipua: registrations of %s to %s make no sense: the shortest must be 1 s or more and not above the longest",
			c.MinExpires, c.MaxExpires)
	case c.MaxBindings < 0 || c.NonceLife < 0 || c.DatagramRate < 0 || c.DatagramBurst < 0 || c.StrangerRate < 0 ||
		c.StrangerBurst < 0 || c.StrangerCalls < 0 || c.CalleeCalls < 0 || c.StrangersCalls < 0 || c.FailureBurst < 0 ||
		c.FailureEvery < 0 || c.SourceFailures < 0:
		return errors.New("sipua: the limits of access control must not be negative")
	}
	return nil
}

// Access decides who may register and call, and what is read at all. Its
// methods may be called from any goroutine; it starts none.
type Access struct {
	cfg      Config
	log      *slog.Logger
	hosts    map[string]bool // ours, as hostName writes them
	nonces   *nonces
	failures *failures
	// rates bound the messages of sources that are known, others those of the rest.
	rates, others *throttle.Buckets[throttle.Source]
	regulars      *regulars
	strong        *strong
	strangers     *strangers
	locks         userLocks
	flows         *flowUsers
	count         accessCount
}

// New checks cfg and reads the nonce key from the store, or makes it. It
// blocks for the store.
func New(ctx context.Context, cfg Config, log *slog.Logger) (*Access, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	n, err := openNonces(ctx, cfg.Store, cfg.NonceLife, cfg.Now)
	if err != nil {
		return nil, err
	}
	a := &Access{
		cfg: cfg, log: log, nonces: n,
		hosts:     map[string]bool{address.PlainHost(cfg.Domain): true},
		failures:  newFailures(cfg.FailureBurst, cfg.SourceFailures, cfg.FailureEvery),
		rates:     throttle.NewBuckets[throttle.Source](throttle.PerSecond(cfg.DatagramRate, float64(cfg.DatagramBurst)), sourceMax),
		others:    throttle.NewBuckets[throttle.Source](throttle.PerSecond(cfg.StrangerRate, float64(cfg.StrangerBurst)), sourceMax),
		regulars:  newRegulars(),
		strong:    newStrong(),
		strangers: newStrangers(cfg.StrangerCalls, cfg.CalleeCalls, cfg.StrangersCalls),
		locks:     userLocks{seed: maphash.MakeSeed()},
		flows:     newFlowUsers(),
	}
	for _, alias := range cfg.Aliases {
		a.hosts[address.PlainHost(alias)] = true
	}
	return a, nil
}

// Ours tells whether a host, as hostName writes it, means this gateway.
func (a *Access) Ours(host string) bool { return a.hosts[host] }

// Bindings are the live ones of a user.
func (a *Access) Bindings(user string) []location.Binding { return a.cfg.Locations.Of(user) }

// Caller is who sent an INVITE.
type Caller struct {
	Identity policy.Identity
	// Device is the id of our user's deskphone, "" for others.
	Device string
}

// logRefusal writes the one line that a refusal is worth, if any.
func (a *Access) logRefusal(what string, r *message.Refusal) {
	if r.Why != "" {
		a.log.Warn(what, "status", r.Status, "why", r.Why)
	}
}

// rescue turns a panic while a request is answered into a 500 for that one.
func (a *Access) rescue(req *sip.Request, tx sip.ServerTransaction) {
	p := recover()
	if p == nil {
		return
	}
	a.log.Error("request broke the registrar", "method", req.Method, "source", req.Source(), "panic", p, "stack",
		string(debug.Stack()))
	_ = tx.Respond(sip.NewResponseFromRequest(req, sip.StatusInternalServerError, "Gateway Fault", nil))
}

// Counters counts since start, for the metrics page.
type Counters struct {
	Challenged, LoginFailed, LoginDeferred uint64 // requests
	Registered, Unregistered               uint64 // bindings
}

type accessCount struct {
	challenged, failed, deferred, registered, unregistered atomic.Uint64
}

// Counters reads the counters.
func (a *Access) Counters() Counters {
	c := &a.count
	return Counters{
		Challenged: c.challenged.Load(), LoginFailed: c.failed.Load(), LoginDeferred: c.deferred.Load(),
		Registered: c.registered.Load(), Unregistered: c.unregistered.Load(),
	}
}
