// Package sipua is the SIP user agent: dialogs, and what it takes of others into
// them. It uses sipgo for parsing, sockets and transactions; the dialog layer is
// its own. Beneath it, message reads one message, wire has the sockets, registrar
// says who sent what, and trunk looks after PBXs and carriers.
//
// Who runs what: sipgo calls a handler in a new goroutine for each request. A
// handler finds the leg and posts to its mailbox; the leg's one goroutine owns
// the dialog's state and orders what arrived. Nothing else writes it.
//
// Late offers: an INVITE or re-INVITE without SDP asks us to offer, so Answer
// carries an offer then, and the SDP of the ACK arrives as Reoffered{200, SDP}.
//
// An offer in a re-INVITE (or UPDATE) that is taken back by CANCEL before the
// Answer is not reported: the Answer then does nothing.
package sipua

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/gateway"
	"ringsplash/gateway/machine"
	"ringsplash/internal/address"
	"ringsplash/signaling/sipua/event"
	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/registrar"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/signaling/sipua/wire"
)

const (
	// closeWait is how long Close waits for hang-ups under way.
	closeWait = 2 * time.Second
	// sweepEvery is how often transactions that sipgo lost are forgotten.
	sweepEvery = 10 * time.Second
)

// UA is one SIP user agent with its sockets. Its methods may be called from
// any goroutine.
type UA struct {
	cfg    Config
	log    *slog.Logger
	wire   *wire.Sockets
	to     Receiver
	access *registrar.Access // nil: no registrar, everybody may call
	trunks *trunk.Trunks
	events *event.Notifier // nil without access
	texts  *event.Texts    // nil without access
	allow  string          // the Allow header

	txs       *transactions
	stateless *stateless
	drops     dropCount

	stop    context.Context // ends when the sockets close
	end     context.CancelFunc
	leaving context.Context // ends when Close begins: registrations are given back
	retire  context.CancelFunc
	work    sync.WaitGroup // every goroutine of ours
	closed  sync.Once

	mu       sync.Mutex
	closing  bool // no new dialogs
	dead     bool // nothing at all
	dialogs  map[dialogKey]*leg
	merged   map[mergeKey]*leg
	legs     map[*leg]struct{}
	byID     map[machine.LegID]*leg
	requests int
	hangUps  int           // hang-ups under way
	hungUp   chan struct{} // closed when hangUps falls to 0 while closing
}

// mergeKey tells copies of one INVITE that came by several ways (RFC 3261
// 8.2.2.2).
type mergeKey struct {
	dialogKey
	seq uint32
}

var (
	errClosing = errors.New("Shutting Down")  //nolint:staticcheck // a SIP reason phrase
	errFull    = errors.New("Too Many Calls") //nolint:staticcheck // a SIP reason phrase
	errMerged  = errors.New("Came Already")   //nolint:staticcheck // a SIP reason phrase
)

// Open checks cfg and binds the sockets. It may block for the store (the nonce
// key) when Access is configured. Nothing is read, and nothing may be sent,
// before Serve; Close ends it in any case.
func Open(cfg Config, log *slog.Logger) (*UA, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	w, err := wire.Open(cfg.Config, log)
	if err != nil {
		return nil, err
	}
	u := &UA{
		cfg: cfg, log: log, wire: w, allow: cfg.allow(), dialogs: make(map[dialogKey]*leg),
		txs: newTransactions(cfg.MaxRequests), stateless: newStateless(w.Key),
		merged: make(map[mergeKey]*leg), legs: make(map[*leg]struct{}),
		byID: make(map[machine.LegID]*leg), hungUp: make(chan struct{}),
	}
	u.trunks, err = trunk.Open(cfg.Trunks, trunk.Agent{
		Wire: w, Log: log, Domain: cfg.Domain, Allow: u.allowed, Registered: cfg.Registered, LookEvery: cfg.lookAgain,
	})
	if err != nil {
		w.Close()
		return nil, err
	}
	u.stop, u.end = context.WithCancel(context.Background())
	u.leaving, u.retire = context.WithCancel(u.stop)
	if err := u.openAccess(); err != nil {
		return nil, errors.Join(err, u.Close())
	}
	u.openEvents()
	u.openTexts()
	return u, nil
}

// Serve begins to read and to register, once. It may block for the names of the
// trunks, 2 s at most: without the DNS it starts as well.
func (u *UA) Serve(to Receiver) error {
	u.to = to
	if u.texts != nil && to.Texts != nil {
		u.texts.Serve(*to.Texts)
	}
	err := u.wire.Serve(wire.Above{
		Route: u.route, Read: u.filter, Regular: u.isRegular, Stray: u.strayResponse, Closed: u.flowGone,
	})
	if err != nil {
		return err
	}
	u.work.Go(u.sweep)
	if u.events != nil && to.Shown != nil {
		u.events.Serve(*to.Shown)
	}
	u.trunks.Serve(u.leaving)
	return nil
}

// openAccess completes the access configuration with what only we know.
func (u *UA) openAccess() error {
	if u.cfg.Access == nil {
		return nil
	}
	a := *u.cfg.Access
	if a.Domain == "" {
		a.Domain = u.cfg.Domain
	}
	if a.Trunk == nil {
		a.Trunk = u.peer
	}
	if a.Local == nil {
		a.Local = u.wire.LocalOf
	}
	if a.Ourselves == nil {
		a.Ourselves = u.leadsHere
	}
	if a.Domains == nil {
		a.Domains = u.wire.Domains
	}
	a.Aliases = slices.Concat(a.Aliases, u.wire.Hosts())
	ctx, cancel := context.WithTimeout(u.stop, 10*time.Second)
	defer cancel()
	access, err := registrar.New(ctx, a, u.log)
	u.access = access
	return err
}

// peer tells which trunk sends from source.
func (u *UA) peer(source netip.AddrPort, transport string) (registrar.TrunkPeer, bool) {
	t := u.trunks.From(message.Flow{Transport: transport, Peer: source})
	if t == nil {
		return registrar.TrunkPeer{}, false
	}
	return registrar.TrunkPeer{Name: t.Name, TrustIdentity: t.TrustIdentity, TrustUDP: t.TrustUDP}, true
}

// leadsHere tells whether requests to uri would come to one of our sockets.
func (u *UA) leadsHere(uri sip.Uri) bool {
	return u.wire.LeadsHere(uri, func(host string) bool {
		return host == address.PlainHost(u.cfg.Domain) || u.access != nil && u.access.Ours(host)
	})
}

// Addrs are the bound addresses, "udp://127.0.0.1:40123", in the order of
// Config.Listen.
func (u *UA) Addrs() []string { return u.wire.Addrs() }

// Streams is how many TCP and TLS connections are open.
func (u *UA) Streams() int { return u.wire.Streams() }

// Trunks are those of Config.Trunks.
func (u *UA) Trunks() *trunk.Trunks { return u.trunks }

// Access is the access control made of Config.Access, nil without one.
func (u *UA) Access() *registrar.Access { return u.access }

// Close gives registrations back, waits for hang-ups that are under way (2 s at
// most) and for every goroutine of the UA, and closes the sockets. It hangs up
// nothing: legs that are still up end without an event. A second Close does nothing.
func (u *UA) Close() error {
	u.closed.Do(u.close)
	return nil
}

func (u *UA) close() {
	u.mu.Lock()
	u.closing = true
	if u.hangUps == 0 {
		close(u.hungUp)
	}
	u.mu.Unlock()
	u.retire()
	u.trunks.Wait()
	if u.events != nil {
		u.events.Close()
	}
	if u.texts != nil {
		u.texts.Close()
	}
	select {
	case <-u.hungUp:
	case <-time.After(closeWait):
		u.log.Warn("sip: some hang-ups were not answered in time")
	}
	u.end()
	u.wire.Stop()
	u.mu.Lock()
	u.dead = true
	legs := make([]*leg, 0, len(u.legs))
	for l := range u.legs {
		legs = append(legs, l)
	}
	u.mu.Unlock()
	for _, l := range legs {
		l.mail.Post(l.drop) // before its transactions end, which it would report
	}
	u.wire.Close()
	u.work.Wait()
	u.wire.Close() // a message that was repeated meanwhile opened a socket of its own
}

// sweep forgets transactions that sipgo lost.
func (u *UA) sweep() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-u.stop.Done():
			return
		case now := <-tick.C:
			u.txs.sweep(now)
		}
	}
}

// adopt makes the leg known and reserves its goroutine, which the caller starts.
func (u *UA) adopt(l *leg) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closing {
		return errClosing
	}
	if len(u.legs) >= u.cfg.MaxLegs {
		return errFull
	}
	if l.in != nil {
		if u.merged[l.mergeKey()] != nil {
			return errMerged
		}
		u.merged[l.mergeKey()] = l
	}
	u.dialogs[l.d.key()] = l
	u.legs[l], u.byID[l.id] = struct{}{}, l
	u.work.Add(1)
	return nil
}

func (l *leg) mergeKey() mergeKey {
	return mergeKey{dialogKey{l.d.callID, message.Tag(l.in.req.From())}, l.in.req.CSeq().SeqNo}
}

func (u *UA) forget(l *leg) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.dialogs, l.d.key())
	delete(u.legs, l)
	delete(u.byID, l.id)
	if l.in != nil {
		delete(u.merged, l.mergeKey())
	}
}

func (u *UA) find(k dialogKey) *leg {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.dialogs[k]
}

// enter counts a request in; false when there are too many, or none are taken
// any more.
func (u *UA) enter() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.dead || u.requests >= u.cfg.MaxRequests {
		return false
	}
	u.requests++
	u.work.Add(1)
	return true
}

func (u *UA) leave() {
	u.mu.Lock()
	u.requests--
	u.mu.Unlock()
	u.work.Done()
}

// countHangUps counts hang-ups under way; Close waits for them.
func (u *UA) countHangUps(n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.hangUps += n
	if u.closing && u.hangUps == 0 {
		select {
		case <-u.hungUp:
		default:
			close(u.hungUp)
		}
	}
}

// Legs is how many legs are alive, those included that are over but still have
// a transaction.
func (u *UA) Legs() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.legs)
}

// Transactions are how many requests of others have an open transaction, and
// how many of those are of callers who proved nothing.
func (u *UA) Transactions() (open, strangers int) { return u.txs.counts() }

// RefusedStateless is how many requests were refused without a transaction.
func (u *UA) RefusedStateless() uint64 { return u.stateless.count.Load() }

func (u *UA) recovered(what string) {
	if p := recover(); p != nil {
		u.log.Error("sip: "+what+" failed by a fault of ours", "panic", p, "stack", string(debug.Stack()))
	}
}

var _ gateway.Dialer = (*UA)(nil)
