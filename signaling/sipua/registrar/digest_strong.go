package registrar

import (
	"hash/maphash"
	"net/netip"
	"sync"

	"github.com/emiago/sipgo/sip"

	"ringsplash/internal/throttle"
	"ringsplash/signaling/sipua/message"
)

// strong remembers which phones have answered a challenge by SHA-256, so that
// they are asked for it first (RFC 8760 2.4: the preferred algorithm comes
// first). A phone is a source with a User-Agent: at the time of a challenge
// nothing else is known of it.
type strong struct {
	seed maphash.Seed
	mu   sync.Mutex
	seen *throttle.Table[loginPair, struct{}]
}

func newStrong() *strong {
	return &strong{seed: maphash.MakeSeed(), seen: throttle.NewTable[loginPair, struct{}](sourceMax)}
}

func (s *strong) pair(source netip.AddrPort, agent string) loginPair {
	return loginPair{throttle.SourceOf(source.Addr()), maphash.String(s.seed, agent)}
}

// add notes the phone of a request that was proved by SHA-256.
func (s *strong) add(req *sip.Request, source netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.Put(s.pair(source, headerText(req, "User-Agent")), struct{}{})
}

func (s *strong) has(req *sip.Request, source netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.seen.Get(s.pair(source, headerText(req, "User-Agent")))
	return known
}

// offer is what a challenge offers the sender of req, in its order.
func (a *Access) offer(req *sip.Request) []string {
	if a.strong.has(req, message.ParseAddr(req.Source())) {
		return []string{algSHA256, algMD5}
	}
	return offeredTo(headerText(req, "User-Agent"))
}
