package sipua

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

// TrunkState is how a trunk does.
type TrunkState struct {
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

func (h *health) state() (up bool, since time.Time, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.bad(); err != nil {
		return false, h.since, err.Error()
	}
	return true, h.since, ""
}

// Trunks are the states of the trunks, in the order of the configuration.
func (u *UA) Trunks() []TrunkState {
	out := make([]TrunkState, 0, len(u.cfg.Trunks))
	for _, c := range u.cfg.Trunks {
		t := u.trunks[c.Name]
		up, since, why := t.health.state()
		out = append(out, TrunkState{Name: c.Name, Up: up, Since: since, Why: why, Found: t.places.found()})
	}
	return out
}

// TrunkUp tells whether the trunk is up; false for one that there is not.
func (u *UA) TrunkUp(name string) bool {
	t := u.trunks[name]
	if t == nil {
		return false
	}
	up, _, _ := t.health.state()
	return up
}

// TrunkAddrs are the addresses of a trunk, the one that requests go to first;
// nil while none is known and for a trunk that there is not.
func (u *UA) TrunkAddrs(name string) []netip.Addr {
	t := u.trunks[name]
	if t == nil {
		return nil
	}
	all, err := t.places.all()
	if err != nil {
		return nil
	}
	out := make([]netip.Addr, len(all))
	for i, at := range all {
		out[i] = at.Addr()
	}
	return out
}

func (u *UA) trunkIs(t *trunk, where *error, err error) {
	switch changed, up := t.health.set(where, err, time.Now()); {
	case changed && up:
		u.log.Info("sip: trunk is up", "trunk", t.Name)
	case changed:
		u.log.Warn("sip: trunk is down", "trunk", t.Name, "why", err)
	}
}

// watchTrunk asks the trunk whether it is there until Close begins, soon for the
// first time.
func (u *UA) watchTrunk(t *trunk) {
	if t.Ping <= 0 {
		return
	}
	u.keep(func() {
		timer := time.NewTimer(t.Ping / 10)
		defer timer.Stop()
		for missed := 0; ; {
			select {
			case <-u.leaving.Done():
				return
			case <-timer.C:
			}
			err := u.askPlaces(t, missed > 0)
			if u.leaving.Err() != nil {
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
				u.trunkIs(t, &t.health.ping, err)
			}
			timer.Reset(wait)
		}
	})
}

// askPlaces asks at the preferred addresses of the trunk that it is not at, then
// at its current one, and with others at the rest. Where it answers it is from
// then on.
func (u *UA) askPlaces(t *trunk, others bool) error {
	for _, at := range t.places.better() {
		if u.askTrunk(t, at) == nil {
			u.log.Info("sip: trunk answers again at the address it prefers", "trunk", t.Name, "at", at)
			t.places.use(at)
			return nil
		}
	}
	all, err := t.places.all()
	if err != nil {
		return nil //nolint:nilerr // that nothing is known of it is told by followTrunk
	}
	err = u.askTrunk(t, all[0])
	if err == nil || !others {
		return err
	}
	for _, at := range all[1:] {
		if u.leaving.Err() == nil && u.askTrunk(t, at) == nil {
			u.log.Warn("sip: trunk answers at another of its addresses", "trunk", t.Name, "at", at, "why", err)
			t.places.use(at)
			return nil
		}
	}
	return err
}

// askTrunk sends OPTIONS (RFC 3261 11). Any answer but 408 and 503 is a sign of
// life: many trunks answer it with 404 or 405.
func (u *UA) askTrunk(t *trunk, at netip.AddrPort) error {
	ctx, cancel := context.WithTimeout(u.leaving, pingWait)
	defer cancel()
	h := t.hopTo(u, at)
	if h.Transport == "udp" && h.Sock == nil {
		return fmt.Errorf("there is no UDP socket to reach %s: add one to sip.listen", h.Addr)
	}
	target := sip.Uri{Scheme: "sip", Host: t.uri.Host, Port: t.uri.Port}
	req := sip.NewRequest(sip.OPTIONS, target)
	forwards, callID := sip.MaxForwardsHeader(70), sip.CallIDHeader(message.NewToken())
	us := sip.Uri{Scheme: "sip", Host: u.cfg.Domain}
	req.AppendHeader(&forwards)
	req.AppendHeader(&sip.FromHeader{Address: us, Params: sip.HeaderParams{{K: "tag", V: message.NewToken()}}})
	req.AppendHeader(&sip.ToHeader{Address: target})
	req.AppendHeader(&callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: sip.OPTIONS})
	req.AppendHeader(&sip.ContactHeader{Address: u.wire.ContactURI("", h)})
	req.AppendHeader(sip.NewHeader("Accept", message.SDPType))
	req.SetBody(nil)
	res, err := u.wire.Do(ctx, req, h)
	switch {
	case err != nil:
		return fmt.Errorf("no answer from %s: %w", h.Addr, err)
	case res.StatusCode == sip.StatusRequestTimeout, res.StatusCode == sip.StatusServiceUnavailable:
		return fmt.Errorf("it says %d %s", res.StatusCode, message.CleanText(res.Reason))
	}
	return nil
}
