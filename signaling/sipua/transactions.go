package sipua

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/throttle"
	"ringsplash/signaling/sipua/message"
)

const (
	// strangersShare is the part of all open transactions that callers who
	// proved nothing may have together.
	strangersShare = 4
	// maxOfStranger is how many one source of theirs may have.
	maxOfStranger = 64
	// maxOver is how many transactions that are over are remembered for the
	// sake of repeats; the oldest are forgotten first.
	maxOver = 20000
	// maxKept bounds the names and answers that are remembered, in bytes.
	maxKept = 8 << 20
	// maxFinal is the size up to which an answer is remembered: repeats of a
	// request with a longer one get none.
	maxFinal = 4096
	// maxInCall is how many transactions one call may have, whoever it is with.
	maxInCall = 16

	// begunWait is how long a request may take from the read filter to its
	// handler; one that never gets there is not counted any longer.
	begunWait = 10 * time.Second
)

// transactions are the server transactions that requests were let in for: they
// are counted while sipgo keeps them, and what was answered is remembered in a
// few hundred bytes for as long as it may be repeated (RFC 3261 17.2.2, timer
// J), where sipgo would keep the request, the response and their timers.
type transactions struct {
	max int

	mu        sync.Mutex
	known     map[string]*transaction
	open      int
	strangers int
	sources   map[throttle.Source]int // open ones of strangers
	calls     map[*leg]int            // open ones within calls
	over      []*transaction          // in the order in which they are forgotten
	kept      int                     // bytes in over
}

// sender is who sent a request that begins a transaction.
type sender struct {
	stranger bool // nobody we know vouches for him
	within   *leg // nil outside calls
	bye      bool
}

// transaction is one that was let in.
type transaction struct {
	sender
	key    string
	from   message.Flow
	source throttle.Source
	let    time.Time
	begun  bool
	// over: sipgo has none of it any more. final answers repeats, nil for silence.
	over  bool
	final []byte
	until time.Time
}

func newTransactions(limit int) *transactions {
	return &transactions{
		max: limit, known: make(map[string]*transaction), sources: make(map[throttle.Source]int),
		calls: make(map[*leg]int),
	}
}

// size is what x takes in over.
func (x *transaction) size() int { return len(x.key) + len(x.final) }

// find is the transaction as it is now, if it is known.
func (t *transactions) find(key string) (now transaction, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if x := t.known[key]; x != nil {
		return *x, true
	}
	return now, false
}

// let counts a new transaction in, or refuses it when there are too many. A
// call may have a few whatever there is beside it, and can always be ended.
func (t *transactions) let(key string, at message.Flow, from sender, now time.Time) *message.Refusal {
	source := throttle.SourceOf(at.Peer.Addr())
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forgetBefore(now)
	switch {
	case from.within != nil:
		if t.calls[from.within] >= maxInCall && !from.bye {
			return tooManyInCall
		}
		t.calls[from.within]++
	case t.open >= t.max:
		return tooMany
	case from.stranger && (t.strangers >= t.max/strangersShare || t.sources[source] >= maxOfStranger):
		return tooMany
	}
	t.known[key] = &transaction{sender: from, key: key, from: at, source: source, let: now}
	t.open++
	if from.stranger {
		t.strangers++
		t.sources[source]++
	}
	return nil
}

// begin follows a transaction that reached its handler until sipgo ends it.
func (t *transactions) begin(req *sip.Request, tx sip.ServerTransaction) {
	key := message.TransactionKey(req)
	t.mu.Lock()
	x := t.known[key]
	if x != nil {
		x.begun = true
	}
	t.mu.Unlock()
	if x != nil && !tx.OnTerminate(func(string, error) { t.end(x) }) {
		t.end(x)
	}
}

// end forgets a transaction, unless it was kept for repeats.
func (t *transactions) end(x *transaction) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.close(x)
	if x.until.IsZero() && t.known[x.key] == x {
		delete(t.known, x.key)
	}
}

// ofStranger tells whether the transaction of req is that of a caller who
// proved nothing.
func (t *transactions) ofStranger(req *sip.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	x := t.known[message.TransactionKey(req)]
	return x != nil && x.stranger
}

// close counts x out, under mu.
func (t *transactions) close(x *transaction) {
	if x.over {
		return
	}
	x.over = true
	t.open--
	if x.within != nil {
		if t.calls[x.within]--; t.calls[x.within] <= 0 {
			delete(t.calls, x.within)
		}
		x.within = nil // what is kept for repeats would keep the leg
	}
	if x.stranger {
		t.strangers--
		if t.sources[x.source]--; t.sources[x.source] <= 0 {
			delete(t.sources, x.source)
		}
	}
}

// keep remembers how req was answered, nil for with silence, so that sipgo
// need not.
func (t *transactions) keep(req *sip.Request, final []byte, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	x := t.known[message.TransactionKey(req)]
	if x == nil || !x.until.IsZero() {
		return
	}
	x.until = now.Add(64 * sip.T1)
	if len(final) <= maxFinal {
		x.final = final
	}
	t.over = append(t.over, x)
	t.kept += x.size()
	t.forgetBefore(now)
}

// forgetBefore drops what cannot be repeated any more, and what is too much,
// under mu.
func (t *transactions) forgetBefore(now time.Time) {
	n := 0
	for n < len(t.over) && (len(t.over)-n > maxOver || t.kept > maxKept || !now.Before(t.over[n].until)) {
		x := t.over[n]
		t.kept -= x.size()
		if t.known[x.key] == x {
			t.close(x)
			delete(t.known, x.key)
		}
		t.over[n] = nil
		n++
	}
	if t.over = t.over[n:]; len(t.over) == 0 {
		t.over = nil // the array
	}
}

// sweep forgets what is over, and requests that sipgo lost on the way to their
// handler.
func (t *transactions) sweep(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forgetBefore(now)
	for key, x := range t.known {
		if !x.begun && !x.over && now.Sub(x.let) > begunWait {
			t.close(x)
			delete(t.known, key)
		}
	}
}

// counts are how many are open, and how many of them are strangers'.
func (t *transactions) counts() (open, strangers int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.open, t.strangers
}

// answering is a transaction of sipgo that remembers its final response.
type answering struct {
	sip.ServerTransaction
	final atomic.Pointer[sip.Response]
}

func (a *answering) Respond(res *sip.Response) error {
	if !res.IsProvisional() {
		a.final.Store(res)
	}
	return a.ServerTransaction.Respond(res)
}

// shorten ends sipgo's transaction of a request that its handler is through
// with, where nothing but repeats can come any more: the answer is kept for
// them. An INVITE that was refused stays until its ACK, and one that was
// accepted has it.
func (u *UA) shorten(req *sip.Request, tx *answering) {
	res := tx.final.Load()
	if res == nil || sip.IsReliable(req.Transport()) {
		return
	}
	over := func(final []byte) {
		u.txs.keep(req, final, time.Now())
		tx.Terminate()
	}
	switch {
	case !req.IsInvite():
		over([]byte(res.String()))
	case res.IsSuccess():
		over(nil)
	case u.txs.ofStranger(req):
		// He who sends no ACK is sent his refusal twice, not eleven times.
		time.AfterFunc(3*sip.T1/2, func() { over(nil) })
	}
}
