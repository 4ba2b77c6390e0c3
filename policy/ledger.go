package policy

import "sync"

// ledger is the newest state of each user's grants that this node has seen: in
// its own audit file, in the store, or as another node's change. A record of
// the store that is older is not believed.
type ledger struct {
	mu     sync.Mutex
	newest map[string]epochGrants
	// off is when each switch was seen off last, by its epoch.
	off map[toggle]uint64
	// own are the changes that this node is writing just now.
	own map[change]int
}

// toggle is a switch above all grants: interworking of a user's device, or, for
// the device "", whether he takes automatic answers at all.
type toggle struct{ user, device string }

func newLedger() ledger {
	return ledger{newest: map[string]epochGrants{}, off: map[toggle]uint64{}, own: map[change]int{}}
}

type change struct {
	user  string
	epoch uint64
}

// begin marks a change as one of this node, which note tells no news of, until
// the function it returns is called.
func (l *ledger) begin(user string, epoch uint64) (end func()) {
	c := change{user, epoch}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.own[c]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.own[c]--; l.own[c] == 0 {
			delete(l.own, c)
		}
	}
}

// epochGrants are grants with the epoch of their change. Epochs of one user
// only grow: milliseconds since 1970, or one more than the last.
type epochGrants struct {
	epoch  uint64
	grants Grants
}

// note takes a state in, and tells whether it is newer than what was known and
// no change of this node.
func (l *ledger) note(user string, epoch uint64, g Grants) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if epoch <= l.newest[user].epoch {
		return false
	}
	l.newest[user] = epochGrants{epoch, g}
	return l.own[change{user, epoch}] == 0
}

// of is the newest state known of a user's grants; epoch 0 for none.
func (l *ledger) of(user string) epochGrants {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.newest[user]
}

// take notes what a line of the audit file says. Lines without an epoch are
// from before there were any.
func (l *ledger) take(r *Record) {
	switch {
	case r.Epoch == 0 || r.Owner == "":
	case r.Grants != nil:
		l.note(r.Owner, r.Epoch, *r.Grants)
	case r.Event == eventOff:
		l.noteOff(toggle{r.Owner, r.Device}, r.Epoch)
	}
}

// records are what the ledger knows, as lines of an audit file.
func (l *ledger) records() (out []*Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for user, known := range l.newest {
		out = append(out, &Record{Event: eventHeard, Owner: user, Grants: &known.grants, Epoch: known.epoch})
	}
	for s, epoch := range l.off {
		out = append(out, &Record{Event: eventOff, Owner: s.user, Device: s.device, Epoch: epoch})
	}
	return out
}

// noteOff takes in that a switch was off at epoch, and tells whether that is news.
func (l *ledger) noteOff(s toggle, epoch uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if epoch <= l.off[s] {
		return false
	}
	l.off[s] = epoch
	return true
}

// offAt is the epoch at which a switch was off last, 0 for never.
func (l *ledger) offAt(s toggle) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.off[s]
}
