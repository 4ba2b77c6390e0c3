package registrar

import (
	"hash/maphash"
	"math"
	"net/netip"
	"sync"
	"time"

	"ringsplash/signaling/sipua/message"
)

// sourceMax is how many sources and how many log-ins the tables remember.
const sourceMax = 1 << 16

// recent is a table of bounded size: when its young half is full, the old half
// is forgotten. Reading an old entry makes it young.
type recent[K comparable, V any] struct {
	young, old map[K]V
	half       int
}

func newRecent[K comparable, V any](limit int) *recent[K, V] {
	return &recent[K, V]{young: map[K]V{}, half: limit / 2}
}

func (t *recent[K, V]) get(k K) (V, bool) {
	v, ok := t.young[k]
	if !ok {
		if v, ok = t.old[k]; ok {
			t.put(k, v)
		}
	}
	return v, ok
}

func (t *recent[K, V]) put(k K, v V) {
	if _, ok := t.young[k]; !ok && len(t.young) >= t.half {
		t.old, t.young = t.young, make(map[K]V)
	}
	t.young[k] = v
}

// level is a bucket that fills by one for each event and drains with time.
type level struct {
	filled float64
	at     time.Time
}

// drained is the level at now, draining perSecond.
func (l level) drained(now time.Time, perSecond float64) level {
	l.filled = max(0, l.filled-perSecond*max(0, now.Sub(l.at).Seconds()))
	l.at = now
	return l
}

// buckets count events of each key: so many a second, and so many at once.
type buckets[K comparable] struct {
	perSecond, burst float64

	mu     sync.Mutex
	levels *recent[K, level]
}

func newBuckets[K comparable](perSecond, burst float64) *buckets[K] {
	return &buckets[K]{perSecond: perSecond, burst: burst, levels: newRecent[K, level](sourceMax)}
}

// admit counts one event of k and tells whether it may be.
func (b *buckets[K]) admit(k K, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, _ := b.levels.get(k)
	l = l.drained(now, b.perSecond)
	if l.filled+1 > b.burst {
		return false // not written back: time goes on draining the old level
	}
	l.filled++
	b.levels.put(k, l)
	return true
}

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
)

// failures slows down who tries passwords: a source with one account, a source
// with many accounts, and all sources with one account. The last two never lock
// the owner out: from where he logged in before they ask nothing, and from
// anywhere else the first try is free. Others may share the address he logged in
// from, so that more of their failures are free there and sooner forgotten.
type failures struct {
	burst, sourceBurst float64
	perSecond          float64
	seed               maphash.Seed

	mu       sync.Mutex
	pairs    *recent[loginPair, level]
	sources  *recent[netip.Addr, level]
	accounts *recent[uint64, level]
	proven   *recent[loginPair, struct{}] // pairs that logged in
}

// loginPair is a source with an account; the account's name comes from a
// stranger, so its hash is kept, which has a fixed size.
type loginPair struct {
	ip      netip.Addr
	account uint64
}

func newFailures(burst, sourceBurst int, every time.Duration) *failures {
	return &failures{
		burst: float64(burst), sourceBurst: float64(sourceBurst), perSecond: 1 / every.Seconds(),
		seed:     maphash.MakeSeed(),
		pairs:    newRecent[loginPair, level](sourceMax),
		sources:  newRecent[netip.Addr, level](sourceMax),
		accounts: newRecent[uint64, level](sourceMax),
		proven:   newRecent[loginPair, struct{}](sourceMax),
	}
}

func (f *failures) pair(ip netip.Addr, account string) loginPair {
	return loginPair{message.Source(ip), maphash.String(f.seed, account)}
}

// wait tells how long the source must wait before it may try the account, 0
// for not at all. Other sources are not asked to wait.
func (f *failures) wait(ip netip.Addr, account string, now time.Time) time.Duration {
	p := f.pair(ip, account)
	f.mu.Lock()
	defer f.mu.Unlock()
	burst, rate, known := f.pairLimit(p)
	l, _ := f.pairs.get(p)
	seconds := (l.drained(now, rate).filled - (burst - 1)) / rate
	if !known {
		l, _ = f.sources.get(p.ip)
		seconds = max(seconds, (l.drained(now, f.sourceRate()).filled-(f.sourceBurst-1))/f.sourceRate())
		seconds = max(seconds, f.hotWait(p, now))
	}
	return time.Duration(math.Ceil(max(0, seconds))) * time.Second
}

// pairLimit is how many failures of p are free, how many are forgotten a second,
// and whether it logged in before, under mu.
func (f *failures) pairLimit(p loginPair) (burst, perSecond float64, known bool) {
	if _, known = f.proven.get(p); known {
		return provenBursts * f.burst, provenRate * f.perSecond, true
	}
	return f.burst, f.perSecond, false
}

// hotWait is how long the source must wait for an account that many sources
// try, under mu: the bucket of the account is full, and it has failed here.
func (f *failures) hotWait(p loginPair, now time.Time) float64 {
	all, _ := f.accounts.get(p.account)
	here, tried := f.pairs.get(p)
	if !tried || here.filled == 0 || all.drained(now, f.perSecond).filled < f.accountBurst()-1 {
		return 0
	}
	return hotEvery/f.perSecond - now.Sub(here.at).Seconds()
}

func (f *failures) accountBurst() float64 { return accountBursts * f.burst }

// sourceRate drains a source's failures with all accounts ten times as fast as
// those with one: many phones can be behind one address.
func (f *failures) sourceRate() float64 { return 10 * f.perSecond }

// failed counts a wrong password or an unknown name.
func (f *failures) failed(ip netip.Addr, account string, now time.Time) {
	p := f.pair(ip, account)
	f.mu.Lock()
	defer f.mu.Unlock()
	burst, rate, _ := f.pairLimit(p)
	l, _ := f.pairs.get(p)
	l = l.drained(now, rate)
	early := l.filled+1 > burst       // it should have waited: that fills no bucket of others
	l.filled = min(l.filled+1, burst) // so that the wait stays one step long
	f.pairs.put(p, l)
	l, _ = f.sources.get(p.ip)
	l = l.drained(now, f.sourceRate())
	l.filled = min(l.filled+1, f.sourceBurst)
	f.sources.put(p.ip, l)
	if early {
		return
	}
	l, _ = f.accounts.get(p.account)
	l = l.drained(now, f.perSecond)
	l.filled = min(l.filled+1, f.accountBurst())
	f.accounts.put(p.account, l)
}

// succeeded forgets the failures of the source with the account.
func (f *failures) succeeded(ip netip.Addr, account string) {
	p := f.pair(ip, account)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pairs.put(p, level{})
	f.proven.put(p, struct{}{})
}
