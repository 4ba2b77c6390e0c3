package registrar

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"ringsplash/signaling/sipua/message"
)

// strangers bounds how often callers who proved nothing may ring our users: each
// source of theirs, all of them together each user, and all of them all users.
type strangers struct {
	seed    maphash.Seed
	sources *buckets[netip.Addr]
	callees *buckets[uint64]
	all     *buckets[struct{}]
}

func newStrangers(perSource, perCallee, all float64) *strangers {
	return &strangers{
		seed:    maphash.MakeSeed(),
		sources: newBuckets[netip.Addr](perSource, 2*perSource),
		callees: newBuckets[uint64](perCallee, 2*perCallee),
		all:     newBuckets[struct{}](all, 2*all),
	}
}

// MayRing counts one INVITE of a source that proved nothing for a user.
func (a *Access) MayRing(source netip.Addr, callee string, now time.Time) *message.Refusal {
	s := a.strangers
	if !s.sources.admit(message.Source(source), now) {
		return &message.Refusal{
			Status: sip.StatusServiceUnavailable, Phrase: "Too Many Calls From There",
			Headers: []sip.Header{sip.NewHeader("Retry-After", "10")},
		}
	}
	if !s.callees.admit(maphash.String(s.seed, callee), now) || !s.all.admit(struct{}{}, now) {
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
	known *recent[netip.Addr, struct{}]
}

func newRegulars() *regulars {
	return &regulars{known: newRecent[netip.Addr, struct{}](sourceMax)}
}

func (r *regulars) add(ip netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known.put(message.Source(ip), struct{}{})
}

func (r *regulars) has(ip netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.known.get(message.Source(ip))
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
		return a.rates.admit(message.Source(ip), a.cfg.Now())
	}
	return a.others.admit(message.Source(ip), a.cfg.Now())
}

// Complaints bounds the log lines about what strangers sent: one event, one
// line, but a flood is one line with a count.
type Complaints struct {
	mu     sync.Mutex
	said   level
	unsaid int
}

const (
	complaintsPerSecond = 1
	complaintsBurst     = 20
)

// May tells whether a line may be written, and how many were not since the last.
func (c *Complaints) May(now time.Time) (unsaid int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.said.drained(now, complaintsPerSecond)
	if l.filled+1 > complaintsBurst {
		c.unsaid++
		return 0, false
	}
	l.filled++
	unsaid, c.said, c.unsaid = c.unsaid, l, 0
	return unsaid, true
}
