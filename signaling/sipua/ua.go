// Package sipua is the SIP side: transport, registrar, digest, dialogs and
// trunks. It uses sipgo for parsing, sockets and transactions; the dialog layer
// is its own.
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
	"net"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/emiago/sipgo"

	"ringsplash/gateway"
	"ringsplash/signaling/sipua/message"
)

const (
	// closeWait is how long Close waits for hang-ups under way.
	closeWait = 2 * time.Second
	// maxSources is how many peer addresses sipgo may remember for its UDP
	// sockets before they are forgotten; it would keep them for ever.
	maxSources = 50000
)

// UA is one SIP user agent with its sockets. Its methods may be called from
// any goroutine.
type UA struct {
	cfg    Config
	log    *slog.Logger
	stack  *sipgo.UserAgent
	server *sipgo.Server
	access *Access // nil: no registrar, everybody may call
	socks  []*socket
	flows  *flows
	feeds  map[string]*feed // by transport
	deaf   *deaf
	certs  *certificates
	trunks map[string]*trunk
	allow  string // the Allow header

	txs       *transactions
	stateless *stateless
	drops     dropCount

	stop    context.Context // ends when the sockets close
	end     context.CancelFunc
	leaving context.Context // ends when Close begins: registrations are given back
	retire  context.CancelFunc
	work    sync.WaitGroup // every goroutine of ours
	keepers sync.WaitGroup // the registrations among them
	closed  sync.Once

	// sending is held shared while a client transaction is made, so that Close
	// leaves none behind.
	sending sync.RWMutex

	mu       sync.Mutex
	closing  bool // no new dialogs
	dead     bool // nothing at all
	dialogs  map[dialogKey]*leg
	merged   map[mergeKey]*leg
	legs     map[*leg]struct{}
	requests int
	owed     int           // hang-ups under way
	paid     chan struct{} // closed when owed falls to 0 while closing
}

// mergeKey tells copies of one INVITE that came by several ways (RFC 3261
// 8.2.2.2).
type mergeKey struct {
	dialogKey
	seq uint32
}

var (
	errClosing = errors.New("Shutting Down")         //nolint:staticcheck // a SIP reason phrase
	errFull    = errors.New("Too Many Calls")        //nolint:staticcheck // a SIP reason phrase
	errMerged  = errors.New("Came Already")          //nolint:staticcheck // a SIP reason phrase
	errNoTx    = errors.New("the user agent closed") // for client transactions
)

// Listen checks cfg, binds the sockets and serves them until Close. It may
// block for the store (the nonce key) when Access is configured, and for the
// names of the trunks, lookWait at most: without the DNS it starts as well.
func Listen(cfg Config, log *slog.Logger) (*UA, error) {
	setGlobals()
	if cfg.T1 > 0 {
		setT1(cfg.T1)
	}
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	u := &UA{
		cfg: cfg, log: log, trunks: make(map[string]*trunk), dialogs: make(map[dialogKey]*leg),
		txs: newTransactions(cfg.MaxRequests), stateless: newStateless(),
		flows: newFlows(), deaf: newDeaf(), merged: make(map[mergeKey]*leg), legs: make(map[*leg]struct{}), paid: make(chan struct{}),
	}
	u.stop, u.end = context.WithCancel(context.Background())
	u.leaving, u.retire = context.WithCancel(u.stop)
	if err := u.open(); err != nil {
		u.end()
		u.closeSockets()
		return nil, err
	}
	for _, s := range u.socks {
		if s.packet != nil {
			u.work.Go(s.packet.fill)
		}
		u.work.Add(1)
		go u.serve(s)
	}
	for transport, f := range u.feeds {
		u.work.Add(1)
		go u.serve(&socket{network: transport, stream: f})
	}
	u.work.Add(1)
	go u.sweep()
	for _, t := range u.trunks {
		u.followTrunk(t)
		u.keepTrunk(t)
		u.watchTrunk(t)
	}
	u.awaitTrunks()
	return u, nil
}

// open binds the sockets and makes sipgo's layers.
func (u *UA) open() error {
	var err error
	if u.certs, err = openCertificates(u.cfg.TLS, u.log); err != nil {
		return err
	}
	u.feeds = make(map[string]*feed)
	for _, transport := range []string{"tcp", "tls"} {
		u.feeds[transport] = &feed{at: &net.TCPAddr{IP: net.IPv4zero}, in: make(chan *stream), closed: u.stop.Done()}
	}
	for _, s := range u.cfg.Listen {
		l, err := parseListen(s)
		if err != nil {
			return err
		}
		sock, err := u.openSocket(l)
		if err != nil {
			return err
		}
		u.socks = append(u.socks, sock)
	}
	for _, t := range u.cfg.Trunks {
		if u.trunks[t.Name], err = newTrunk(t); err != nil {
			return err
		}
	}
	if err := u.openAccess(); err != nil {
		return err
	}
	return u.newSIP()
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
		a.Local = u.localOf
	}
	if a.Ourselves == nil {
		a.Ourselves = u.leadsHere
	}
	if a.Domains == nil {
		a.Domains = u.Domains
	}
	a.Aliases = slices.Clone(a.Aliases)
	for _, s := range u.socks {
		for _, ip := range []netip.Addr{s.addr.Addr(), u.cfg.Public[s.addr.Addr()]} {
			if ip.IsValid() && !ip.IsUnspecified() {
				a.Aliases = append(a.Aliases, ip.String())
			}
		}
	}
	ctx, cancel := context.WithTimeout(u.stop, 10*time.Second)
	defer cancel()
	access, err := NewAccess(ctx, a, u.log)
	u.access = access
	return err
}

// Access is the access control made of Config.Access, nil without one.
func (u *UA) Access() *Access { return u.access }

// Addrs are the bound addresses, "udp://127.0.0.1:40123", in the order of
// Config.Listen.
func (u *UA) Addrs() []string {
	out := make([]string, len(u.socks))
	for i, s := range u.socks {
		out[i] = s.network + "://" + s.addr.String()
	}
	return out
}

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
	if u.owed == 0 {
		close(u.paid)
	}
	u.mu.Unlock()
	u.retire()
	u.keepers.Wait()
	select {
	case <-u.paid:
	case <-time.After(closeWait):
		u.log.Warn("sip: some hang-ups were not answered in time")
	}
	u.end()
	u.sending.Lock()
	u.mu.Lock()
	u.dead = true
	legs := make([]*leg, 0, len(u.legs))
	for l := range u.legs {
		legs = append(legs, l)
	}
	u.mu.Unlock()
	u.sending.Unlock()
	for _, l := range legs {
		l.mail.post(l.drop) // before its transactions end, which it would report
	}
	u.closeSockets()
	u.closeStack()
	u.work.Wait()
	u.closeStack() // a message that was repeated meanwhile opened a socket of its own
}

func (u *UA) closeStack() {
	if err := u.stack.Close(); err != nil {
		u.log.Debug("sip: closing", "error", err)
	}
}

func (u *UA) closeSockets() {
	for _, s := range u.socks {
		if err := s.close(); err != nil && !errors.Is(err, net.ErrClosed) {
			u.log.Warn("sip: closing a socket", "error", err)
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
	u.legs[l] = struct{}{}
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

// owe counts hang-ups under way; Close waits for them.
func (u *UA) owe(n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.owed += n
	if u.closing && u.owed == 0 {
		select {
		case <-u.paid:
		default:
			close(u.paid)
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

// sweep keeps connections alive and sipgo's memory of UDP peers bounded: it
// makes the readers start again, which forgets all of them.
func (u *UA) sweep() {
	defer u.work.Done()
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-u.stop.Done():
			return
		case now := <-tick.C:
			u.pingFlows(now)
			u.txs.sweep(now)
		}
		if u.stack.TransportLayer().Pool("udp").Size() < maxSources {
			continue
		}
		for _, s := range u.socks {
			if s.packet != nil {
				s.packet.interrupt()
			}
		}
	}
}

// trunkNamed is the trunk of that name, nil for none.
func (u *UA) trunkNamed(name string) *trunk { return u.trunks[name] }

var _ gateway.Dialer = (*UA)(nil)
