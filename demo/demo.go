// Package demo runs Ringsplash without hardware: a gateway on loopback, and two
// simulated SIP phones (real SIP, real RTP) with a page of their own. Alice's
// phone is the deskphone beside her browser tab; Bob's calls her.
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"

	"ringsplash/gateway"
	"ringsplash/media"
	"ringsplash/policy"
	"ringsplash/signaling/sipua"
	"ringsplash/signaling/sipua/trunk"
	"ringsplash/signaling/sipua/wire"
)

// trunkName is what a phone's own user agent calls the gateway.
const trunkName = "gateway"

// Account is how a simulated phone logs in at the gateway.
type Account struct{ Name, Display, Password, Instance string }

// Demo is the two simulated phones and their page. The page may be served
// before Start: it then shows phones that are not connected yet.
type Demo struct {
	domain string
	log    *slog.Logger
	loop   *media.Loop
	alice  *phone
	bob    *phone
	uas    []*sipua.UA
	page   *page
	up     atomic.Bool
}

// New makes the phones, not yet connected. It opens sockets on loopback.
func New(domain string, log *slog.Logger) (*Demo, error) {
	loop, err := media.Listen(media.Config{Listen: []netip.Addr{loopback}}, log)
	if err != nil {
		return nil, err
	}
	d := &Demo{domain: domain, log: log, loop: loop}
	d.page = newPage(d, log)
	d.alice = d.newPhone("alice", melody("alice", 440, 550, 660))
	d.bob = d.newPhone("bob", melody("bob", 700, 590, 500))
	return d, nil
}

var loopback = netip.MustParseAddr("127.0.0.1")

func (d *Demo) newPhone(name string, voice media.Source) *phone {
	p := &phone{name: name, loop: d.loop, voice: voice, local: loopback, log: d.log, onFace: d.page.changed}
	p.onSound = func(payload []byte) { d.page.sound(name, payload) }
	p.face = face{Name: name, State: "idle", Display: "Connecting"}
	return p
}

// Handler is the page with the phones, to be mounted at /demo.
func (d *Demo) Handler() http.Handler { return d.page }

// Start registers the phones at the gateway's SIP address ("udp://host:port").
// It waits until both are registered, at most until ctx ends.
func (d *Demo) Start(ctx context.Context, sip string, alice, bob Account) error {
	for _, one := range []struct {
		p *phone
		a Account
	}{{d.alice, alice}, {d.bob, bob}} {
		if err := d.connect(ctx, one.p, sip, one.a); err != nil {
			return fmt.Errorf("simulated phone of %s: %w", one.a.Name, err)
		}
	}
	d.up.Store(true)
	return nil
}

func (d *Demo) connect(ctx context.Context, p *phone, sip string, a Account) error {
	aor := "sip:" + a.Name + "@" + d.domain
	registered := make(chan error, 1)
	ua, err := sipua.Open(sipua.Config{
		Domain: d.domain, Config: wire.Config{Listen: []string{"udp://127.0.0.1:0"}},
		Trunks: []trunk.Config{{
			Name: trunkName, Address: "sip:" + strings.TrimPrefix(sip, "udp://"), AOR: aor, Instance: a.Instance,
			Register: trunk.Credentials{User: a.Name, Password: a.Password, Realm: d.domain},
		}},
		Registered: func(_ string, err error) {
			select {
			case registered <- err:
			default: // only the first outcome is waited for
			}
		},
	}, d.log.With("phone", a.Name))
	if err != nil {
		return err
	}
	d.uas = append(d.uas, ua)
	from := policy.Identity{Address: aor, Display: a.Display}
	p.dial = func(in gateway.Invite, sink gateway.Sink) gateway.Leg {
		in.From, in.To = from, in.URI
		return ua.Invite(in, sink)
	}
	if err := ua.Serve(sipua.Receiver{Calls: p}); err != nil {
		return err
	}
	select {
	case err := <-registered:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	p.locked(func() { p.show("idle", "") })
	return nil
}

// callAlice lets Bob's phone call her.
func (d *Demo) callAlice() {
	if d.up.Load() {
		d.bob.call("Alice", "sip:alice@"+d.domain)
	}
}

// Close hangs up and gives everything back.
func (d *Demo) Close() error {
	d.alice.hangUp()
	d.bob.hangUp()
	d.page.close()
	var errs []error
	for _, ua := range d.uas {
		errs = append(errs, ua.Close())
	}
	return errors.Join(append(errs, d.loop.Close())...)
}
