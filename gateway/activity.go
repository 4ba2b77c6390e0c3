package gateway

import (
	"sync"

	"ringsplash/gateway/machine"
)

// activity counts, for each deskphone, what could make it change a call with no
// hand on it: requests that we send it, and calls that it begins. A Resume at
// the phone is its user's own act only if there was none since the Hold.
type activity struct {
	mu sync.Mutex
	of map[string]uint64 // by user/device
}

func (a *activity) add(user, device string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of[user+"/"+device]++
}

func (a *activity) count(user, device string) uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.of[user+"/"+device]
}

// active counts a request to a leg that is a deskphone.
func (c *Call) active(id machine.LegID) {
	if l := c.state.Leg(id); l != nil && l.Kind == machine.PhoneLeg {
		c.gw.activity.add(c.state.Parties[l.Side].User, l.Device)
	}
}

// activity tells how often the leg's phone was active, and whether it is in
// this call only.
func (c *Call) activity(id machine.LegID) (times uint64, alone bool) {
	l := c.state.Leg(id)
	if l == nil || l.Kind != machine.PhoneLeg {
		return 0, false
	}
	user := c.state.Parties[l.Side].User
	return c.gw.activity.count(user, l.Device), c.gw.board.alone(user, l.Device, c.id) && !c.gw.tested(user, l.Device)
}
