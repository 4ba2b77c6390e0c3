package sipua

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
	"ringsplash/signaling/sipua/wire"
)

const (
	registerTimeout   = 10 * time.Second
	unregisterTimeout = time.Second
)

// RegisterOptions describe one registration of ours at a registrar.
type RegisterOptions struct {
	// AOR is who we are there: "sip:alice@example.test".
	AOR string
	// Registrar is where it is: "sip:127.0.0.1:5060"; "" means the host of AOR.
	Registrar string
	// Transport is udp, tcp or tls; "" means udp, unless Registrar says otherwise.
	Transport string
	// Roots sign the registrar's certificate; nil means the system's.
	Roots       *x509.CertPool
	Credentials Credentials
	// Instance is written as +sip.instance (RFC 5626 4.1), without quotes and
	// angle brackets: "urn:uuid:..."; "" for none. With it, and over TCP or TLS,
	// the registration is bound to the connection (RFC 5626 4.2).
	Instance string
	// User is the user part of our Contact; "" means that of AOR.
	User string
	// Expires is asked for; 0 means 300 s. The registrar decides.
	Expires time.Duration
	// Changed is told each change between registered (nil) and not. It must
	// not block.
	Changed func(error)
}

// account is a registration that is kept.
type account struct {
	u     *UA
	o     RegisterOptions
	aor   sip.Uri
	where sip.Uri
	// trunk is where it registers, nil when Registrar says it alone.
	trunk       *trunk
	credentials *credentials
	callID      string
	seq         uint32
	flow        message.Flow // the connection of the last success
	bad         bool         // Changed was told an error last
	told        bool
}

// Register registers and keeps the registration until ctx or the UA ends, when
// it is given back. It blocks for the first answer: an error means that the
// registrar refused or did not answer, and nothing is kept.
func (u *UA) Register(ctx context.Context, o RegisterOptions) error {
	a, err := u.newAccount(o, newCredentials(o.Credentials))
	if err != nil {
		return err
	}
	expires, err := a.once(ctx, a.o.Expires)
	if err != nil {
		return err
	}
	a.tell(nil)
	if !u.keep(func() { a.run(ctx, expires) }) {
		return errClosing
	}
	return nil
}

// keep starts a goroutine that Close waits for before the sockets close.
func (u *UA) keep(run func()) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closing {
		return false
	}
	u.work.Add(1)
	u.keepers.Add(1)
	go func() {
		defer u.work.Done()
		defer u.keepers.Done()
		defer u.recovered("registration")
		run()
	}()
	return true
}

// keepTrunk registers at a trunk that has credentials.
func (u *UA) keepTrunk(t *trunk) {
	if t.Register.User == "" {
		return
	}
	a, err := u.newAccount(RegisterOptions{
		AOR: t.account(), Registrar: t.Address, Transport: t.transport, Roots: t.roots, Instance: t.Instance,
		Changed: func(err error) {
			u.trunkIs(t, &t.health.registered, err)
			if u.cfg.Registered != nil {
				u.cfg.Registered(t.Name, err)
			}
		},
	}, t.credentials)
	if err != nil {
		u.trunkIs(t, &t.health.registered, err)
		return
	}
	a.trunk = t
	u.keep(func() {
		select {
		case <-t.looked: // else the first try would come too early
		case <-u.leaving.Done():
		}
		a.run(u.leaving, 0)
	})
}

func (u *UA) newAccount(o RegisterOptions, c *credentials) (*account, error) {
	aor, err := message.ParseURI(o.AOR)
	if err != nil || aor.Scheme != "sip" {
		return nil, fmt.Errorf("sipua: register: AOR %q is not a sip: address", o.AOR)
	}
	where := sip.Uri{Scheme: "sip", Host: aor.Host, Port: aor.Port}
	if o.Registrar != "" {
		if where, err = message.ParseURI(o.Registrar); err != nil || where.Scheme != "sip" {
			return nil, fmt.Errorf("sipua: register: registrar %q is not a sip: address", o.Registrar)
		}
	}
	if o.Transport == "" {
		if o.Transport, err = message.Transport(where, "udp"); err != nil {
			return nil, err
		}
	}
	if o.User == "" {
		o.User = aor.User
	}
	if o.Expires <= 0 {
		o.Expires = 300 * time.Second
	}
	return &account{u: u, o: o, aor: aor, where: where, credentials: c, callID: message.NewToken()}, nil
}

// run keeps the registration until ctx or the UA ends; granted is how long the
// present one lasts, 0 when there is none.
func (a *account) run(ctx context.Context, lasts time.Duration) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.u.leaving, cancel)()
	k := keeping{}.next(granted, lasts, 0)
	var moved <-chan struct{}
	for {
		h := a.await(ctx, k.wait, moved)
		switch h {
		case ended:
			a.giveBack(k.granted)
			return
		case flowLost:
			a.u.log.Info("sip: connection lost, registering again", "aor", a.o.AOR, "at", a.where.String())
			a.flow = message.Flow{}
		case elsewhere:
			moved = nil
		case due:
			moved = a.moved()
			var err error
			if lasts, err = a.once(ctx, a.o.Expires); ctx.Err() != nil {
				continue
			}
			h = granted
			if err != nil {
				h, moved = refused, a.moved() // by ourselves
			}
			a.tell(err)
		}
		k = k.next(h, lasts, rand.Float64())
	}
}

// await waits for what happens next to the registration.
func (a *account) await(ctx context.Context, wait time.Duration, moved <-chan struct{}) happening {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ended
	case <-a.lost():
		return flowLost
	case <-moved:
		return elsewhere
	case <-timer.C:
		return due
	}
}

// moved is closed when the trunk's address becomes another; nil without one.
func (a *account) moved() <-chan struct{} {
	if a.trunk == nil {
		return nil
	}
	return a.trunk.places.change()
}

// lost is closed when the connection we registered by is; nil without one.
func (a *account) lost() <-chan struct{} {
	return a.u.wire.Done(a.flow)
}

// giveBack removes our binding (RFC 3261 10.2.2).
func (a *account) giveBack(granted time.Duration) {
	if granted == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(a.u.stop, unregisterTimeout)
	defer cancel()
	if _, err := a.once(ctx, 0); err != nil {
		a.u.log.Warn("sip: registration not given back", "aor", a.o.AOR, "err", err)
	}
}

func (a *account) tell(err error) {
	if a.told && a.bad == (err != nil) {
		return
	}
	a.told, a.bad = true, err != nil
	if err != nil {
		a.u.log.Warn("sip: not registered, trying again", "aor", a.o.AOR, "at", a.where.String(), "err", err)
	} else {
		a.u.log.Info("sip: registered", "aor", a.o.AOR, "at", a.where.String())
	}
	if a.o.Changed != nil {
		a.o.Changed(err)
	}
}

// once sends one REGISTER, answers a challenge and a 423, and returns how long
// the registration lasts.
func (a *account) once(ctx context.Context, expires time.Duration) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, registerTimeout)
	defer cancel()
	h, err := a.hop(ctx)
	if err != nil {
		return 0, err
	}
	at := h.Addr
	if h.Sock == nil && h.Transport == "udp" {
		return 0, fmt.Errorf("there is no UDP socket to reach %s: add one to sip.listen", at)
	}
	req := a.request(h, expires)
	for range 4 {
		a.seq++
		req.CSeq().SeqNo = a.seq
		res, err := a.u.wire.Do(ctx, req, h)
		if err != nil {
			if a.trunk != nil && a.u.leaving.Err() == nil {
				a.trunk.places.pass(at)
			}
			return 0, fmt.Errorf("no answer from %s: %w", at, err)
		}
		switch {
		case res.IsSuccess():
			a.flow = message.Flow{Transport: h.Transport, Peer: h.Addr}
			return a.granted(res, expires), nil
		case res.StatusCode == sip.StatusUnauthorized, res.StatusCode == sip.StatusProxyAuthRequired:
			if req, err = a.credentials.authorise(req, res); err != nil {
				return 0, err
			}
		case res.StatusCode == sip.StatusIntervalToBrief: // RFC 3261 10.2.8
			least, err := strconv.Atoi(strings.TrimSpace(message.Header(res, "Min-Expires")))
			if err != nil || least <= 0 || least > 86400 {
				return 0, errors.New("the registrar says 423 without a usable Min-Expires")
			}
			expires = time.Duration(least) * time.Second
			req = a.request(h, expires)
		default:
			return 0, fmt.Errorf("the registrar says %d %s", res.StatusCode, message.CleanText(res.Reason))
		}
	}
	return 0, errors.New("the registrar keeps asking for credentials")
}

// hop is the way to the registrar. It blocks for the DNS when that is no trunk.
func (a *account) hop(ctx context.Context) (wire.Hop, error) {
	if a.trunk != nil {
		return a.trunk.hop(a.u)
	}
	at, err := a.u.wire.Resolve(ctx, a.o.Transport, a.where)
	if err != nil {
		return wire.Hop{}, err
	}
	return wire.Hop{
		Transport: a.o.Transport, Addr: at, Sock: a.u.wire.SocketFor(a.o.Transport, "", at.Addr()), Host: a.where.Host,
		Roots: a.o.Roots,
	}, nil
}

func (a *account) request(h wire.Hop, expires time.Duration) *sip.Request {
	req := sip.NewRequest(sip.REGISTER, sip.Uri{Scheme: "sip", Host: a.aor.Host, Port: a.aor.Port})
	forwards := sip.MaxForwardsHeader(70)
	callID := sip.CallIDHeader(a.callID)
	from := sip.FromHeader{Address: a.aor, Params: sip.HeaderParams{{K: "tag", V: message.NewToken()}}}
	to := sip.ToHeader{Address: a.aor}
	contact := sip.ContactHeader{Address: a.u.wire.ContactURI(a.o.User, h)}
	if a.o.Instance != "" {
		contact.Params = sip.HeaderParams{{K: "+sip.instance", V: `"<` + message.CleanText(a.o.Instance) + `>"`}}
		if h.Transport != "udp" {
			contact.Params = append(contact.Params, sip.HeaderKV{K: "reg-id", V: "1"})
			req.AppendHeader(sip.NewHeader("Supported", "outbound, path"))
		}
	}
	req.AppendHeader(&forwards)
	req.AppendHeader(&from)
	req.AppendHeader(&to)
	req.AppendHeader(&callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: a.seq, MethodName: sip.REGISTER})
	req.AppendHeader(&contact)
	req.AppendHeader(sip.NewHeader("Expires", message.Seconds(expires)))
	req.AppendHeader(sip.NewHeader("Allow", a.u.allow))
	req.SetBody(nil)
	return req
}

// granted is the expiry of our own contact in the answer (RFC 3261 10.2.4).
func (a *account) granted(res *sip.Response, asked time.Duration) time.Duration {
	for _, h := range res.GetHeaders("Contact") {
		c, ok := h.(*sip.ContactHeader)
		if !ok || c.Address.User != message.EscapeUser(a.o.User) {
			continue
		}
		if v, ok := c.Params.Get("expires"); ok {
			if n, err := strconv.Atoi(v); err == nil && n > 0 && n <= 86400 {
				return time.Duration(n) * time.Second
			}
		}
	}
	if n, err := strconv.Atoi(strings.TrimSpace(message.Header(res, "Expires"))); err == nil && n > 0 && n <= 86400 {
		return time.Duration(n) * time.Second
	}
	return asked
}
