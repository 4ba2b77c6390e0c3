package gateway

import (
	"sync"

	"ringsplash/gateway/machine"
)

// stirs counts, for each deskphone, what could make it change a call with no
// hand on it: requests that we send it, and calls that it begins. A Resume at
// the phone is its user's own act only if there was none since the Hold.
type stirs struct {
	mu sync.Mutex
	of map[string]uint64 // by user/device
}

func (s *stirs) add(user, device string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[string]uint64{}
	}
	s.of[user+"/"+device]++
}

func (s *stirs) count(user, device string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of[user+"/"+device]
}

// stir counts a request to a leg that is a deskphone.
func (c *Call) stir(id machine.LegID) {
	if l := c.state.Leg(id); l != nil && l.Kind == machine.PhoneLeg {
		c.gw.stirs.add(c.state.Parties[l.Side].User, l.Device)
	}
}

// stirred tells how often the leg's phone was stirred, and whether it is in
// this call only.
func (c *Call) stirred(id machine.LegID) (times uint64, alone bool) {
	l := c.state.Leg(id)
	if l == nil || l.Kind != machine.PhoneLeg {
		return 0, false
	}
	user := c.state.Parties[l.Side].User
	return c.gw.stirs.count(user, l.Device), c.gw.board.alone(user, l.Device, c.id) && !c.gw.tested(user, l.Device)
}
