package registrar

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/throttle"
	"ringsplash/signaling/sipua/message"
)

// strangers bounds how often callers who proved nothing may ring our users: each
// source of theirs, all of them together each user, and all of them all users.
type strangers struct {
	seed    maphash.Seed
	sources *throttle.Buckets[throttle.Source]
	callees *throttle.Buckets[uint64]
	all     *throttle.Buckets[struct{}]
	// writers and texts are the same for what they write.
	writers *throttle.Buckets[throttle.Source]
	texts   *throttle.Buckets[struct{}]
}

func newStrangers(perSource, perCallee, all float64) *strangers {
	return &strangers{
		seed:    maphash.MakeSeed(),
		sources: throttle.NewBuckets[throttle.Source](throttle.PerSecond(perSource, 2*perSource), sourceMax),
		callees: throttle.NewBuckets[uint64](throttle.PerSecond(perCallee, 2*perCallee), sourceMax),
		all:     throttle.NewBuckets[struct{}](throttle.PerSecond(all, 2*all), 1),
		writers: throttle.NewBuckets[throttle.Source](throttle.PerSecond(textsPerMinute/60.0, textsPerMinute), sourceMax),
		texts:   throttle.NewBuckets[struct{}](throttle.PerSecond(all, 2*all), 1),
	}
}

// textsPerMinute is how many MESSAGEs one source that proved nothing may send in
// a minute, and at once.
const textsPerMinute = 30

// MayWrite counts one MESSAGE of a source that proved nothing.
func (a *Access) MayWrite(source netip.Addr, now time.Time) bool {
	return a.strangers.writers.Admit(throttle.SourceOf(source), now) && a.strangers.texts.Admit(struct{}{}, now)
}

// MayRing counts one INVITE of a source that proved nothing for a user.
func (a *Access) MayRing(source netip.Addr, callee string, now time.Time) *message.Refusal {
	s := a.strangers
	if !s.sources.Admit(throttle.SourceOf(source), now) {
		return &message.Refusal{
			Status: sip.StatusServiceUnavailable, Phrase: "Too Many Calls From There",
			Headers: []sip.Header{sip.NewHeader("Retry-After", "10")},
		}
	}
	if !s.callees.Admit(maphash.String(s.seed, callee), now) || !s.all.Admit(struct{}{}, now) {
		return &message.Refusal{
			Status: sip.StatusTemporarilyUnavailable, Phrase: "Too Many Callers",
			Headers: []sip.Header{sip.NewHeader("Retry-After", "10")},
		}
	}
	return nil
}

// regulars are the addresses of those who proved who they are, or that are a
// trunk's: they may send more than strangers do.
type regulars struct {
	mu    sync.Mutex
	known *throttle.Table[throttle.Source, struct{}]
}

func newRegulars() *regulars {
	return &regulars{known: throttle.NewTable[throttle.Source, struct{}](sourceMax)}
}

func (r *regulars) add(ip netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known.Put(throttle.SourceOf(ip), struct{}{})
}

func (r *regulars) has(ip netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.known.Get(throttle.SourceOf(ip))
	return ok
}

// Knows tells whether who sends from ip proved who he is, or is a trunk.
func (a *Access) Knows(ip netip.Addr) bool { return a.regulars.has(ip) }

// MaySend counts a message of a source, which may send far more when it proved
// who it is or is a trunk.
func (a *Access) MaySend(source netip.AddrPort, transport string) bool {
	ip := source.Addr()
	known := a.regulars.has(ip)
	if !known && a.cfg.Trunk != nil {
		if _, known = a.cfg.Trunk(source, transport); known {
			a.regulars.add(ip)
		}
	}
	if known {
		return a.rates.Admit(throttle.SourceOf(ip), a.cfg.Now())
	}
	return a.others.Admit(throttle.SourceOf(ip), a.cfg.Now())
}

// Complaints bounds the log lines about what strangers sent: one event, one
// line, but a flood is one line with a count.
type Complaints struct {
	mu     sync.Mutex
	said   throttle.Bucket
	unsaid int
}

// complaintLimit is how many lines there may be.
var complaintLimit = throttle.PerSecond(1, 20)

// May tells whether a line may be written, and how many were not since the last.
func (c *Complaints) May(now time.Time) (unsaid int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if complaintLimit.Wait(c.said, now) > 0 {
		c.unsaid++
		return 0, false
	}
	c.said = complaintLimit.Count(c.said, now)
	unsaid, c.unsaid = c.unsaid, 0
	return unsaid, true
}
