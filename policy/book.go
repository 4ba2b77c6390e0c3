package policy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ringsplash/internal/address"
	"ringsplash/store"
)

const (
	// decideFor bounds a decision.
	decideFor = 300 * time.Millisecond
	// recordFor is what of it is kept for the record when the store hangs.
	recordFor = 60 * time.Millisecond
	// tallyTries bounds how often a count is made anew when others count too.
	tallyTries = 5
)

// People is what the rule asks of the directory. Both may block for the store
// and honour ctx; an error denies.
type People interface {
	// Interworking tells whether the user's device may be made to answer by
	// itself: read from the store, so that switching it off is in force on
	// every node at once. False for a device that does not exist. epoch is that
	// of the last change, 0 for none; it only grows.
	Interworking(ctx context.Context, user, device string) (on bool, epoch uint64, err error)
	// DoNotDisturb tells whether the user wants quiet: read from the store too.
	DoNotDisturb(ctx context.Context, user string) (on bool, epoch uint64, err error)
	// DND tells whether the user set his presence to do not disturb, which means
	// quiet too for as long as it lasts: read from the store.
	DND(ctx context.Context, user string) (bool, error)
	// Switches goes through what the two tell, as the store has it, of one user
	// or of everybody (""): interworking of a device, and, with device "",
	// whether the user does not want quiet.
	Switches(ctx context.Context, user string, each func(user, device string, on bool, epoch uint64)) error
	// SwitchOff brings back one that was off at epoch, over anything older.
	SwitchOff(ctx context.Context, user, device string, epoch uint64) error
	// Known tells whether one of the canonical addresses is in the user's
	// personal directory, and whether one is a friend's there. With foldCase
	// the case of user parts does not count.
	Known(ctx context.Context, user string, addresses []string, foldCase bool) (friend, known bool, err error)
	// UserAt is who of ours has the canonical address, by name or number, and
	// his number; "" for nobody, and for none. It does not block.
	UserAt(address string) (name, number string)
}

// Config of a Book. Store, People and AuditDir are needed.
type Config struct {
	Store  store.Store
	People People
	// Forbid are the groups the administrator does not let users allow [none].
	Forbid []Group
	// AuditDir is the folder of this node's audit file.
	AuditDir string
	Node     string // name of this node in records
	// PhoneHosts are the hosts of the trusted trunks, where a user part like
	// +15551234 is a telephone number [none].
	PhoneHosts []string
	// FoldUserCase lets "Bob@example.com" and "bob@example.com" be one person
	// everywhere, though RFC 3261 19.1.4 tells them apart.
	FoldUserCase bool
	Now          func() time.Time // [time.Now]
	Log          *slog.Logger     // [none]
}

// Book keeps the grants, decides by them and records each decision. Its
// methods may be called from any goroutine.
type Book struct {
	cfg    Config
	phones []address.Host
	audit  *audit
	head   *head
	copies *copies
	ledger ledger
	within time.Duration // decideFor, or a patient test's

	// compared is one more than the store.Life that was compared with the
	// ledger, 0 for none; doubt asks for a comparison.
	compared atomic.Uint64
	doubt    chan struct{}
	unwatch  context.CancelFunc
	watched  chan struct{}

	closeOnce sync.Once
	closeErr  error
}

// startFor bounds what New asks of the store.
const startFor = 10 * time.Second

// New opens the audit file, putting a damaged end aside, compares the store
// with it, and starts the goroutines that write it, copy decisions to the store
// and compare again after each reconnect; Close ends them. It blocks for the
// disk and the store; store.ErrAway (wrapped) when that cannot be reached.
func New(cfg Config) (*Book, error) {
	if cfg.Store == nil || cfg.People == nil || cfg.AuditDir == "" {
		return nil, errors.New("policy: Store, People and AuditDir must be set")
	}
	for _, g := range cfg.Forbid {
		if !slices.Contains(Groups, g) {
			return nil, fmt.Errorf("policy: there is no group %q to forbid", g)
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Log = cmp.Or(cfg.Log, slog.New(slog.DiscardHandler))
	b := &Book{cfg: cfg, ledger: newLedger(), within: decideFor, doubt: make(chan struct{}, 1), watched: make(chan struct{})}
	for _, text := range cfg.PhoneHosts {
		h, err := address.ParseHost(text)
		if err != nil {
			return nil, fmt.Errorf("policy: the host %q of a trunk: %w", text, err)
		}
		b.phones = append(b.phones, h)
	}
	return b, b.start()
}

// start opens what Close ends. On an error nothing is left running.
func (b *Book) start() error {
	ctx, cancel := context.WithTimeout(context.Background(), startFor)
	defer cancel()
	known, err := storedHead(ctx, b.cfg.Store, b.cfg.Node)
	if err != nil {
		return err
	}
	follow, stop := context.WithCancel(context.Background())
	// Subscribed before the comparison, so that no change falls between them.
	changes, err := b.cfg.Store.Subscribe(follow, topic)
	if err != nil {
		stop()
		return fmt.Errorf("policy: follow changes: %w", err)
	}
	b.unwatch = stop
	b.head = newHead(b.cfg.Store, b.cfg.Node, b.cfg.Log)
	if b.audit, err = b.newAudit(known); err != nil {
		stop()
		b.head.close()
		return err
	}
	b.copies = newCopies(b.cfg.Store, b.cfg.Log)
	if err := b.compare(ctx); err != nil {
		b.cfg.Log.Warn(notCompared, "err", err)
	}
	go b.watch(follow, changes)
	return nil
}

// Close writes what waits and ends the goroutines. Decisions after it are denied.
func (b *Book) Close() error {
	b.closeOnce.Do(func() {
		b.unwatch()
		<-b.watched
		b.closeErr = b.audit.close()
		b.head.close()
		b.copies.close()
	})
	return b.closeErr
}

// Forbidden are the groups the administrator does not let users allow.
func (b *Book) Forbidden() []Group { return slices.Clone(b.cfg.Forbid) }

// Decide answers whether the phone may be told to answer by itself, and
// records the answer in the audit file, then in the store, before it returns
// an allow; a deny is copied to the store afterwards. It blocks
// for the store and the disk, 300 ms at most: what is not known and recorded by
// then is denied.
func (b *Book) Decide(ctx context.Context, q Question) (d Decision) {
	ctx, cancel := context.WithTimeout(ctx, b.within)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			b.cfg.Log.Error("a decision panicked", "call", q.Call, "panic", r, "stack", string(debug.Stack()))
			d = deny(faultPanic)
		}
	}()
	now := b.cfg.Now()
	d = b.rule(ctx, q, now, true)
	r := recordOf(q, d, now)
	d.ID = r.ID
	if !d.Allow { // nothing comes of it, so nobody waits for the store
		if err := b.audit.append(ctx, r); err != nil {
			b.cfg.Log.Error("a denial was not recorded in time", "id", d.ID, "err", err)
		}
		b.copies.add(copyOf(q, d, now))
		return d
	}
	copied := b.copy(ctx, copyOf(q, d, now))
	err := b.audit.append(ctx, r)
	if away := <-copied; away != nil && err == nil {
		return b.withdraw(q, d, now, faultStore, away)
	}
	if err != nil {
		return b.withdraw(q, d, now, faultAudit, err)
	}
	return d
}

// copy brings an allow to the store while its record goes to the disk. What it
// returns gives one error, by the end of ctx.
func (b *Book) copy(ctx context.Context, r *Record) <-chan error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("policy: copy a decision: panic: %v", p)
			}
		}()
		done <- b.copies.put(ctx, r)
	}()
	return done
}

// withdraw turns an allow that is not known to be recorded into a deny. Its
// record may still reach the file, so another one says that it was not used.
func (b *Book) withdraw(q Question, d Decision, now time.Time, why string, err error) Decision {
	b.cfg.Log.Error("an allowed decision was not recorded in time and is denied", "id", d.ID, "err", err)
	void := d.ID
	d = deny(why)
	r := recordOf(q, d, now)
	r.Event, r.Void, d.ID = eventVoid, void, r.ID
	if !b.audit.later(r) {
		b.cfg.Log.Error("the audit queue is full; a withdrawn decision is not marked as such", "id", void)
	}
	b.copies.add(copyOf(q, d, now))
	return d
}

// Simulate answers what Decide would, for a requester who proves his address,
// without a record and without counting. The owner's own name stands for his
// own tab. It may block for the store.
func (b *Book) Simulate(ctx context.Context, requester, owner, device string) Decision {
	ctx, cancel := context.WithTimeout(ctx, b.within)
	defer cancel()
	q := Question{
		Requester: Identity{Address: requester, Level: Proven, How: "simulated"},
		Owner:     owner, Device: device, Kind: ThirdParty, At: b.cfg.Now(),
	}
	q.Requester.User, _ = b.cfg.People.UserAt(requester)
	if requester == owner {
		q.Kind, q.Requester.Level, q.Requester.User = Click, Self, owner
	}
	d := b.rule(ctx, q, b.cfg.Now(), false)
	if d.Allow && q.Kind == ThirdParty && d.Grant != string(Public) {
		d.Reason = Words.Say("decision.simulated", "reason", d.Reason)
	}
	return d
}

// rule gathers the facts, each only when it can matter, and decides. With take
// a third party's allow is counted.
func (b *Book) rule(ctx context.Context, q Question, now time.Time, take bool) Decision {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-recordFor))
		defer cancel()
	}
	f, err := b.facts(ctx, q)
	if err != nil {
		b.cfg.Log.Warn("a decision lacks its facts and is denied", "call", q.Call, "owner", q.Owner, "err", err)
		f.fault = faultStore
	} else if !b.isCompared() { // asked last: what was read came from this store
		f.fault = faultOlder
		b.askCompare()
	}
	d := decide(q, f)
	if !d.Allow || d.Grant == grantSelf {
		return d
	}
	for range tallyTries {
		d, err = b.counted(ctx, q, f, now, take)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			b.cfg.Log.Warn("automatic answers cannot be counted, so one is denied", "call", q.Call, "owner", q.Owner, "err", err)
			return deny(faultStore)
		}
		return d
	}
	return deny(faultBusy)
}

// facts reads what the decision rests on: nothing of it is ever remembered, so
// a revocation is in force with the next decision on every node.
func (b *Book) facts(ctx context.Context, q Question) (*facts, error) {
	f := b.ground(q.Requester)
	if q.Kind == Privileged {
		return f, nil // denied whatever they are
	}
	var err error
	if f.grants, err = b.Get(ctx, q.Owner); err != nil {
		return f, err
	}
	f.entries = f.grants.entries()
	on, epoch, err := b.cfg.People.Interworking(ctx, q.Owner, q.Device)
	if err != nil {
		return f, err
	}
	f.interworking = b.isOn(q.Owner, q.Device, on, epoch)
	if q.Kind == ThirdParty || q.Kind == Intercom {
		quiet, epoch, err := b.cfg.People.DoNotDisturb(ctx, q.Owner)
		if err != nil {
			return f, err
		}
		dnd, err := b.cfg.People.DND(ctx, q.Owner)
		if err != nil {
			return f, err
		}
		f.quiet = !b.isOn(q.Owner, "", !quiet, epoch) || dnd
	}
	if wantsPeople(q, f) {
		f.friend, f.known, err = b.cfg.People.Known(ctx, q.Owner, listable(namesOf(q.Requester, f)), f.fold)
	}
	return f, err
}

// ground is what is known without asking the store.
func (b *Book) ground(who Identity) *facts {
	f := &facts{forbid: b.cfg.Forbid, phoneHosts: b.phones, fold: b.cfg.FoldUserCase || who.FoldCase}
	if who.User == "" {
		return f
	}
	if name, number := b.cfg.People.UserAt(who.Address); name == who.User {
		f.number = number
	}
	return f
}

// counted decides with the counts of the last hour and, with take, adds one.
func (b *Book) counted(ctx context.Context, q Question, f *facts, now time.Time, take bool) (Decision, error) {
	requester, err := b.tally(ctx, requesterKey(q.Requester), now)
	if err != nil {
		return Decision{}, err
	}
	owner, err := b.tally(ctx, ownerKey(q.Owner), now)
	if err != nil {
		return Decision{}, err
	}
	f.byRequester, f.byOwner = len(requester.times), len(owner.times)
	d := decide(q, f)
	if !d.Allow || !take {
		return d, nil
	}
	// When the second one conflicts the requester has one too many: that errs
	// on the safe side.
	if err := b.add(ctx, requester, now); err != nil {
		return Decision{}, err
	}
	return d, b.add(ctx, owner, now)
}

func recordOf(q Question, d Decision, now time.Time) *Record {
	r := &Record{
		ID: newID(now), Time: cmp.Or(q.At, now).UTC(), Event: eventDecision, Owner: q.Owner,
		Requester: q.Requester.Address, Evidence: q.Requester.How, Level: q.Requester.Level,
		Kind: q.Kind, Device: q.Device, Instance: q.Instance, Call: q.Call, Require: q.Require,
		Allow: d.Allow, Grant: d.Grant, Reason: d.Reason.Text,
	}
	if q.Requester.Verified() || q.Requester.Domain != "" {
		r.Authenticated = q.Requester.How
	}
	return r
}

// copyOf is the record for the store. The audit's own may still be in the
// writer's hands.
func copyOf(q Question, d Decision, now time.Time) *Record {
	r := recordOf(q, d, now)
	r.ID = d.ID
	return r
}
