package trunk

import (
	"context"
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
	// registerFor is the time we ask for; the registrar decides.
	registerFor       = 300 * time.Second
	registerTimeout   = 10 * time.Second
	unregisterTimeout = time.Second
)

// account is our registration at a trunk.
type account struct {
	*Trunk
	callID string
	seq    uint32
	flow   message.Flow // the connection of the last success
	bad    bool         // an error was told last
	told   bool
}

// register keeps us registered at a trunk that has credentials.
func (t *Trunk) register(ctx context.Context) {
	if t.Account == "" {
		return
	}
	select {
	case <-t.looked: // else the first try would come too early
	case <-ctx.Done():
	}
	(&account{Trunk: t, callID: message.NewToken()}).run(ctx)
}

// run keeps the registration until ctx ends, when it is given back.
func (a *account) run(ctx context.Context) {
	var k keeping
	var lasts time.Duration
	var moved <-chan struct{}
	for {
		h := a.await(ctx, k.wait, moved)
		switch h {
		case ended:
			a.giveBack(ctx, k.granted)
			return
		case flowLost:
			a.agent.Log.Info("sip: connection lost, registering again", "aor", a.Account, "at", a.Address)
			a.flow = message.Flow{}
		case elsewhere:
			moved = nil
		case due:
			moved = a.places.change()
			var err error
			if lasts, err = a.once(ctx, registerFor); ctx.Err() != nil {
				continue
			}
			h = granted
			if err != nil {
				h, moved = refused, a.places.change() // by ourselves
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
	case <-a.agent.Wire.Done(a.flow):
		return flowLost
	case <-moved:
		return elsewhere
	case <-timer.C:
		return due
	}
}

// giveBack removes our binding (RFC 3261 10.2.2).
func (a *account) giveBack(ctx context.Context, granted time.Duration) {
	if granted == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unregisterTimeout)
	defer cancel()
	if _, err := a.once(ctx, 0); err != nil {
		a.agent.Log.Warn("sip: registration not given back", "aor", a.Account, "err", err)
	}
}

func (a *account) tell(err error) {
	if a.told && a.bad == (err != nil) {
		return
	}
	a.told, a.bad = true, err != nil
	if err != nil {
		a.agent.Log.Warn("sip: not registered, trying again", "aor", a.Account, "at", a.Address, "err", err)
	} else {
		a.agent.Log.Info("sip: registered", "aor", a.Account, "at", a.Address)
	}
	a.is(&a.health.registered, err)
	if a.agent.Registered != nil {
		a.agent.Registered(a.Name, err)
	}
}

// once sends one REGISTER, answers a challenge and a 423, and returns how long
// the registration lasts.
func (a *account) once(ctx context.Context, expires time.Duration) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, registerTimeout)
	defer cancel()
	h, err := a.Hop()
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
		res, err := a.agent.Wire.Do(ctx, req, h)
		if err != nil {
			if !errors.Is(ctx.Err(), context.Canceled) {
				a.places.pass(at)
			}
			return 0, fmt.Errorf("no answer from %s: %w", at, err)
		}
		switch {
		case res.IsSuccess():
			a.flow = h.Flow()
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

func (a *account) request(h wire.Hop, expires time.Duration) *sip.Request {
	registrar := sip.Uri{Scheme: "sip", Host: a.aor.Host, Port: a.aor.Port}
	to := sip.FromHeader{Address: a.aor}
	from := sip.FromHeader{Address: a.aor, Params: sip.HeaderParams{{K: "tag", V: message.NewToken()}}}
	req := message.NewRequest(sip.REGISTER, registrar, &from, &to, a.callID, a.seq)
	contact := sip.ContactHeader{Address: a.agent.Wire.ContactURI(a.aor.User, h)}
	if a.Instance != "" {
		contact.Params = sip.HeaderParams{{K: "+sip.instance", V: `"<` + message.CleanText(a.Instance) + `>"`}}
		if h.Transport != "udp" {
			contact.Params = append(contact.Params, sip.HeaderKV{K: "reg-id", V: "1"})
			req.AppendHeader(sip.NewHeader("Supported", "outbound, path"))
		}
	}
	req.AppendHeader(&contact)
	req.AppendHeader(sip.NewHeader("Expires", message.Seconds(expires)))
	req.AppendHeader(sip.NewHeader("Allow", a.agent.Allow()))
	req.SetBody(nil)
	return req
}

// granted is the expiry of our own contact in the answer (RFC 3261 10.2.4).
func (a *account) granted(res *sip.Response, asked time.Duration) time.Duration {
	for _, h := range res.GetHeaders("Contact") {
		c, ok := h.(*sip.ContactHeader)
		if !ok || c.Address.User != message.EscapeUser(a.aor.User) {
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
