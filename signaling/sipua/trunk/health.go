package trunk

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

const (
	// pingWait is how long a trunk may take for the answer to OPTIONS.
	pingWait = 4 * time.Second
	// pingAgain is when a trunk that did not answer is asked again, at most.
	pingAgain = 5 * time.Second
)

// State is how a trunk does.
type State struct {
	Name string
	// Up: it answers, and we are registered there where we must be. A trunk
	// nobody has asked yet is up.
	Up bool
	// Since is when Up changed last, Why what is wrong when it is not up.
	Since time.Time
	Why   string
	// Found: its name was found when it was looked up last. When it was not,
	// the addresses from before stay in use.
	Found bool
}

// health is a trunk's state with its sources.
type health struct {
	mu         sync.Mutex
	ping       error // nil: it answers
	registered error // nil: registered, or need not be
	found      error // nil: we know an address
	since      time.Time
}

// bad joins the sources. It runs under mu.
func (h *health) bad() error { return errors.Join(h.found, h.ping, h.registered) }

// set changes one source and tells whether the trunk went up or down by it.
func (h *health) set(where *error, err error, now time.Time) (changed, up bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.bad() == nil
	*where = err
	up = h.bad() == nil
	if changed = was != up; changed {
		h.since = now
	}
	return changed, up
}

func (h *health) state(name string) State {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := State{Name: name, Up: true, Since: h.since}
	if err := h.bad(); err != nil {
		s.Up, s.Why = false, err.Error()
	}
	return s
}

// is takes what one source of the trunk's health says now.
func (t *Trunk) is(where *error, err error) {
	switch changed, up := t.health.set(where, err, time.Now()); {
	case changed && up:
		t.log.Info("sip: trunk is up")
	case changed:
		t.log.Warn("sip: trunk is down", "why", err)
	}
}

// watch asks the trunk whether it is there until ctx ends, soon for the first
// time.
func (t *Trunk) watch(ctx context.Context) {
	if t.Ping <= 0 {
		return
	}
	timer := time.NewTimer(t.Ping / 10)
	defer timer.Stop()
	for missed := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		err := t.askPlaces(ctx, missed > 0)
		if ctx.Err() != nil {
			return
		}
		wait := t.Ping
		if err != nil {
			missed++
			wait = min(wait, pingAgain)
		} else {
			missed = 0
		}
		if err == nil || missed > 1 { // one lost answer says nothing
			t.is(&t.health.ping, err)
		}
		timer.Reset(wait)
	}
}

// askPlaces asks at the preferred addresses of the trunk that it is not at, then
// at its current one, and with others at the rest. Where it answers it is from
// then on.
func (t *Trunk) askPlaces(ctx context.Context, others bool) error {
	for _, at := range t.places.better() {
		if t.ask(ctx, at) == nil {
			t.log.Info("sip: trunk answers again at the address it prefers", "at", at)
			t.places.use(at)
			return nil
		}
	}
	all, err := t.places.all()
	if err != nil {
		return nil //nolint:nilerr // that nothing is known of it is told by follow
	}
	err = t.ask(ctx, all[0])
	if err == nil || !others {
		return err
	}
	for _, at := range all[1:] {
		if ctx.Err() == nil && t.ask(ctx, at) == nil {
			t.log.Warn("sip: trunk answers at another of its addresses", "at", at, "why", err)
			t.places.use(at)
			return nil
		}
	}
	return err
}

// ask sends OPTIONS (RFC 3261 11). Any answer but 408 and 503 is a sign of
// life: many trunks answer it with 404 or 405.
func (t *Trunk) ask(ctx context.Context, at netip.AddrPort) error {
	ctx, cancel := context.WithTimeout(ctx, pingWait)
	defer cancel()
	h := t.hopTo(at)
	if h.Transport == "udp" && h.Sock == nil {
		return fmt.Errorf("there is no UDP socket to reach %s: add one to sip.listen", h.Addr)
	}
	to := sip.FromHeader{Address: sip.Uri{Scheme: "sip", Host: t.uri.Host, Port: t.uri.Port}}
	from := sip.FromHeader{
		Address: sip.Uri{Scheme: "sip", Host: t.agent.Domain}, Params: sip.HeaderParams{{K: "tag", V: message.NewToken()}},
	}
	req := message.NewRequest(sip.OPTIONS, to.Address, &from, &to, message.NewToken(), 1)
	req.AppendHeader(&sip.ContactHeader{Address: t.agent.Wire.ContactURI("", h)})
	req.AppendHeader(sip.NewHeader("Accept", message.SDPType))
	req.SetBody(nil)
	res, err := t.agent.Wire.Do(ctx, req, h)
	switch {
	case err != nil:
		return fmt.Errorf("no answer from %s: %w", h.Addr, err)
	case res.StatusCode == sip.StatusRequestTimeout, res.StatusCode == sip.StatusServiceUnavailable:
		return fmt.Errorf("it says %d %s", res.StatusCode, message.CleanText(res.Reason))
	}
	return nil
}
