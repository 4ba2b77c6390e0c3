package registrar

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"ringsplash/internal/throttle"
)

// sourceMax is how many sources and how many log-ins the tables remember.
const sourceMax = 1 << 16

const (
	// accountBursts is how many times the free failures of one source all
	// sources together have with one account.
	accountBursts = 10
	// hotEvery is how many times longer than usual a source waits after each
	// failure with an account that has more of them.
	hotEvery = 6
	// provenBursts is how many times the free failures of a source with an
	// account those have that come from where the account logged in before, and
	// provenRate how many times as fast they are forgotten.
	provenBursts, provenRate = 4, 10
	// sourceRate is how many times as fast a source's failures with all accounts
	// are forgotten as those with one: many phones can be behind one address.
	sourceRate = 10
)

// failures slows down who tries passwords: a source with one account, a source
// with many accounts, and all sources with one account. The last two never lock
// the owner out: from where he logged in before they ask nothing, and from
// anywhere else the first try is free. Others may share the address he logged in
// from, so that more of their failures are free there and sooner forgotten.
type failures struct {
	pair, provenPair, source, account throttle.Limit

	every time.Duration
	seed  maphash.Seed

	mu       sync.Mutex
	pairs    *throttle.Table[loginPair, throttle.Bucket]
	sources  *throttle.Table[throttle.Source, throttle.Bucket]
	accounts *throttle.Table[uint64, throttle.Bucket]
	proven   *throttle.Table[loginPair, struct{}] // pairs that logged in
}

// loginPair is a source with an account; the account's name comes from a
// stranger, so its hash is kept, which has a fixed size.
type loginPair struct {
	source  throttle.Source
	account uint64
}

func newFailures(burst, sourceBurst int, every time.Duration) *failures {
	free := float64(burst)
	return &failures{
		pair:       throttle.Limit{Burst: free, Refill: every},
		provenPair: throttle.Limit{Burst: provenBursts * free, Refill: every / provenRate},
		source:     throttle.Limit{Burst: float64(sourceBurst), Refill: every / sourceRate},
		account:    throttle.Limit{Burst: accountBursts * free, Refill: every},
		every:      every,
		seed:       maphash.MakeSeed(),
		pairs:      throttle.NewTable[loginPair, throttle.Bucket](sourceMax),
		sources:    throttle.NewTable[throttle.Source, throttle.Bucket](sourceMax),
		accounts:   throttle.NewTable[uint64, throttle.Bucket](sourceMax),
		proven:     throttle.NewTable[loginPair, struct{}](sourceMax),
	}
}

func (f *failures) of(ip netip.Addr, account string) loginPair {
	return loginPair{throttle.SourceOf(ip), maphash.String(f.seed, account)}
}

// wait tells how long the source must wait before it may try the account, in
// whole seconds, 0 for not at all. Other sources are not asked to wait.
func (f *failures) wait(ip netip.Addr, account string, now time.Time) time.Duration {
	p := f.of(ip, account)
	f.mu.Lock()
	defer f.mu.Unlock()
	limit, known := f.pairLimit(p)
	here, _ := f.pairs.Get(p)
	wait := limit.Wait(here, now)
	if !known {
		all, _ := f.sources.Get(p.source)
		wait = max(wait, f.source.Wait(all, now), f.hotWait(p, now))
	}
	return (wait + time.Second - 1).Truncate(time.Second)
}

// pairLimit is how many failures of p are free and how soon they are forgotten,
// and whether it logged in before, under mu.
func (f *failures) pairLimit(p loginPair) (limit throttle.Limit, known bool) {
	if _, known = f.proven.Get(p); known {
		return f.provenPair, true
	}
	return f.pair, false
}

// hotWait is how long the source must wait for an account that many sources
// try, under mu: the bucket of the account is full, and it has failed here.
func (f *failures) hotWait(p loginPair, now time.Time) time.Duration {
	all, _ := f.accounts.Get(p.account)
	here, tried := f.pairs.Get(p)
	if !tried || here.Filled == 0 || f.account.Wait(all, now) == 0 {
		return 0
	}
	return hotEvery*f.every - now.Sub(here.At)
}

// failed counts a wrong password or an unknown name.
func (f *failures) failed(ip netip.Addr, account string, now time.Time) {
	p := f.of(ip, account)
	f.mu.Lock()
	defer f.mu.Unlock()
	limit, _ := f.pairLimit(p)
	here, _ := f.pairs.Get(p)
	f.pairs.Put(p, limit.CountFull(here, now))
	all, _ := f.sources.Get(p.source)
	f.sources.Put(p.source, f.source.CountFull(all, now))
	if limit.Wait(here, now) > 0 {
		return // it should have waited: that fills no bucket of others
	}
	all, _ = f.accounts.Get(p.account)
	f.accounts.Put(p.account, f.account.CountFull(all, now))
}

// succeeded forgets the failures of the source with the account.
func (f *failures) succeeded(ip netip.Addr, account string) {
	p := f.of(ip, account)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pairs.Put(p, throttle.Bucket{})
	f.proven.Put(p, struct{}{})
}
