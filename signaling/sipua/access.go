package sipua

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/directory"
	"ringsplash/gateway"
	"ringsplash/policy"
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
	Put(ctx context.Context, b gateway.Binding) error
	Remove(ctx context.Context, user, instance string, regID int) error
	// Of returns the live bindings of a user.
	Of(user string) []gateway.Binding
}

// TrunkPeer is what access control knows of a trunk that sent a request.
type TrunkPeer struct {
	Name string
	// TrustIdentity takes the trunk's P-Asserted-Identity over TLS and TCP,
	// TrustUDP over UDP too, where the source address can be forged.
	TrustIdentity, TrustUDP bool
}

// AccessConfig says who may register and call, and how much one source may
// send. Zero values mean the defaults named beside them.
type AccessConfig struct {
	// Domain is ours: the digest realm and the host of every AOR of ours.
	Domain string
	// Aliases are other hosts that mean this gateway (its own addresses),
	// without port.
	Aliases []string
	// Node is written into every binding.
	Node      string
	Users     Users
	Locations Locations
	// Trunk tells which trunk, if any, sends from source; nil for none.
	// transport is in lower case.
	Trunk func(source netip.AddrPort, transport string) (TrunkPeer, bool)
	// Local tells which address of ours a request came to; nil leaves it out
	// of the bindings.
	Local func(req *sip.Request) string
	// Reply sends a stateless answer to an oversized datagram from local to
	// remote. Nil drops without an answer. It must not block.
	Reply func(local, remote net.Addr, answer []byte)
	// Store keeps the key that signs nonces and the nonce counts.
	Store store.Store
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	MinExpires     time.Duration // shortest registration, else 423; default 60 s
	MaxExpires     time.Duration // longest and default registration; default 1 h
	MaxBindings    int           // bindings a user; default 10
	NonceLife      time.Duration // default 5 min
	DatagramRate   float64       // messages a second from one IP address; default 2000
	DatagramBurst  int           // default 4000
	FailureBurst   int           // free log-in failures of one source with one account; default 5
	FailureEvery   time.Duration // then one more each; default 10 s
	SourceFailures int           // free failures of one source with all accounts; default 50
}

// Access decides who may register and call, and what is read at all. Its
// methods may be called from any goroutine.
type Access struct {
	cfg AccessConfig
	log *slog.Logger
}

// NewAccess checks cfg and reads the nonce key from the store, or makes it.
func NewAccess(ctx context.Context, cfg AccessConfig, log *slog.Logger) (*Access, error) {
	if cfg.Domain == "" {
		return nil, errors.New("sipua: access control needs a domain: set `domain` in the configuration")
	}
	return &Access{cfg: cfg, log: log}, nil
}

// Register answers a REGISTER (RFC 3261 10.3, RFC 5626 6). It blocks for the
// store and always sends the final response.
func (a *Access) Register(req *sip.Request, tx sip.ServerTransaction) {
	_ = tx.Respond(sip.NewResponseFromRequest(req, sip.StatusServiceUnavailable, "Registrar Not Ready", nil))
}

// Caller is who sent an INVITE.
type Caller struct {
	Identity policy.Identity
	// Device is the id of our user's deskphone, "" for others.
	Device string
}

// Refusal is a final response with its reason.
type Refusal struct {
	Status int
	Phrase string
	// Headers are added to the response: challenges, Retry-After.
	Headers []sip.Header
	// Why is the log line, "" for nothing worth a line (a first challenge).
	Why string
}

// Response builds the final response to req. The To tag is sipgo's own:
// replace it when the caller chose one.
func (r *Refusal) Response(req *sip.Request) *sip.Response {
	res := sip.NewResponseFromRequest(req, r.Status, r.Phrase, nil)
	for _, h := range r.Headers {
		res.AppendHeader(h)
	}
	return res
}

// Identify tells who sent an INVITE that asks for a new dialog, or refuses it.
// It may block for the store. Requests inside a dialog, ACK and CANCEL are not
// for it: they are never challenged.
func (a *Access) Identify(req *sip.Request) (Caller, *Refusal) {
	return Caller{}, &Refusal{Status: sip.StatusServiceUnavailable, Phrase: "Not Ready"}
}

// Filter is the read filter of sipgo's transport layer: it returns data to go
// on, nil to drop. It never returns an error, which would end the listener.
func (a *Access) Filter(info sip.TransportReadProps, data []byte) ([]byte, error) {
	return data, nil
}

// AccessCounters counts since start, for the metrics page.
type AccessCounters struct {
	NotSIP, Oversized, Throttled           uint64 // datagrams dropped
	Challenged, LoginFailed, LoginDeferred uint64 // requests
	Registered, Unregistered               uint64 // bindings
}

// Counters reads the counters.
func (a *Access) Counters() AccessCounters { return AccessCounters{} }
